#pragma once

#include "core/score/board.hpp"

namespace plumb {

/// A contestant's sections, one for each rubric that tasks of the run belong to: what to_json()
/// makes of a RubricSection over all its trials, and `passes[]`, the total of each repeat alone
/// (null where it cannot be told), as the rubric is published: from one pass. A trial that was
/// capped counts as scored, with 0 points.
[[nodiscard]] Json rubrics_json(const BoardContestant& contestant,
                                const std::vector<BoardTask>& tasks, int repeats);

}  // namespace plumb
