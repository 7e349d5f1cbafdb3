#pragma once

#include <string>

#include "core/base/json.hpp"
#include "core/store/store.hpp"
#include "core/trial/record.hpp"

namespace plumb {

/// Hears what a run does, while it does it. Called from trial threads, several at once:
/// implementations lock.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  /// A sentence about a stage that takes time ("ruler check: 12 of 58 policies").
  virtual void on_stage(const std::string& sentence) = 0;
  /// Before the first trial. `planned` trials in all, `stored` of them already there (resumed).
  virtual void on_start(const RunInfo& run, int planned, int stored) = 0;
  /// A trial has begun to run.
  virtual void on_begin(const TrialKey& key, int expected_turns) = 0;
  /// A turn of a running trial ended.
  virtual void on_turn(const TrialKey& key, int turn, int expected_turns) = 0;
  /// A trial is durable; `again` when it was invalid and will be tried again.
  virtual void on_trial(const TrialRecord& record, bool again) = 0;
  /// An alarm {id, contestant, task, sentence, evidence, remedy}.
  virtual void on_alarm(const Json& alarm) = 0;
};

}  // namespace plumb
