#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/run/ruler.hpp"

namespace plumb {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// The records of a task whose ruler is sound: the oracle passes, every control fails by a named
/// check.
class RulerJudge : public testing::Test {
 protected:
  RulerJudge() {
    task_.name = "rename";
    task_.controls = {"renames only the definition"};
    for (const std::string& policy : policies_of(task_)) {
      const bool oracle = policy == kOracle;
      TrialRecord record;
      record.calls.total = record.calls.valid = 2;
      record.verdict.outcome = oracle ? Outcome::passed : Outcome::failed;
      record.verdict.reason = oracle ? Reason::none : Reason::wrong_result;
      record.verdict.checks = {{.name = "the old name is gone", .holds = oracle}};
      records_.push_back(record);
    }
  }

  Verdict& verdict_of(const std::string& policy) {
    const auto policies = policies_of(task_);
    return records_[static_cast<std::size_t>(std::ranges::find(policies, policy) -
                                             policies.begin())]
        .verdict;
  }
  void let_pass(const std::string& policy) {
    verdict_of(policy).outcome = Outcome::passed;
    verdict_of(policy).reason = Reason::none;
    for (Check& check : verdict_of(policy).checks) check.holds = true;
  }
  std::vector<std::string> problems() { return judge_ruler(task_, records_).problems; }

  Task task_;
  std::vector<TrialRecord> records_;
};

TEST_F(RulerJudge, ASoundRulerIsProven) { EXPECT_THAT(problems(), IsEmpty()); }

TEST_F(RulerJudge, AnOracleThatFailsBreaksIt) {
  verdict_of(kOracle) = {.outcome = Outcome::failed,
                         .reason = Reason::wrong_result,
                         .sentence = "does not hold: \"x\""};
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("the oracle does not pass: failed, wrong_result")));
}

TEST_F(RulerJudge, AnOracleWhoseCallsAreNotValidBreaksItUnlessARubricCountsASingleAnswer) {
  records_.front().calls.valid = 1;
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("not valid for its tool")));
  task_.single_answer = true;
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("not valid for its tool")));
  task_.rubric = Rubric{.name = "BFCL v4", .category = "parallel"};
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(RulerJudge, EachControlThatPassesIsToldInItsOwnWords) {
  const std::pair<const char*, const char*> words[] = {
      {"nop", "does nothing"},
      {"wipe", "empty workspace"},
      {"tamper", "may rewrite"},
      {"spam", "made-up arguments"},
      {"never_stops", "never stops"},
      {"renames only the definition", "cannot tell it from the work"}};
  for (const auto& [policy, sentence] : words) {
    const auto sound = records_;
    let_pass(policy);
    EXPECT_THAT(problems(), ElementsAre(HasSubstr(sentence))) << policy;
    records_ = sound;
  }
}

TEST_F(RulerJudge, ATaskMaySayThatDoingNothingIsRight) {
  task_.trivial_pass = {"nop"};
  let_pass("nop");
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(RulerJudge, AControlThatOnlyACapStopsIsNotTold) {
  // All checks hold: the grader took it for the work, and only the budget said no.
  let_pass("renames only the definition");
  verdict_of("renames only the definition").outcome = Outcome::capped;
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("cannot tell it from the work")));
}

TEST_F(RulerJudge, AGraderThatCrashesOnAControlBreaksIt) {
  verdict_of("nop") = {
      .outcome = Outcome::invalid, .reason = Reason::grader_error, .sentence = "task.lua:9: oops"};
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("crashes the grader: task.lua:9: oops")));
}

TEST_F(RulerJudge, ACheckThatHoldsOnAnEmptyWorkspaceCountsForNothing) {
  verdict_of("wipe").checks.push_back({.name = "no backup is left", .holds = true});
  EXPECT_THAT(problems(),
              ElementsAre(HasSubstr("\"no backup is left\" holds on an empty workspace")));
}

TEST_F(RulerJudge, WhatMustNotHappenMayHoldOnAnEmptyWorkspace) {
  verdict_of("wipe").checks.push_back(
      {.name = "prints the token", .holds = true, .must_not = true});
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(RulerJudge, AGraderThatDisagreesWithItselfBreaksIt) {
  verdict_of(kOracle).grader_agrees = false;
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("disagrees with itself")));
}

TEST_F(RulerJudge, WhatIsStoredComesBackTheSame) {
  verdict_of("nop") = {
      .outcome = Outcome::invalid, .reason = Reason::grader_error, .sentence = "oops"};
  const TaskRuler ruler = judge_ruler(task_, records_);
  EXPECT_EQ(to_json(ruler_from_json(to_json(ruler))), to_json(ruler));
}

TEST_F(RulerJudge, TheSummaryCountsWhatFailedAsItMust) {
  const Json summary = ruler_summary({judge_ruler(task_, records_)});
  EXPECT_EQ(summary["proven"], 1);
  EXPECT_EQ(summary["controls_failed"], 6);
  EXPECT_EQ(summary["trivial"]["nop"], 0.0);
}

}  // namespace
}  // namespace plumb
