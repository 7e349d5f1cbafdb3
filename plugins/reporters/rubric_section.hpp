#pragma once

#include <string>

#include "plugins/reporters/reporters.hpp"

namespace plumb {

/// The points of published rubrics, a table each: categories down, contestants across. "" where no
/// task of the run belongs to one.
[[nodiscard]] std::string rubric_section(const Json& card, const TerminalStyle& style);

}  // namespace plumb
