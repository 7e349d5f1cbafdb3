#include "core/score/rubric.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plumb {
namespace {

using testing::Contains;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::Not;

RubricTally tally(const std::string& category, int tasks, std::int64_t earned,
                  std::int64_t possible) {
  return {.category = category,
          .tasks = tasks,
          .planned = tasks,
          .scored = tasks,
          .earned = earned,
          .possible = possible};
}

std::vector<RubricTally> five(const std::vector<std::int64_t>& earned) {
  std::vector<RubricTally> tallies;
  for (const std::int64_t points : earned) {
    tallies.push_back(tally("category " + std::to_string(tallies.size()), 3, points, 6));
  }
  return tallies;
}

std::optional<double> score_of(const RubricSection& section, const std::string& name) {
  for (const RubricLine& line : section.lines) {
    if (line.name == name) return line.score;
  }
  ADD_FAILURE() << "no line " << name;
  return std::nullopt;
}

TEST(ToolCallRubric, RoundsEachCategoryBeforeTheMeanOfTheFive) {
  const auto section = rubric_section("ToolCall-15", five({6, 5, 5, 5, 5}));  // 100, 83 x 4
  EXPECT_EQ(score_of(section, "category 1"), 83);
  EXPECT_EQ(section.total, 86);  // (100 + 4 x 83) / 5 = 86.4; unrounded it were 86.7
  EXPECT_EQ(section.band, 75);
}

TEST(ToolCallRubric, NamesTheBandByItsLeastTotal) {
  EXPECT_EQ(rubric_section("ToolCall-15", five({6, 6, 6, 6, 5})).band, 90);  // 97
  EXPECT_EQ(rubric_section("ToolCall-15", five({5, 5, 4, 4, 4})).band, 60);  // 73
  EXPECT_EQ(rubric_section("ToolCall-15", five({3, 3, 3, 3, 3})).band, 40);
  EXPECT_EQ(rubric_section("ToolCall-15", five({0, 0, 0, 0, 0})).band, 0);
}

TEST(ToolCallRubric, HasNoTotalWhereAScenarioWasNotScored) {
  auto tallies = five({6, 6, 6, 6, 4});
  tallies[4].scored = 2;
  tallies[4].possible = 4;
  const auto section = rubric_section("ToolCall-15", tallies);
  EXPECT_EQ(section.lines[4].score, std::nullopt);
  EXPECT_EQ(section.total, std::nullopt);
  EXPECT_EQ(section.band, std::nullopt);
  tallies.pop_back();
  EXPECT_EQ(rubric_section("ToolCall-15", tallies).total, std::nullopt);
}

TEST(ToolCallRubric, HasNoTotalWhereAScenarioIsNotInTheRun) {
  std::vector<RubricTally> tallies = five({6, 6, 6, 6, 6});
  tallies[1] = tally("tool selection", 2, 4, 4);
  const auto section = rubric_section("ToolCall-15", tallies);
  EXPECT_EQ(section.lines[0].score, 100);
  EXPECT_EQ(section.lines[1].score, std::nullopt);
  EXPECT_EQ(section.total, std::nullopt);
  EXPECT_EQ(section.band, std::nullopt);
  EXPECT_THAT(section.missing, ElementsAre("1 of the 3 scenarios of tool selection"));
}

TEST(ToolCallRubric, SaysWhatKeepsItFromATotal) {
  EXPECT_TRUE(rubric_section("ToolCall-15", five({6, 6, 6, 6, 6})).missing.empty());
  auto tallies = five({6, 6, 6});
  tallies[2].scored = 2;
  EXPECT_THAT(rubric_section("ToolCall-15", tallies).missing,
              ElementsAre("1 of the 3 trials of category 2", "2 of the 5 categories"));
}

TEST(BfclRubric, NonLiveIsTheMeanOfItsCategoriesWhateverTheirSize) {
  const std::vector<RubricTally> tallies = {tally("parallel", 200, 100, 200),
                                            tally("simple_python", 400, 400, 400)};
  const auto section = rubric_section("BFCL v4", tallies);
  EXPECT_EQ(score_of(section, "simple"), 100);
  EXPECT_EQ(score_of(section, "non-live"), 75);
  EXPECT_EQ(section.title, "BFCL v4 (subset)");
}

TEST(BfclRubric, LiveIsWeighedByTheNumberOfTasks) {
  const std::vector<RubricTally> tallies = {tally("live_multiple", 300, 300, 300),
                                            tally("live_simple", 100, 0, 100)};
  EXPECT_EQ(score_of(rubric_section("BFCL v4", tallies), "live"), 75);
}

TEST(BfclRubric, TheTotalWeighsNonLiveLiveAndIrrelevanceAlike) {
  const std::vector<RubricTally> tallies = {
      tally("simple_python", 400, 360, 400), tally("live_simple", 258, 129, 258),
      tally("irrelevance", 240, 240, 240), tally("live_irrelevance", 880, 0, 880)};
  const auto section = rubric_section("BFCL v4", tallies);
  EXPECT_EQ(score_of(section, "irrelevance (both)"), 50);
  ASSERT_TRUE(section.total);
  EXPECT_THAT(*section.total, DoubleNear((90 + 50 + 50) / 3.0, 1e-9));
  EXPECT_THAT(section.missing, Contains("multi_turn"));
  EXPECT_THAT(section.missing, Contains("simple_java"));
  EXPECT_THAT(section.missing, Not(Contains("irrelevance")));
}

TEST(BfclRubric, ACategoryThatNobodyScoredIsMissingAndNotZero) {
  std::vector<RubricTally> tallies = {tally("multiple", 200, 100, 200),
                                      tally("parallel", 200, 0, 0)};
  tallies[1].scored = 0;
  const auto section = rubric_section("BFCL v4", tallies);
  EXPECT_EQ(score_of(section, "parallel"), std::nullopt);
  EXPECT_EQ(section.total, 50);
  EXPECT_THAT(section.missing, Contains("parallel"));
}

TEST(BfclRubric, AGroupCountsThePointsOfItsCategoriesOnce) {
  const std::vector<RubricTally> tallies = {tally("multiple", 200, 100, 200),
                                            tally("simple_python", 400, 300, 400),
                                            tally("live_relevance", 16, 8, 16)};
  const auto section = rubric_section("BFCL v4", tallies);
  std::vector<std::string> names;
  for (const RubricLine& line : section.lines) names.push_back(line.name);
  EXPECT_THAT(names,
              ElementsAre("non-live", "simple", "simple_python", "multiple", "live_relevance"));
  EXPECT_EQ(section.lines[0].earned, 400);
  EXPECT_EQ(section.lines[0].possible, 600);
  EXPECT_EQ(section.total, 62.5);  // relevance stands beside it
}

TEST(Rubric, AnyOtherCountsThePointsThatWereEarned) {
  const std::vector<RubricTally> tallies = {tally("a", 1, 1, 4), tally("b", 3, 12, 12)};
  const auto section = rubric_section("house rules", tallies);
  EXPECT_EQ(score_of(section, "a"), 25);
  EXPECT_EQ(section.total, 81.25);
  EXPECT_EQ(section.title, "house rules");
}

TEST(Rubric, WhatCannotBeToldIsNull) {
  const Json json = to_json(rubric_section("BFCL v4", {}));
  EXPECT_TRUE(json["total"].is_null());
  EXPECT_TRUE(json["band"].is_null());
  EXPECT_TRUE(json["categories"].empty());
  EXPECT_THAT(json["missing"], Contains("agentic"));
}

}  // namespace
}  // namespace plumb
