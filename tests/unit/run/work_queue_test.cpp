#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "core/run/workers.hpp"

namespace plumb {
namespace {

TEST(WorkQueue, AJobThatIsPutWhileTheLastOneRunsIsDone) {
  WorkQueue<int> queue({3});
  std::atomic<int> done = 0;
  run_threads(4, [&] {
    while (const auto job = queue.take({})) {
      if (*job > 0) queue.put(*job - 1);
      ++done;
      queue.finish();
    }
  });
  EXPECT_EQ(done, 4);
}

TEST(WorkQueue, EveryJobIsDoneOnce) {
  std::deque<int> jobs;
  for (int i = 0; i < 1000; ++i) jobs.push_back(i);
  WorkQueue<int> queue(std::move(jobs));
  std::vector<std::atomic<int>> seen(1000);
  run_threads(8, [&] {
    while (const auto job = queue.take({})) {
      ++seen[static_cast<std::size_t>(*job)];
      queue.finish();
    }
  });
  for (const auto& count : seen) EXPECT_EQ(count, 1);
}

TEST(WorkQueue, AStopWakesThoseWhoWait) {
  std::stop_source source;
  WorkQueue<int> queue({1});
  ASSERT_TRUE(queue.take({}));  // is never finished, so another taker waits
  std::jthread waiting([&] { EXPECT_FALSE(queue.take(source.get_token())); });
  source.request_stop();
}

TEST(WorkQueue, AfterAStopNothingIsGivenOut) {
  std::stop_source source;
  source.request_stop();
  WorkQueue<int> queue({1, 2});
  EXPECT_FALSE(queue.take(source.get_token()));
}

}  // namespace
}  // namespace plumb
