// Windows that are filled and tools that fail on purpose, over stand-ins whose true skill is known.
#include "core/base/hash.hpp"
#include "core/trial/planted.hpp"
#include "tests/integration/cli/cli_fixture.hpp"
#include "tests/support/scorecard_schema.hpp"

namespace plumb::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Pressed : public Cli {
 protected:
  [[nodiscard]] Json card_of(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"run", kQuick, "--no-ruler", "--json", "card.json"});
    const PlumbEnd end = plumb(arguments);
    EXPECT_EQ(end.code, 0) << end.err << end.out;
    said_ = end.out;
    return json("card.json");
  }
  /// Whether a stand-in of skill 1 at an empty and 0 at a full window was dealt the oracle.
  static bool was_able(const TrialRecord& record, std::int64_t window) {
    const std::string key =
        fmt::format("1\n{}\n{}\n{}", record.key.contestant, record.key.task, record.key.repeat);
    const double share = static_cast<double>(record.requests.front().prompt_tokens.value_or(0)) /
                         static_cast<double>(window);
    return hash_unit("plumb.deal/1\n" + key) < 1 - share;
  }

  mutable std::string said_;
};

TEST_F(Pressed, ASweepFindsWhereAStandInBreaksThatIsKnownTo) {
  constexpr std::int64_t kWindow = 16'384;
  const Json card = card_of({"--model", "a=standin:skill=1,skill_at_full=0,context=16384",
                             "--sweep", "context_fill=0,0.4,0.8", "--repeats", "6"});
  expect_scorecard_schema(card, "card.json");
  ASSERT_EQ(card["sweeps"].size(), 1U);
  const Json& sweep = card["sweeps"][0];
  ASSERT_EQ(sweep["points"].size(), 3U);
  EXPECT_EQ(sweep["breaks_at"], 0.8) << dump_json(sweep, 2);
  for (const Json& point : sweep["points"]) {
    const double asked = point["value"].get<double>();
    if (asked == 0) continue;
    EXPECT_NEAR(point["reached"]["median"].get<double>(), asked, 0.03);
  }
  EXPECT_THAT(said_, AllOf(HasSubstr("a along context_fill"), HasSubstr("breaks at context_fill"),
                           HasSubstr("window filled to 0.8 of 16,384 tokens")));

  int able = 0;
  for (const TrialRecord& record : trials()) {
    EXPECT_EQ(record.verdict.outcome == Outcome::passed, was_able(record, kWindow))
        << record.key.contestant << " " << record.key.task << " " << record.key.repeat;
    able += was_able(record, kWindow) ? 1 : 0;
  }
  EXPECT_GT(able, 0);
  EXPECT_EQ(trials().size(), 3U * 3 * 6);
}

TEST_F(Pressed, TheServerOfASweepIsProbedOnce) {
  const PlumbEnd end =
      plumb({"run", kQuick, "--no-ruler", "--task", "number-note", "--repeats", "1", "--model",
             "a=standin:context=16384,flavour=vllm", "--sweep", "context_fill=0,0.5"});
  EXPECT_EQ(end.code, 0) << end.err << end.out;
  EXPECT_THAT(end.out, HasSubstr("probe of a@context_fill=0:"));
  EXPECT_THAT(end.out, Not(HasSubstr("probe of a@context_fill=0.5")));
  EXPECT_THAT(end.out, Not(HasSubstr("foreign_traffic")));
}

TEST_F(Pressed, TheStoreKeepsASeedInThePlaceOfTheFiller) {
  const Json card = card_of({"--task", "number-note", "--repeats", "2", "--model",
                             "a=standin:context=65536", "--context-fill", "0.8"});
  EXPECT_EQ(card["contestants"][0]["completion"]["rate"], 1);
  EXPECT_EQ(card["contestants"][0]["identity"]["context_fill"], 0.8);
  for (const TrialRecord& record : trials()) {
    ASSERT_TRUE(record.filling);
    EXPECT_GT(record.filling->bytes, 150'000);
  }
  EXPECT_LT(bytes("plumb.db").size(), 150'000U);
  const PlumbEnd shown = plumb({"show", "last/a/number-note/1"});
  EXPECT_THAT(shown.out, HasSubstr("[filler: ")) << shown.err;
}

TEST_F(Pressed, WhatTheServerCanReallyHoldIsFilledAndNotWhatItDeclares) {
  const Json card = card_of({"--task", "number-note", "--repeats", "1", "--model",
                             "a=standin:context=32768,effective=8192,overflow=truncate",
                             "--context-fill", "0.7"});
  const Json& pressure = card["contestants"][0]["pressure"];
  EXPECT_EQ(pressure["window_basis"], "measured") << dump_json(pressure);
  EXPECT_LE(pressure["window"].get<int>(), 8192);
}

TEST_F(Pressed, ToolsThatFailOnPurposeCostTurnsAndNotThePass) {
  const Json card = card_of(
      {"--model", "a=standin:skill=1", "--sweep", "tool_error_rate=0,0.3", "--repeats", "4"});
  const Json& calm = card["contestants"][0];
  const Json& pressed = card["contestants"][1];
  EXPECT_EQ(calm["pressure"]["planted_errors"], 0);
  EXPECT_EQ(pressed["completion"]["rate"], 1);
  EXPECT_EQ(pressed["tool_calls"]["malformed"], 0);
  EXPECT_GT(pressed["turns"]["mean"], calm["turns"]["mean"]);
  int planted = 0;
  for (const TrialRecord& record : trials()) {
    if (record.key.contestant == "a@tool_error_rate=0") continue;
    int expected = 0;
    for (int call = 1; call <= record.calls.valid; ++call) {
      expected += planted_failure(0.3, record.seed, call).empty() ? 0 : 1;
    }
    EXPECT_EQ(record.planted_errors, expected) << record.key.task << " " << record.key.repeat;
    planted += record.planted_errors;
  }
  EXPECT_GT(planted, 0);
  EXPECT_EQ(pressed["pressure"]["planted_errors"], planted);
}

TEST_F(Pressed, WhatMakesNoSenseIsRefusedBeforeAnythingIsRun) {
  const auto said = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"run", kQuick, "--model", "a=standin:"});
    const PlumbEnd end = plumb(more);
    EXPECT_EQ(end.code, 1) << end.out;
    return end.err;
  };
  EXPECT_THAT(said({"--sweep", "context_fill=0,2"}), HasSubstr("from 0 to 0.95"));
  EXPECT_THAT(said({"--sweep", "skill=0,1"}), HasSubstr("context_fill and tool_error_rate"));
  EXPECT_THAT(said({"--context-fill", "1"}), HasSubstr("context_fill is a number from 0 to 0.95"));
  EXPECT_THAT(said({"--tool-error-rate", "-1"}), HasSubstr("tool_error_rate is a number"));
}

TEST_F(Pressed, ADryRunSaysWhatIsFilledAndWhetherItFitsTheCache) {
  const PlumbEnd end =
      plumb({"run", kQuick, "--model", "a=standin:context=16384,flavour=vllm", "--context-fill",
             "0.75", "--tool-error-rate", "0.1", "--concurrency", "8", "--dry-run"});
  EXPECT_EQ(end.code, 0) << end.err;
  EXPECT_THAT(end.out, AllOf(HasSubstr("window filled to 0.75 of 16,384 tokens"),
                             HasSubstr("8 trials at once would hold"),
                             HasSubstr("its KV cache holds 65,536")));
}

}  // namespace
}  // namespace plumb::test
