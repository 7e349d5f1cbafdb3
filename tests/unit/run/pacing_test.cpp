#include "core/run/pacing.hpp"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

namespace plumb {
namespace {

using Kind = TrialQueue::Work::Kind;

/// A queue over the plan of these lanes, and what it gives out, as "c0 t0 r0".
struct Conducted {
  Conducted(const std::vector<Lane>& lanes, std::size_t tasks, int repeats, int concurrency)
      : queue(plan(lanes, tasks, repeats), lanes, concurrency) {}

  static std::vector<PlannedTrial> plan(const std::vector<Lane>& lanes, std::size_t tasks,
                                        int repeats) {
    std::vector<int> machines;
    for (const Lane& lane : lanes) machines.push_back(lane.machine);
    return make_plan(machines, tasks, repeats);
  }
  TrialQueue::Work take() {
    auto work = queue.take({});
    EXPECT_TRUE(work);
    return work.value_or(TrialQueue::Work{});
  }
  /// Does everything, one after the other, and says in which order.
  std::vector<std::string> all() {
    std::vector<std::string> order;
    while (const auto work = queue.take({})) {
      order.push_back(name(*work));
      queue.finish(*work);
    }
    return order;
  }
  static std::string name(const TrialQueue::Work& work) {
    const std::string who = std::string(1, static_cast<char>('a' + work.contestant));
    if (work.kind == Kind::bring_up) return "up " + who;
    if (work.kind == Kind::recover) return "recover " + who;
    return who + std::to_string(work.trial.task) + std::to_string(work.trial.repeat);
  }

