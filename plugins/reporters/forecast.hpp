#pragma once

#include <map>
#include <optional>

#include "core/trial/record.hpp"

namespace plumb {

/// How long a run still takes: the turns that are left (as expected by the tasks, scaled by what
/// the finished trials really needed), times the seconds a turn takes, shared by the trials in
/// flight. Times are seconds on one clock.
class Forecast {
 public:
  /// @param turns   expected of all trials that are left
  /// @param trials  that are left
  void start(double turns, int trials);
  void begin(const TrialKey& key, double now_s);
  void turn(const TrialKey& key, double now_s);
  /// @param again  it will be tried once more, so it is still left
  void finish(const TrialKey& key, int turns, int expected_turns, bool again, double now_s);

  /// Nothing before the first turn, and when no trial is left.
  [[nodiscard]] std::optional<double> seconds_left() const;

 private:
  struct Running {
    double since_s = 0;  ///< begin, or the end of its last turn
    int turns = 0;
  };
  void charge(Running& running, double now_s);

  std::map<TrialKey, Running> running_;
  double turns_left_ = 0;  ///< expected, of trials that have not finished
  int trials_left_ = 0;
  double finished_turns_ = 0;
  double finished_expected_ = 0;
  double busy_s_ = 0;
  double turns_seen_ = 0;
  std::size_t most_running_ = 0;
};

}  // namespace plumb
