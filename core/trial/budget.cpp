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
  Json json = {{"mode", rule.calibrated ? "calibrated" : "fixed"},
               {"slack", rule.slack},
               {"seconds_per_turn", rule.seconds_per_turn},
               {"hard_stop", rule.hard_stop},
               {"tokens_per_turn", rule.tokens_per_turn}};
  if (rule.calibrated) {
    json["tool_seconds"] = rule.tool_seconds;
    json["floor"] = rule.floor;
    json["ceiling"] = rule.ceiling;
  }
  return json;
}

double calibrated_seconds(const BudgetRule& rule, double expected_turns, const Pace& pace,
                          std::int64_t opening) {
  constexpr double kResult = 400;
  constexpr double kMostTokens = 2048;
  const double tokens = std::clamp(pace.tokens_per_turn, 1.0, kMostTokens);
  const double decode_s = pace.decode_tok_s > 0 ? tokens / pace.decode_tok_s : 0;
  double seconds = 0;
  double seen = 0;
  auto fresh = static_cast<double>(opening);
  for (int turn = 0; turn < whole_turns(expected_turns); ++turn) {
    const double first_token_ms =
        pace.ttft_ms + seen * pace.warm_ms_per_token + fresh * pace.cold_ms_per_token;
    seconds += first_token_ms / 1e3 + decode_s + rule.tool_seconds;
    seen += fresh;
    fresh = tokens + kResult;
  }
  return std::clamp(rule.slack * seconds, rule.floor * expected_turns,
                    rule.ceiling * expected_turns);
}

Budget make_budget(const BudgetRule& rule, double expected_turns, const Pace* pace,
                   std::int64_t opening) {
  const double hard_stop = std::max(rule.hard_stop, 1.0);
  Budget budget;
  budget.calibrated = rule.calibrated && pace != nullptr;
  budget.turns = whole_turns(rule.slack * expected_turns);
  budget.seconds = budget.calibrated ? calibrated_seconds(rule, expected_turns, *pace, opening)
                                     : rule.seconds_per_turn * expected_turns;
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
