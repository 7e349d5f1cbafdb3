#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "plugins/endpoints/stand_in_options.hpp"
#include "plugins/endpoints/stand_in_reply.hpp"
#include "plugins/endpoints/stand_in_request.hpp"

namespace plumb {

/// The arguments without one that the schema requires, or nothing where none of them is required.
[[nodiscard]] std::optional<Json> without_required(const Json& arguments, const Json& schema);
/// The arguments with one value of a type that the schema does not allow, or nothing where it does
/// not say.
[[nodiscard]] std::optional<Json> with_wrong_type(const Json& arguments, const Json& schema);
/// A name that is none of these.
[[nodiscard]] std::string unknown_name(const std::string& name,
                                       const std::vector<std::string>& known);

/// Whether this fault makes of a call one that cannot be run.
[[nodiscard]] bool is_flaw_of_calls(StandInFault fault);

/// Puts the fault into the calls of a reply: into their names, their arguments, or how they are
/// written. Does nothing for other faults, and where a call's schema leaves no room for it.
/// @param by_model  a call that leaks is written so that no parser could have read it
/// @param limit     the most tokens of the answer, for calls that outgrow it
void put_flaw(StandInFault fault, const StandInOptions& options, const StandInRequest& request,
              bool by_model, std::int64_t limit, StandInReply& reply);

}  // namespace plumb
