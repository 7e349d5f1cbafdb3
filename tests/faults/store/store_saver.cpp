// store_saver FILE RUN TRIALS: saves trials from four threads and announces each on a line of
// stdout once it is durable: what a run does, without the run. For tests that kill it.
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "core/base/waiter.hpp"
#include "tests/support/records.hpp"

namespace plumb {
namespace {

constexpr int kThreads = 4;

void say(const std::string& line) {
  // One write per line: a line is whole or not there.
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::_Exit(3);
}

bool save_share(Store& store, const std::string& run, int thread, int trials) {
  Waiter waiter(real_clock(), {});
  for (int repeat = thread; repeat < trials; repeat += kThreads) {
    auto record = test::trial_record({"hasty", "rename", repeat}, Outcome::passed);
    record.events[0]["text"] = std::string(20'000, static_cast<char>('a' + repeat % 26));
    const auto saving = store.save(run, std::move(record), waiter.wake());
    waiter.wait([&] { return saving->done(); }, kNever);
    if (!saving->status()) {
      fmt::print(stderr, "{}\n", full_sentence(saving->status().error()));
      return false;
    }
    say(fmt::format("{}\n", repeat));
  }
  return true;
}

int run_saver(const std::string& path, const std::string& run_id, int trials) {
  const auto store = Store::open(path);
  if (!store) {
    fmt::print(stderr, "{}\n", full_sentence(store.error()));
    return 1;
  }
  RunInfo run = test::planned_run({{"rename"}}, {"hasty"}, trials);
  run.id = run_id;
  if (!(*store)->create_run(run)) return 1;
  say("begun\n");
  std::atomic<bool> all_saved = true;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        if (!save_share(**store, run_id, thread, trials)) all_saved = false;
      });
    }
  }
  return all_saved ? 0 : 1;
}

}  // namespace
}  // namespace plumb

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  return plumb::run_saver(argv[1], argv[2], std::atoi(argv[3]));
}
