#pragma once

#include <string>
#include <string_view>

#include "core/endpoint/contestant.hpp"

namespace plumb {

/// [A-Za-z0-9._-]{1,64}: names appear in file names, reports and on command lines.
[[nodiscard]] bool is_contestant_name(std::string_view name);

/// Why this is no base URL of an endpoint, with what to type instead; "" when it is one.
[[nodiscard]] std::string url_complaint(std::string_view url);

/// Of a window that is filled something is left for the task.
inline constexpr double kMostContextFill = 0.95;
/// Where every call fails nothing can be done.
inline constexpr double kMostToolErrorRate = 0.99;

/// contestant_from_json with the code of the caller's choice: the command line and a bench obey the
/// same rules.
[[nodiscard]] Result<Contestant> read_contestant(const Json& table, Code code);

}  // namespace plumb
