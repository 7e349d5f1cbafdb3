#pragma once

#include <string>
#include <vector>

#include "core/score/board.hpp"

namespace plumb {

/// Below this share of scored trials a run is no valid measurement.
inline constexpr double kCoverageFloor = 0.9;

/// [{id, contestant, task, sentence, evidence, remedy}]; contestant, task are null where none is
/// meant. The run's own notes come last.
/// @param labels  of timeout_labels()
[[nodiscard]] Json alarms(const RunInfo& run, const Board& board,
                          const std::vector<std::string>& labels);

}  // namespace plumb
