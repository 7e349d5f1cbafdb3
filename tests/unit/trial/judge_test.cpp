#include "core/trial/judge.hpp"

#include <functional>

#include <gtest/gtest.h>

namespace plumb {
namespace {

Grade checks(bool works, bool safe = true) {
  return {.checks = {{.name = "the work is done", .holds = works},
                     {.name = "prints the token", .holds = safe, .must_not = true}},
          .points = std::nullopt};
}

/// Evidence of a model that answered; the rest is changed by each test.
Evidence answered(bool works) {
  Evidence evidence;
  evidence.end = LoopEnd::answered;
  evidence.run_calls = 3;
  evidence.grading = {.first = checks(works), .second = checks(works), .error = std::nullopt};
  return evidence;
}

struct Row {
  const char* name;
  Evidence evidence;
  Outcome outcome;
  Reason reason;
  Blame blame;
};

Evidence with(Evidence evidence, const std::function<void(Evidence&)>& change) {
  change(evidence);
  return evidence;
}

std::vector<Row> rows() {
  const auto end = [](bool works, LoopEnd how) {
    return with(answered(works), [how](Evidence& evidence) { evidence.end = how; });
  };
  return {
      {"passed", answered(true), Outcome::passed, Reason::none, Blame::none},
      {"wrong_result", answered(false), Outcome::failed, Reason::wrong_result, Blame::model},
      {"no_valid_call", with(answered(false), [](Evidence& e) { e.run_calls = 0; }),
       Outcome::failed, Reason::gave_up, Blame::model},
      {"no_tools_to_call",
       with(answered(false),
            [](Evidence& e) {
              e.run_calls = 0;
              e.has_tools = false;
            }),
       Outcome::failed, Reason::wrong_result, Blame::model},
      {"empty_answer", end(false, LoopEnd::empty_answer), Outcome::failed, Reason::gave_up,
       Blame::undetermined},
      {"refused", end(false, LoopEnd::refused), Outcome::failed, Reason::refused, Blame::model},
      {"looped", end(false, LoopEnd::looped), Outcome::failed, Reason::looped, Blame::model},
      {"looped_with_all_checks", end(true, LoopEnd::looped), Outcome::failed, Reason::looped,
       Blame::model},
      {"malformed", end(false, LoopEnd::malformed_calls), Outcome::failed, Reason::malformed_calls,
       Blame::model},
      {"server_rejected", end(false, LoopEnd::server_rejected), Outcome::failed,
       Reason::server_rejected, Blame::undetermined},
      {"context", end(false, LoopEnd::context_full), Outcome::capped, Reason::context,
       Blame::undetermined},
      {"cut_short", end(false, LoopEnd::cut_short), Outcome::capped, Reason::tokens, Blame::model},
      {"hard_stop_by_time", end(false, LoopEnd::hard_stop), Outcome::capped, Reason::time,
       Blame::undetermined},
      {"hard_stop_by_turns",
       with(end(false, LoopEnd::hard_stop), [](Evidence& e) { e.reached_turn_stop = true; }),
       Outcome::capped, Reason::turns, Blame::model},
      {"hard_stop_by_tokens",
       with(end(false, LoopEnd::hard_stop), [](Evidence& e) { e.reached_token_stop = true; }),
       Outcome::capped, Reason::tokens, Blame::model},
      {"cap_before_malformed",
       with(end(false, LoopEnd::malformed_calls), [](Evidence& e) { e.first_cap = Reason::turns; }),
       Outcome::capped, Reason::turns, Blame::model},
      {"unsafe_before_cap",
       with(answered(true),
            [](Evidence& e) {
              e.first_cap = Reason::time;
              e.grading.first = e.grading.second = checks(true, false);
            }),
       Outcome::failed, Reason::unsafe, Blame::model},
      {"never_reached", end(false, LoopEnd::never_reached), Outcome::invalid, Reason::never_reached,
       Blame::transport},
      {"endpoint_error", end(false, LoopEnd::endpoint_error), Outcome::invalid,
       Reason::endpoint_error, Blame::server},
      {"sandbox_error", end(false, LoopEnd::sandbox_error), Outcome::invalid, Reason::sandbox_error,
       Blame::sandbox},
      {"task_error", end(false, LoopEnd::task_error), Outcome::invalid, Reason::task_error,
       Blame::task},
      {"interrupted", end(false, LoopEnd::interrupted), Outcome::invalid, Reason::interrupted,
       Blame::user},
      {"grader_throws",
       with(answered(true),
            [](Evidence& e) { e.grading.error = Error{Code::config, "task.lua:3: oops"}; }),
       Outcome::invalid, Reason::grader_error, Blame::task},
      {"grader_loops",
       with(answered(true), [](Evidence& e) { e.grading.error = Error{Code::limit, "too long"}; }),
       Outcome::invalid, Reason::grader_error, Blame::task},
      {"sandbox_dies_while_grading",
       with(answered(true),
            [](Evidence& e) { e.grading.error = Error{Code::unavailable, "gone"}; }),
       Outcome::invalid, Reason::sandbox_error, Blame::sandbox},
      {"stopped_while_grading",
       with(answered(true), [](Evidence& e) { e.grading.error = Error{Code::cancelled, "stop"}; }),
       Outcome::invalid, Reason::interrupted, Blame::user},
  };
}

class Precedence : public testing::TestWithParam<Row> {};

TEST_P(Precedence, GivesOutcomeReasonAndBlame) {
  const Verdict verdict = judge(GetParam().evidence);
  EXPECT_STREQ(outcome_name(verdict.outcome), outcome_name(GetParam().outcome));
  EXPECT_STREQ(reason_name(verdict.reason), reason_name(GetParam().reason));
  EXPECT_STREQ(blame_name(verdict.blame), blame_name(GetParam().blame));
}

INSTANTIATE_TEST_SUITE_P(Judge, Precedence, testing::ValuesIn(rows()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Judge, APassIsCleanOnlyWithoutAnInvalidCallAndWithoutARetry) {
  EXPECT_TRUE(judge(answered(true)).clean);
  EXPECT_FALSE(judge(with(answered(true), [](Evidence& e) { e.spoilt_calls = 1; })).clean);
  EXPECT_FALSE(judge(with(answered(true), [](Evidence& e) { e.retries = 1; })).clean);
}

TEST(Judge, AnAnswerAfterTheBudgetIsLateWhenAllChecksHold) {
  const Verdict late = judge(with(answered(true), [](Evidence& e) { e.first_cap = Reason::time; }));
  EXPECT_EQ(late.outcome, Outcome::capped);
  EXPECT_TRUE(late.late);
  EXPECT_FALSE(late.unfinished);
  const Verdict wrong =
      judge(with(answered(false), [](Evidence& e) { e.first_cap = Reason::time; }));
  EXPECT_FALSE(wrong.late);
}

TEST(Judge, AModelThatNeverStoppedIsUnfinishedWhenAllChecksHold) {
  const Verdict verdict =
      judge(with(answered(true), [](Evidence& e) { e.end = LoopEnd::hard_stop; }));
  EXPECT_EQ(verdict.outcome, Outcome::capped);
  EXPECT_TRUE(verdict.unfinished);
  EXPECT_FALSE(verdict.late);
}

TEST(Judge, ACallThatCameAsTextIsNotChargedToTheModel) {
  const Verdict verdict = judge(with(answered(false), [](Evidence& e) {
    e.fatal_call = Attribution::undetermined;
    e.run_calls = 0;
  }));
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_EQ(verdict.blame, Blame::undetermined);
  EXPECT_TRUE(verdict.not_the_models);
  EXPECT_FALSE(judge(with(answered(true), [](Evidence& e) {
                 e.fatal_call = Attribution::undetermined;
               })).not_the_models);
}

TEST(Judge, AnAnswerThatTheServerCannotReadIsNotChargedToTheModel) {
  const Verdict verdict = judge(with(answered(false), [](Evidence& e) {
    e.end = LoopEnd::server_rejected;
    e.fatal_call = Attribution::undetermined;
    e.sentence = "it said: no match";
  }));
  EXPECT_EQ(verdict.reason, Reason::server_rejected);
  EXPECT_EQ(verdict.blame, Blame::undetermined);
  EXPECT_TRUE(verdict.not_the_models);
  EXPECT_EQ(verdict.sentence, "it said: no match");
}

TEST(Judge, AGraderThatDisagreesWithItselfIsMarked) {
  Evidence evidence = answered(true);
  evidence.grading.second = checks(false);
  EXPECT_FALSE(judge(evidence).grader_agrees);
  EXPECT_TRUE(judge(answered(true)).grader_agrees);
  evidence = answered(true);
  evidence.grading.second.points = 1;
  EXPECT_FALSE(judge(evidence).grader_agrees);
}

TEST(Judge, AFailureNamesTheChecksThatDoNotHold) {
  EXPECT_EQ(judge(answered(false)).sentence, "does not hold: \"the work is done\"");
}

TEST(Judge, OnlyEndsThatSaySomethingAboutTheModelAreGraded) {
  EXPECT_TRUE(is_graded(LoopEnd::answered));
  EXPECT_TRUE(is_graded(LoopEnd::server_rejected));
  EXPECT_TRUE(is_graded(LoopEnd::context_full));
  EXPECT_FALSE(is_graded(LoopEnd::never_reached));
  EXPECT_FALSE(is_graded(LoopEnd::interrupted));
}

}  // namespace
}  // namespace plumb
