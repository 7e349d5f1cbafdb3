#include "core/trial/budget.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace plumb {
namespace {

/// Rounds up what is not whole; 2.4 * 5 is 12, whatever the binary fraction says.
int whole_turns(double turns) {
  constexpr double kNoise = 1e-9;
  const double most = std::numeric_limits<int>::max();
  return static_cast<int>(std::clamp(std::ceil(turns - kNoise), 1.0, most));
}

std::int64_t whole_tokens(double tokens) {
  constexpr double kMost = 9e18;
  return static_cast<std::int64_t>(std::clamp(std::ceil(tokens), 0.0, kMost));
}

}  // namespace

Json to_json(const BudgetRule& rule) {
  return {{"mode", "fixed"},
          {"slack", rule.slack},
          {"seconds_per_turn", rule.seconds_per_turn},
          {"hard_stop", rule.hard_stop},
          {"tokens_per_turn", rule.tokens_per_turn}};
}

Budget make_budget(const BudgetRule& rule, int expected_turns) {
  const double hard_stop = std::max(rule.hard_stop, 1.0);
  Budget budget;
  budget.turns = whole_turns(rule.slack * expected_turns);
  budget.seconds = rule.seconds_per_turn * expected_turns;
  budget.tokens = whole_tokens(static_cast<double>(rule.tokens_per_turn) * budget.turns);
  budget.stop_turns = whole_turns(hard_stop * budget.turns);
  budget.stop_seconds = hard_stop * budget.seconds;
  budget.stop_tokens = whole_tokens(hard_stop * static_cast<double>(budget.tokens));
  return budget;
}

void Meter::add_turn(std::int64_t completion_tokens) {
  ++turns_;
  tokens_ += completion_tokens;
}

void Meter::note_caps() {
  if (first_cap_) return;
  if (turns_ > budget_.turns) {
    first_cap_ = Reason::turns;
  } else if (clocks_.charged_s() > budget_.seconds) {
    first_cap_ = Reason::time;
  } else if (tokens_ > budget_.tokens) {
    first_cap_ = Reason::tokens;
  }
}

bool Meter::must_stop() const {
  return turns_ >= budget_.stop_turns || clocks_.charged_s() >= budget_.stop_seconds ||
         tokens_ >= budget_.stop_tokens;
}

Duration Meter::left() const {
  return from_seconds(std::max(0.0, budget_.stop_seconds - clocks_.charged_s()));
}

}  // namespace plumb
