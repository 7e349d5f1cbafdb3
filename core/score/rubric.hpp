#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/json.hpp"

namespace plumb {

/// What one contestant earned in one category of a rubric, over all its trials there.
struct RubricTally {
  std::string category;  ///< of the rubric (Rubric::category)
  int tasks = 0;         ///< that belong to it, scored or not
  int planned = 0;       ///< trials
  int scored = 0;        ///< of them
  std::int64_t earned = 0;
  std::int64_t possible = 0;  ///< in the trials that were scored
};

/// One line of a rubric's section, from the outside in: a group stands before what it is made of.
struct RubricLine {
  std::string name;
  int depth = 0;
  std::optional<double> score;  ///< percent; nothing where it cannot be told
  int planned = 0;
  int scored = 0;
  std::int64_t earned = 0;
  std::int64_t possible = 0;
};

/// A contestant's points, counted as whoever published the rubric counts them.
struct RubricSection {
  std::string rubric;           ///< the tasks' word for it
  std::string title;            ///< what the total may be called
  std::optional<double> total;  ///< percent
  std::optional<int> band;      ///< the total is at least this; 0 below the lowest band
  std::vector<RubricLine> lines;
  std::vector<std::string> missing;  ///< parts of the published total that are not in this one
};

/// The section of the rubric of that name. Pure; categories may come in any order.
///
/// - "ToolCall-15": a category is round(earned / possible x 100), and nothing unless all three of
///   its scenarios (tasks) are in the run and every trial of them was scored; the total is the
///   rounded mean of the five, and nothing unless each has a score; bands 90, 75, 60, 40. What
///   keeps it from a total is in `missing`.
/// - "BFCL v4": non-live is the mean of its categories, where "simple" is the mean of its
///   languages; live is the mean weighted by the number of tasks; irrelevance is the mean of its
///   two categories; the total weighs these three alike, as the leaderboard does (10, 10 and 10 of
///   100). A category without a scored trial is left out and named in `missing`, where the
///   leaderboard counts it as 0; the 70 that go to several turns and agents are always missing.
/// - any other: earned / possible, for each category and in total.
[[nodiscard]] RubricSection rubric_section(const std::string& rubric,
                                           std::span<const RubricTally> tallies);

/// {rubric, title, total, band, categories[{name, depth, score, planned, scored, earned,
/// possible}], missing[]}; what cannot be told is null.
[[nodiscard]] Json to_json(const RubricSection& section);

}  // namespace plumb
