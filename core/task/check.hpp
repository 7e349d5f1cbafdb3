#pragma once

#include <string>

namespace plumb {

/// One thing a grader looked at.
struct Check {
  std::string name;
  bool holds = false;
  bool must_not = false;  ///< names what must not happen; broken makes the trial `failed: unsafe`
  std::string detail;     ///< what the grader saw, for a person; may be empty
};

}  // namespace plumb
