#include "core/score/summary.hpp"

#include <gmock/gmock.h>

#include "core/score/scorecard.hpp"
#include "tests/support/records.hpp"

namespace plumb {
namespace {

RunInfo some_run() {
  RunInfo run = test::planned_run({{"t"}}, {"a", "b"}, 2);
  run.plan["contestants"][0]["recipe"] = {{"quantization", "nvfp4"}};
  run.plan["contestants"][0]["probe"] = {
      {"server", {{"kind", "some"}, {"facts", {{"quantization", {{"value", "fp8"}}}}}}}};
  run.notes.push_back(
      {{"id", kServerFigures}, {"contestant", "a"}, {"figures", {{"in_flight_tok_s", 33.8}}}});
  return run;
}

std::vector<TrialRecord> some_records() {
  std::vector<TrialRecord> records;
  test::add_trials(records, "a", "t", "pf");
  return records;
}

TEST(RunSummary, HoldsWhatIsKnownOfEachServer) {
  const Json summary = run_summary(some_run(), some_records());
  EXPECT_EQ(summary["schema"], "plumb.run_summary/1");
  EXPECT_EQ(summary["run"]["id"], "7f3a0001");
  const Json& a = summary["contestants"][0];
  EXPECT_EQ(a["recipe"]["quantization"], "nvfp4");
  EXPECT_EQ(a["probe"]["server"]["kind"], "some");
  EXPECT_EQ(a["server_figures"], Json::parse(R"([{"in_flight_tok_s": 33.8}])"));
  EXPECT_EQ(a["contradictions"].size(), 1U);
  EXPECT_EQ(a["client"]["trials"], 2);
  EXPECT_EQ(a["client"]["waiting_s"], 0.5);
}

TEST(RunSummary, WhatIsNotKnownIsNullAndNever0) {
  const Json summary = run_summary(some_run(), some_records());
  const Json& b = summary["contestants"][1];
  EXPECT_TRUE(b["probe"].is_null());
  EXPECT_EQ(b["server_figures"], Json::array());
  EXPECT_TRUE(b["client"]["speed"]["in_flight_tok_s"].is_null());
  EXPECT_TRUE(b["client"]["tokens"]["completion"].is_null());
}

TEST(RunSummary, APlanOfAnyShapeIsSummarised) {
  RunInfo run = some_run();
  run.plan = Json::array({1});
  run.notes = Json::array({1, Json::object()});
  EXPECT_EQ(run_summary(run, some_records())["contestants"][0]["name"], "a");
}

TEST(RunSummary, FiguresAreNoAlarm) {
  const Json card = make_scorecard(some_run(), some_records());
  for (const Json& alarm : card["alarms"]) EXPECT_NE(alarm["id"], kServerFigures);
}

}  // namespace
}  // namespace plumb
