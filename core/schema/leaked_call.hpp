#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/wire/message.hpp"

namespace plumb {

/// The format of a tool call that came as text, because the server's parser did not see it:
/// "<tool_call>",
/// "<function=", "[TOOL_CALLS]", "<|tool_call" or "json". Only where the name of an offered tool
/// follows, so that prose about such formats is no leak.
[[nodiscard]] std::optional<std::string> find_leaked_call(std::string_view text,
                                                          std::span<const ToolSpec> tools);

}  // namespace plumb
