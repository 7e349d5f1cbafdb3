// Files that are not what they should be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <fstream>

#include "core/base/files.hpp"
#include "core/store/codec.hpp"
#include "core/store/store.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_folder.hpp"

namespace plumb {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class StoreFiles : public testing::Test {
 protected:
  /// Runs SQL on the file behind the store's back.
  void sql(const std::string& text) {
    sqlite3* connection = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &connection), SQLITE_OK);
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(connection, text.c_str(), nullptr, nullptr, &error), SQLITE_OK)
        << (error == nullptr ? "" : error);
    sqlite3_free(error);
    sqlite3_close(connection);
  }
  void make_store_with_a_trial() {
    const auto store = Store::open(path_);
    ASSERT_TRUE(store);
    RunInfo run = test::planned_run({{"rename"}}, {"hasty"}, 1);
    run.id = "aa11";
    ASSERT_TRUE((*store)->create_run(run));
    Wake wake;
    (void)(*store)->save("aa11", test::trial_record(key_, Outcome::passed), wake);
  }
  Error open_error() {
    const auto store = Store::open(path_);
    EXPECT_FALSE(store);
    return store ? Error{} : store.error();
  }

  test::TempFolder folder_;
  std::string path_ = folder_.file("plumb.db");
  TrialKey key_{.contestant = "hasty", .task = "rename", .repeat = 0};
};

TEST_F(StoreFiles, AFileThatIsNoDatabaseIsLeftAsItIs) {
  const std::string text =
      "These are my notes, and they are longer than a header.\n" + std::string(5000, 'x');
  std::ofstream(path_) << text;
  const Error error = open_error();
  EXPECT_EQ(error.code, Code::config);
  EXPECT_THAT(error.sentence, AllOf(HasSubstr(path_), HasSubstr("not a database")));
  EXPECT_EQ(read_file(path_), text);
}

TEST_F(StoreFiles, ADatabaseOfAnotherProgramIsLeftAsItIs) {
  sql("CREATE TABLE bookmarks (url TEXT)");
  const std::string before = read_file(path_).value();
  const Error error = open_error();
  EXPECT_EQ(error.code, Code::config);
  EXPECT_THAT(error.sentence, HasSubstr("another program"));
  EXPECT_EQ(read_file(path_), before);
}

TEST_F(StoreFiles, ADatabaseOfANewerVersionIsRefused) {
  make_store_with_a_trial();
  sql("PRAGMA user_version = 99");
  const Error error = open_error();
  EXPECT_EQ(error.code, Code::config);
  EXPECT_THAT(error.sentence, AllOf(HasSubstr("newer"), HasSubstr("99")));
}

TEST_F(StoreFiles, AnEmptyFileBecomesAStore) {
  std::ofstream(path_).flush();
  EXPECT_TRUE(Store::open(path_));
}

TEST_F(StoreFiles, AMissingFolderIsNamed) {
  path_ = folder_.file("not/there/plumb.db");
  const Error error = open_error();
  EXPECT_EQ(error.code, Code::io);
  EXPECT_THAT(error.sentence, HasSubstr(folder_.file("not/there") + "; create it"));
}

TEST_F(StoreFiles, WhatIsNoRegularFileIsRefusedWithoutWaitingForIt) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(open_error().code, Code::config);
  path_ = folder_.path().string();
  EXPECT_EQ(open_error().code, Code::config);
}

TEST_F(StoreFiles, ADamagedPlanIsNamedInsteadOfSkipped) {
  make_store_with_a_trial();
  for (const char* plan : {"{\"tasks\": [", "[]"}) {
    sql(std::string("UPDATE runs SET plan = '") + plan + "'");
    const auto store = Store::open(path_);
    ASSERT_TRUE(store);
    const auto runs = (*store)->runs();
    ASSERT_FALSE(runs);
    EXPECT_THAT(runs.error().sentence, HasSubstr("the plan of run aa11"));
  }
}

