#include "core/store/store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/support/records.hpp"
#include "tests/support/temp_folder.hpp"

namespace plumb {
namespace {

using test::planned_run;
using test::trial_record;
using testing::HasSubstr;

class StoreTest : public testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    store_.reset();
    auto opened = Store::open(folder_.file("plumb.db"));
    ASSERT_TRUE(opened) << full_sentence(opened.error());
    store_ = std::move(*opened);
  }
  RunInfo add_run(const std::string& id, std::int64_t started_ms = 1000) {
    RunInfo run = planned_run({{"rename"}, {"deploy"}}, {"hasty", "careful"}, 2);
    run.id = id;
    run.started_ms = started_ms;
    run.state = "running";
    run.finished_ms = 0;
    const Status status = store_->create_run(run);
    EXPECT_TRUE(status) << full_sentence(status.error());
    return run;
  }
  Status save(const std::string& run_id, const TrialRecord& record) {
    const Clock& clock = real_clock();
    Waiter waiter(clock, {});
    const auto saving = store_->save(run_id, record, waiter.wake());
    EXPECT_EQ(waiter.wait([&] { return saving->done(); }, kNever), Waiter::End::ready);
    return saving->status();
  }

  test::TempFolder folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, ARunReadsBackAsItWasPlanned) {
  RunInfo run = planned_run({{"rename"}}, {"hasty"}, 3);
  run.seed = 0xFFFF'FFFF'FFFF'FFFE;
  run.isolated = false;
  run.notes = {{{"id", "path_check"}, {"sentence", "the nonce did not come back"}}};
  ASSERT_TRUE(store_->create_run(run));
  reopen();
  const auto read = store_->run(run.id);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->identity, run.identity);
  EXPECT_EQ(read->suite, run.suite);
  EXPECT_EQ(read->seed, run.seed);
  EXPECT_EQ(read->repeats, 3);
  EXPECT_EQ(read->sandbox, "bwrap");
  EXPECT_FALSE(read->isolated);
  EXPECT_EQ(read->started_ms, run.started_ms);
  EXPECT_EQ(read->finished_ms, run.finished_ms);
  EXPECT_EQ(read->state, "finished");
  EXPECT_EQ(read->plan, run.plan);
  EXPECT_EQ(read->notes, run.notes);
}

TEST_F(StoreTest, ARunIsFoundByItsFirstLettersWhenTheyAreUnique) {
  add_run("aa11", 1000);
  add_run("ab22", 3000);
  add_run("cc33", 2000);
  EXPECT_EQ(store_->run("c")->id, "cc33");
  EXPECT_EQ(store_->run("last")->id, "ab22");
  EXPECT_EQ(store_->run("a").error().code, Code::usage);
  EXPECT_THAT(store_->run("a").error().sentence, HasSubstr("ab22, aa11"));
  EXPECT_EQ(store_->run("x").error().code, Code::not_found);
  EXPECT_EQ(store_->run("%").error().code, Code::not_found);
  add_run("aa", 500);
  EXPECT_EQ(store_->run("aa")->id, "aa");
  std::vector<std::string> ids;
  const auto runs = store_->runs();
  for (const RunInfo& run : *runs) ids.push_back(run.id);
  EXPECT_THAT(ids, testing::ElementsAre("ab22", "cc33", "aa11", "aa"));
}

TEST_F(StoreTest, AnEmptyStoreSaysThatThereIsNoRun) {
  EXPECT_EQ(store_->run("last").error().code, Code::not_found);
  EXPECT_TRUE(store_->runs()->empty());
}

TEST_F(StoreTest, TheNewestUnfinishedRunOfAnIdentityIsResumed) {
  add_run("aa11", 1000);
  add_run("bb22", 2000);
  add_run("cc33", 3000);
  ASSERT_TRUE(store_->set_run_state("cc33", "finished", 4000));
  ASSERT_TRUE(store_->set_run_state("bb22", "interrupted", 4000));
  const auto found = store_->resumable("identity-1");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->id, "bb22");
  EXPECT_EQ((*found)->finished_ms, 4000);
  EXPECT_FALSE(*store_->resumable("another identity"));
}

TEST_F(StoreTest, APlanIsReplacedWhole) {
  add_run("aa11");
  ASSERT_TRUE(store_->set_plan("aa11", {{"contestants", {{{"name", "late"}}}}}));
  EXPECT_EQ(store_->run("aa11")->plan, Json::parse(R"({"contestants": [{"name": "late"}]})"));
}

TEST_F(StoreTest, ChangingARunThatIsNotThereIsAnError) {
  EXPECT_EQ(store_->set_run_state("none", "finished", 1).error().code, Code::not_found);
  EXPECT_EQ(store_->set_plan("none", Json::object()).error().code, Code::not_found);
  EXPECT_FALSE(store_->add_note("none", {{"id", "x"}}));
  EXPECT_FALSE(save("none", trial_record({"hasty", "rename", 0}, Outcome::passed)));
}

TEST_F(StoreTest, NotesKeepTheirOrder) {
  add_run("aa11");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store_->add_note("aa11", {{"id", i}}));
  const auto run = store_->run("aa11");
  EXPECT_EQ(run->notes, Json::parse(R"([{"id":0},{"id":1},{"id":2}])"));
}

