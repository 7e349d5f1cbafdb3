#pragma once

#include <expected>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/endpoint/endpoint.hpp"
#include "core/sandbox/sandbox.hpp"
#include "core/task/task.hpp"
#include "core/trial/record.hpp"
#include "core/trial/scaffold.hpp"

namespace plumb {

/// What one plain request without tools, outside the loop, came to: whether anybody is there at
/// all.
struct BareAnswer {
  bool any_byte = false;
  bool any_token = false;
  std::string sentence;
  bool loading = false;  ///< the server is there and still loads its model
};
/// Does not wait for a server that loads its model.
[[nodiscard]] BareAnswer bare_request(Endpoint& endpoint, Waiter& waiter);

/// Whether a byte of an answer arrived in this trial.
[[nodiscard]] bool was_answered(const TrialRecord& record);
/// Whether no token of an answer arrived in this trial, so that only a bare request can tell who is
/// to blame.
[[nodiscard]] bool wants_bare_request(const TrialRecord& record);
/// Puts the bare request's answer into the record: blame, sentence, event.
void blame_by_bare_request(TrialRecord& record, const BareAnswer& answer);

/// The task behind the path check: one tool call with a nonce through endpoint, loop, sandbox and
/// back.
[[nodiscard]] Result<std::shared_ptr<const Task>> load_path_check();

/// Asks for the list of models, as long as the server says that it is still loading: with growing
/// pauses, for kLoadingPatience at most.
/// @param on_loading  called once, when there is something to wait for
[[nodiscard]] std::expected<std::vector<ServedModel>, Fault> models_once_loaded(
    Endpoint& endpoint, Waiter& waiter, const std::function<void()>& on_loading);

/// Asks an endpoint that fell silent, with growing pauses, until it answers (true), or `patience`
/// has passed or a stop is asked for (false). Any byte is an answer, but for a server that is back
/// and loads its model: it is given the time for that.
[[nodiscard]] bool wait_for_recovery(Endpoint& endpoint, Duration patience,
                                     const std::stop_token& stop);

}  // namespace plumb
