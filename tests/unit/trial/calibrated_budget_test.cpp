#include <gtest/gtest.h>

#include "core/trial/budget.hpp"

namespace plumb {
namespace {

const BudgetRule kRule{
    .calibrated = true, .slack = 2, .tool_seconds = 5, .floor = 0, .ceiling = 1e6};

TEST(CalibratedBudget, IsSlackTimesWhatTheExpectedTurnsTake) {
  const Pace pace{.ttft_ms = 500, .decode_tok_s = 20, .tokens_per_turn = 100};
  // Three turns of 0.5 s to the first token, 5 s of tokens, 5 s of tools.
  EXPECT_DOUBLE_EQ(calibrated_seconds(kRule, 3, pace), 2 * 3 * 10.5);
}

TEST(CalibratedBudget, ReadsTheOpeningColdAndWhatGrewSinceOnTopOfWarmContext) {
  const Pace pace{
      .cold_ms_per_token = 2, .warm_ms_per_token = 0.5, .decode_tok_s = 0, .tokens_per_turn = 100};
  // First turn: 1500 new tokens. Second: those again, and 100 + 400 new ones.
  const double reading_s = (1500 * 2 + (1500 * 0.5 + 500 * 2)) / 1e3;
  EXPECT_DOUBLE_EQ(calibrated_seconds(kRule, 2, pace), 2 * (reading_s + 2 * 5));
}

TEST(CalibratedBudget, RamblingBuysNoTime) {
  const Pace rambling{.decode_tok_s = 10, .tokens_per_turn = 50'000};
  const Pace at_the_bound{.decode_tok_s = 10, .tokens_per_turn = 2048};
  EXPECT_DOUBLE_EQ(calibrated_seconds(kRule, 4, rambling),
                   calibrated_seconds(kRule, 4, at_the_bound));
}

TEST(CalibratedBudget, StaysBetweenFloorAndCeiling) {
  BudgetRule rule = kRule;
  rule.floor = 30;
  EXPECT_DOUBLE_EQ(calibrated_seconds(rule, 4, {.decode_tok_s = 1e6, .tokens_per_turn = 10}), 120);
  rule.ceiling = 40;
  EXPECT_DOUBLE_EQ(calibrated_seconds(rule, 4, {.decode_tok_s = 0.1, .tokens_per_turn = 2000}),
                   160);
}

TEST(CalibratedBudget, ASlowContestantGetsMoreTimeAndTheSameTurns) {
  const Pace fast{.decode_tok_s = 60, .tokens_per_turn = 300};
  const Pace slow{.decode_tok_s = 10, .tokens_per_turn = 300};
  const Budget of_fast = make_budget(kRule, 5, &fast);
  const Budget of_slow = make_budget(kRule, 5, &slow);
  EXPECT_GT(of_slow.seconds, of_fast.seconds);
  EXPECT_EQ(of_slow.turns, of_fast.turns);
  EXPECT_EQ(of_slow.tokens, of_fast.tokens);
  EXPECT_TRUE(of_slow.calibrated);
}

TEST(CalibratedBudget, WithoutAPaceTheFixedSecondsHold) {
  const Budget budget = make_budget(kRule, 5, nullptr);
  EXPECT_FALSE(budget.calibrated);
  EXPECT_EQ(budget.seconds, 75);
}

TEST(FixedBudget, IgnoresThePace) {
  const Pace pace{.decode_tok_s = 1, .tokens_per_turn = 1000};
  EXPECT_EQ(make_budget({}, 5, &pace).seconds, 75);
}

}  // namespace
}  // namespace plumb
