#include "core/run/plan.hpp"

#include <algorithm>
#include <map>

#include "core/base/hash.hpp"

namespace plumb {

namespace {

/// When the contestant has its turn within one repeat: 0 is first.
int turn_of(const std::vector<int>& machines, std::size_t contestant, bool reversed) {
  const int machine = machines[contestant];
  if (machine == kNoMachine) return 0;
  const auto self = machines.begin() + static_cast<std::ptrdiff_t>(contestant);
  return static_cast<int>(reversed ? std::count(self + 1, machines.end(), machine)
                                   : std::count(machines.begin(), self, machine));
}

int trials_at_once(const Contestant& contestant, const Bench& bench) {
  return contestant.concurrency > 0 ? std::min(contestant.concurrency, bench.concurrency)
                                    : bench.concurrency;
}

}  // namespace

std::vector<int> machines_of(const std::vector<Contestant>& contestants) {
  std::vector<int> machines;
  std::map<std::string, int> by_group;
  int next = 0;
  for (const Contestant& contestant : contestants) {
    if (contestant.group.empty()) {
      machines.push_back(contestant.up.empty() ? kNoMachine : next++);
      continue;
    }
    const auto [at, added] = by_group.try_emplace(contestant.group, next);
    next += added ? 1 : 0;
    machines.push_back(at->second);
  }
  return machines;
}

std::vector<PlannedTrial> make_plan(const std::vector<int>& machines, std::size_t tasks,
                                    int repeats) {
  int turns = 1;
  for (const int machine : machines) {
    if (machine == kNoMachine) continue;
    turns = std::max(turns, static_cast<int>(std::ranges::count(machines, machine)));
  }
  std::vector<PlannedTrial> plan;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    for (int turn = 0; turn < turns; ++turn) {
      for (std::size_t task = 0; task < tasks; ++task) {
        for (std::size_t contestant = 0; contestant < machines.size(); ++contestant) {
          if (turn_of(machines, contestant, repeat % 2 == 1) != turn) continue;
          plan.push_back({.contestant = contestant, .task = task, .repeat = repeat});
        }
      }
    }
  }
  return plan;
}

std::uint64_t trial_seed(std::uint64_t run_seed, const std::string& task, int repeat) {
  const std::string text =
      "plumb.seed/1\n" + std::to_string(run_seed) + "\n" + task + "\n" + std::to_string(repeat);
  return hash_number(text) >> 33;
}

std::string run_identity(const Bench& bench, const Suite& suite, const Scaffold& scaffold,
                         const std::string& sandbox_digest) {
  Hasher hasher;
  hasher.add(suite.digest).add(scaffold.digest).add(sandbox_digest);
  hasher.add(static_cast<std::int64_t>(bench.seed))
      .add(bench.repeats)
      .add(dump_json(to_json(bench.budget)));
  for (const Contestant& contestant : bench.contestants) {
    hasher.add(contestant.name).add(dump_json(contestant.identity()));
    // Calibrated seconds are those of the load that was on the server.
    if (bench.budget.calibrated) hasher.add(trials_at_once(contestant, bench));
  }
  return hasher.hex();
}

std::string trial_header(const Contestant& contestant, const std::string& task, std::uint64_t seed,
                         std::uint64_t run_seed, int repeat, const std::string& policy) {
  if (!contestant.is_stand_in() && !contestant.is_replay()) return "";
  Json header = {{"task", task},
                 {"seed", seed},
                 {"run_seed", run_seed},
                 {"contestant", contestant.name},
                 {"repeat", repeat}};
  if (!policy.empty()) header["policy"] = policy;
  return dump_json(header);
}

}  // namespace plumb
