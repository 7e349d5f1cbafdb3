#include "core/run/plan.hpp"

#include "core/base/hash.hpp"

namespace plumb {

std::vector<PlannedTrial> make_plan(std::size_t contestants, std::size_t tasks, int repeats) {
  std::vector<PlannedTrial> plan;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    for (std::size_t task = 0; task < tasks; ++task) {
      for (std::size_t contestant = 0; contestant < contestants; ++contestant) {
        plan.push_back({.contestant = contestant, .task = task, .repeat = repeat});
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
  }
  return hasher.hex();
}

std::string trial_header(const Contestant& contestant, const std::string& task, std::uint64_t seed,
                         std::uint64_t run_seed, int repeat, const std::string& policy) {
  if (!contestant.is_stand_in()) return "";
  Json header = {{"task", task},
                 {"seed", seed},
                 {"run_seed", run_seed},
                 {"contestant", contestant.name},
                 {"repeat", repeat}};
  if (!policy.empty()) header["policy"] = policy;
  return dump_json(header);
}

}  // namespace plumb
