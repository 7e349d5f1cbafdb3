// A slow server and a fast one with the same model: what the budget makes of them.
#include "tests/integration/cli/cli_fixture.hpp"

namespace plumb::test {
namespace {

/// Runs no command, so that the model's clock is nearly all there is.
constexpr const char* kTask = "number-note";

class Budgets : public Cli {
 protected:
  /// Runs a slow and a fast contestant of the same skill, and gives the scorecard.
  [[nodiscard]] Json card(const std::string& budget) const {
    write("bench.lua", "return bench { suite = \"" + kQuick + R"(", repeats = 3, concurrency = 6,
      budget = )" + budget +
                           R"(, contestants = {
        { name = "slow", url = "standin:tok_s=300,think=200" },
        { name = "fast", url = "standin:tok_s=6000,think=200" } } })");
    const PlumbEnd end =
        plumb({"run", "bench.lua", "--task", kTask, "--no-ruler", "--json", "card.json"});
    EXPECT_EQ(end.code, 0) << end.err << end.out;
    return json("card.json");
  }
  static Json contestant(const Json& card, const std::string& name) {
    for (const Json& one : card["contestants"]) {
      if (one["name"] == name) return one;
    }
    return nullptr;
  }
};

TEST_F(Budgets, OfTheSameSecondsLabelTheSlowOneCapped) {
  const Json found = card("{ rule = \"fixed\", seconds_per_turn = 0.4 }");
  EXPECT_EQ(contestant(found, "fast")["completion"]["rate"], 1);
  EXPECT_EQ(contestant(found, "slow")["completion"]["rate"], 0);
  EXPECT_EQ(contestant(found, "slow")["timeouts_vs_fails"], "capped");
  for (const TrialRecord& record : trials()) EXPECT_FALSE(record.budget.calibrated);
}

TEST_F(Budgets, CalibratedGiveBothTheSameTurnsAndTheSameResult) {
  const Json found = card("\"calibrated\"");
  for (const char* name : {"slow", "fast"}) {
    const Json one = contestant(found, name);
    EXPECT_EQ(one["completion"]["rate"], 1) << name;
    EXPECT_EQ(one["budget"]["calibrated"], true) << name;
  }
  std::map<std::string, std::map<std::string, Budget>> budgets;
  for (const TrialRecord& record : trials())
    budgets[record.key.task][record.key.contestant] = record.budget;
  ASSERT_FALSE(budgets.empty());
  for (const auto& [task, of] : budgets) {
    EXPECT_EQ(of.at("slow").turns, of.at("fast").turns) << task;
    EXPECT_EQ(of.at("slow").tokens, of.at("fast").tokens) << task;
    EXPECT_GT(of.at("slow").seconds, of.at("fast").seconds) << task;
  }
}

TEST_F(Budgets, OfADryRunArePrintedAndNothingIsRun) {
  const PlumbEnd end =
      plumb({"run", kQuick, "--model", "x=standin:tok_s=2000", "--dry-run", "--json", "-"});
  ASSERT_EQ(end.code, 0) << end.err;
  const Json plan = *parse_json(end.out);
  EXPECT_EQ(plan["schema"], "plumb.plan/1");
  ASSERT_EQ(plan["contestants"].size(), 1U);
  EXPECT_EQ(plan["contestants"][0]["tasks"].size(), 3U);
  for (const Json& task : plan["contestants"][0]["tasks"]) {
    EXPECT_EQ(task["calibrated"], true);
    EXPECT_GT(task["seconds"].get<double>(), 0);
    EXPECT_TRUE(task["skipped"].is_null());
  }
  EXPECT_EQ(runs_stored(), 0);
}

TEST_F(Budgets, SkipWhatTheProbeSawMissing) {
  write("eyes/task.lua", R"(return task {
    name = "eyes", category = "vision", prompt = "What is it?", tools = { "shell" }, expected_turns = 1,
    needs = { vision = true },
    grade = function() return { check("said", false) } end,
    oracle = function(model) model:say("a cat") end,
    negative_controls = { ["dog"] = function(model) model:say("a dog") end } })");
  const PlumbEnd end = plumb(
      {"run", "eyes", "--model", "blind=standin:flavour=vllm", "--no-ruler", "--repeats", "1"});
  const auto records = trials();
  ASSERT_EQ(records.size(), 1U) << end.err << end.out;
  EXPECT_EQ(records[0].verdict.outcome, Outcome::skipped);
  EXPECT_EQ(records[0].verdict.reason, Reason::no_vision);
  EXPECT_THAT(records[0].verdict.sentence, testing::HasSubstr("multimodal"));
}

}  // namespace
}  // namespace plumb::test
