#include "core/score/scorecard.hpp"

#include <gtest/gtest.h>

#include "tests/support/records.hpp"
#include "tests/support/scorecard_schema.hpp"

namespace plumb {
namespace {

using test::add_trials;
using test::planned_run;
using Records = std::vector<TrialRecord>;

const Json& of(const Json& card, std::size_t contestant = 0) {
  return card["contestants"][contestant];
}

TEST(Scorecard, TheRateIsTheMeanOverTasks) {
  const RunInfo run = planned_run({{"a"}, {"b"}}, {"x"}, 5);
  Records records;
  add_trials(records, "x", "a", "pppii");
  add_trials(records, "x", "b", "ffffp");
  const Json card = make_scorecard(run, records);
  EXPECT_DOUBLE_EQ(of(card)["completion"]["rate"].get<double>(), (1.0 + 0.2) / 2);
  EXPECT_EQ(of(card)["trials"]["scored"], 8);
  EXPECT_DOUBLE_EQ(of(card)["coverage"].get<double>(), 0.8);
  EXPECT_EQ(of(card)["completion"]["interval"], "these tasks, Wilson 95 %");
  EXPECT_LT(of(card)["completion"]["n_effective"], 8);
}

TEST(Scorecard, ACappedTrialEarnsNoPointsOfARubric) {
  RunInfo run = planned_run({{"a"}}, {"x"}, 4);
  run.plan["tasks"][0]["rubric"] = {{"name", "House rules"}, {"category", "care"}, {"points", 2}};
  Records records;
  add_trials(records, "x", "a", "pTTi");
  for (TrialRecord& record : records) record.verdict.points = 2;
  records[2].verdict.points.reset();
  const Json card = make_scorecard(run, records);
  const Json& section = of(card)["rubrics"][0];
  EXPECT_EQ(section["categories"][0]["scored"], 3);
  EXPECT_EQ(section["categories"][0]["earned"], 2);
  EXPECT_EQ(section["categories"][0]["possible"], 6);
  EXPECT_EQ(section["passes"], Json({100.0, 0.0, 0.0, nullptr}));
}

TEST(Scorecard, AProxyIsNamed) {
  RunInfo run = planned_run({{"a"}}, {"x", "y"}, 1);
  run.plan["proxies"] = {{"y", "http://proxy.test:3128"}};
  const Json card = make_scorecard(run, {});
  EXPECT_TRUE(of(card)["proxy"].is_null());
  EXPECT_EQ(of(card, 1)["proxy"], "http://proxy.test:3128");
}

TEST(Scorecard, FloorAndCeilingBoundWhatWasNotScored) {
  const RunInfo run = planned_run({{"a"}}, {"x"}, 5);
  Records records;
  add_trials(records, "x", "a", "ppTi");
  const Json card = make_scorecard(run, records);
  EXPECT_EQ(of(card)["trials"]["not_run"], 1);
  EXPECT_DOUBLE_EQ(of(card)["completion"]["floor"].get<double>(), 0.4);
  EXPECT_DOUBLE_EQ(of(card)["completion"]["ceiling"].get<double>(), 1);
}

TEST(Scorecard, WithoutAScoredTrialThereIsNoRate) {
  const RunInfo run = planned_run({{"a"}}, {"x"}, 5);
  Records records;
  add_trials(records, "x", "a", "iiiii");
  const Json card = make_scorecard(run, records);
  for (const char* key : {"rate", "low", "high", "floor", "ceiling"}) {
    EXPECT_TRUE(of(card)["completion"][key].is_null()) << key;
  }
  EXPECT_TRUE(of(card)["timeouts_vs_fails"].is_null());
  EXPECT_TRUE(of(card)["clean_share"].is_null());
  EXPECT_TRUE(card["tasks"][0]["by_contestant"]["x"]["rate"].is_null());
  EXPECT_EQ(card["run"]["exit_code"], 3);
  EXPECT_EQ(card["run"]["valid"], false);
}

TEST(Scorecard, EveryPlannedTrialIsCountedOnce) {
  const RunInfo run = planned_run({{"a"}, {"b"}}, {"x"}, 8);
  Records records;
  add_trials(records, "x", "a", "pftTuis");
  const Json trials = of(make_scorecard(run, records))["trials"];
  const auto count = [&](const char* key) { return trials[key].get<int>(); };
  EXPECT_EQ(count("planned"), 16);
  EXPECT_EQ(count("scored"), 5);
  EXPECT_EQ(count("scored"), count("passed") + count("failed") + count("capped"));
  EXPECT_EQ(count("planned"),
            count("scored") + count("invalid") + count("skipped") + count("not_run"));
  EXPECT_EQ(count("late"), 1);
  EXPECT_EQ(count("time_capped"), 2);
}

TEST(Scorecard, SkippedTrialsAreNotInCoverage) {
  RunInfo run = planned_run({{"a"}, {"b"}, {"c"}}, {"x"}, 2);
  run.plan["ruler"]["broken"] = {{{"task", "c"}, {"sentence", "nop passes"}}};
  Records records;
  add_trials(records, "x", "a", "pp");
  add_trials(records, "x", "b", "ss");
  const Json card = make_scorecard(run, records);
  EXPECT_EQ(of(card)["coverage"], 1);
  EXPECT_EQ(of(card)["trials"]["skipped"], 4);
  EXPECT_EQ(of(card)["reasons"]["missing_command"], 2);
  EXPECT_EQ(of(card)["reasons"]["ruler_broken"], 2);
  EXPECT_EQ(card["run"]["exit_code"], 3) << "a broken ruler";
}

TEST(Scorecard, TheLastAttemptCountsAndTheFirstIsKeptBesideIt) {
  const RunInfo run = planned_run({{"a"}}, {"x"}, 4);
  Records records;
  add_trials(records, "x", "a", "ppfi");
  TrialRecord again = test::trial_record({"x", "a", 3}, Outcome::passed);
  again.attempt = 2;
  records.push_back(again);
  const Json card = make_scorecard(run, records);
  EXPECT_DOUBLE_EQ(of(card)["completion"]["rate"].get<double>(), 0.75);
  EXPECT_EQ(of(card)["coverage"], 1);
  EXPECT_EQ(of(card)["first_attempts"]["retried"], 1);
  EXPECT_EQ(of(card)["first_attempts"]["scored"], 3);
  EXPECT_DOUBLE_EQ(of(card)["first_attempts"]["rate"].get<double>(), 2.0 / 3);
}

TEST(Scorecard, PassTablesAverageOverTasks) {
  const RunInfo run = planned_run({{"a"}, {"b"}}, {"x"}, 2);
  Records records;
  add_trials(records, "x", "a", "pp");
  add_trials(records, "x", "b", "pf");
  const Json card = make_scorecard(run, records);
  EXPECT_DOUBLE_EQ(of(card)["pass_at"]["2"].get<double>(), 1);
  EXPECT_DOUBLE_EQ(of(card)["pass_hat"]["1"].get<double>(), 0.75);
  EXPECT_DOUBLE_EQ(of(card)["pass_hat"]["2"].get<double>(), 0.5);
}

TEST(Scorecard, TheModelAloneIsBoundedWhereTheServerMayBeToBlame) {
  const RunInfo run = planned_run({{"a"}}, {"x"}, 4);
  Records records;
  add_trials(records, "x", "a", "ppff");
  EXPECT_TRUE(of(make_scorecard(run, records))["model_only"].is_null());
  records[3].verdict.not_the_models = true;
  const Json only = of(make_scorecard(run, records))["model_only"];
  EXPECT_DOUBLE_EQ(only["low"].get<double>(), 0.5);
  EXPECT_DOUBLE_EQ(only["high"].get<double>(), 0.75);
  EXPECT_EQ(only["trials"], 1);
}

std::string label(const std::string& own, const std::string& other = "") {
  const bool alone = other.empty();
  const RunInfo run = planned_run(
      {{"a"}}, alone ? std::vector<std::string>{"x"} : std::vector<std::string>{"x", "y"},
      static_cast<int>(own.size()));
  Records records;
  add_trials(records, "x", "a", own);
  if (!alone) add_trials(records, "y", "a", other);
  return of(make_scorecard(run, records))["timeouts_vs_fails"].get<std::string>();
}

TEST(TimeoutLabel, LooksAtTimeCapsOnly) {
  EXPECT_EQ(label("ppppffuuuu"), "legitimate");
  EXPECT_EQ(label("ppppffuuuu", "pppppppppp"), "legitimate");
}

TEST(TimeoutLabel, IsCappedWhenTheOrderHangsOnTime) {
  EXPECT_EQ(label("ppppptttff", "ppppppffff"), "capped");
  EXPECT_EQ(label("pppppptfff", "ppppppffff"), "capped") << "a tie that time made";
  EXPECT_EQ(label("tttttttfff", "pppppppppf"), "capped") << "clearly behind, by time alone";
}

TEST(TimeoutLabel, IsBorderlineWhenTimeIsAThirdOfWhatDidNotPass) {
  EXPECT_EQ(label("ppppttffff", "pppppppppp"), "borderline");
  EXPECT_EQ(label("pppptfffff", "pppppppppf"), "legitimate");
}

TEST(TimeoutLabel, AloneMoreThanATenthIsCapped) {
  EXPECT_EQ(label("pppppppttf"), "capped");
  EXPECT_EQ(label("pppppppptf"), "borderline");
}

TEST(ExitCode, SaysHowTheRunEnded) {
  RunInfo run = planned_run({{"a"}}, {"x", "y"}, 10);
  Records records;
  add_trials(records, "x", "a", "pppppppppi");
  add_trials(records, "y", "a", "ffffffffff");
  EXPECT_EQ(make_scorecard(run, records)["run"]["exit_code"], 0);
  run.state = "outage";
  EXPECT_EQ(make_scorecard(run, records)["run"]["exit_code"], 4);
  run.state = "interrupted";
  EXPECT_EQ(make_scorecard(run, records)["run"]["exit_code"], 130);
  run.state = "finished";
  records.back().verdict.outcome = Outcome::invalid;
  records[records.size() - 2].verdict.outcome = Outcome::invalid;
  EXPECT_EQ(make_scorecard(run, records)["run"]["exit_code"], 3) << "one contestant below 90 %";
}

TEST(Scorecard, FitsItsJsonSchema) {
  RunInfo run = planned_run({{"a"}, {"b", "web"}}, {"x", "y"}, 5);
  run.notes = {{{"id", "path_check"}, {"contestant", "x"}, {"sentence", "no nonce came back"}}};
  Records records;
  test::expect_scorecard_schema(make_scorecard(run, records), "nothing ran");
  add_trials(records, "x", "a", "ppTti");
  add_trials(records, "x", "b", "sssss");
  add_trials(records, "y", "a", "fffuu");
  records[0].requests = {{.start_ms = 0, .end_ms = 10, .ttft_ms = 2, .decode_s = 0.1, .tokens = 9}};
  records.back().verdict.not_the_models = true;
  test::expect_scorecard_schema(make_scorecard(run, records), "a mixed run");
  EXPECT_EQ(make_scorecard(run, records)["schema"], "plumb.scorecard/1");
}

TEST(Scorecard, APlanOfAnyShapeIsReadWithoutAFall) {
  Records records;
  add_trials(records, "x", "a", "pf");
  for (const char* plan :
       {R"({})", R"({"tasks": 3, "contestants": {}, "ruler": [], "budget": 1})",
        R"({"tasks": [1, {}], "contestants": ["x"], "ruler": {"broken": [7]}})"}) {
    RunInfo run;
    run.plan = Json::parse(plan);
    const Json card = make_scorecard(run, records);
    EXPECT_EQ(card["contestants"].back()["trials"]["scored"], 2) << plan;
  }
}

}  // namespace
}  // namespace plumb
