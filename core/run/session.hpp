#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <vector>

#include "core/run/plan.hpp"
#include "core/run/reach.hpp"
#include "core/run/run.hpp"
#include "core/run/workers.hpp"

namespace plumb {

/// Why a planned trial is not run at all.
struct Skip {
  Reason reason = Reason::missing_command;
  Blame blame = Blame::user;
  std::string sentence;
};

/// The trials of one run that are still to be done, on their threads. Used by conduct_run() alone.
class Session {
 public:
  Session(const RunRequest& request, const RunParts& parts, const RunInfo& run, const Suite& suite,
          const Scaffold& scaffold, const std::vector<std::unique_ptr<Endpoint>>& endpoints,
          std::stop_token stop);

  /// The path check of every contestant, side by side. A contestant from which no byte came is
  /// marked as never reached.
  void check_paths(const Task& path_check);
  /// A contestant answered in an earlier session of this run.
  void note_answered(std::size_t contestant) { reach_[contestant]->note_answer(); }
  /// Runs these trials; returns when all are durable, or the run must end. What `skip` names is
  /// kept as skipped.
  void run_trials(std::vector<PlannedTrial> trials,
                  const std::function<std::optional<Skip>(const PlannedTrial&)>& skip);

  [[nodiscard]] bool outage() const { return outage_; }
  /// The store's fault that ended the run, if any.
  [[nodiscard]] std::optional<Error> store_error() const;
  /// Keeps an alarm with the run and tells the observer.
  void raise_alarm(const Json& alarm);

 private:
  void check_path(std::size_t contestant, const Task& path_check);
  void run_one(const PlannedTrial& planned, WorkQueue<PlannedTrial>& queue);
  void keep_skipped(const PlannedTrial& planned, const Skip& skip);
  [[nodiscard]] TrialRecord attempt(const PlannedTrial& planned, Waiter& waiter);
  /// A record of a trial that is not run.
  [[nodiscard]] TrialRecord without_run(const PlannedTrial& planned, Verdict verdict) const;
  /// True when the record is to be kept; false when the trial fell into an interruption.
  [[nodiscard]] bool settle(TrialRecord& record, const PlannedTrial& planned, Waiter& waiter);
  /// Blocks until the record is durable.
  [[nodiscard]] Status save(TrialRecord record);
  void end_run(std::optional<Error> store_error);

  const RunRequest& request_;
  const RunParts& parts_;
  const RunInfo& run_;
  const Suite& suite_;
  const Scaffold& scaffold_;
  const std::vector<std::unique_ptr<Endpoint>>& endpoints_;
  std::vector<std::unique_ptr<Reach>> reach_;
  std::vector<std::string> unreached_;  ///< by contestant: why no byte ever came; "" = it answers
  std::stop_source ended_;              ///< ours: the user's stop, an outage, or the store
  std::stop_callback<std::function<void()>> on_stop_;
  std::atomic<bool> outage_ = false;
  mutable std::mutex mutex_;
  std::optional<Error> store_error_;
};

}  // namespace plumb