TEST_F(StoreTest, ASavedTrialReadsBackWithItsTranscript) {
  add_run("aa11");
  TrialRecord record = trial_record({"hasty", "rename", 1}, Outcome::failed, Reason::wrong_result);
  record.events = {{{"type", "tool"}, {"text", "\x1b[31m control \xE2\x82\xAC"}}};
  ASSERT_TRUE(save("aa11", record));
  reopen();
  const auto read = store_->trial("aa11", record.key, 0);
  ASSERT_TRUE(read) << full_sentence(read.error());
  EXPECT_EQ(to_json(*read), to_json(record));
  EXPECT_EQ(read->opening, record.opening);
  EXPECT_EQ(read->events, record.events);
}

TEST_F(StoreTest, TrialsComeInOrderWithAllAttemptsAndWithoutTranscripts) {
  add_run("aa11");
  TrialRecord second = trial_record({"hasty", "rename", 0}, Outcome::passed);
  second.attempt = 2;
  ASSERT_TRUE(save("aa11", trial_record({"hasty", "rename", 1}, Outcome::passed)));
  ASSERT_TRUE(save("aa11", second));
  ASSERT_TRUE(
      save("aa11", trial_record({"hasty", "rename", 0}, Outcome::invalid, Reason::endpoint_error)));
  ASSERT_TRUE(save("aa11", trial_record({"careful", "rename", 0}, Outcome::passed)));
  const auto trials = store_->trials("aa11");
  ASSERT_TRUE(trials);
  ASSERT_EQ(trials->size(), 4U);
  EXPECT_EQ(trials->at(0).key.contestant, "careful");
  EXPECT_EQ(trials->at(1).attempt, 1);
  EXPECT_EQ(trials->at(2).attempt, 2);
  EXPECT_EQ(trials->at(3).key.repeat, 1);
  EXPECT_TRUE(trials->at(0).events.empty());
  EXPECT_EQ(store_->trial("aa11", second.key, 0)->attempt, 2);
  EXPECT_EQ(store_->trial("aa11", second.key, 1)->verdict.outcome, Outcome::invalid);
  EXPECT_EQ(store_->trial("aa11", second.key, 3).error().code, Code::not_found);
}

TEST_F(StoreTest, SavingTheSameAttemptTwiceIsAnErrorAndKeepsTheFirst) {
  add_run("aa11");
  ASSERT_TRUE(save("aa11", trial_record({"hasty", "rename", 0}, Outcome::passed)));
  const Status again =
      save("aa11", trial_record({"hasty", "rename", 0}, Outcome::failed, Reason::looped));
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().sentence, HasSubstr("trial hasty rename #1, attempt 1"));
  EXPECT_EQ(store_->trials("aa11")->at(0).verdict.outcome, Outcome::passed);
}

TEST_F(StoreTest, OneBadRecordDoesNotTakeItsNeighboursWithIt) {
  add_run("aa11");
  constexpr int kTrials = 40;
  Waiter waiter(real_clock(), {});
  std::vector<std::unique_ptr<Store::Saving>> savings;
  for (int i = 0; i < kTrials; ++i) {
    // Every fourth is a repetition of the one before it.
    const int repeat = i % 4 == 3 ? i - 1 : i;
    savings.push_back(store_->save(
        "aa11", trial_record({"hasty", "rename", repeat}, Outcome::passed), waiter.wake()));
  }
  for (int i = 0; i < kTrials; ++i) {
    const auto& saving = savings[static_cast<std::size_t>(i)];
    waiter.wait([&] { return saving->done(); }, kNever);
    EXPECT_EQ(saving->status().has_value(), i % 4 != 3) << i;
  }
  EXPECT_EQ(store_->trials("aa11")->size(), 30U);
}

TEST_F(StoreTest, ManyThreadsSaveAtOnce) {
  add_run("aa11");
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 25; ++i) {
          EXPECT_TRUE(
              save("aa11", trial_record({std::to_string(t), "rename", i}, Outcome::passed)));
          EXPECT_TRUE(store_->trials("aa11"));
        }
      });
    }
  }
  EXPECT_EQ(store_->trials("aa11")->size(), 200U);
}

TEST_F(StoreTest, ATrialThatNobodyWaitsForIsWrittenAllTheSame) {
  add_run("aa11");
  {
    Wake wake;
    (void)store_->save("aa11", trial_record({"hasty", "rename", 0}, Outcome::passed), wake);
  }
  reopen();
  EXPECT_EQ(store_->trials("aa11")->size(), 1U);
}

TEST_F(StoreTest, TheRulerCacheKeepsTheLastReport) {
  EXPECT_FALSE(*store_->ruler("key"));
  ASSERT_TRUE(store_->set_ruler("key", {{"proven", false}}));
  ASSERT_TRUE(store_->set_ruler("key", {{"proven", true}}));
  EXPECT_EQ(**store_->ruler("key"), Json({{"proven", true}}));
}

TEST_F(StoreTest, AnotherStoreReadsWhileThisOneWrites) {
  add_run("aa11");
  auto other = Store::open(folder_.file("plumb.db"));
  ASSERT_TRUE(other);
  ASSERT_TRUE(save("aa11", trial_record({"hasty", "rename", 0}, Outcome::passed)));
  EXPECT_EQ((*other)->trials("aa11")->size(), 1U);
  ASSERT_TRUE((*other)->set_run_state("aa11", "outage", 5));
  EXPECT_EQ(store_->run("aa11")->state, "outage");
}

}  // namespace
}  // namespace plumb
