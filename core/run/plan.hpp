#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/run/bench.hpp"
#include "core/trial/scaffold.hpp"

namespace plumb {

/// One trial to come; indexes into the bench's contestants and the suite's tasks.
struct PlannedTrial {
  std::size_t contestant = 0;
  std::size_t task = 0;
  int repeat = 0;
  int attempt = 1;
};

inline constexpr int kNoMachine = -1;

/// By contestant: the number of the machine that it takes turns on with the others of its group; a
/// contestant with `up` and without a group has one of its own. kNoMachine: it is up all the time.
[[nodiscard]] std::vector<int> machines_of(const std::vector<Contestant>& contestants);

/// All trials in the order in which they are begun: by repeat, then task, the contestants side by
/// side, so that a drift of the host hits all alike. Contestants of one machine take turns, one
/// turn for each repeat, in reversed order from repeat to repeat (ABBA): half as many changes, and
/// a drift still hits all alike.
/// @param machines  of machines_of(), one for each contestant
[[nodiscard]] std::vector<PlannedTrial> make_plan(const std::vector<int>& machines,
                                                  std::size_t tasks, int repeats);

/// env.seed of a trial: the first 31 bits of SHA-256("plumb.seed/1\n<run seed>\n<task>\n<repeat>"),
/// the same for all contestants.
[[nodiscard]] std::uint64_t trial_seed(std::uint64_t run_seed, const std::string& task, int repeat);

/// What two runs must share so that one resumes the other: tasks, contestants (no URL, port or
/// path), repeats, seed, budget rule, scaffold, sandbox; trials at once where seconds are
/// calibrated.
[[nodiscard]] std::string run_identity(const Bench& bench, const Suite& suite,
                                       const Scaffold& scaffold, const std::string& sandbox_digest);

/// The header that tells a stand-in which trial this is; "" for any other contestant. `policy` "" =
/// the stand-in deals.
[[nodiscard]] std::string trial_header(const Contestant& contestant, const std::string& task,
                                       std::uint64_t seed, std::uint64_t run_seed, int repeat,
                                       const std::string& policy);

}  // namespace plumb
