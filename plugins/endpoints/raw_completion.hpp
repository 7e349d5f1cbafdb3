#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/endpoint/endpoint.hpp"
#include "core/endpoint/server_kind.hpp"
#include "plugins/endpoints/http_faults.hpp"

namespace plumb {

/// Sends a body to a route by POST. Any status is a reply.
using RawAsk =
    std::function<std::expected<PlainReply, Fault>(const std::string& route, std::string body)>;

/// Goes the steps by which a kind of server completes a conversation without its parsers.
/// @param chat   the body of the same request as a chat completion
/// @param limit  the most tokens that may be written; without it, what the steps find to be left of
///               the window
/// Nothing where the server has not got one of the routes (404, 405, 501).
[[nodiscard]] std::expected<std::optional<RawCompletion>, Fault> go_raw_steps(
    const std::vector<RawStep>& steps, const Json& chat, std::optional<std::int64_t> limit,
    const RawAsk& ask, const HttpFaults& faults);

}  // namespace plumb
