#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "plugins/reporters/forecast.hpp"
#include "plugins/reporters/reporters.hpp"
#include "tests/support/records.hpp"

namespace plumb {
namespace {

using test::planned_run;
using test::trial_record;
using testing::HasSubstr;
using testing::Not;

/// What is written to a stream in memory.
class Output {
 public:
  Output() : file_(::open_memstream(&text_, &size_)) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() {
    std::fclose(file_);
    std::free(text_);
  }
  [[nodiscard]] std::FILE* file() const { return file_; }
  std::string text() {
    std::fflush(file_);
    return {text_, size_};
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* file_;
};

TEST(PlainProgress, AnnouncesEachTrialOnALineOfItsOwn) {
  Output out;
  const auto progress = make_progress(out.file(), false, {});
  const RunInfo run = planned_run({{"rename"}}, {"hasty"}, 2);
  for (int done = 3; done < 58; ++done) {
    progress->on_stage("ruler check: " + std::to_string(done) + " of 58 policies");
  }
  progress->on_start(run, 2, 0);
  const TrialRecord passed = trial_record({"hasty", "rename", 1}, Outcome::passed);
  progress->on_begin(passed.key, 5);
  progress->on_turn(passed.key, 1, 5);
  EXPECT_EQ(out.text(), "ruler check: 3 of 58 policies\nrun 7f3a0001: 2 trials\n");
  progress->on_trial(passed, false);
  EXPECT_THAT(out.text(), HasSubstr("[1/2] hasty rename #2 passed  4 turns 2.5 s\n"));
  progress->on_trial(trial_record({"hasty", "rename", 0}, Outcome::invalid, Reason::endpoint_error),
                     true);
  EXPECT_THAT(out.text(), HasSubstr("[1/2] hasty rename #1 invalid (endpoint_error)"));
  EXPECT_THAT(out.text(), HasSubstr("to be tried again\n"));
  progress->on_alarm({{"id", "path_check"}, {"contestant", "hasty"}, {"sentence", "no nonce\x1b"}});
  EXPECT_THAT(out.text(), HasSubstr("! hasty path_check: no nonce\\x1b\n"));
  EXPECT_THAT(out.text(), Not(HasSubstr("\x1b")));
}

TEST(PlainProgress, AResumedRunCountsWhatIsThere) {
  Output out;
  const auto progress = make_progress(out.file(), false, {});
  progress->on_start(planned_run({{"rename"}}, {"hasty"}, 10), 10, 7);
  progress->on_trial(trial_record({"hasty", "rename", 9}, Outcome::passed), false);
  EXPECT_THAT(out.text(), HasSubstr("10 trials, 7 of them already there"));
  EXPECT_THAT(out.text(), HasSubstr("[8/10]"));
}

TEST(TerminalProgress, ErasesItsBlockAtTheEndAndKeepsAlarms) {
  Output out;
  auto progress = make_progress(out.file(), true, {.colour = false, .width = 80});
  progress->on_start(planned_run({{"rename"}}, {"hasty"}, 2), 2, 0);
  progress->on_begin({"hasty", "rename", 0}, 5);
  progress->on_trial(trial_record({"hasty", "rename", 0}, Outcome::passed), false);
  progress->on_alarm({{"id", "path_check"}, {"sentence", "no nonce came back"}});
  progress.reset();
  const std::string text = out.text();
  EXPECT_THAT(text, HasSubstr("! path_check: no nonce came back\n"));
  const auto last_erase = text.rfind("\x1b[J");
  const auto last_block = text.rfind("trials");
  EXPECT_TRUE(last_block == std::string::npos || last_erase > last_block);
}

TEST(TerminalProgress, ManyThreadsMayReport) {
  Output out;
  {
    const auto progress = make_progress(out.file(), true, {.colour = true, .width = 80});
    progress->on_start(planned_run({{"rename"}}, {"hasty"}, 400), 400, 0);
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 100; ++i) {
          const TrialKey key{"hasty", "rename", t * 100 + i};
          progress->on_begin(key, 5);
          progress->on_turn(key, 1, 5);
          progress->on_trial(trial_record(key, Outcome::passed), false);
        }
      });
    }
  }
  EXPECT_THAT(out.text(), HasSubstr("\x1b[J"));
}

TEST(Forecast, KnowsNothingBeforeTheFirstTurn) {
  Forecast forecast;
  EXPECT_FALSE(forecast.seconds_left());
  forecast.start(40, 8);
  forecast.begin({"a", "t", 0}, 0);
  EXPECT_FALSE(forecast.seconds_left());
}

TEST(Forecast, IsTurnsLeftTimesSecondsPerTurn) {
  Forecast forecast;
  forecast.start(40, 8);
  forecast.begin({"a", "t", 0}, 0);
  forecast.turn({"a", "t", 0}, 2);
  EXPECT_DOUBLE_EQ(*forecast.seconds_left(), 39 * 2);
}

TEST(Forecast, TrialsSideBySideShareTheTime) {
  Forecast forecast;
  forecast.start(40, 8);
  for (int repeat = 0; repeat < 4; ++repeat) forecast.begin({"a", "t", repeat}, 0);
  for (int repeat = 0; repeat < 4; ++repeat) forecast.turn({"a", "t", repeat}, 2);
  EXPECT_DOUBLE_EQ(*forecast.seconds_left(), 36 * 2 / 4.0);
}

TEST(Forecast, LearnsHowManyTurnsTrialsReallyTake) {
  Forecast forecast;
  forecast.start(40, 8);
  forecast.begin({"a", "t", 0}, 0);
  for (int turn = 1; turn <= 10; ++turn) forecast.turn({"a", "t", 0}, turn);
  forecast.finish({"a", "t", 0}, 10, 5, false, 10);
  EXPECT_DOUBLE_EQ(*forecast.seconds_left(), 35 * 2 * 1.0);
}

TEST(Forecast, ATrialToBeRepeatedIsStillLeft) {
  Forecast forecast;
  forecast.start(5, 1);
  forecast.begin({"a", "t", 0}, 0);
  forecast.turn({"a", "t", 0}, 1);
  forecast.finish({"a", "t", 0}, 1, 5, true, 1);
  EXPECT_DOUBLE_EQ(*forecast.seconds_left(), 5);
  forecast.finish({"a", "t", 0}, 5, 5, false, 1);
  EXPECT_FALSE(forecast.seconds_left());
}

}  // namespace
}  // namespace plumb
