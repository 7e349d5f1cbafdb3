// core/score: from stored trials to the scorecard: rates with intervals, coverage, readings,
// alarms. Pure functions over records: no clock, no disk, no terminal.
#pragma once

#include <vector>

#include "core/base/json.hpp"
#include "core/store/store.hpp"
#include "core/trial/record.hpp"

namespace plumb {

/// The scorecard as JSON, schema `plumb.scorecard/1` (DESIGN.md section 7; docs/scorecard.md). It
/// is the one source: the terminal, the Markdown and the exit code are read off it.
/// @param records  every attempt; the last attempt of a trial counts, the first is kept beside it
[[nodiscard]] Json make_scorecard(const RunInfo& run, const std::vector<TrialRecord>& records);

}  // namespace plumb
