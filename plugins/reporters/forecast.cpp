#include "plugins/reporters/forecast.hpp"

#include <algorithm>

namespace plumb {

void Forecast::start(double turns, int trials) {
  turns_left_ = turns;
  trials_left_ = trials;
}

void Forecast::charge(Running& running, double now_s) {
  busy_s_ += std::max(0.0, now_s - running.since_s);
  running.since_s = now_s;
}

void Forecast::begin(const TrialKey& key, double now_s) {
  running_[key] = {.since_s = now_s, .turns = 0};
  most_running_ = std::max(most_running_, running_.size());
}

void Forecast::turn(const TrialKey& key, double now_s) {
  const auto it = running_.find(key);
  if (it == running_.end()) return;
  charge(it->second, now_s);
  ++it->second.turns;
  ++turns_seen_;
}

void Forecast::finish(const TrialKey& key, int turns, int expected_turns, bool again,
                      double now_s) {
  if (const auto it = running_.find(key); it != running_.end()) {
    charge(it->second, now_s);
    running_.erase(it);
  }
  if (again) return;
  turns_left_ = std::max(0.0, turns_left_ - expected_turns);
  trials_left_ = std::max(0, trials_left_ - 1);
  if (turns <= 0) return;
  finished_turns_ += turns;
  finished_expected_ += expected_turns;
}

std::optional<double> Forecast::seconds_left() const {
  if (turns_seen_ <= 0 || trials_left_ <= 0) return std::nullopt;
  const double scale = finished_expected_ > 0 ? finished_turns_ / finished_expected_ : 1;
  double turns = turns_left_ * scale;
  for (const auto& [key, running] : running_) turns -= running.turns;
  // A trial that is over its expectation still has a turn to go.
  turns = std::max(turns, static_cast<double>(trials_left_));
  const auto side_by_side =
      std::clamp<double>(static_cast<double>(most_running_), 1, static_cast<double>(trials_left_));
  return turns * (busy_s_ / turns_seen_) / side_by_side;
}

}  // namespace plumb
