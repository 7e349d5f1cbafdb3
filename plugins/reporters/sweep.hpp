#pragma once

#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "plugins/reporters/layout.hpp"

namespace plumb {

/// What a contestant was put under, beside its name: how full its window was, how many calls were
/// made to fail. Empty without pressure.
[[nodiscard]] std::vector<std::string> pressure_remarks(const Json& contestant);
/// The same before a run, as the plan has it; "" without pressure.
[[nodiscard]] std::string pressure_plan_sentence(const Json& contestant);

/// Where the contestant of one sweep breaks, in a sentence.
[[nodiscard]] std::string sweep_sentence(const Json& sweep);
/// How each contestant of a sweep moves along its values; "" where nothing was swept.
[[nodiscard]] std::string sweep_tables(const Json& card, const TerminalStyle& style);
/// The same in Markdown, without anybody's address.
[[nodiscard]] std::string sweep_markdown(const Json& card);

}  // namespace plumb
