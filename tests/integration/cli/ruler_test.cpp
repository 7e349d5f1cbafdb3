// A task that measures nothing is refused with a sentence that says why.
#include "tests/integration/cli/cli_fixture.hpp"

namespace plumb::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Ruler : public Cli {
 protected:
  void expect_broken(const std::string& task, const testing::Matcher<std::string>& sentence) const {
    const PlumbEnd end = plumb({"check", fixture("broken/" + task)});
    EXPECT_EQ(end.code, 3) << end.out << end.err;
    EXPECT_THAT(end.out, AllOf(HasSubstr("BROKEN"), sentence));
  }
};

TEST_F(Ruler, ATaskThatPassesOnAnEmptyWorkspaceIsRefused) {
  expect_broken("passes-when-empty", HasSubstr("the grader would pass on an empty workspace"));
}

TEST_F(Ruler, ATaskThatTrustsATestFileIsRefused) {
  expect_broken(
      "trusts-a-test-file",
      HasSubstr("the grader trusts a test file (or a module beside it) that the agent may "
                "rewrite"));
}

TEST_F(Ruler, ATaskWhoseGraderCrashesOnAControlIsRefused) {
  expect_broken("crashing-grader",
                HasSubstr("the negative control \"writes another file\" crashes the grader: "
                          "crashing-grader/task.lua:10: "));
}

TEST_F(Ruler, AGraderThatDisagreesWithItselfIsRefused) {
  expect_broken("wavering-grader", HasSubstr("the grader disagrees with itself"));
}

TEST_F(Ruler, AnOracleThatFailsIsRefusedWithItsCheck) {
  expect_broken("failing-oracle", AllOf(HasSubstr("the oracle does not pass: failed, wrong_result"),
                                        HasSubstr("\"the answer is 4\"")));
}

TEST_F(Ruler, ATaskThatMeasuresSomethingIsProven) {
  const PlumbEnd end = plumb({"check", kQuick, "--json", "check.json"});
  EXPECT_EQ(end.code, 0) << end.out << end.err;
  EXPECT_THAT(end.out, HasSubstr("ruler 3/3 proven"));
  const Json report = json("check.json");
  EXPECT_EQ(report["summary"]["proven"], 3);
  EXPECT_EQ(report["tasks"].size(), 3U);
}

TEST_F(Ruler, ARunSkipsABrokenTaskAndMeasuresTheOthers) {
  const PlumbEnd end = plumb({"run", kQuick, fixture("broken/failing-oracle"), "--model",
                              "a=standin:", "--repeats", "2", "--json", "card.json"});
  EXPECT_EQ(end.code, 3) << end.out << end.err;
  EXPECT_THAT(end.out, AllOf(HasSubstr("ruler_broken"), HasSubstr("failing-oracle"),
                             HasSubstr("Not a valid measurement")));
  const Outcomes stored = outcomes();
  EXPECT_EQ(stored.size(), 8U);
  for (const auto& [key, settled] : stored) {
    EXPECT_EQ(settled.outcome, key.task == "failing-oracle" ? "skipped" : "passed") << key.task;
    EXPECT_EQ(settled.reason, key.task == "failing-oracle" ? "ruler_broken" : "none") << key.task;
  }
  const Json card = json("card.json");
  EXPECT_EQ(card["run"]["valid"], false);
  EXPECT_EQ(card["contestants"][0]["completion"]["rate"], 1.0);
  EXPECT_EQ(card["contestants"][0]["trials"]["skipped"], 2);
}

TEST_F(Ruler, AProvenTaskIsNotPlayedAgainAndAChangedOneIs) {
  std::filesystem::copy(kQuick, file("tasks"), std::filesystem::copy_options::recursive);
  const auto checked = [&](const std::string& json_file) {
    const PlumbEnd end = plumb({"run", "tasks", "--model", "a=standin:", "--repeats", "1", "--task",
                                "number-note", "--json", json_file});
    EXPECT_EQ(end.code, 0) << end.out << end.err;
    return json(json_file)["run"]["ruler"]["cached"].get<bool>();
  };
  EXPECT_FALSE(checked("1.json"));
  EXPECT_TRUE(checked("2.json"));
  std::ofstream(file("tasks/number-note/task.lua"), std::ios::app) << "-- changed\n";
  EXPECT_FALSE(checked("3.json"));
}

TEST_F(Ruler, ARunWithoutTheRulerCheckSaysSo) {
  const PlumbEnd end = plumb({"run", kQuick, "--model", "a=standin:", "--repeats", "1",
                              "--no-ruler", "--markdown", "card.md"});
  EXPECT_EQ(end.code, 0) << end.out << end.err;
  EXPECT_THAT(end.out, HasSubstr("ruler NOT checked"));
  EXPECT_THAT(bytes("card.md"), HasSubstr("ruler NOT checked"));
}

}  // namespace
}  // namespace plumb::test
