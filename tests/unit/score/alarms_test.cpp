#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/score/scorecard.hpp"
#include "tests/support/records.hpp"

namespace plumb {
namespace {

using test::add_trials;
using test::planned_run;
using testing::HasSubstr;

class Alarms : public testing::Test {
 protected:
  /// The alarm with this id; null when there is none.
  Json alarm(const std::string& id) {
    const Json card = make_scorecard(run_, records_);
    for (const Json& alarm : card["alarms"]) {
      if (alarm["id"] == id) return alarm;
    }
    return nullptr;
  }

  std::string text(const std::string& id, const char* key) { return json_or(alarm(id), key, ""); }

  RunInfo run_ = planned_run({{"a"}}, {"x"}, 5);
  std::vector<TrialRecord> records_;
};

TEST_F(Alarms, AWholeRunHasNone) {
  add_trials(records_, "x", "a", "pppff");
  EXPECT_EQ(make_scorecard(run_, records_)["alarms"], Json::array());
}

TEST_F(Alarms, AZeroWithoutASignOfLifeBlamesThePath) {
  add_trials(records_, "x", "a", "fffff");
  for (TrialRecord& record : records_) {
    record.calls = {};
    record.completion_tokens = 0;
    record.requests.clear();
  }
  EXPECT_THAT(text("impossible_zero", "sentence"), HasSubstr("0 of 5"));
  EXPECT_TRUE(alarm("weak_model").is_null());
}

TEST_F(Alarms, AZeroWithSignsOfLifeIsAWeakModel) {
  add_trials(records_, "x", "a", "fffff");
  EXPECT_TRUE(alarm("impossible_zero").is_null());
  EXPECT_THAT(text("weak_model", "sentence"), HasSubstr("15 valid calls"));
}

TEST_F(Alarms, FourFailuresAreTooFewForAWord) {
  add_trials(records_, "x", "a", "ffff");
  EXPECT_TRUE(alarm("weak_model").is_null());
}

TEST_F(Alarms, LowCoverageIsNamedWithItsReasons) {
  add_trials(records_, "x", "a", "pppii");
  const Json coverage = alarm("coverage");
  EXPECT_EQ(coverage["contestant"], "x");
  EXPECT_THAT(text("coverage", "sentence"),
              HasSubstr("3 of 5 trials could be scored (2 endpoint_error)"));
}

TEST_F(Alarms, NothingScoredSaysThatThereIsNoRate) {
  add_trials(records_, "x", "a", "iiiii");
  for (TrialRecord& record : records_) record.verdict.reason = Reason::never_reached;
  EXPECT_THAT(text("nothing_scored", "sentence"), HasSubstr("5 never_reached"));
  EXPECT_THAT(text("nothing_scored", "remedy"), HasSubstr("server is up"));
}

TEST_F(Alarms, CallsThatCameAsTextNameTheRemedy) {
  add_trials(records_, "x", "a", "ppfff");
  const CallDefect leaked{.defect = Defect::leaked_text};
  records_[4].calls = {.total = 3, .valid = 1, .defects = {leaked, leaked}};
  EXPECT_THAT(text("calls_as_text", "sentence"), HasSubstr("2 tool calls came as text"));
  EXPECT_THAT(text("calls_as_text", "remedy"), HasSubstr("parser"));
}

TEST_F(Alarms, AGraderThatContradictsItselfIsNamed) {
  add_trials(records_, "x", "a", "ppfff");
  records_[1].verdict.grader_agrees = false;
  EXPECT_EQ(alarm("grader_disagrees")["task"], "a");
  EXPECT_EQ(alarm("grader_disagrees")["evidence"], "x a #2");
}

TEST_F(Alarms, SkippedTasksAreNamedWithTheReason) {
  run_ = planned_run({{"a"}, {"b"}}, {"x", "y"}, 5);
  add_trials(records_, "x", "a", "ppppp");
  add_trials(records_, "y", "a", "ppppp");
  add_trials(records_, "x", "b", "sssss");
  add_trials(records_, "y", "b", "sssss");
  const Json skipped = alarm("skipped");
  EXPECT_EQ(skipped["task"], "b");
  EXPECT_TRUE(skipped["contestant"].is_null());
  EXPECT_THAT(text("skipped", "sentence"), HasSubstr("10 trials skipped: missing_command"));
}

TEST_F(Alarms, ABrokenRulerIsNamedOnce) {
  run_.plan["ruler"]["broken"] = {{{"task", "a"}, {"sentence", "nop passes"}}};
  add_trials(records_, "x", "a", "sssss");
  for (TrialRecord& record : records_) record.verdict.reason = Reason::ruler_broken;
  EXPECT_EQ(alarm("ruler_broken")["sentence"], "nop passes");
  EXPECT_TRUE(alarm("skipped").is_null());
}

TEST_F(Alarms, WhatWasNotProvenOrNotIsolatedIsSaid) {
  run_.plan["ruler"] = {{"checked", false}};
  run_.isolated = false;
  run_.state = "interrupted";
  add_trials(records_, "x", "a", "ppppp");
  EXPECT_FALSE(alarm("no_ruler").is_null());
  EXPECT_FALSE(alarm("no_isolation").is_null());
  EXPECT_FALSE(alarm("unfinished").is_null());
}

TEST_F(Alarms, AServerThatDeclaresNoToolsIsNamed) {
  add_trials(records_, "x", "a", "pppff");
  Json& facts = run_.plan["contestants"][0]["probe"]["server"]["facts"];
  facts["tools"] = {{"value", true}, {"route", "/props"}};
  EXPECT_TRUE(alarm("no_tool_template").is_null());
  facts["tools"]["value"] = false;
  EXPECT_EQ(alarm("no_tool_template")["contestant"], "x");
  EXPECT_THAT(text("no_tool_template", "evidence"), HasSubstr("/props"));
  EXPECT_THAT(text("no_tool_template", "remedy"), HasSubstr("chat template"));
}

TEST_F(Alarms, SecondsThatAreNotItsOwnAreNamedWithTheReason) {
  add_trials(records_, "x", "a", "pppff");
  run_.plan["budget"]["mode"] = "calibrated";
  Json& speed = run_.plan["contestants"][0]["probe"]["speed"];
  speed["pace"] = nullptr;
  EXPECT_THAT(text("not_calibrated", "remedy"), HasSubstr("usage"));
  speed["pace_missing"] = "its answers came in one piece";
  EXPECT_EQ(alarm("not_calibrated")["evidence"], "its answers came in one piece");
  EXPECT_EQ(alarm("not_calibrated")["remedy"], "");
  speed["pace"] = {{"decode_tok_s", 30}};
  EXPECT_TRUE(alarm("not_calibrated").is_null());
}

TEST_F(Alarms, TheNotesOfTheRunAreAmongThem) {
  run_.notes = {
      {{"id", "path_check"}, {"contestant", "x"}, {"sentence", "no nonce"}, {"evidence", "e"}}, 3};
  add_trials(records_, "x", "a", "ppppp");
  const Json note = alarm("path_check");
  EXPECT_EQ(note["evidence"], "e");
  EXPECT_TRUE(note["task"].is_null());
}

}  // namespace
}  // namespace plumb
