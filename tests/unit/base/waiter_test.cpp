#include "core/base/waiter.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <optional>
#include <thread>

#include <gtest/gtest.h>

namespace plumb {
namespace {

using std::chrono::hours;

struct Pipe {
  Pipe() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::pipe2(fds.data(), O_CLOEXEC | O_NONBLOCK), 0);
    read = Fd(fds[0]);
    write = Fd(fds[1]);
  }
  void put() const { EXPECT_EQ(::write(write.get(), "x", 1), 1); }
  void take() const {
    char byte = 0;
    EXPECT_EQ(::read(read.get(), &byte, 1), 1);
  }
  Fd read, write;
};

class WaiterTest : public testing::Test {
 protected:
  Waiter::End wait(const std::function<bool()>& ready) { return waiter_.wait(ready, kNever); }
  std::stop_source stop_;
  Waiter waiter_{real_clock(), stop_.get_token()};
};

TEST_F(WaiterTest, WhatIsReadyDoesNotWait) {
  EXPECT_EQ(waiter_.wait([] { return true; }, real_clock().now() - hours(1)), Waiter::End::ready);
}

TEST_F(WaiterTest, ADeadlineThatPassedEndsTheWait) {
  EXPECT_EQ(waiter_.wait([] { return false; }, real_clock().now()), Waiter::End::deadline);
}

TEST_F(WaiterTest, ARingFromAnotherThreadHasReadyAskedAgain) {
  std::atomic<bool> done = false;
  std::jthread ringer([&] {
    done = true;
    waiter_.wake().signal();
  });
  EXPECT_EQ(wait([&] { return done.load(); }), Waiter::End::ready);
}

TEST_F(WaiterTest, AStopFromAnotherThreadEndsTheWait) {
  std::jthread stopper([&] { stop_.request_stop(); });
  EXPECT_EQ(wait([] { return false; }), Waiter::End::stopped);
  EXPECT_EQ(wait([] { return false; }), Waiter::End::stopped);
  EXPECT_TRUE(waiter_.stopped());
}

TEST_F(WaiterTest, EventsOfWatchedDescriptorsAreServedMeanwhile) {
  Pipe pipe;
  int events = 0;
  const auto watch = waiter_.watch(
      pipe.read.get(), [] { return short{POLLIN}; },
      [&](short) {
        pipe.take();
        ++events;
      });
  pipe.put();
  pipe.put();
  EXPECT_EQ(wait([&] { return events == 2; }), Waiter::End::ready);
}

TEST_F(WaiterTest, AHandlerMayWaitItself) {
  Pipe outer;
  Pipe inner;
  int inner_events = 0;
  bool outer_done = false;
  const auto watch_outer = waiter_.watch(
      outer.read.get(), [] { return short{POLLIN}; },
      [&](short) {
        outer.take();
        inner.put();
        EXPECT_EQ(wait([&] { return inner_events == 1; }), Waiter::End::ready);
        outer_done = true;
      });
  const auto watch_inner = waiter_.watch(
      inner.read.get(), [] { return short{POLLIN}; },
      [&](short) {
        inner.take();
        ++inner_events;
      });
  outer.put();
  EXPECT_EQ(wait([&] { return outer_done; }), Waiter::End::ready);
}

TEST_F(WaiterTest, AHandlerThatEndsItsOwnWatchIsNotCalledAgain) {
  Pipe pipe;
  int events = 0;
  std::optional<Waiter::Watch> watch;
  watch = waiter_.watch(
      pipe.read.get(), [] { return short{POLLIN}; },
      [&](short) {
        ++events;
        watch.reset();
        waiter_.wake().signal();
      });
  pipe.put();
  int asked = 0;
  EXPECT_EQ(wait([&] { return events > 0 && ++asked == 2; }), Waiter::End::ready);
  EXPECT_EQ(events, 1);
}

}  // namespace
}  // namespace plumb
