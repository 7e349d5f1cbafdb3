#pragma once

#include "core/trial/filler.hpp"

namespace plumb {

/// What makes a trial harder than its task is.
struct Pressure {
  FillPlan fill;
  double tool_error_rate = 0;  ///< chance that a valid call fails in passing
};

}  // namespace plumb
