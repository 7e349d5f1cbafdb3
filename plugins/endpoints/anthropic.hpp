#pragma once

#include "plugins/endpoints/protocol.hpp"

namespace plumb {

/// Anthropic's Messages: POST /messages, streamed as typed events that end with message_stop.
/// Sealed reasoning goes back with the turn it belongs to.
[[nodiscard]] const Protocol& messages_protocol();

}  // namespace plumb
