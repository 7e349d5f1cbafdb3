// What a whole trial costs beside the model: from the start of its sandbox to its stored verdict,
// through the real parts, with a stand-in that answers at once: three turns with one `true` each
// and a final answer. In turns with it: a bare bwrap that runs `true`, and a bare append with
// fsync.
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/subprocess.hpp"
#include "core/run/plan.hpp"
#include "core/store/store.hpp"
#include "core/trial/loop.hpp"
#include "plugins/endpoints/http_endpoint.hpp"
#include "plugins/endpoints/stand_in.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/trial/timing.hpp"

namespace plumb::bench {
namespace {

constexpr int kRounds = 200;
constexpr int kWarmUp = 10;
constexpr std::uint64_t kSeed = 1;

/// The plainest sandbox in which `true` runs; like ours it steps down from root first.
void bare_bwrap() {
  SpawnRequest request{
      .argv = {"bwrap", "--unshare-user", "--unshare-all", "--die-with-parent", "--ro-bind", "/",
               "/", "--proc", "/proc", "--tmpfs", "/tmp", "true"},
      .env = {"PATH=/usr/bin:/bin"},
      .fds = {},
      .cwd = "/",
      .user = std::nullopt};
  if (::geteuid() == 0) request.user = 65534;
  auto process = must(Subprocess::spawn(request));
  must(must(process.wait(kNever)).code == 0, "bwrap failed");
}

void bare_fsync(const Fd& file) {
  static const std::string bytes(std::size_t{16} << 10, 'x');
  must(::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
           ::fdatasync(file.get()) == 0,
       "cannot write a file");
}

Contestant contestant_at(const std::string& url) {
  Contestant contestant;
  contestant.name = "instant";
  contestant.url = url;
  contestant.model = "stand-in";
  return contestant;
}

RunInfo run_info() {
  RunInfo run;
  run.id = "00000001";
  run.identity = "bench";
  run.suite = "bench";
  return run;
}

/// The parts that live as long as a run.
struct Parts {
  std::shared_ptr<const Task> task;
  Scaffold scaffold;
  std::unique_ptr<SandboxFactory> sandboxes;
  std::unique_ptr<HttpClient> http;
  std::unique_ptr<ServerBook> book = std::make_unique<ServerBook>();
  std::unique_ptr<StandInServer> server;
  std::unique_ptr<Endpoint> endpoint;
  std::unique_ptr<Store> store;
};

Parts make_parts(const std::string& folder) {
  Parts parts;
  parts.task = must(load_suite({PLUMB_BENCH_TASKS "/three-turns"})).tasks.front();
  parts.scaffold = must(load_scaffold(scaffold_file()));
  parts.sandboxes = must(make_sandbox_factory(PLUMB_SANDBOXES "/bwrap.lua", PLUMB_GUEST, {}));
  parts.http = must(make_http_client(real_clock()));
  parts.server = must(StandInServer::start({}, {parts.task}, 0, 8));
  parts.endpoint =
      must(make_endpoint(contestant_at(parts.server->url()), *parts.http, *parts.book));
  parts.store = must(Store::open(folder + "/bench.db"));
  must(parts.store->create_run(run_info()));
  return parts;
}

struct Timed {
  double total_ms = 0;
  PartClock clock;
};

Timed one_trial(Parts& parts, int repeat) {
  Timed timed;
  TimedEndpoint endpoint(*parts.endpoint, timed.clock);
  TimedSandboxes sandboxes(*parts.sandboxes, timed.clock);
  const Task& task = *parts.task;
  const std::uint64_t seed = trial_seed(kSeed, task.name, repeat);
  timed.total_ms = timed_ms([&] {
    Waiter waiter(real_clock(), {});
    TrialRecord record =
        run_trial({.key = {"instant", task.name, repeat},
                   .task = task,
                   .scaffold = parts.scaffold,
                   .budget = make_budget({}, task.expected_turns),
                   .seed = seed,
                   .request_seed = std::nullopt,
                   .trial_header = trial_header(contestant_at("standin:"), task.name, seed, kSeed,
                                                repeat, kOracle)},
                  endpoint, sandboxes, waiter);
    must(record.verdict.outcome == Outcome::passed && record.turns == 4,
         "the trial did not pass: " + record.verdict.sentence);
    timed.clock.enter(Part::save);
    const auto saving = parts.store->save(run_info().id, std::move(record), waiter.wake());
    waiter.wait([&] { return saving->done(); }, kNever);
    must(saving->status());
    timed.clock.enter(Part::rest);
  });
  return timed;
}

void print_parts(const std::vector<Timed>& trials) {
  const auto over_trials = [&](const auto& value_of) {
    std::vector<double> values;
    for (const Timed& trial : trials) values.push_back(value_of(trial));
    return values;
  };
  const double whole = spread(over_trials([](const Timed& t) { return t.total_ms; })).median;
  fmt::print("  {:<34} {:>9} {:>9} {:>7}   {}\n", "part", "median", "p95", "share",
             "of it inside calls to the sandbox");
  for (std::size_t part = 0; part < kParts; ++part) {
    const Spread spent =
        spread(over_trials([&](const Timed& t) { return t.clock.spent_ms(part); }));
    const double inside =
        spread(over_trials([&](const Timed& t) { return t.clock.inside_ms(part); })).median;
    fmt::print("  {:<34} {:>6.2f} ms {:>6.2f} ms {:>5.0f} %   {}\n", kPartNames[part], spent.median,
               spent.p95, 100 * spent.median / whole,
               inside > 0 ? fmt::format("{:.2f} ms", inside) : "");
  }
}

void measure(const std::string& folder) {
  Parts parts = make_parts(folder);
  const Fd file(
      ::open((folder + "/bare").c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600));
  std::vector<Timed> trials;
  std::vector<double> whole;
  std::vector<double> bwraps;
  std::vector<double> fsyncs;
  for (int round = 0; round < kWarmUp + kRounds; ++round) {
    const Timed trial = one_trial(parts, round);
    const double bwrap = timed_ms(&bare_bwrap);
    const double fsync = timed_ms([&] { bare_fsync(file); });
    if (round < kWarmUp) continue;
    whole.push_back(trial.total_ms);
    trials.push_back(trial);
    bwraps.push_back(bwrap);
    fsyncs.push_back(fsync);
  }
  const Spread all = spread(whole);
  const Spread bwrap = spread(bwraps);
  fmt::print("whole trial, 3 turns with one `true` each and a final answer (load {})\n",
             machine_load());
  fmt::print("  {:<34} {:>6.2f} ms {:>6.2f} ms\n", "from sandbox start to stored verdict",
             all.median, all.p95);
  print_parts(trials);
  fmt::print("  {:<34} {:>6.2f} ms {:>6.2f} ms\n", "for comparison: bare bwrap true", bwrap.median,
             bwrap.p95);
  fmt::print("  {:<34} {:>6.2f} ms\n", "                16 KiB with fdatasync",
             spread(fsyncs).median);
  fmt::print("  {:<34} {:>6.2f}\n", "ratio, trial to bare bwrap true", all.median / bwrap.median);
}

}  // namespace
}  // namespace plumb::bench

int main() {
  // In the working folder, not the temporary one: that may be memory, where durable costs nothing.
  const std::filesystem::path folder = "trial_bench.tmp";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  plumb::bench::measure(folder.string());
  std::filesystem::remove_all(folder);
  return 0;
}
