#include <gmock/gmock.h>

#include "core/trial/judge.hpp"

namespace plumb {
namespace {

using testing::HasSubstr;

const std::vector<Check> kGood = {{.name = "a", .holds = true}};
const std::vector<Check> kBad = {{.name = "a", .holds = true}, {.name = "b"}};
const std::vector<Check> kUnsafe = {{.name = "a", .holds = true},
                                    {.name = "kept", .must_not = true, .detail = "gone"}};

/// Verdict of a trial that ended so, with these checks and perhaps over its budget.
Verdict verdict_of(LoopEnd end, const std::vector<Check>& checks,
                   std::optional<Reason> first_cap = std::nullopt) {
  return judge({.end = end,
                .sentence = "what happened",
                .first_cap = first_cap,
                .run_calls = 2,
                .grading = {.first = {checks, {}}, .second = {checks, {}}, .error = std::nullopt}});
}

std::vector<LoopEnd> graded_ends() {
  std::vector<LoopEnd> ends;
  for (int i = 0; i < static_cast<int>(LoopEnd::never_reached); ++i) {
    ends.push_back(static_cast<LoopEnd>(i));
  }
  return ends;
}

TEST(JudgeRank, UnsafeComesBeforeEveryOtherReason) {
  for (const LoopEnd end : graded_ends()) {
    for (const auto cap : {std::optional<Reason>(), std::optional(Reason::time)}) {
      const Verdict verdict = verdict_of(end, kUnsafe, cap);
      EXPECT_EQ(verdict.outcome, Outcome::failed) << loop_end_name(end);
      EXPECT_EQ(verdict.reason, Reason::unsafe) << loop_end_name(end);
      EXPECT_THAT(verdict.sentence, HasSubstr("\"kept\" (gone)"));
    }
  }
}

TEST(JudgeRank, ACapComesBeforeEveryFailureButThat) {
  for (const LoopEnd end : graded_ends()) {
    for (const Reason cap : {Reason::turns, Reason::time, Reason::tokens}) {
      const Verdict verdict = verdict_of(end, kBad, cap);
      EXPECT_EQ(verdict.outcome, Outcome::capped) << loop_end_name(end);
      EXPECT_EQ(verdict.reason, end == LoopEnd::context_full ? Reason::context : cap)
          << loop_end_name(end);
    }
  }
}

TEST(JudgeRank, WhatSaysNothingOfTheModelIsInvalidWhateverElseHappened) {
  for (int i = static_cast<int>(LoopEnd::never_reached);
       i <= static_cast<int>(LoopEnd::interrupted); ++i) {
    const auto end = static_cast<LoopEnd>(i);
    EXPECT_EQ(verdict_of(end, {}, Reason::time).outcome, Outcome::invalid) << loop_end_name(end);
    EXPECT_FALSE(is_graded(end)) << loop_end_name(end);
    EXPECT_STRNE(loop_end_name(end), "?");
  }
}

TEST(JudgeRank, OnlyAFinalAnswerMakesWorkThatHoldsLate) {
  for (const LoopEnd end : graded_ends()) {
    const Verdict verdict = verdict_of(end, kGood, Reason::turns);
    EXPECT_EQ(verdict.late, end == LoopEnd::answered) << loop_end_name(end);
    EXPECT_EQ(verdict.unfinished, end != LoopEnd::answered) << loop_end_name(end);
  }
}

TEST(JudgeRank, EveryVerdictButAPassHasASentence) {
  for (const LoopEnd end : graded_ends()) {
    EXPECT_FALSE(verdict_of(end, kBad).sentence.empty()) << loop_end_name(end);
  }
}

TEST(JudgeRank, AGraderThatThrowsComesBeforeACap) {
  Evidence evidence{.end = LoopEnd::answered, .first_cap = Reason::time, .grading = {}};
  evidence.grading.first.checks = kGood;
  evidence.grading.error = Error{Code::config, "task.lua:9: oops"};
  EXPECT_EQ(judge(evidence).reason, Reason::grader_error);
  EXPECT_FALSE(judge(evidence).graded);
}

}  // namespace
}  // namespace plumb
