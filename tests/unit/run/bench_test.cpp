#include "core/run/bench.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/files.hpp"
#include "tests/support/temp_folder.hpp"

namespace plumb {
namespace {

using testing::HasSubstr;

class BenchFile : public testing::Test {
 protected:
  Result<Bench> load(const std::string& text) {
    EXPECT_TRUE(write_file(folder_.file("bench.lua"), text));
    return load_bench(folder_.file("bench.lua"));
  }
  std::string refusal(const std::string& text) {
    const auto bench = load(text);
    return bench ? "it was accepted" : full_sentence(bench.error());
  }

  test::TempFolder folder_;
};

TEST_F(BenchFile, SaysHowHardItIsMade) {
  const auto bench = load(R"(return bench {
    suite = "tasks/starter", context_fill = 0.5, tool_error_rate = 0.1,
    sweep = { context_fill = { 0.75, 0, 0.5 } },
    contestants = { { name = "a", url = "http://one:8000/v1", context = 32768, context_fill = 0.2 } },
  })");
  ASSERT_TRUE(bench) << bench.error().sentence;
  EXPECT_EQ(bench->context_fill, 0.5);
  EXPECT_EQ(bench->tool_error_rate, 0.1);
  EXPECT_THAT(bench->sweep.values, testing::ElementsAre(0, 0.5, 0.75));
  EXPECT_EQ(bench->contestants[0].context, 32'768);
  EXPECT_EQ(bench->contestants[0].fill(), 0.2);

  const auto refused = [&](const std::string& line) {
    return refusal("return bench { suite = \"x\", " + line + " }");
  };
  EXPECT_THAT(refused("context_fill = 1"), HasSubstr("from 0 to 0.95"));
  EXPECT_THAT(refused("tool_error_rate = \"often\""), HasSubstr("from 0 to 0.99"));
  EXPECT_THAT(refused("sweep = { 0, 0.5 }"), HasSubstr("sweep = { context_fill ="));
  EXPECT_THAT(refused("sweep = { context_fill = { 0, 2 } }"), HasSubstr("2 is not"));
}

TEST_F(BenchFile, SaysAllThatARunNeeds) {
  const auto bench = load(R"(return bench {
    suite = "tasks/starter", repeats = 5, seed = 7, concurrency = 2, budget = { hard_stop = 1.5 },
    contestants = {
      { name = "a", url = "http://one:8000/v1", sampling = { temperature = 0.6, seed = 3 } },
      { name = "b", url = "standin:skill=0.8" },
    },
  })");
  ASSERT_TRUE(bench) << bench.error().sentence;
  EXPECT_THAT(bench->suite, testing::ElementsAre(folder_.file("tasks/starter")));
  EXPECT_EQ(bench->repeats, 5);
  EXPECT_EQ(bench->seed, 7U);
  EXPECT_EQ(bench->concurrency, 2);
  EXPECT_EQ(bench->budget.hard_stop, 1.5);
  ASSERT_EQ(bench->contestants.size(), 2U);
  EXPECT_EQ(bench->contestants[0].sampling.temperature, 0.6);
  EXPECT_TRUE(bench->contestants[1].is_stand_in());
}

TEST_F(BenchFile, AMistakeGetsASentence) {
  EXPECT_THAT(refusal("return bench { suite = 'x', repeets = 5 }"),
              HasSubstr("does not know \"repeets\" (did you mean \"repeats\"?)"));
  EXPECT_THAT(refusal("return bench { suite = 'x', repeats = 0 }"),
              HasSubstr("`repeats` is a whole number"));
  EXPECT_THAT(refusal("return bench { suite = 'x', budget = 'generous' }"),
              HasSubstr("no budget rule \"generous\""));
  EXPECT_THAT(refusal("return bench { suite = 'x', budget = 5 }"),
              HasSubstr("`budget` is \"calibrated\", \"fixed\", or a table"));
  EXPECT_THAT(refusal("return bench { suite = 5 }"), HasSubstr("`suite` names a folder"));
  EXPECT_THAT(refusal("return 5"), HasSubstr("does not end with `return bench { ... }`"));
  EXPECT_THAT(refusal("return bench {\n  suite = \n}"), HasSubstr("bench.lua:3:"));
  EXPECT_THAT(refusal("return bench { suite = 'x', contestants = { { name = 'a' } } }"),
              HasSubstr("url"));
}

TEST_F(BenchFile, ANumberThatDoesNotFitIsRefusedAndNotCutOff) {
  for (const char* repeats : {"4294967297", "-1", "1.5", "'3'", "1e300"}) {
    EXPECT_THAT(refusal(std::string("return bench { suite = 'x', repeats = ") + repeats + " }"),
                HasSubstr("`repeats` is a whole number"))
        << repeats;
  }
  EXPECT_THAT(refusal("return bench { suite = 'x', budget = { hard_stop = '1' } }"),
              HasSubstr("`hard_stop` is a number"));
  EXPECT_THAT(refusal("return bench { suite = 'x', budget = { slak = 1 } }"),
              HasSubstr("does not know \"slak\" (did you mean \"slack\"?)"));
}

TEST_F(BenchFile, MayLeaveItsContestantsToTheCommandLine) {
  const auto bench = load("return bench { suite = { 'a', 'b' }, contestants = {} }");
  ASSERT_TRUE(bench) << bench.error().sentence;
  EXPECT_EQ(bench->suite.size(), 2U);
  EXPECT_TRUE(bench->contestants.empty());
}

TEST(BenchCheck, RefusesWhatCannotBeRun) {
  Bench bench;
  EXPECT_FALSE(check_bench(bench)) << "no contestant";
  Contestant contestant;
  contestant.name = "a";
  bench.contestants = {contestant};
  EXPECT_TRUE(check_bench(bench));
  bench.budget.hard_stop = 0.5;
  EXPECT_FALSE(check_bench(bench)) << "a hard stop below the budget";
  bench.budget.hard_stop = 2;
  bench.contestants.push_back(contestant);
  const Status twice = check_bench(bench);
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().sentence, HasSubstr("two contestants are named \"a\""));
}

}  // namespace
}  // namespace plumb
