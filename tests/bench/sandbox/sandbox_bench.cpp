// What a sandbox costs: a command in a live one against a bare vfork + exec + wait of the same
// command, measured in turns so that drift of the machine hits both, and the time from nothing to
// the first answer.
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "core/sandbox/sandbox.hpp"
#include "tests/bench/measure.hpp"

namespace plumb::bench {
namespace {

void bare_true() {
  static char name[] = "/usr/bin/true";
  static char* argv[] = {name, nullptr};
  static char* env[] = {nullptr};
  const pid_t pid = ::vfork();  // NOLINT(bugprone-unsafe-functions): what is measured
  if (pid == 0) {
    ::execve(name, argv, env);
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  must(pid > 0 && status == 0, "true failed");
}

void compare_calls(Sandbox& sandbox) {
  constexpr int kRounds = 2000;
  std::vector<double> bare;
  std::vector<double> inside;
  std::vector<double> reads;
  must(sandbox.write("file", "content").has_value(), "write failed");
  for (int i = 0; i < kRounds; ++i) {
    bare.push_back(timed_ms(&bare_true));
    inside.push_back(timed_ms([&] {
      const auto result = sandbox.exec({.argv = {"/usr/bin/true"}});
      must(result && result->code == 0, "true failed inside");
    }));
    reads.push_back(timed_ms([&] { must(sandbox.read("file").has_value(), "read failed"); }));
  }
  fmt::print("bare vfork + exec + wait   {:.3f} ms  (p95 {:.3f})\n", spread(bare).median,
             spread(bare).p95);
  fmt::print("a command in a sandbox     {:.3f} ms  (p95 {:.3f})\n", spread(inside).median,
             spread(inside).p95);
  fmt::print("  ratio                    {:.2f}\n", spread(inside).median / spread(bare).median);
  fmt::print("a file read in a sandbox   {:.3f} ms\n", spread(reads).median);
}

void measure_starts(SandboxFactory& factory, Waiter& waiter) {
  constexpr int kRounds = 200;
  std::vector<double> ready;
  std::vector<double> first;
  std::vector<double> gone;
  for (int i = 0; i < kRounds; ++i) {
    const Instant begun = real_clock().now();
    auto sandbox = must(factory.start(waiter));
    ready.push_back(to_ms(real_clock().now() - begun));
    must(sandbox->exec({.argv = {"/usr/bin/true"}}).has_value(), "true failed inside");
    first.push_back(to_ms(real_clock().now() - begun));
    gone.push_back(timed_ms([&] { sandbox.reset(); }));
  }
  fmt::print("start until ready          {:.2f} ms  (p95 {:.2f})\n", spread(ready).median,
             spread(ready).p95);
  fmt::print("start and first command    {:.2f} ms\n", spread(first).median);
  fmt::print("end                        {:.2f} ms\n", spread(gone).median);
}

}  // namespace
}  // namespace plumb::bench

int main(int argc, char** argv) {
  using namespace plumb;
  const std::string launcher = argc > 1 ? argv[1] : "bwrap";
  Waiter waiter(real_clock(), {});
  const auto factory =
      bench::must(make_sandbox_factory(PLUMB_SANDBOXES "/" + launcher + ".lua", PLUMB_GUEST, {}));
  const auto sandbox = bench::must(factory->start(waiter));
  fmt::print("sandbox {} (load {})\n", launcher, bench::machine_load());
  bench::compare_calls(*sandbox);
  bench::measure_starts(*factory, waiter);
  return 0;
}
