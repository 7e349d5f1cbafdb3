#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/endpoint/contestant.hpp"
#include "core/endpoint/endpoint.hpp"
#include "core/store/store.hpp"

namespace plumb {

/// What `replay:RUN[/CONTESTANT]` names.
struct ReplaySource {
  std::string run;         ///< id, a prefix of it, or "last"
  std::string contestant;  ///< "" = the only one of that run
};
[[nodiscard]] ReplaySource parse_replay(std::string_view url);

/// An endpoint that answers each trial as the model did in a stored run, with the times and tokens
/// of then, as long as the conversation is the one of then. Where it is not (a tool, a task or a
/// grader was changed), the reply is a Fault that says at which turn it parted and what differed;
/// so is a turn that the stored trial does not have. Trials are recognised by
/// ChatRequest.trial_header; a request without one gets a fixed answer.
///
/// `store` must outlive it. Code::not_found, Code::usage when there is no such run or contestant.
[[nodiscard]] Result<std::unique_ptr<Endpoint>> make_replay(const Contestant& contestant,
                                                            Store& store);

}  // namespace plumb
