// core/run: a whole run: what is to be measured (bench), in which order (plan), with which ruler,
// against which endpoints, and the conducting of it. It prints nothing; it tells an observer.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/endpoint/contestant.hpp"
#include "core/run/sweep.hpp"
#include "core/task/task.hpp"
#include "core/trial/budget.hpp"

namespace plumb {

/// What a user wants measured; from a bench file, the command line, or both.
struct Bench {
  std::vector<std::string> suite;  ///< paths of tasks
  std::vector<Contestant> contestants;
  int repeats = 3;
  std::uint64_t seed = 1;
  int concurrency = 4;  ///< live trials at once, over all contestants
  BudgetRule budget{.calibrated = true};
  std::optional<double> context_fill;     ///< of the contestants that do not say
  std::optional<double> tool_error_rate;  ///< of the contestants that do not say
  Sweep sweep;
  // Filters of the suite.
  std::vector<std::string> task_globs;  ///< a task stays that matches one of them; none = all stay
  std::vector<std::string> categories;
  int limit = 0;  ///< at most so many tasks, in the order of their names; 0 = all
};

/// Reads a bench file: `return bench { suite = "tasks/starter" | {...}, contestants = {...},
/// repeats =, seed =, concurrency =, budget = "calibrated" | "fixed" | { rule =, slack =,
/// seconds_per_turn =, hard_stop =, tokens_per_turn =, tool_seconds =, floor =, ceiling = },
/// context_fill =, tool_error_rate =, sweep = { context_fill = { 0, 0.5, ... } } }`.
/// Paths are relative to the file. Code::config with file and line.
[[nodiscard]] Result<Bench> load_bench(const std::filesystem::path& file);

/// "calibrated" or "fixed"; Code::usage for anything else.
[[nodiscard]] Status set_budget_rule(BudgetRule& rule, const std::string& name);

/// Refuses numbers out of range, no contestant, two of the same name. Code::usage.
[[nodiscard]] Status check_bench(const Bench& bench);

/// The suite's tasks that pass the filters. Code::usage when none does, with the names that exist.
[[nodiscard]] Result<Suite> load_filtered_suite(const Bench& bench);

}  // namespace plumb
