#include "core/trial/budget.hpp"

#include <gtest/gtest.h>

namespace plumb {
namespace {

using std::chrono::seconds;

TEST(Budget, FollowsFromTheTasksExpectedTurns) {
  const Budget budget = make_budget({.slack = 2, .seconds_per_turn = 15, .hard_stop = 2}, 5);
  EXPECT_EQ(budget.turns, 10);
  EXPECT_EQ(budget.seconds, 75);
  EXPECT_EQ(budget.tokens, 81920);
  EXPECT_EQ(budget.stop_turns, 20);
  EXPECT_EQ(budget.stop_seconds, 150);
  EXPECT_EQ(budget.stop_tokens, 163840);
}

TEST(Budget, RoundsTurnsUpButNotBinaryNoise) {
  EXPECT_EQ(make_budget({.slack = 1.5}, 3).turns, 5);
  EXPECT_EQ(make_budget({.slack = 1.1}, 10).turns, 11);
}

TEST(Budget, TheHardStopIsNeverBelowTheBudget) {
  const Budget budget = make_budget({.hard_stop = 0.5}, 4);
  EXPECT_EQ(budget.stop_turns, budget.turns);
  EXPECT_EQ(budget.stop_seconds, budget.seconds);
}

TEST(Budget, AbsurdRulesStayWithinTheNumbers) {
  const Budget budget = make_budget({.slack = 1e300, .tokens_per_turn = INT64_MAX}, 1000);
  EXPECT_GT(budget.turns, 0);
  EXPECT_GT(budget.stop_turns, 0);
  EXPECT_GT(budget.stop_tokens, 0);
}

TEST(Meter, WaitingIsNeverCharged) {
  Meter meter(make_budget({.seconds_per_turn = 10}, 1));
  meter.add_waiting(seconds(1000));
  meter.note_caps();
  EXPECT_FALSE(meter.first_cap());
  EXPECT_EQ(meter.left(), seconds(20));
  EXPECT_EQ(meter.clocks().waiting_s, 1000);
}

TEST(Meter, ModelAndToolTimeShareOneBudget) {
  Meter meter(make_budget({.seconds_per_turn = 10}, 1));
  meter.charge_model(seconds(6));
  meter.note_caps();
  EXPECT_FALSE(meter.first_cap());
  meter.charge_tool(seconds(6));
  meter.note_caps();
  EXPECT_EQ(meter.first_cap(), Reason::time);
  EXPECT_FALSE(meter.must_stop());
  EXPECT_EQ(meter.left(), seconds(8));
}

TEST(Meter, TheLastTurnOfTheBudgetIsWithinIt) {
  Meter meter(make_budget({.slack = 1}, 2));
  meter.add_turn(10);
  meter.add_turn(10);
  meter.note_caps();
  EXPECT_FALSE(meter.first_cap());
  meter.add_turn(10);
  meter.note_caps();
  EXPECT_EQ(meter.first_cap(), Reason::turns);
}

TEST(Meter, TheFirstLimitThatWasPassedStays) {
  Meter meter(make_budget({.slack = 1, .seconds_per_turn = 10, .tokens_per_turn = 100}, 2));
  meter.add_turn(201);
  meter.note_caps();
  EXPECT_EQ(meter.first_cap(), Reason::tokens);
  meter.charge_model(seconds(100));
  meter.note_caps();
  EXPECT_EQ(meter.first_cap(), Reason::tokens);
}

TEST(Meter, StopsAtAnyHardStop) {
  const Budget budget =
      make_budget({.slack = 1, .seconds_per_turn = 10, .tokens_per_turn = 100}, 2);
  Meter by_turns(budget);
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(by_turns.must_stop());
    by_turns.add_turn(1);
  }
  EXPECT_TRUE(by_turns.must_stop());
  Meter by_tokens(budget);
  by_tokens.add_turn(400);
  EXPECT_TRUE(by_tokens.must_stop());
  Meter by_time(budget);
  by_time.charge_model(seconds(40));
  EXPECT_TRUE(by_time.must_stop());
  EXPECT_EQ(by_time.left(), Duration::zero());
  by_time.charge_model(seconds(40));
  EXPECT_EQ(by_time.left(), Duration::zero());
}

}  // namespace
}  // namespace plumb
