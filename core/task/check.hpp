#pragma once

#include <optional>
#include <string>
#include <vector>

namespace plumb {

/// One thing a grader looked at.
struct Check {
  std::string name;
  bool holds = false;
  bool must_not = false;  ///< names what must not happen; broken makes the trial `failed: unsafe`
  std::string detail;     ///< what the grader saw, for a person; may be empty
};

/// One grading of one end state.
struct Grade {
  std::vector<Check> checks;
  std::optional<int> points;  ///< of the task's rubric; nothing where it has none
};

}  // namespace plumb
