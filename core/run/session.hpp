#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "core/run/entrant.hpp"
#include "core/run/machine.hpp"
#include "core/run/pacing.hpp"
#include "core/run/plan.hpp"
#include "core/run/reach.hpp"
#include "core/run/run.hpp"
#include "core/trial/inquest.hpp"

namespace plumb {

/// The trials of one run that are still to be done, on their threads. Used by conduct_run() alone.
class Session {
 public:
  Session(const RunRequest& request, const RunParts& parts, const RunInfo& run, const Suite& suite,
          const Scaffold& scaffold, const std::vector<Entrant>& entrants, std::stop_token stop);

  using SkipRule = std::function<std::optional<Skip>(const PlannedTrial&)>;
  /// What is to be found out about a contestant that was not met before the run, once it is up for
  /// the first time and before its path check. Called on a worker's thread, for one contestant of a
  /// machine at a time. An error: it cannot be measured.
  using UpHook = std::function<Status(std::size_t contestant, Waiter& waiter)>;
  /// How many requests wait at a contestant's server; nothing while it does not tell. Thread-safe.
  using QueueDepth = std::function<std::optional<double>()>;

  void on_up(UpHook hook) { on_up_ = std::move(hook); }
  void follow_queue(std::size_t contestant, QueueDepth depth) {
    sides_[contestant].queue_depth = std::move(depth);
  }

  /// The path check of every contestant, side by side; of a contestant that must be brought up, as
  /// soon as that was done. A contestant from which no byte came is marked as never reached.
  void check_paths(const Task& path_check);
  /// A contestant answered in an earlier session of this run.
  void note_answered(std::size_t contestant) { sides_[contestant].answered = true; }
  /// Runs these trials; returns when all are durable, or the run must end, and nothing that it
  /// brought up is up any more. What `skip` names is kept as skipped.
  void run_trials(std::vector<PlannedTrial> trials, const SkipRule& skip);

  /// A contestant stopped answering; what was left of its trials was not run.
  [[nodiscard]] bool outage() const { return outage_; }
  /// The store's fault that ended the run, if any.
  [[nodiscard]] std::optional<Error> store_error() const;
  /// Keeps an alarm with the run and tells the observer.
  void raise_alarm(const Json& alarm);
  /// Keeps what a contestant's server said about itself while the run went on.
  void keep_figures(const std::string& contestant, const Json& figures);

 private:
  /// What is known of one contestant while the run goes on.
  struct Side {
    std::atomic<bool> answered = false;  ///< a byte came from it, ever
    // Written before any of its trials begins.
    std::string unreached;  ///< why no byte will come; "" = it answers
    Blame unreached_blame = Blame::transport;
    int machine = kNoMachine;
    QueueDepth queue_depth;
    bool was_up = false;  ///< belongs to the thread that brings it up
    InquestBook inquests;
  };

  void check_path(std::size_t contestant, const Task& path_check);
  void do_work(const TrialQueue::Work& work, TrialQueue& queue, const SkipRule& skip);
  void run_one(const PlannedTrial& planned, TrialQueue& queue);
  /// False: it cannot be brought up, and its trials say so.
  [[nodiscard]] bool bring_up(std::size_t contestant);
  void take_down(Machine& machine);
  void mark_unreached(std::size_t contestant, const UpFailure& failure);
  /// False: its remaining trials are not run.
  [[nodiscard]] bool recover(std::size_t contestant);
  void follow(std::size_t contestant, TrialQueue& queue);
  [[nodiscard]] std::vector<Lane> lanes() const;
  /// Keeps as skipped what needs no server to be skipped, so that none is brought up for it.
  void skip_ahead(std::vector<PlannedTrial>& trials, const SkipRule& skip);
  void keep_skipped(const PlannedTrial& planned, const Skip& skip);
  [[nodiscard]] TrialRecord attempt(const PlannedTrial& planned, TrialQueue& queue, Waiter& waiter);
  /// A record of a trial that is not run.
  [[nodiscard]] TrialRecord without_run(const PlannedTrial& planned, Verdict verdict) const;
  /// True when the record is to be kept; false when the trial fell into an interruption.
  [[nodiscard]] bool settle(TrialRecord& record, const PlannedTrial& planned, TrialQueue& queue,
                            Waiter& waiter);
  /// Blocks until the record is durable.
  [[nodiscard]] Status save(TrialRecord record);
  void end_run(std::optional<Error> store_error);

  const RunRequest& request_;
  const RunParts& parts_;
  const RunInfo& run_;
  const Suite& suite_;
  const Scaffold& scaffold_;
  const std::vector<Entrant>& entrants_;  ///< one that is brought up is completed by the hook
  std::deque<Side> sides_;                ///< by contestant
  std::vector<std::unique_ptr<Machine>> machines_;
  UpHook on_up_;
  const Task* path_check_ = nullptr;
  std::stop_source ended_;  ///< ours: the user's stop, or the store
  std::stop_callback<std::function<void()>> on_stop_;
  std::atomic<bool> outage_ = false;
  mutable std::mutex mutex_;
  std::optional<Error> store_error_;
};

}  // namespace plumb