  TrialQueue queue;
};

const std::vector<Lane> kTwoOfOneMachine = {{.most = 9, .machine = 0}, {.most = 9, .machine = 0}};

TEST(TrialQueue, LanesOfOneServerShareItsRoom) {
  Conducted run({{.most = 1}, {.most = 1, .room_of = 0}, {.most = 1}}, 1, 1, 9);
  const auto first = run.take();
  EXPECT_EQ(Conducted::name(first), "a00");
  const auto other_server = run.take();
  EXPECT_EQ(Conducted::name(other_server), "c00");
  run.queue.finish(other_server);
  run.queue.finish(first);
  EXPECT_EQ(Conducted::name(run.take()), "b00");
}

TEST(Room, HasTheSizeItWasGivenWhereItDoesNotAdapt) {
  Room room(4, false);
  room.observe(100);
  EXPECT_EQ(room.size(), 4);
}

TEST(Room, IsHalvedWhileTheServersQueueIsLongButNeverBelowOne) {
  Room room(8, true);
  room.observe(2);  // a quarter waits: that is no long queue
  EXPECT_EQ(room.size(), 8);
  room.observe(3);
  EXPECT_EQ(room.size(), 4);
  for (int i = 0; i < 5; ++i) room.observe(3);
  EXPECT_EQ(room.size(), 1);
}

TEST(Room, IsNotCutAgainBeforeTheLastCutTookEffect) {
  Room room(8, true);
  for (int i = 0; i < 8; ++i) room.enter();
  room.observe(8);
  room.observe(8);
  EXPECT_EQ(room.size(), 4);
  for (int i = 0; i < 4; ++i) room.leave();
  room.observe(8);
  EXPECT_EQ(room.size(), 2);
}

TEST(Room, GrowsByOneWhenNothingWaitsAndAllOfItIsUsed) {
  Room room(3, true);
  for (int i = 0; i < 3; ++i) room.observe(9);
  ASSERT_EQ(room.size(), 1);
  room.observe(0);
  EXPECT_EQ(room.size(), 1) << "nobody needs more";
  room.enter();
  room.observe(0);
  EXPECT_EQ(room.size(), 2);
  room.enter();
  for (int i = 0; i < 9; ++i) room.observe(0);
  EXPECT_EQ(room.size(), 3) << "never more than it may be";
}

TEST(Pacing, AContestantWithoutRoomHoldsNobodyElseBack) {
  Conducted run({{.most = 1}, {.most = 9}}, 3, 1, 3);
  const auto first = run.take();
  EXPECT_EQ(Conducted::name(first), "a00");
  EXPECT_EQ(Conducted::name(run.take()), "b00");
  EXPECT_EQ(Conducted::name(run.take()), "b10");
  run.queue.finish(first);
  EXPECT_EQ(Conducted::name(run.take()), "a10") << "the earliest that may begin";
}

TEST(Pacing, TheRunsConcurrencyBoundsAll) {
  Conducted run({{.most = 9}, {.most = 9}}, 4, 1, 2);
  const auto first = run.take();
  run.take();
  std::jthread third([&] { EXPECT_EQ(Conducted::name(run.take()), "a10"); });
  run.queue.finish(first);
}

TEST(Pacing, ContestantsOfOneMachineTakeTurnsAndTurnRoundEachRepeat) {
  Conducted run(kTwoOfOneMachine, 2, 3, 4);
  EXPECT_EQ(run.all(),
            (std::vector<std::string>{"up a", "a00", "a10", "up b", "b00", "b10", "b01", "b11",
                                      "up a", "a01", "a11", "a02", "a12", "up b", "b02", "b12"}));
}

TEST(Pacing, AMachineChangesHandsOnlyWhenNothingRunsOnIt) {
  Conducted run(kTwoOfOneMachine, 1, 1, 4);
  run.queue.finish(run.take());  // up a
  const auto trial = run.take();
  std::atomic<bool> finished = false;
  std::jthread next([&] {
    EXPECT_EQ(Conducted::name(run.take()), "up b");
    EXPECT_TRUE(finished);
  });
  finished = true;
  run.queue.finish(trial);
}

TEST(Pacing, ATrialOfAMachineIsTriedAgainWithinItsTurn) {
  Conducted run(kTwoOfOneMachine, 2, 1, 4);
  run.queue.finish(run.take());  // up a
  const auto trial = run.take();
  run.queue.put(trial.trial);
  run.queue.finish(trial);
  EXPECT_EQ(run.all(), (std::vector<std::string>{"a10", "a00", "up b", "b00", "b10"}));
}

TEST(Pacing, ATrialWithoutAMachineIsTriedAgainAtTheEnd) {
  Conducted run({{.most = 1}}, 3, 1, 4);
  const auto trial = run.take();
  run.queue.put(trial.trial);
  run.queue.finish(trial);
  EXPECT_EQ(run.all(), (std::vector<std::string>{"a10", "a20", "a00"}));
}

TEST(Pacing, TrialsOfOneThatCannotBeBroughtUpNeedNoMachine) {
  Conducted run(kTwoOfOneMachine, 1, 2, 4);
  run.queue.finish(run.take(), false);  // up a
  EXPECT_EQ(run.all(), (std::vector<std::string>{"up b", "a00", "b00", "b01", "a01"}));
}

TEST(Pacing, AnOutagePausesOnlyTheContestantThatItHits) {
  Conducted run({{.most = 2}, {.most = 2}}, 3, 1, 2);
  const auto a = run.take();
  const auto b = run.take();
  run.queue.pause(0);
  run.queue.finish(a);
  const auto recovery = run.take();
  EXPECT_EQ(Conducted::name(recovery), "recover a");
  EXPECT_EQ(Conducted::name(run.take()), "b10");
  run.queue.finish(b);
  EXPECT_EQ(Conducted::name(run.take()), "b20");
  run.queue.finish(recovery, true);
  run.queue.finish(b);
  EXPECT_EQ(Conducted::name(run.take()), "a10");
}

TEST(Pacing, WhoStaysSilentLosesItsTrialsAndTheOthersGoOn) {
  Conducted run({{.most = 2}, {.most = 2}}, 2, 1, 2);
  const auto a = run.take();
  run.queue.pause(0);
  run.queue.put(a.trial);
  run.queue.finish(a);
  const auto recovery = run.take();
  run.queue.finish(recovery, false);
  run.queue.pause(0);
  run.queue.put(a.trial);
  EXPECT_EQ(run.all(), (std::vector<std::string>{"b00", "b10"}));
}

TEST(Pacing, AnOutageInTheLastTrialIsWaitedForToo) {
  Conducted run({{.most = 1}}, 1, 1, 1);
  const auto trial = run.take();
  run.queue.pause(0);
  run.queue.finish(trial);
  EXPECT_EQ(run.all(), (std::vector<std::string>{"recover a"}));
}

TEST(Pacing, AQueueAtTheServerHoldsBackTheNextTrials) {
  Conducted run({{.most = 2, .adaptive = true}, {.most = 2}}, 3, 1, 4);
  run.queue.observe(0, 5);
  EXPECT_EQ(Conducted::name(run.take()), "a00");
  EXPECT_EQ(Conducted::name(run.take()), "b00");
  EXPECT_EQ(Conducted::name(run.take()), "b10") << "a has room for one";
  run.queue.observe(0, 0);
  EXPECT_EQ(Conducted::name(run.take()), "a10");
}

TEST(Pacing, AfterAStopNothingIsGivenOut) {
  Conducted run({{.most = 1}}, 1, 1, 1);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(run.queue.take(stop.get_token()));
}

}  // namespace
}  // namespace plumb
