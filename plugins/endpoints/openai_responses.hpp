#pragma once

#include "plugins/endpoints/protocol.hpp"

namespace plumb {

/// Responses: POST /responses, streamed as typed events that end with response.completed or
/// response.incomplete. Nothing is stored at the server; the whole conversation is sent each time,
/// without reasoning.
[[nodiscard]] const Protocol& responses_protocol();

}  // namespace plumb
