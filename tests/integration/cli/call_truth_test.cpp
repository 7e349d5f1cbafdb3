// Tool calls against a known truth: a stand-in that spoils one call in twenty is reported as one,
// and completion falls where a call was fatal and nowhere else.
#include "core/schema/defect.hpp"
#include "tests/integration/cli/cli_fixture.hpp"

namespace plumb::test {
namespace {

const std::string kChains = fixture("chains");

class CallTruth : public Cli {
 protected:
  /// Whether a spoilt call of the trial was fatal.
  static bool has_fatal(const TrialRecord& record) {
    return std::ranges::any_of(record.calls.defects, [](const CallDefect& one) {
      return one.aftermath == Aftermath::fatal;
    });
  }
};

TEST_F(CallTruth, TheRateOfSpoiltCallsCoversTheTruthOverTwoThousandCalls) {
  const PlumbEnd end =
      plumb({"run", kChains, "--task", "chain-of-twenty", "--model",
             "a=standin:skill=1,malformed=0.05,flavour=vllm", "--repeats", "100", "--seed", "21",
             "--concurrency", "8", "--no-ruler", "--json", "card.json"});
  ASSERT_EQ(end.code, 0) << end.out << end.err;
  const Json calls = json("card.json")["contestants"][0]["tool_calls"];
  EXPECT_GE(calls["total"].get<int>(), 2000);
  EXPECT_LE(calls["per_100"]["low"].get<double>(), 5);
  EXPECT_GE(calls["per_100"]["high"].get<double>(), 5);
  EXPECT_EQ(calls["by_attribution"]["model"], calls["malformed"]) << "raw completions show it";
  // A trial is spared for twenty calls with a chance of 0.95^20 = 0.358.
  for (const Json& step : calls["survival"]) {
    if (step["calls"] != 20) continue;
    EXPECT_LE(step["low"].get<double>(), 0.358);
    EXPECT_GE(step["high"].get<double>(), 0.358);
  }
}

TEST_F(CallTruth, CompletionFallsExactlyWhereACallWasFatal) {
  const PlumbEnd end =
      plumb({"run", kChains, "--model", "a=standin:skill=1,malformed=0.25", "--repeats", "100",
             "--seed", "5", "--concurrency", "8", "--no-ruler", "--json", "card.json"});
  ASSERT_EQ(end.code, 0) << end.out << end.err;
  int fatal = 0;
  for (const TrialRecord& record : trials()) {
    const bool passed = record.verdict.outcome == Outcome::passed;
    EXPECT_EQ(passed, !has_fatal(record))
        << record.key.task << " #" << record.key.repeat << ": " << record.verdict.sentence;
    fatal += passed ? 0 : 1;
  }
  EXPECT_GT(fatal, 10);
  const Json one = json("card.json")["contestants"][0];
  EXPECT_EQ(one["trials"]["failed"], fatal);
  EXPECT_EQ(one["trials"]["passed"], 200 - fatal);
}

}  // namespace
}  // namespace plumb::test
