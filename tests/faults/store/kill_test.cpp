// Whatever was announced is there, whenever the process was killed.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <random>

#include "core/store/store.hpp"
#include "tests/faults/store/saver.hpp"
#include "tests/support/temp_folder.hpp"

namespace plumb {
namespace {

constexpr int kTrials = 400;

std::string integrity(const std::string& file) {
  sqlite3* connection = nullptr;
  std::string answer = "cannot be opened";
  if (sqlite3_open(file.c_str(), &connection) == SQLITE_OK) {
    const auto keep = [](void* text, int, char** values, char**) {
      *static_cast<std::string*>(text) = values[0];
      return 0;
    };
    sqlite3_exec(connection, "PRAGMA integrity_check", keep, &answer, nullptr);
  }
  sqlite3_close(connection);
  return answer;
}

/// Every announced trial can be read, with its transcript; and what is there can be read, announced
/// or not.
std::set<int> stored(const std::string& file, const std::string& run,
                     const std::set<int>& announced) {
  std::set<int> found;
  const auto store = Store::open(file);
  EXPECT_TRUE(store) << full_sentence(store.error());
  if (!store) return found;
  const auto trials = (*store)->trials(run);
  EXPECT_TRUE(trials) << full_sentence(trials.error());
  if (!trials) return found;
  for (const TrialRecord& record : *trials) {
    found.insert(record.key.repeat);
    const auto whole = (*store)->trial(run, record.key, 0);
    EXPECT_TRUE(whole) << full_sentence(whole.error());
    const std::string text = whole ? whole->events[0]["text"].get<std::string>() : "";
    EXPECT_EQ(text.size(), 20'000U);
  }
  for (const int repeat : announced) EXPECT_TRUE(found.contains(repeat)) << repeat;
  EXPECT_EQ(integrity(file), "ok");
  return found;
}

class KilledAt : public testing::TestWithParam<std::string> {};

TEST_P(KilledAt, EveryAnnouncedTrialIsThere) {
#ifndef PLUMB_FAILPOINTS
  GTEST_SKIP() << "built without failpoints";
#endif
  const test::TempFolder folder;
  const std::string file = folder.file("plumb.db");
  test::Saver saver(file, "aa11", kTrials, GetParam());
  const int status = saver.end();
  ASSERT_TRUE(WIFSIGNALED(status)) << "the failpoint was not reached";
  EXPECT_LT(saver.announced().size(), static_cast<std::size_t>(kTrials));
  stored(file, "aa11", saver.announced());
  // The file goes on as if nothing had been.
  test::Saver next(file, "bb22", 8);
  EXPECT_EQ(next.end(), 0);
  EXPECT_EQ(stored(file, "bb22", next.announced()).size(), 8U);
}

// The first commit makes the run; the later ones carry trials.
INSTANTIATE_TEST_SUITE_P(Store, KilledAt,
                         testing::Values("store.before_commit:1", "store.before_commit:7",
                                         "store.in_commit:1", "store.in_commit:2",
                                         "store.in_commit:9", "store.after_commit:1",
                                         "store.after_commit:8"));

TEST(StoreKilled, AtRandomMomentsEveryAnnouncedTrialIsThere) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 10; ++round) {
    const test::TempFolder folder;
    const std::string file = folder.file("plumb.db");
    test::Saver saver(file, "aa11", kTrials);
    saver.read_lines(std::uniform_int_distribution<std::size_t>(0, kTrials / 2)(random));
    saver.kill();
    saver.end();
    if (std::filesystem::exists(file))
      stored(file, saver.begun() ? "aa11" : "none", saver.announced());
  }
}

TEST(StoreKilled, ALogThatBreaksOffLosesOnlyItsEnd) {
  const test::TempFolder folder;
  const std::string file = folder.file("plumb.db");
  test::Saver saver(file, "aa11", kTrials);
  saver.read_lines(kTrials / 4);
  saver.kill();
  saver.end();
  const auto log_size = std::filesystem::file_size(file + "-wal");
  ASSERT_GT(log_size, 0U);
  std::size_t before = 0;
  for (int eighth = 0; eighth <= 8; ++eighth) {
    const std::string copy = folder.file("copy.db");
    std::filesystem::copy_file(file, copy, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::copy_file(file + "-wal", copy + "-wal",
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::remove(copy + "-shm");
    // Odd sizes end in the middle of a page.
    std::filesystem::resize_file(copy + "-wal", log_size * static_cast<unsigned>(eighth) / 8);
    const std::size_t found = stored(copy, "aa11", {}).size();
    EXPECT_GE(found, before) << "a longer log holds no less";
    before = found;
  }
  EXPECT_GE(before, saver.announced().size());
}

}  // namespace
}  // namespace plumb
