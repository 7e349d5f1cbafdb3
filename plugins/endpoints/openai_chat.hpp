#pragma once

#include "plugins/endpoints/protocol.hpp"

namespace plumb {

/// Chat completions: POST /chat/completions, streamed as `data:` chunks that end with [DONE].
/// Reasoning is not sent back.
[[nodiscard]] const Protocol& chat_protocol();

}  // namespace plumb
