#include "core/score/tool_calls.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/support/records.hpp"

namespace plumb {
namespace {

TEST(CallRate, CallsThatAreIndependentCountAsTheyAre) {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same each time
  std::bernoulli_distribution is_bad(0.05);
  int covered = 0;
  for (int round = 0; round < 400; ++round) {
    std::vector<int> bad(40);
    const std::vector<int> calls(40, 20);
    for (int& one : bad) {
      for (int i = 0; i < 20; ++i) one += is_bad(random) ? 1 : 0;
    }
    const CallRate found = call_rate(bad, calls);
    covered += found.interval.low <= 0.05 && 0.05 <= found.interval.high ? 1 : 0;
  }
  EXPECT_GE(covered, 365);  // 95 % of 400 is 380; 365 is more than three standard errors below
}

TEST(CallRate, CallsThatFailTogetherCountForLess) {
  // Ten trials of ten calls: in one all are bad, in the others none.
  std::vector<int> bad(10, 0);
  bad[3] = 10;
  const CallRate found = call_rate(bad, std::vector<int>(10, 10));
  EXPECT_DOUBLE_EQ(found.rate, 0.1);
  EXPECT_NEAR(found.effective_calls, 9, 0.01);
  EXPECT_GT(found.interval.high, 0.4);
}

TEST(CallRate, NoBadCallLeavesAnIntervalAllTheSame) {
  const CallRate found = call_rate({0, 0}, {50, 50});
  EXPECT_EQ(found.rate, 0);
  EXPECT_EQ(found.effective_calls, 100);
  EXPECT_NEAR(found.interval.high, 0.037, 0.001);
}

TEST(CallSurvival, IsTheOneOfKaplanAndMeier) {
  // Times of remission of the 21 patients under 6-MP, Freireich et al. 1963, as in textbooks:
  // S(6) = 0.857, S(10) = 0.753, S(16) = 0.627, S(23) = 0.448.
  std::vector<CallSpan> trials;
  for (const int event : {6, 6, 6, 7, 10, 13, 16, 22, 23}) trials.push_back({event, event});
  for (const int censored : {6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35}) {
    trials.push_back({censored, 0});
  }
  const auto steps = call_survival(trials, {1, 6, 10, 16, 23, 40});
  ASSERT_EQ(steps.size(), 5) << "nobody made forty calls";
  EXPECT_EQ(steps[0].share, 1);
  EXPECT_EQ(steps[0].at_risk, 21);
  EXPECT_NEAR(steps[1].share, 0.857, 0.001);
  EXPECT_NEAR(steps[2].share, 0.753, 0.001);
  EXPECT_NEAR(steps[3].share, 0.627, 0.001);
  EXPECT_NEAR(steps[4].share, 0.448, 0.001);
  EXPECT_LT(steps[4].interval.low, 0.448);
  EXPECT_GT(steps[4].interval.high, 0.448);
}

TEST(ToolCalls, AddUpOverTheTrials) {
  TrialRecord good = test::trial_record({"x", "a", 0}, Outcome::passed);
  TrialRecord bad = test::trial_record({"x", "a", 1}, Outcome::failed, Reason::wrong_result);
  bad.calls = {.total = 4,
               .valid = 2,
               .intended = 3,
               .valid_at_first = 2,
               .lost_turns = 2,
               .lost_seconds = 6,
               .defects = {{.defect = Defect::args_not_json,
                            .attribution = Attribution::model,
                            .turn = 2,
                            .call = 2,
                            .what = "probe",
                            .aftermath = Aftermath::recovered_next_turn},
                           {.defect = Defect::leaked_text,
                            .attribution = Attribution::server_parser,
                            .turn = 4,
                            .call = 4,
                            .what = "<tool_call>",
                            .aftermath = Aftermath::fatal}}};
  const Json json = tool_calls({&good, &bad});
  EXPECT_EQ(json["total"], 7);
  EXPECT_EQ(json["malformed"], 2);
  EXPECT_EQ(json["first_try"], Json({{"count", 5}, {"of", 6}, {"share", 5.0 / 6}}));
  EXPECT_EQ(json["by_defect"], Json({{"args_not_json", 1}, {"leaked_text", 1}}));
  EXPECT_EQ(json["by_attribution"], Json({{"model", 1}, {"server_parser", 1}}));
  EXPECT_EQ(json["recovered"], Json({{"count", 1}, {"of", 2}, {"share", 0.5}}));
  EXPECT_EQ(json["clean_completions"]["count"], 1);
  EXPECT_EQ(json["cost"], Json({{"turns", 2.0}, {"seconds", 6.0}}));
  ASSERT_EQ(json["defects"].size(), 2);
  EXPECT_EQ(json["defects"][0]["format"], "<tool_call>");
  EXPECT_EQ(json["defects"][0]["fatal"], 1);
  EXPECT_EQ(json["defects"][1]["example"], "a #2, turn 2");
  EXPECT_NEAR(json["per_100"]["rate"].get<double>(), 100.0 * 2 / 7, 1e-9);
}

TEST(ToolCalls, WithoutACallNothingIsClaimed) {
  TrialRecord quiet = test::trial_record({"x", "a", 0}, Outcome::passed);
  quiet.calls = {};
  const Json json = tool_calls({&quiet});
  EXPECT_TRUE(json["malformed_rate"].is_null());
  EXPECT_TRUE(json["per_100"]["rate"].is_null());
  EXPECT_TRUE(json["first_try"]["share"].is_null());
  EXPECT_TRUE(json["survival"].empty());
}

}  // namespace
}  // namespace plumb
