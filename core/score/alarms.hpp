#pragma once

#include <string>
#include <vector>

#include "core/score/board.hpp"

namespace plumb {

/// Below this share of scored trials a run is no valid measurement.
inline constexpr double kCoverageFloor = 0.9;

/// What a reader of the scorecard must know. "" = no contestant, no task is meant.
struct Alarm {
  std::string id;
  std::string contestant = {};
  std::string task = {};
  std::string sentence;
  std::string evidence = {};
  std::string remedy = {};
};
/// {id, contestant, task, sentence, evidence, remedy}; contestant, task are null where none is
/// meant.
[[nodiscard]] Json to_json(const Alarm& alarm);

/// The alarms of a run as JSON; its own notes come last.
/// @param labels  of timeout_labels()
[[nodiscard]] Json alarms(const RunInfo& run, const Board& board,
                          const std::vector<std::string>& labels);

}  // namespace plumb
