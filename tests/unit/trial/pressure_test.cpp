#include <gmock/gmock.h>

#include "core/trial/planted.hpp"
#include "tests/unit/trial/loop_support.hpp"

namespace plumb {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

using UnderPressure = test::LoopTest;

std::vector<ChatReply> hellos(int count) {
  std::vector<ChatReply> replies;
  for (int i = 0; i < count; ++i) replies.push_back(test::call("echo", test::kHello));
  replies.push_back(test::text("done"));
  return replies;
}

TEST(PlantedFailure, ComesAtItsRateAndIsDrawnAnewForEachCall) {
  int planted = 0;
  for (int call = 1; call <= 4000; ++call) planted += planted_failure(0.1, 5, call).empty() ? 0 : 1;
  EXPECT_NEAR(planted, 400, 60);
  EXPECT_EQ(planted_failure(0, 5, 1), "");
  EXPECT_EQ(planted_failure(0.5, 5, 3), planted_failure(0.5, 5, 3));
}

TEST(PlantedFailure, SaysThatNothingWasDone) {
  for (const std::string& failure : planted_failures()) {
    EXPECT_THAT(failure, HasSubstr("the call was not carried out"));
    EXPECT_TRUE(tells_planted_failure("error: " + failure));
  }
  EXPECT_FALSE(tells_planted_failure("error: no such file"));
}

TEST_F(UnderPressure, ACallThatFailsOnPurposeIsValidAndNotRun) {
  pressure_.tool_error_rate = 0.99;
  const TrialRecord record = run(hellos(2));
  EXPECT_EQ(record.calls.total, 2);
  EXPECT_EQ(record.calls.valid, 2);
  EXPECT_EQ(record.planted_errors, 2);
  EXPECT_THAT(tool_messages().at(0), StartsWith("error: "));
  EXPECT_TRUE(tells_planted_failure(tool_messages().at(0)));
  const auto tools = events_of(record, "tool");
  ASSERT_EQ(tools.size(), 2U);
  EXPECT_EQ(tools[0]["planted"], true);
  EXPECT_EQ(tools[0]["ok"], false);
  EXPECT_TRUE(tools[0]["defect"].is_null());
  EXPECT_EQ(record.verdict.outcome, Outcome::passed);
}

TEST_F(UnderPressure, FailuresOnPurposeAreNoLoop) {
  pressure_.tool_error_rate = 0.99;
  rule_.slack = 20;
  const TrialRecord record = run(hellos(8));
  EXPECT_EQ(record.verdict.outcome, Outcome::passed) << record.verdict.sentence;
}

TEST_F(UnderPressure, WhoseFirstAnswerIsTheLastIsSpared) {
  pressure_.tool_error_rate = 0.99;
  EXPECT_EQ(run(hellos(1), "single_answer = true,").planted_errors, 0);
}

TEST_F(UnderPressure, WhoAsksForSeveralCallsInOneAnswerIsSpared) {
  pressure_.tool_error_rate = 0.99;
  EXPECT_EQ(run(hellos(1), "needs = { parallel_calls = true },").planted_errors, 0);
}

TEST_F(UnderPressure, GradersSeeTheAttemptAndThatItWasNotRun) {
  pressure_.tool_error_rate = 0.99;
  const TrialRecord record = run(
      hellos(1),
      "grade = function(env, transcript) local one = transcript.calls[1] return { check('the call "
      "is there', #transcript.calls == 1 and one.turn == 1 and one.arguments.text == 'hello' and "
      "one.raw == '{\"text\":\"hello\"}'), check('and was not run', one.planted == true and not "
      "one.ok "
      "and not one.malformed and one.defect == nil) } end,");
  EXPECT_EQ(record.verdict.outcome, Outcome::passed) << record.verdict.sentence;
}

TEST_F(UnderPressure, TheFillerIsInTheConversationAndNotInTheOpening) {
  pressure_.fill = {.asked = 0.5, .window = 8000, .bytes_per_token = 4, .reserve = 500, .salt = 3};
  const TrialRecord record = run(hellos(1));
  ASSERT_TRUE(record.filling);
  const std::string sent = endpoint_->seen.front().messages.at(1).text;
  EXPECT_GT(sent.size(), 10'000U);
  EXPECT_THAT(sent, testing::EndsWith(record.opening["prompt"].get<std::string>()));
  EXPECT_LT(record.opening["prompt"].get<std::string>().size(), 1000U);
  EXPECT_EQ(sent, with_filler(*record.filling, record.opening["prompt"].get<std::string>()));
  EXPECT_EQ(to_json(*record_from_json(to_json(record)).filling), to_json(*record.filling));
}

TEST(Budget, UnderPressureReadsTheFillerColdAndMakesFailedCallsAgain) {
  const Pace pace{.ttft_ms = 0, .cold_ms_per_token = 1, .decode_tok_s = 1e9, .tokens_per_turn = 1};
  BudgetRule rule{.calibrated = true};
  rule.tool_seconds = 0;
  rule.floor = 0;
  const double usual = calibrated_seconds(rule, 1, pace);
  EXPECT_NEAR(calibrated_seconds(rule, 1, pace, 30'000) - usual, rule.slack * 28.5, 1e-6);
  EXPECT_EQ(make_budget({.slack = 2}, 5 / (1 - 0.5)).turns, 20);
  EXPECT_EQ(make_budget({.slack = 2}, 5 / (1 - 0.1)).turns, 12);
}

}  // namespace
}  // namespace plumb