TEST_F(StoreFiles, ARecordThatIsNotOfItsTrialIsNamedInsteadOfSkipped) {
  make_store_with_a_trial();
  for (const char* change :
       {"UPDATE trials SET record = '{}'", "UPDATE trials SET record = 'null'",
        "UPDATE trials SET record = json_set(record, '$.verdict.outcome', 'won')"}) {
    sql(change);
    const auto store = Store::open(path_);
    ASSERT_TRUE(store);
    const auto trials = (*store)->trials("aa11");
    ASSERT_FALSE(trials) << change;
    EXPECT_THAT(trials.error().sentence, HasSubstr("trial hasty rename #1, attempt 1"));
  }
}

TEST_F(StoreFiles, ATranscriptThatDoesNotUnpackIsNamed) {
  make_store_with_a_trial();
  sql("UPDATE transcripts SET events = x'00112233'");
  const auto store = Store::open(path_);
  ASSERT_TRUE(store);
  const auto trial = (*store)->trial("aa11", key_, 0);
  ASSERT_FALSE(trial);
  EXPECT_EQ(trial.error().code, Code::config);
  EXPECT_THAT(full_sentence(trial.error()), HasSubstr("does not unpack"));
  EXPECT_TRUE((*store)->trials("aa11")) << "the record itself is whole";
}

TEST_F(StoreFiles, ATranscriptThatExplodesIsRefused) {
  make_store_with_a_trial();
  // Frames behind one another unpack to one text.
  const std::string frame = compress(std::string(1 << 20, ' '));
  std::string bomb;
  for (int i = 0; i < 300; ++i) bomb += frame;
  sqlite3* connection = nullptr;
  sqlite3_open(path_.c_str(), &connection);
  sqlite3_stmt* update = nullptr;
  sqlite3_prepare_v2(connection, "UPDATE transcripts SET events = ?", -1, &update, nullptr);
  sqlite3_bind_blob64(update, 1, bomb.data(), bomb.size(), SQLITE_STATIC);
  ASSERT_EQ(sqlite3_step(update), SQLITE_DONE);
  sqlite3_finalize(update);
  sqlite3_close(connection);
  const auto store = Store::open(path_);
  const auto trial = (*store)->trial("aa11", key_, 0);
  ASSERT_FALSE(trial);
  EXPECT_THAT(full_sentence(trial.error()), HasSubstr("unpacks to more than"));
}

TEST_F(StoreFiles, ATriggerInTheFileIsNotRun) {
  make_store_with_a_trial();
  sql("CREATE TRIGGER evil AFTER UPDATE ON runs BEGIN DELETE FROM trials; END");
  const auto store = Store::open(path_);
  ASSERT_TRUE(store);
  ASSERT_TRUE((*store)->set_run_state("aa11", "finished", 1));
  EXPECT_EQ((*store)->trials("aa11")->size(), 1U);
}

TEST_F(StoreFiles, WhatTrialsShareIsStoredOnce) {
  make_store_with_a_trial();
  {
    const auto store = Store::open(path_);
    Wake wake;
    for (int repeat = 1; repeat < 10; ++repeat) {
      (void)(*store)->save("aa11", test::trial_record({"hasty", "rename", repeat}, Outcome::passed),
                           wake);
    }
  }
  sqlite3* connection = nullptr;
  sqlite3_open(path_.c_str(), &connection);
  sqlite3_stmt* count = nullptr;
  sqlite3_prepare_v2(connection,
                     "SELECT (SELECT count(*) FROM blobs), (SELECT count(*) FROM transcripts)", -1,
                     &count, nullptr);
  ASSERT_EQ(sqlite3_step(count), SQLITE_ROW);
  EXPECT_EQ(sqlite3_column_int(count, 0), 1);
  EXPECT_EQ(sqlite3_column_int(count, 1), 10);
  sqlite3_finalize(count);
  sqlite3_close(connection);
}

}  // namespace
}  // namespace plumb
