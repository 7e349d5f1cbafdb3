// Ctrl-C and kill -9 at any moment: what was announced is there, nothing is run twice, and the
// resumed run ends as an undisturbed one would have.
#include <csignal>
#include <numeric>
#include <random>
#include <set>

#include "tests/integration/cli/cli_fixture.hpp"

namespace plumb::test {
namespace {

using testing::HasSubstr;

constexpr std::size_t kTrials = 18;

class Interruption : public Cli {
 protected:
  /// A slow stand-in is still at work whenever the test gets to interrupt it.
  static std::vector<std::string> arguments(const std::string& db, int ttft_ms = 5) {
    return {"run",           kQuick,
            "--model",       fmt::format("a=standin:skill=0.6,ttft_ms={}", ttft_ms),
            "--db",          db,
            "--repeats",     "6",
            "--seed",        "21",
            "--concurrency", "4",
            "--no-ruler",    "--resume"};
  }
  /// What an undisturbed run comes to.
  Outcomes undisturbed() const {
    const PlumbEnd end = plumb(arguments("undisturbed.db"));
    EXPECT_EQ(end.code, 0) << end.out << end.err;
    return outcomes("last", "undisturbed.db");
  }
  /// Reads on until so many trials were announced, or the program is gone.
  static void read_announced(PlumbProcess& process, std::size_t count,
                             std::set<TrialKey>& announced) {
    while (announced.size() < count) {
      const auto line = process.next_line();
      if (!line) return;
      if (const auto trial = announced_trial(*line)) announced.insert(*trial);
    }
  }
  /// The announced trials are there, and --resume makes of the rest what was to be.
  void expect_resumes(const std::set<TrialKey>& announced, const std::string& db,
                      const Outcomes& expected, int ttft_ms = 5) const {
    std::set<TrialKey> kept;
    if (!announced.empty()) {
      for (const auto& [key, settled] : outcomes("last", db)) kept.insert(key);
    }
    for (const TrialKey& key : announced) {
      EXPECT_TRUE(kept.contains(key)) << key.task << " #" << key.repeat << " was announced";
    }
    const PlumbEnd resumed = plumb(arguments(db, ttft_ms));
    EXPECT_EQ(resumed.code, 0) << resumed.out << resumed.err;
    for (const std::string& line : split(resumed.out, '\n')) {
      const auto trial = announced_trial(line);
      EXPECT_FALSE(trial && kept.contains(*trial)) << "run again: " << line;
    }
    EXPECT_EQ(trials("last", db).size(), kTrials);
    EXPECT_EQ(outcomes("last", db), expected);
  }
};

TEST_F(Interruption, CtrlCEndsTheRunAndResumeFinishesIt) {
  const Outcomes expected = undisturbed();
  PlumbProcess process(PLUMB_PROGRAM, arguments("plumb.db", 100), settings());
  std::set<TrialKey> announced;
  read_announced(process, 3, announced);
  process.signal(SIGINT);
  read_announced(process, kTrials, announced);
  const PlumbEnd end = process.end();
  EXPECT_EQ(end.code, 130) << end.out << end.err;
  EXPECT_THAT(end.err, HasSubstr("what is finished is kept"));
  EXPECT_THAT(end.out, HasSubstr("--resume"));
  expect_resumes(announced, "plumb.db", expected, 100);
  EXPECT_EQ(runs_stored(), 1);
}

TEST_F(Interruption, CtrlCInTheRulerCheckEndsItToo) {
  std::vector<std::string> with_ruler = arguments("plumb.db", 100);
  std::erase(with_ruler, "--no-ruler");
  PlumbProcess process(PLUMB_PROGRAM, with_ruler, settings());
  std::optional<std::string> line;
  do {
    line = process.next_line();
    ASSERT_TRUE(line);
  } while (!line->starts_with("ruler check"));
  process.signal(SIGINT);
  const PlumbEnd end = process.end();
  EXPECT_EQ(end.code, 130) << end.out << end.err;
  const bool begun = end.out.find("\nrun ") != std::string::npos;
  EXPECT_EQ(runs_stored(), begun ? 1 : 0);
}

TEST_F(Interruption, KillAtTenMomentsLosesNothingThatWasAnnounced) {
  constexpr std::uint32_t kSeed = 20'261'121;
  const Outcomes expected = undisturbed();
  std::mt19937 random(kSeed);
  std::vector<std::size_t> moments(kTrials - 1);
  std::iota(moments.begin(), moments.end(), 0U);
  std::ranges::shuffle(moments, random);
  for (const std::size_t moment : std::vector(moments.begin(), moments.begin() + 10)) {
    SCOPED_TRACE("killed after announcement " + std::to_string(moment));
    const std::string db = "killed-" + std::to_string(moment) + ".db";
    PlumbProcess process(PLUMB_PROGRAM, arguments(db), settings());
    process.next_line();
    std::set<TrialKey> announced;
    read_announced(process, moment, announced);
    process.kill();
    read_announced(process, kTrials, announced);
    process.end();
    expect_resumes(announced, db, expected);
  }
}

TEST_F(Interruption, KillAtEachFailpointLosesNothingThatWasAnnounced) {
#ifndef PLUMB_FAILPOINTS
  GTEST_SKIP() << "built without failpoints";
#endif
  const Outcomes expected = undisturbed();
  for (const std::string point :
       {"store.before_commit:1", "store.before_commit:4", "store.in_commit:1", "store.in_commit:3",
        "store.after_commit:1", "store.after_commit:4", "run.before_announce:1",
        "run.before_announce:9"}) {
    SCOPED_TRACE(point);
    const std::string db = point + ".db";
    PlumbSettings with_failpoint = settings();
    with_failpoint.env = {"PLUMB_FAILPOINT=" + point};
    PlumbProcess process(PLUMB_PROGRAM, arguments(db), with_failpoint);
    std::set<TrialKey> announced;
    read_announced(process, kTrials, announced);
    EXPECT_EQ(process.end().signal, SIGKILL) << "the failpoint was not reached";
    EXPECT_LT(announced.size(), kTrials);
    expect_resumes(announced, db, expected);
  }
}

TEST_F(Interruption, AFinishedRunIsNotResumedButBegunAnew) {
  const Outcomes expected = undisturbed();
  for (int runs = 1; runs <= 2; ++runs) {
    const PlumbEnd end = plumb(arguments("plumb.db"));
    EXPECT_EQ(end.code, 0) << end.out << end.err;
    EXPECT_EQ(runs_stored(), runs);
    EXPECT_EQ(outcomes(), expected);
  }
}

}  // namespace
}  // namespace plumb::test
