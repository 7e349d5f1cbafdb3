#include "core/score/sweeps.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/score/scorecard.hpp"
#include "core/score/statistics.hpp"
#include "tests/support/records.hpp"
#include "tests/support/scorecard_schema.hpp"

namespace plumb {
namespace {

using testing::HasSubstr;

using test::add_trials;
using test::planned_run;

Json pressed(const std::string& of, double value) {
  return {{"context_fill", value},
          {"tool_error_rate", 0},
          {"sweep", {{"of", of}, {"key", "context_fill"}, {"value", value}}},
          {"window", 10'000},
          {"window_basis", "declared"},
          {"kv_capacity_tokens", nullptr},
          {"kv_doubt", nullptr},
          {"at_once", 4},
          {"tokens_at_once", 40'000 * value}};
}

/// Two tasks, ten repeats, one contestant at three values.
RunInfo swept_run() {
  RunInfo run = planned_run({{"one"}, {"two"}}, {"a@0", "a@0.5", "a@0.9"}, 10);
  const std::vector<double> values = {0, 0.5, 0.9};
  for (std::size_t i = 0; i < values.size(); ++i) {
    run.plan["contestants"][i]["pressure"] = pressed("a", values[i]);
  }
  return run;
}

TEST(Sweeps, NameTheFirstValueThatIsClearlyWorse) {
  std::vector<TrialRecord> records;
  for (const char* task : {"one", "two"}) {
    add_trials(records, "a@0", task, "pppppppppp");
    add_trials(records, "a@0.5", task, "pppppppppf");
    add_trials(records, "a@0.9", task, "ppffffffff");
  }
  const Json card = make_scorecard(swept_run(), records);
  test::expect_scorecard_schema(card, "a swept run");
  ASSERT_EQ(card["sweeps"].size(), 1U);
  const Json& sweep = card["sweeps"][0];
  EXPECT_EQ(sweep["contestant"], "a");
  EXPECT_EQ(sweep["breaks_at"], 0.9);
  ASSERT_EQ(sweep["points"].size(), 3U);
  EXPECT_TRUE(sweep["points"][0]["difference"].is_null());
  EXPECT_NEAR(sweep["points"][1]["difference"]["difference"].get<double>(), -0.1, 1e-9);
  EXPECT_GT(sweep["points"][1]["difference"]["high"].get<double>(), 0);
  EXPECT_LT(sweep["points"][2]["difference"]["high"].get<double>(), 0);
}

TEST(Sweeps, SayWhatWouldHaveBeenSeenWhereNothingBreaks) {
  std::vector<TrialRecord> records;
  for (const char* name : {"a@0", "a@0.5", "a@0.9"}) {
    add_trials(records, name, "one", "pppppppppp");
    add_trials(records, name, "two", "pppppppppp");
  }
  const Json sweep = make_scorecard(swept_run(), records)["sweeps"][0];
  EXPECT_TRUE(sweep["breaks_at"].is_null());
  const double seen = sweep["detectable_drop"].get<double>();
  EXPECT_GT(seen, 0.1);
  EXPECT_LT(seen, 0.4);
}

TEST(Sweeps, OfTooFewTrialsSeeNoDrop) {
  std::vector<TrialRecord> records;
  for (const char* name : {"a@0", "a@0.5", "a@0.9"}) add_trials(records, name, "one", "p");
  const Json sweep = make_scorecard(swept_run(), records)["sweeps"][0];
  EXPECT_TRUE(sweep["breaks_at"].is_null());
  EXPECT_TRUE(sweep["detectable_drop"].is_null());
}

TEST(Sweeps, ThatBeginAtNothingHaveNoRoomToFall) {
  std::vector<TrialRecord> records;
  for (const char* name : {"a@0", "a@0.5", "a@0.9"}) {
    add_trials(records, name, "one", "ffffffffff");
    add_trials(records, name, "two", "ffffffffff");
  }
  const Json sweep = make_scorecard(swept_run(), records)["sweeps"][0];
  EXPECT_EQ(sweep["room"], 0);
  EXPECT_TRUE(sweep["detectable_drop"].is_null());
}

TEST(Sweeps, NameTheLastValueThatWasCompared) {
  std::vector<TrialRecord> records;
  const auto card = [&] {
    const Json made = make_scorecard(swept_run(), records);
    test::expect_scorecard_schema(made, "a swept run with gaps");
    return made["sweeps"][0];
  };
  add_trials(records, "a@0", "one", "pppppppppp");
  EXPECT_TRUE(card()["compared_to"].is_null());
  EXPECT_TRUE(card()["room"].is_null());
  EXPECT_TRUE(card()["detectable_drop"].is_null());
  add_trials(records, "a@0.5", "one", "pppppppppp");
  EXPECT_EQ(card()["compared_to"], 0.5);
  EXPECT_EQ(card()["room"], 1);
}

TEST(Sweeps, PromiseNoDropAtEveryValueWhereOneOfThemWouldHideIt) {
  std::vector<TrialRecord> records;
  add_trials(records, "a@0", "one", "pppppppppp");
  add_trials(records, "a@0.5", "one", "pppppppppp");
  add_trials(records, "a@0", "two", "ff");
  add_trials(records, "a@0.9", "two", "ff");
  const Json sweep = make_scorecard(swept_run(), records)["sweeps"][0];
  EXPECT_EQ(sweep["compared_to"], 0.9);
  EXPECT_TRUE(sweep["detectable_drop"].is_null());
}

TEST(Sweeps, CompareOnlyTasksThatBothWereScoredAt) {
  std::vector<TrialRecord> records;
  add_trials(records, "a@0", "one", "pppppppppp");
  add_trials(records, "a@0", "two", "pppppppppp");
  add_trials(records, "a@0.5", "one", "pppppppppp");
  add_trials(records, "a@0.5", "two", "iiiiiiiiii");
  const Json sweep = make_scorecard(swept_run(), records)["sweeps"][0];
  EXPECT_EQ(sweep["points"][1]["difference"]["difference"], 0);
  EXPECT_TRUE(sweep["points"][2]["difference"].is_null());
}

TEST(Sweeps, AreNoneWhereNothingWasSwept) {
  EXPECT_EQ(make_scorecard(planned_run({{"one"}}, {"a"}, 1), {})["sweeps"], Json::array());
}

TEST(PressureOnTheCard, IsWhatTheServerCounted) {
  std::vector<TrialRecord> records;
  add_trials(records, "a@0.5", "one", "pp");
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].requests = {{.prompt_tokens = 4800 + 100 * static_cast<std::int64_t>(i)},
                           {.prompt_tokens = 9000}};
    records[i].filling = Filling{.tokens = 4000, .cut = i == 0};
    records[i].planted_errors = 2;
  }
  const Json card = make_scorecard(swept_run(), records);
  const Json& shown = card["contestants"][1]["pressure"];
  EXPECT_DOUBLE_EQ(shown["reached"]["low"].get<double>(), 0.48);
  EXPECT_DOUBLE_EQ(shown["reached"]["high"].get<double>(), 0.49);
  EXPECT_EQ(shown["filler_tokens"], 4000);
  EXPECT_EQ(shown["cut"], 1);
  EXPECT_EQ(shown["planted_errors"], 4);
  EXPECT_TRUE(card["contestants"][2]["pressure"]["reached"].is_null());
}

const Json* alarm_of(const Json& card, const char* id) {
  const auto found =
      std::ranges::find_if(card["alarms"], [&](const Json& one) { return one["id"] == id; });
  return found == card["alarms"].end() ? nullptr : &*found;
}

TEST(PressureOnTheCard, AlarmsWhereTrialsDoNotFitTheCacheTogether) {
  RunInfo run = swept_run();
  run.plan["contestants"][2]["pressure"]["kv_capacity_tokens"] = 18'000;
  const Json card = make_scorecard(run, {});
  const Json* alarm = alarm_of(card, "kv_overcommitted");
  ASSERT_NE(alarm, nullptr);
  EXPECT_EQ((*alarm)["contestant"], "a@0.9");
  EXPECT_THAT((*alarm)["remedy"].get<std::string>(), HasSubstr("--concurrency 2"));
}

TEST(PressureOnTheCard, AlarmsWhereSlotsMayShareAWindowAndNobodySays) {
  RunInfo run = swept_run();
  run.plan["contestants"][2]["pressure"]["kv_doubt"] = "run with less";
  const Json card = make_scorecard(run, {});
  ASSERT_NE(alarm_of(card, "kv_unknown"), nullptr);
  EXPECT_EQ((*alarm_of(card, "kv_unknown"))["remedy"], "run with less");
}

TEST(Statistics, TheDifferenceOfTwoSharesAgreesWithNewcombe) {
  // Example (a) of the paper's table II: 56/70 against 48/80.
  const Interval interval = difference_interval(56.0 / 70, 70, 48.0 / 80, 80);
  EXPECT_NEAR(interval.low, 0.0524, 5e-5);
  EXPECT_NEAR(interval.high, 0.3339, 5e-5);
  EXPECT_NEAR(z_two_sided(0.05), kZ95, 1e-12);
}

}  // namespace
}  // namespace plumb
