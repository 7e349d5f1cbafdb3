#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>

namespace plumb {

/// Jobs for a fixed number of threads. A job may put another one at the end of the queue.
/// Thread-safe.
template <class Job>
class WorkQueue {
 public:
  explicit WorkQueue(std::deque<Job> jobs) : jobs_(std::move(jobs)) {}

  /// The next job; waits while others run that may still add one. Nothing when all is done or a
  /// stop was asked for.
  std::optional<Job> take(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [&] { return !jobs_.empty() || running_ == 0; });
    if (stop.stop_requested() || jobs_.empty()) return std::nullopt;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    ++running_;
    return job;
  }
  void put(Job job) {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    changed_.notify_all();
  }
  /// Every job taken is given back with this.
  void finish() {
    const std::lock_guard lock(mutex_);
    --running_;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Job> jobs_;
  int running_ = 0;
};

/// Runs `body` on `count` threads with stacks of a fixed size and waits for all. Lua, JSON and the
/// agent loop recurse within caps that fit this stack.
void run_threads(int count, const std::function<void()>& body);

}  // namespace plumb
