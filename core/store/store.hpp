// core/store: the SQLite file in which runs, contestants, tasks, trials and transcripts are kept.
// One writer thread with group commit; a trial is durable before it is announced. It computes no
// statistics.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/base/result.hpp"
#include "core/base/waiter.hpp"
#include "core/trial/record.hpp"

namespace plumb {

/// The id of a note that is no alarm.
inline constexpr const char* kServerFigures = "server_figures";

/// A run as it was planned; everything but `state`, `finished_ms`, `notes` and what its plan says
/// of probes is written once.
struct RunInfo {
  std::string id;        ///< 8 hex digits
  std::string identity;  ///< hash of what must be equal for --resume: tasks, contestants, repeats,
                         ///< seed, budget rule, shard, scaffold
  std::string suite;
  std::uint64_t seed = 0;
  int repeats = 1;
  std::string sandbox;
  bool isolated = true;
  std::int64_t started_ms = 0;
  std::int64_t finished_ms = 0;   ///< 0 while it is not finished
  std::string state = "running";  ///< "running", "finished", "interrupted", "outage"
  /// plan{tasks[{name, category, digest, expected_turns}], contestants[{name, model, url
  /// (redacted), stand_in, identity{}, recipe{}, probe{} (a capability card, null before it was
  /// probed), proxy}], trials_per_contestant}, budget{}, ruler{},
  /// scaffold{version, digest}, fingerprint, version.
  Json plan = Json::object();
  /// Observed while running: alarms raised by the run itself [{id, contestant, task, sentence,
  /// evidence, remedy}], and what servers said about themselves [{id: kServerFigures, contestant,
  /// figures{}}], one for each session of the run.
  Json notes = Json::array();
};

/// Thread-safe. Reads may run beside the writer.
class Store {
 public:
  /// Opens or creates. Code::config when the file is not a Plumbline database or of a newer schema,
  /// with what to do; Code::io (full disk, read-only, locked by another run).
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(const std::string& path);
  virtual ~Store() = default;

  [[nodiscard]] virtual Status create_run(const RunInfo& run) = 0;
  [[nodiscard]] virtual Status set_run_state(const std::string& run_id, const std::string& state,
                                             std::int64_t finished_ms) = 0;
  /// Replaces the plan: what was found about contestants whose server came up later.
  [[nodiscard]] virtual Status set_plan(const std::string& run_id, const Json& plan) = 0;
  [[nodiscard]] virtual Status add_note(const std::string& run_id, const Json& note) = 0;
  /// Newest first.
  [[nodiscard]] virtual Result<std::vector<RunInfo>> runs() = 0;
  /// By id or a unique prefix of it; "last" is the newest. Code::not_found, Code::usage when
  /// ambiguous.
  [[nodiscard]] virtual Result<RunInfo> run(const std::string& id) = 0;
  /// The newest run of this identity that is not finished.
  [[nodiscard]] virtual Result<std::optional<RunInfo>> resumable(const std::string& identity) = 0;

  /// A record on its way to the disk. done() becomes true (and the Wake rings) when it is durable
  /// or has failed.
  class Saving {
   public:
    virtual ~Saving() = default;
    [[nodiscard]] virtual bool done() const = 0;
    /// Only after done().
    [[nodiscard]] virtual Status status() const = 0;
  };
  /// Hands a record to the writer; never blocks on the disk. `wake` must outlive the Saving. Saving
  /// the same (run, key, attempt) twice is an error. Failpoints: store.before_commit,
  /// store.in_commit, store.after_commit.
  [[nodiscard]] virtual std::unique_ptr<Saving> save(const std::string& run_id, TrialRecord record,
                                                     Wake& wake) = 0;

  /// All attempts of a run's trials without opening and events, ordered by key and attempt.
  [[nodiscard]] virtual Result<std::vector<TrialRecord>> trials(const std::string& run_id) = 0;
  /// One attempt with its transcript; `attempt` 0 = the last one. Code::not_found.
  [[nodiscard]] virtual Result<TrialRecord> trial(const std::string& run_id, const TrialKey& key,
                                                  int attempt) = 0;

  /// The cache of ruler checks.
  [[nodiscard]] virtual Result<std::optional<Json>> ruler(const std::string& key) = 0;
  [[nodiscard]] virtual Status set_ruler(const std::string& key, const Json& report) = 0;
};

}  // namespace plumb
