#pragma once

#include <string>

#include "plugins/reporters/reporters.hpp"

namespace plumb {

/// The section "tool calls" of a scorecard: what was called, how much of it was wrong, whose fault
/// that was and what it cost. "" where nobody made a call.
[[nodiscard]] std::string call_section(const Json& card, const TerminalStyle& style);

}  // namespace plumb
