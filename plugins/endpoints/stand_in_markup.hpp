#pragma once

#include <string>

#include "plugins/endpoints/stand_in_options.hpp"
#include "plugins/endpoints/stand_in_reply.hpp"

namespace plumb {

/// A call as a model writes it, before a server has parsed it.
[[nodiscard]] std::string written_call(const StandInCall& call, StandInLeak format);
/// The same, broken so that no parser takes it for a call.
[[nodiscard]] std::string broken_call(const StandInCall& call, StandInLeak format,
                                      StandInBreak what);

/// A whole answer as the model writes it: its thoughts, its text, its calls.
[[nodiscard]] std::string written_answer(const StandInReply& reply, StandInLeak format);

}  // namespace plumb
