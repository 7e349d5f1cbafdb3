#pragma once

#include <vector>

#include "core/base/json.hpp"
#include "core/store/store.hpp"
#include "core/trial/record.hpp"

namespace plumb {

/// What is known of the servers of a run, schema `plumb.run_summary/1`: {schema, run{id,
/// started_at, state, suite, repeats, version, proxies}, contestants[{name, model, url, stand_in,
/// recipe{}, contradictions[], probe{}, server_figures[], client{}}]}. Unlike the scorecard it
/// judges nothing. `server_figures` has one entry for each session of a resumed run; what is not
/// known is null or empty.
[[nodiscard]] Json run_summary(const RunInfo& run, const std::vector<TrialRecord>& records);

}  // namespace plumb
