#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace plumb {

/// One line of what a host can do.
struct HostCheck {
  std::string name;
  bool ok = false;
  std::string sentence;  ///< what was found
  std::string remedy;    ///< what to type or install; "" when it holds
};

/// Evaluates the checks that a launcher file (sandboxes/NAME.lua) names. Runs their commands, each
/// for at most 10 s. Code::config, not_found: the file itself is wrong.
[[nodiscard]] Result<std::vector<HostCheck>> run_launcher_checks(const std::string& launcher_file);

}  // namespace plumb
