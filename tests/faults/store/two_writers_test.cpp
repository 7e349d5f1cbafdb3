#include <gtest/gtest.h>

#include "core/store/store.hpp"
#include "tests/faults/store/saver.hpp"
#include "tests/support/temp_folder.hpp"

namespace plumb {
namespace {

TEST(TwoWriters, RunsAtOnceInOneFileLoseNothing) {
  const test::TempFolder folder;
  const std::string file = folder.file("plumb.db");
  constexpr int kTrials = 100;
  test::Saver first(file, "aa11", kTrials);
  test::Saver second(file, "bb22", kTrials);
  test::Saver third(file, "cc33", kTrials);
  for (test::Saver* saver : {&first, &second, &third}) EXPECT_EQ(saver->end(), 0);
  const auto store = Store::open(file);
  ASSERT_TRUE(store);
  for (const char* run : {"aa11", "bb22", "cc33"}) {
    const auto trials = (*store)->trials(run);
    ASSERT_TRUE(trials);
    EXPECT_EQ(trials->size(), static_cast<std::size_t>(kTrials)) << run;
  }
}

TEST(TwoWriters, ManyMayMakeTheSameFileAtOnce) {
  for (int round = 0; round < 5; ++round) {
    const test::TempFolder folder;
    const std::string file = folder.file("plumb.db");
    std::vector<std::unique_ptr<test::Saver>> savers;
    for (int i = 0; i < 6; ++i) {
      savers.push_back(std::make_unique<test::Saver>(file, "run" + std::to_string(i), 4));
    }
    for (const auto& saver : savers) EXPECT_EQ(saver->end(), 0);
    const auto store = Store::open(file);
    ASSERT_TRUE(store);
    EXPECT_EQ((*store)->runs()->size(), 6U);
  }
}

}  // namespace
}  // namespace plumb
