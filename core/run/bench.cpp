#include "core/run/bench.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/endpoint/contestant_rules.hpp"
#include "core/script/lua_state.hpp"

namespace plumb {
namespace fs = std::filesystem;

namespace {

const std::vector<std::string> kKeys = {"suite",        "contestants",     "repeats",
                                        "seed",         "concurrency",     "budget",
                                        "context_fill", "tool_error_rate", "sweep"};
const std::vector<std::string> kBudgetKeys = {"rule",      "slack",          "seconds_per_turn",
                                              "hard_stop", "tool_seconds",   "floor",
                                              "ceiling",   "tokens_per_turn"};

Status only_known(const Json& table, const std::vector<std::string>& known,
                  const std::string& what) {
  for (const auto& [key, value] : table.items()) {
    if (std::ranges::find(known, key) == known.end()) {
      return fail(Code::config, fmt::format("{} does not know \"{}\"{}; it takes {}", what, key,
                                            did_you_mean(key, known), join(known, ", ")));
    }
  }
  return {};
}

/// The whole number at `key`, if there is one.
Status read_whole(const Json& table, const char* key, std::int64_t least, auto& into) {
  using Number = std::remove_reference_t<decltype(into)>;
  const auto found = table.find(key);
  if (found == table.end()) return {};
  const auto value = found->is_number_integer() ? found->template get<std::int64_t>() : least - 1;
  if (value < least || !std::in_range<Number>(value)) {
    return fail(Code::config, std::string("bench: `") + key + "` is a whole number of at least " +
                                  std::to_string(least));
  }
  into = static_cast<Number>(value);
  return {};
}

Status read_budget(const Json& budget, BudgetRule& rule) {
  if (budget.is_string()) return set_budget_rule(rule, budget.get<std::string>());
  if (!budget.is_object()) {
    return fail(Code::config, "bench: `budget` is \"calibrated\", \"fixed\", or a table with " +
                                  join(kBudgetKeys, ", "));
  }
  PLUMB_CHECK(only_known(budget, kBudgetKeys, "bench: budget"));
  if (budget.contains("rule")) PLUMB_CHECK(set_budget_rule(rule, json_or(budget, "rule", "")));
  for (const auto& [key, member] : {std::pair{"slack", &BudgetRule::slack},
                                    {"seconds_per_turn", &BudgetRule::seconds_per_turn},
                                    {"hard_stop", &BudgetRule::hard_stop},
                                    {"tool_seconds", &BudgetRule::tool_seconds},
                                    {"floor", &BudgetRule::floor},
                                    {"ceiling", &BudgetRule::ceiling}}) {
    if (!budget.contains(key)) continue;
    if (!budget[key].is_number()) {
      return fail(Code::config, std::string("bench: budget: `") + key + "` is a number");
    }
    rule.*member = budget[key].get<double>();
  }
  return read_whole(budget, "tokens_per_turn", 1, rule.tokens_per_turn);
}

/// A setting that holds for all contestants that do not say.
Status read_pressure(const Json& table, const char* key, double most, std::optional<double>& into) {
  const auto found = table.find(key);
  if (found == table.end()) return {};
  const bool fits = found->is_number() && found->get<double>() >= 0 && found->get<double>() <= most;
  if (!fits) {
    return fail(Code::config, fmt::format("bench: `{}` is a number from 0 to {:g}", key, most));
  }
  into = found->get<double>();
  return {};
}

Status read_sweep(const Json& table, Sweep& into) {
  const auto found = table.find("sweep");
  if (found == table.end()) return {};
  const bool one = found->is_object() && found->size() == 1 && found->front().is_array() &&
                   std::ranges::all_of(found->front(), &Json::is_number);
  if (!one) {
    return fail(Code::config,
                "bench: `sweep` is a table of one setting and its values: sweep = { context_fill = "
                "{ 0, 0.5, 0.75 } }");
  }
  PLUMB_TRY(into, make_sweep(found->begin().key(), found->front().get<std::vector<double>>()));
  return {};
}

Result<Bench> bench_from_json(const Json& table, const fs::path& folder) {
  PLUMB_CHECK(only_known(table, kKeys, "bench"));
  Bench bench;
  const Json suite = table.value("suite", Json());
  for (const Json& path : suite.is_array() ? suite : Json::array({suite})) {
    if (!path.is_string())
      return fail(Code::config, "bench: `suite` names a folder of tasks, or a list of such");
    bench.suite.push_back((folder / path.get<std::string>()).lexically_normal().string());
  }
  PLUMB_CHECK(read_whole(table, "repeats", 1, bench.repeats));
  PLUMB_CHECK(read_whole(table, "seed", 0, bench.seed));
  PLUMB_CHECK(read_whole(table, "concurrency", 1, bench.concurrency));
  if (table.contains("budget")) PLUMB_CHECK(read_budget(table["budget"], bench.budget));
  PLUMB_CHECK(read_pressure(table, "context_fill", kMostContextFill, bench.context_fill));
  PLUMB_CHECK(read_pressure(table, "tool_error_rate", kMostToolErrorRate, bench.tool_error_rate));
  PLUMB_CHECK(read_sweep(table, bench.sweep));
  const Json contestants = table.value("contestants", Json::array());
  // An empty table of Lua may be either.
  if (!contestants.is_array() && !contestants.empty())
    return fail(Code::config, "bench: `contestants` is a list of tables");
  for (const Json& contestant : contestants) {
    PLUMB_TRY(Contestant read, contestant_from_json(contestant));
    bench.contestants.push_back(std::move(read));
  }
  return bench;
}

bool is_wanted(const Bench& bench, const Task& task) {
  const auto matches = [&](const std::string& glob) { return glob_match(glob, task.name); };
  const bool named = bench.task_globs.empty() || std::ranges::any_of(bench.task_globs, matches);
  const bool in_category =
      bench.categories.empty() ||
      std::ranges::find(bench.categories, task.category) != bench.categories.end();
  return named && in_category;
}

}  // namespace

Status set_budget_rule(BudgetRule& rule, const std::string& name) {
  if (name != "calibrated" && name != "fixed") {
    return fail(Code::usage, "there is no budget rule \"" + printable(name) +
                                 "\"; the rules are calibrated (seconds from the speed that the "
                                 "probe measures) and fixed (the same seconds for all)");
  }
  rule.calibrated = name == "calibrated";
  return {};
}

Result<Bench> load_bench(const fs::path& file) {
  PLUMB_TRY(const auto lua, LuaState::create({file.parent_path()}));
  Json table;
  PLUMB_CHECK(lua->protect([&](lua_State* state) {
    lua_register(state, "bench", [](lua_State* inner) {
      luaL_checktype(inner, 1, LUA_TTABLE);
      lua_settop(inner, 1);
      return 1;
    });
    lua->run_file(state, file);
    auto value = to_json(state, -1);
    if (!value) lua->raise(state, value.error());
    if (!value->is_object()) {
      lua->raise(state,
                 {Code::config, file.string() + " does not end with `return bench { ... }`"});
    }
    table = std::move(*value);
  }));
  auto bench = bench_from_json(table, file.parent_path());
  if (!bench) return fail(bench.error().code, file.string() + ": " + bench.error().sentence);
  return bench;
}

Status check_bench(const Bench& bench) {
  if (bench.contestants.empty()) {
    return fail(Code::usage,
                "there is no contestant; add --model NAME=URL, for example "
                "--model mine=http://127.0.0.1:8000/v1 (or --model try=standin:skill=0.8)");
  }
  std::set<std::string> names;
  for (const Contestant& contestant : bench.contestants) {
    if (!names.insert(contestant.name).second) {
      return fail(Code::usage, "two contestants are named \"" + contestant.name +
                                   "\"; give each a name of its own");
    }
  }
  const auto in_range = [](double value, double least, double most) {
    return value >= least && value <= most;
  };
  for (const auto& [name, value, most] :
       {std::tuple{"context_fill", bench.context_fill, kMostContextFill},
        {"tool_error_rate", bench.tool_error_rate, kMostToolErrorRate}}) {
    if (!in_range(value.value_or(0), 0, most)) {
      return fail(Code::usage, fmt::format("{} is a number from 0 to {:g}", name, most));
    }
  }
  if (!in_range(bench.repeats, 1, 10'000))
    return fail(Code::usage, "repeats is a number from 1 to 10000");
  if (!in_range(bench.concurrency, 1, 4096))
    return fail(Code::usage, "concurrency is a number from 1 to 4096");
  const BudgetRule& rule = bench.budget;
  if (!in_range(rule.hard_stop, 1, 100))
    return fail(Code::usage, "the hard stop is a factor from 1 to 100");
  if (!in_range(rule.slack, 1, 100))
    return fail(Code::usage, "the budget's slack is a factor from 1 to 100");
  for (const auto& [name, seconds] :
       {std::pair{"seconds_per_turn", rule.seconds_per_turn}, {"ceiling", rule.ceiling}}) {
    if (!in_range(seconds, 0.01, 86'400)) {
      return fail(Code::usage, std::string(name) + " is a number of seconds from 0.01 to 86400");
    }
  }
  for (const auto& [name, seconds] :
       {std::pair{"tool_seconds", rule.tool_seconds}, {"floor", rule.floor}}) {
    if (!in_range(seconds, 0, rule.ceiling)) {
      return fail(Code::usage,
                  std::string(name) + " is a number of seconds from 0 to the budget's ceiling");
    }
  }
  return {};
}

Result<Suite> load_filtered_suite(const Bench& bench) {
  PLUMB_TRY(Suite suite, load_suite(bench.suite));
  std::vector<std::string> names;
  std::set<std::string> categories;
  for (const auto& task : suite.tasks) {
    names.push_back(task->name);
    categories.insert(task->category);
  }
  std::erase_if(suite.tasks, [&](const auto& task) { return !is_wanted(bench, *task); });
  if (bench.limit > 0 && suite.tasks.size() > static_cast<std::size_t>(bench.limit)) {
    suite.tasks.resize(static_cast<std::size_t>(bench.limit));
  }
  if (suite.tasks.empty()) {
    return fail(Code::usage, "no task is left by the filters; the tasks are " + join(names, ", ") +
                                 "; the categories are " +
                                 join({categories.begin(), categories.end()}, ", "));
  }
  Hasher hasher;
  for (const auto& task : suite.tasks) hasher.add(task->name).add(task->digest);
  suite.digest = hasher.hex();
  return suite;
}

}  // namespace plumb
