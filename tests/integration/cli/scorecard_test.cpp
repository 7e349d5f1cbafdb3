// The scorecard in its three forms: JSON that fits its schema, and a printed card and a Markdown
// copy that say the same.
#include <regex>

#include "tests/integration/cli/cli_fixture.hpp"
#include "tests/support/scorecard_schema.hpp"

namespace plumb::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ScorecardFiles : public Cli {
 protected:
  /// Two contestants, one of which does everything wrong that a stand-in can.
  PlumbEnd measure() const {
    return plumb({"run", kQuick, "--repeats", "4", "--seed", "5", "--no-ruler", "--model",
                  "good=standin:skill=0.9,tok_s=2000", "--model",
                  "rough=standin:skill=0.5,malformed=0.4,think=5", "--json", "card.json",
                  "--markdown", "card.md"});
  }
};

TEST_F(ScorecardFiles, JsonFitsItsSchema) {
  ASSERT_EQ(measure().code, 0);
  expect_scorecard_schema(json("card.json"), "the card");
}

TEST_F(ScorecardFiles, ThePrintedCardSaysWhatTheJsonSays) {
  const PlumbEnd end = measure();
  ASSERT_EQ(end.code, 0) << end.out << end.err;
  const Json card = json("card.json");
  const std::string markdown = bytes("card.md");
  for (const Json& contestant : card["contestants"]) {
    const std::string name = contestant["name"];
    const std::string rate =
        fmt::format("{:.1f} %", contestant["completion"]["rate"].get<double>() * 100);
    const std::string range =
        fmt::format("{:.0f}-{:.0f} %", contestant["completion"]["low"].get<double>() * 100,
                    contestant["completion"]["high"].get<double>() * 100);
    const std::string scored = fmt::format("{}/12", contestant["trials"]["scored"].get<int>());
    const std::string bad =
        fmt::format("{:.1f} %", contestant["tool_calls"]["malformed_rate"].get<double>() * 100);
    const std::regex printed(
        fmt::format("\n {} +{} +#* +{} +{} .*{}", name, rate, range, scored, bad));
    EXPECT_TRUE(std::regex_search(end.out, printed)) << end.out;
    EXPECT_THAT(markdown, HasSubstr(fmt::format("| {} (stand-in) | **{}** | {} | {} |", name, rate,
                                                range, scored)));
  }
  for (const Json& task : card["tasks"]) {
    std::string row = "   " + task["name"].get<std::string>();
    for (const char* name : {"good", "rough"}) {
      row += fmt::format(" +{}/4", task["by_contestant"][name]["trials"]["passed"].get<int>());
    }
    EXPECT_TRUE(std::regex_search(end.out, std::regex(row))) << row << "\n" << end.out;
  }
}

TEST_F(ScorecardFiles, TheStoredRunGivesTheSameCardAgain) {
  ASSERT_EQ(measure().code, 0);
  ASSERT_EQ(plumb({"score", "last", "--json", "again.json", "--markdown", "again.md"}).code, 0);
  EXPECT_EQ(json("again.json"), json("card.json"));
  EXPECT_EQ(bytes("again.md"), bytes("card.md"));
}

TEST_F(ScorecardFiles, PlainOutputIsPlain) {
  const PlumbEnd end = measure();
  EXPECT_EQ(end.out.find('\x1b'), std::string::npos);
  EXPECT_EQ(end.out.find('\r'), std::string::npos);
  EXPECT_THAT(end.out, HasSubstr("are stand-ins"));
  EXPECT_THAT(bytes("card.md"), AllOf(HasSubstr("are stand-ins"), Not(HasSubstr("://")),
                                      Not(HasSubstr("127.0.0.1")), Not(HasSubstr("standin:"))));
}

TEST_F(ScorecardFiles, JsonOnTheStandardOutputIsNothingElse) {
  const PlumbEnd end = plumb(
      {"run", kQuick, "--repeats", "1", "--no-ruler", "--model", "a=standin:", "--json", "-"});
  ASSERT_EQ(end.code, 0) << end.err;
  const auto card = parse_json(end.out);
  ASSERT_TRUE(card) << end.out;
  EXPECT_EQ((*card)["contestants"][0]["trials"]["passed"], 3);
}

}  // namespace
}  // namespace plumb::test
