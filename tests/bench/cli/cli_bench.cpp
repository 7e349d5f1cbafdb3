// What a person at a terminal waits for: the program's start, a ruler check of the tasks that ship,
// and the verdicts of a foreign benchmark. In turns with the start: a bare `true`.
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/subprocess.hpp"
#include "tests/bench/measure.hpp"

namespace plumb::bench {
namespace {

constexpr int kStarts = 20;
constexpr int kChecks = 3;
constexpr int kVerifications = 5;

void run(const std::vector<std::string>& argv) {
  auto process = must(Subprocess::spawn(
      {.argv = argv, .env = {"PATH=/usr/bin:/bin"}, .fds = {}, .cwd = "/", .user = std::nullopt}));
  must(must(process.wait(kNever)).code == 0, argv.front() + " failed");
}

/// 3,000 verdicts of BFCL, where its data is at hand.
void measure_verification() {
  const std::string data = SHARED_BFCL;
  const std::string vectors = data + "/checker_vectors.jsonl";
  if (!std::filesystem::exists(vectors)) return;
  std::vector<double> times;
  for (int i = 0; i < kVerifications; ++i) {
    times.push_back(
        timed_ms([&] { run({PLUMB_PROGRAM, "import", "bfcl", data, "--verify", vectors}); }));
  }
  fmt::print("  {:<34} {:>6.2f} s\n", "plumb import bfcl --verify (3,000)",
             spread(times).median / 1e3);
}

void measure() {
  std::vector<double> bare;
  std::vector<double> version;
  for (int i = 0; i <= kStarts; ++i) {
    const double without = timed_ms([] { run({"true"}); });
    const double with = timed_ms([] { run({PLUMB_PROGRAM, "--version"}); });
    if (i == 0) continue;  // the first one reads the program from the disk
    bare.push_back(without);
    version.push_back(with);
  }
  std::vector<double> checks;
  for (int i = 0; i < kChecks; ++i) {
    checks.push_back(timed_ms([] { run({PLUMB_PROGRAM, "check", PLUMB_STARTER_TASKS}); }));
  }
  fmt::print("command line, medians (load {})\n", machine_load());
  fmt::print("  {:<34} {:>6.2f} ms {:>6.2f} ms (p95)\n", "plumb --version", spread(version).median,
             spread(version).p95);
  fmt::print("  {:<34} {:>6.2f} ms\n", "for comparison: true", spread(bare).median);
  fmt::print("  {:<34} {:>6.2f} s\n", "plumb check tasks/starter", spread(checks).median / 1e3);
  measure_verification();
}

}  // namespace
}  // namespace plumb::bench

int main() {
  plumb::bench::measure();
  return 0;
}
