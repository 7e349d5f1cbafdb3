#pragma once

#include <string>
#include <vector>

#include "core/score/board.hpp"

namespace plumb {

/// Mean over tasks of passed / scored; nothing without a scored trial.
[[nodiscard]] std::optional<double> completion_rate(const std::vector<Tally>& by_task);

/// {rate, low, high, interval, n_effective, floor, ceiling}; all null without a scored trial.
[[nodiscard]] Json completion(const std::vector<Tally>& by_task);

/// {"1": ..., "k": ...} for k up to repeats: the mean over tasks with at least k scored trials,
/// null where there is none.
enum class PassKind { any, all };
[[nodiscard]] Json pass_table(const std::vector<Tally>& by_task, int repeats, PassKind kind);

/// Whether the caps on time decide what the rate says: "legitimate", "borderline" or "capped", one
/// per contestant of the board; "" without a rate. docs/scorecard.md has the rule.
[[nodiscard]] std::vector<std::string> timeout_labels(const Board& board);

[[nodiscard]] std::vector<Tally> tallies(const BoardContestant& contestant);

}  // namespace plumb
