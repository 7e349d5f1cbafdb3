#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/store/sqlite.hpp"
#include "core/store/store.hpp"

namespace plumb {

/// Begins a query whose rows read_runs() understands.
inline constexpr const char* kRunColumns =
    "SELECT id, identity, suite, seed, repeats, sandbox, isolated, started_ms, finished_ms, state, "
    "plan FROM runs ";

/// For a sentence: "trial hasty rename-function #2, attempt 1".
[[nodiscard]] std::string trial_name(const TrialKey& key, int attempt);

/// A record as its rows hold it.
struct PackedTrial {
  std::string run;
  TrialKey key;
  int attempt = 1;
  std::string record;
  std::string opening_hash;
  std::string opening;
  std::string events;
};
[[nodiscard]] PackedTrial pack_trial(const std::string& run_id, TrialRecord record);

[[nodiscard]] Status insert_run(Database& database, const RunInfo& run);
/// Code::internal when this attempt is already there.
[[nodiscard]] Status insert_trial(Database& database, const PackedTrial& trial);

/// The rows that are left of a query over kRunColumns, with the notes of each run. Code::config
/// when one cannot be read.
[[nodiscard]] Result<std::vector<RunInfo>> read_runs(Database& database, Query& query);
/// Code::config when the text is not a record of this attempt.
[[nodiscard]] Result<TrialRecord> read_record(const Database& database, std::string_view json,
                                              const TrialKey& key, int attempt);
/// An opening or the events of this attempt.
[[nodiscard]] Result<Json> read_packed(const Database& database, std::string_view packed,
                                       const TrialKey& key, int attempt);

}  // namespace plumb
