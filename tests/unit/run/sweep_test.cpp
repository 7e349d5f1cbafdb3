#include "core/run/sweep.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/run/bench.hpp"

namespace plumb {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Contestant named(const std::string& name) {
  return {.name = name, .url = "http://127.0.0.1:1/v1", .model = "m"};
}

TEST(Sweep, IsReadAndSorted) {
  const auto sweep = parse_sweep("context_fill=0.9, 0,0.5");
  ASSERT_TRUE(sweep);
  EXPECT_EQ(sweep->key, "context_fill");
  EXPECT_THAT(sweep->values, ElementsAre(0, 0.5, 0.9));
}

TEST(Sweep, ThatMakesNoSenseIsRefusedWithWhatToType) {
  const auto complaint = [](const char* text) {
    const auto sweep = parse_sweep(text);
    EXPECT_FALSE(sweep) << text;
    return sweep ? std::string() : sweep.error().sentence;
  };
  EXPECT_THAT(complaint("context_fill"), HasSubstr("KEY=V1,V2"));
  EXPECT_THAT(complaint("context_fil=0,0.5"), HasSubstr("did you mean \"context_fill\""));
  EXPECT_THAT(complaint("temperature=0,1"), HasSubstr("context_fill and tool_error_rate"));
  EXPECT_THAT(complaint("context_fill=0.5"), HasSubstr("two values"));
  EXPECT_THAT(complaint("context_fill=0,x"), HasSubstr("\"x\" is no number"));
  EXPECT_THAT(complaint("context_fill=0,0.99"), HasSubstr("from 0 to 0.95"));
  EXPECT_THAT(complaint("tool_error_rate=0,1"), HasSubstr("from 0 to 0.99"));
  EXPECT_THAT(complaint("tool_error_rate=0,nan"), HasSubstr("number"));
  EXPECT_THAT(complaint("context_fill=0.5,0.5"), HasSubstr("twice"));
  EXPECT_THAT(complaint("context_fill=0.5,0,0.50"), HasSubstr("has 0.5 twice"));
  EXPECT_THAT(complaint("context_fill=-0,0"), HasSubstr("has 0 twice"));
}

TEST(Sweep, PutsOneContestantForEachValueInThePlaceOfEach) {
  Bench bench{.contestants = {named("a"), named("b")}};
  bench.sweep = *parse_sweep("context_fill=0,0.5");
  ASSERT_TRUE(settle_pressure(bench));
  std::vector<std::string> names;
  for (const Contestant& contestant : bench.contestants) names.push_back(contestant.name);
  EXPECT_THAT(names, ElementsAre("a@context_fill=0", "a@context_fill=0.5", "b@context_fill=0",
                                 "b@context_fill=0.5"));
  EXPECT_EQ(bench.contestants[1].context_fill, 0.5);
  EXPECT_THAT(heads_of(bench.contestants), ElementsAre(0, 0, 2, 2));
  EXPECT_NE(bench.contestants[0].identity(), bench.contestants[1].identity());
}

TEST(Sweep, OfValuesThatAreCloseHasANameForEach) {
  Bench bench{.contestants = {named("a")}};
  bench.sweep = *parse_sweep("tool_error_rate=-0,0.1234567,0.1234568");
  ASSERT_TRUE(settle_pressure(bench));
  std::vector<std::string> names;
  for (const Contestant& contestant : bench.contestants) names.push_back(contestant.name);
  EXPECT_THAT(names, ElementsAre("a@tool_error_rate=0", "a@tool_error_rate=0.1234567",
                                 "a@tool_error_rate=0.1234568"));
}

TEST(Sweep, OfAServerThatIsBroughtUpKeepsItsValuesOnOneMachine) {
  Contestant brought = named("a");
  brought.up = {"serve"};
  Bench bench{.contestants = {brought}};
  bench.sweep = *parse_sweep("tool_error_rate=0,0.5");
  ASSERT_TRUE(settle_pressure(bench));
  EXPECT_NE(bench.contestants[0].group, "");
  EXPECT_EQ(bench.contestants[0].group, bench.contestants[1].group);
}

TEST(Pressure, OfTheBenchIsForThoseWhoDoNotSay) {
  Contestant own = named("own");
  own.context_fill = 0.2;
  Bench bench{.contestants = {own, named("other")}};
  bench.context_fill = 0.7;
  ASSERT_TRUE(settle_pressure(bench));
  EXPECT_EQ(bench.contestants[0].fill(), 0.2);
  EXPECT_EQ(bench.contestants[1].fill(), 0.7);
  EXPECT_THAT(heads_of(bench.contestants), ElementsAre(0, 1));
}

TEST(Pressure, IsNotForAStoredRun) {
  Bench bench{.contestants = {{.name = "then", .url = "replay:7f3a"}}};
  EXPECT_TRUE(settle_pressure(bench));
  bench.context_fill = 0.5;
  const Status refused = settle_pressure(bench);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().sentence, HasSubstr("stored run"));
}

}  // namespace
}  // namespace plumb
