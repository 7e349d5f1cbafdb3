#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.hpp"
#include "core/base/result.hpp"
#include "core/task/policy.hpp"
#include "plugins/endpoints/stand_in_deal.hpp"
#include "plugins/endpoints/stand_in_options.hpp"

namespace plumb {

/// A chat request, as far as a stand-in cares.
struct StandInRequest {
  bool stream = false;
  bool include_usage = false;
  std::int64_t turn = 0;  ///< number of assistant messages
  std::vector<std::string>
      replies;  ///< for each assistant message, what came back: tool results or the user's text
  std::int64_t prompt_tokens = 1;  ///< about 4 bytes a token
};

/// Reads a request's body as strictly as real servers do: no empty `tools`, no `stream_options`
/// without `stream`, only JSON objects as arguments of earlier calls. Code::protocol or limit with
/// the reason.
[[nodiscard]] Result<StandInRequest> parse_stand_in_request(std::string_view body);

/// One answer, not yet in the shape of any protocol.
struct StandInReply {
  std::string reasoning;
  std::string text;
  std::optional<StandInCall> call;
};

/// What the policy of this trial answers to this conversation. A pure function of its arguments: a
/// request that is sent again is answered the same. Code::not_found for a policy that the task does
/// not have, config for one that fails.
[[nodiscard]] Result<StandInReply> reply_in_trial(const StandInOptions& options,
                                                  const StandInTrial& trial, const Task& task,
                                                  const StandInRequest& request);

/// The answer to a request that belongs to no trial.
[[nodiscard]] StandInReply reply_to_bare_request(const StandInOptions& options);

}  // namespace plumb
