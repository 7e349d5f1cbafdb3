#include "core/run/plan.hpp"

#include <gtest/gtest.h>

#include "core/base/hash.hpp"

namespace plumb {
namespace {

Bench bench_with(const std::string& url) {
  Bench bench;
  Contestant contestant;
  contestant.name = "mine";
  contestant.url = url;
  contestant.model = "m";
  bench.contestants = {contestant};
  return bench;
}

std::string identity(const Bench& bench, const std::string& suite = "s",
                     const std::string& scaffold = "f") {
  Suite tasks;
  tasks.digest = suite;
  Scaffold around;
  around.digest = scaffold;
  return run_identity(bench, tasks, around, "sandbox");
}

TEST(Plan, LaysTheContestantsSideBySide) {
  const auto plan = make_plan({kNoMachine, kNoMachine}, 2, 2);
  ASSERT_EQ(plan.size(), 8U);
  std::vector<std::array<std::size_t, 3>> order;
  for (const PlannedTrial& trial : plan) {
    order.push_back({static_cast<std::size_t>(trial.repeat), trial.task, trial.contestant});
  }
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_EQ(plan[1].contestant, 1U);
}

TEST(Plan, TheMiddleOneOfAMachineKeepsItsPlaceWhenTheOrderTurnsRound) {
  std::string order;
  for (const PlannedTrial& trial : make_plan({0, 0, 0}, 1, 2)) {
    order += static_cast<char>('a' + trial.contestant);
  }
  EXPECT_EQ(order, "abccba");
}

TEST(Plan, WhoIsAlwaysUpGoesBesideTheFirstTurn) {
  std::string order;
  for (const PlannedTrial& trial : make_plan({0, kNoMachine, 0}, 2, 1)) {
    order += static_cast<char>('a' + trial.contestant);
  }
  EXPECT_EQ(order, "ababcc");
}

TEST(Plan, ContestantsOfAGroupShareAMachineAndWhoIsBroughtUpAloneHasOne) {
  std::vector<Contestant> contestants(4);
  contestants[1].group = contestants[3].group = "spark";
  contestants[2].up = {"serve"};
  EXPECT_EQ(machines_of(contestants), (std::vector<int>{kNoMachine, 0, 1, 0}));
}

TEST(Plan, ATrialsSeedFollowsTheWrittenFormula) {
  EXPECT_EQ(trial_seed(7, "rename-function", 2),
            hash_number("plumb.seed/1\n7\nrename-function\n2") >> 33);
  EXPECT_LT(trial_seed(7, "rename-function", 2), std::uint64_t{1} << 31);
  EXPECT_NE(trial_seed(7, "rename-function", 2), trial_seed(7, "rename-function", 3));
}

TEST(Plan, TheIdentityForgetsWhereAModelIsServed) {
  EXPECT_EQ(identity(bench_with("http://one:8000/v1")), identity(bench_with("http://two:9000/v1")));
}

TEST(Plan, TheIdentityChangesWithAllThatIsMeasured) {
  const Bench base = bench_with("http://one:8000/v1");
  std::vector<Bench> others(7, base);
  others[0].repeats = 9;
  others[1].seed = 9;
  others[2].budget.hard_stop = 1;
  others[3].contestants[0].model = "other";
  others[4].contestants[0].sampling.temperature = 0.5;
  others[5].contestants[0].dialect.tool_choice = "required";
  others[6].contestants[0].dialect.id_format = "nine";
  for (const Bench& other : others) EXPECT_NE(identity(base), identity(other));
  EXPECT_NE(identity(base), identity(base, "another suite"));
  EXPECT_NE(identity(base), identity(base, "s", "another scaffold"));
}

TEST(Plan, TheIdentityKnowsTheLoadThatCalibratedSecondsWereMeasuredUnder) {
  Bench four = bench_with("http://one:8000/v1");
  four.concurrency = 4;
  Bench eight = four;
  eight.concurrency = 8;
  EXPECT_NE(identity(four), identity(eight));
  four.contestants[0].concurrency = eight.contestants[0].concurrency = 2;
  EXPECT_EQ(identity(four), identity(eight)) << "it has two at once in both";
  eight.contestants[0].concurrency = 0;
  four.budget.calibrated = eight.budget.calibrated = false;
  EXPECT_EQ(identity(four), identity(eight)) << "fixed seconds know no load";
}

TEST(Plan, OnlyStandInsAreToldTheTrial) {
  Contestant real = bench_with("http://one:8000/v1").contestants[0];
  EXPECT_EQ(trial_header(real, "t", 1, 2, 3, ""), "");
  real.url = "standin:skill=1";
  const auto header = parse_json(trial_header(real, "t", 1, 2, 3, ""));
  ASSERT_TRUE(header);
  EXPECT_EQ(
      *header,
      (Json{{"task", "t"}, {"seed", 1}, {"run_seed", 2}, {"contestant", "mine"}, {"repeat", 3}}));
  EXPECT_EQ(parse_json(trial_header(real, "t", 1, 2, 3, "oracle"))->at("policy"), "oracle");
}

}  // namespace
}  // namespace plumb
