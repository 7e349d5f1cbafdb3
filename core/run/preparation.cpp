#include "core/run/preparation.hpp"

#include <algorithm>
#include <map>

#include "core/base/text.hpp"
#include "core/run/machine.hpp"
#include "core/run/plan.hpp"
#include "core/run/pressure.hpp"
#include "core/run/reach.hpp"
#include "core/run/survey.hpp"
#include "core/run/sweep.hpp"
#include "core/score/recipe.hpp"
#include "core/wire/proxy.hpp"

namespace plumb {
namespace {

constexpr int kRulerThreads = 4;

std::vector<std::string> needed_commands(const Suite& suite) {
  std::vector<std::string> commands;
  for (const auto& task : suite.tasks) {
    commands.insert(commands.end(), task->needs_commands.begin(), task->needs_commands.end());
  }
  return commands;
}

/// The tasks whose ruler is to be checked: all whose commands are there.
bool has_commands(const Task& task, const CommandDigests& commands) {
  return std::ranges::none_of(task.needs_commands, [&](const std::string& command) {
    const auto found = commands.find(command);
    return found == commands.end() || found->second.empty();
  });
}

/// One after the other: two probes at once would measure each other.
Status meet_all(Prepared& prepared, const RunRequest& request, const RunParts& parts,
                const std::stop_token& stop) {
  const std::vector<std::size_t> heads = heads_of(request.bench.contestants);
  for (std::size_t i = 0; i < heads.size(); ++i) {
    const Contestant& contestant = request.bench.contestants[i];
    if (contestant.up.empty()) {
      const Entrant* head = heads[i] == i ? nullptr : &prepared.entrants[heads[i]];
      PLUMB_TRY(Entrant entrant, meet(contestant, parts, prepared.stand_in_tasks,
                                      probe_options(contestant, request.bench, prepared.suite),
                                      known_card(prepared.resumed, contestant, head), stop, head));
      prepared.entrants.push_back(std::move(entrant));
    } else {
      PLUMB_TRY(auto door, parts.make_endpoint(contestant, prepared.stand_in_tasks));
      prepared.entrants.push_back({.contestant = contestant, .door = std::move(door)});
    }
    prepared.entrants.back().head = heads[i];
  }
  return {};
}

/// What a recipe declares is stored and shown.
void hide_secrets(std::vector<Contestant>& contestants) {
  for (Contestant& contestant : contestants) {
    contestant.recipe = without_secrets(contestant.recipe);
  }
}

}  // namespace

std::optional<CapabilityCard> stored_card(const std::optional<RunInfo>& run,
                                          const std::string& contestant) {
  if (!run) return std::nullopt;
  for (const Json& known : run->plan.value("contestants", Json::array())) {
    if (json_or(known, "name", "") != contestant || !known.contains("probe")) continue;
    if (!known["probe"].is_object()) continue;
    CapabilityCard card = capability_card_from_json(known["probe"]);
    const Finding* reachable = card.find("reachable");
    if (reachable != nullptr && reachable->value == true) return card;
  }
  return std::nullopt;
}

std::optional<CapabilityCard> known_card(const std::optional<RunInfo>& run,
                                         const Contestant& contestant, const Entrant* head) {
  auto stored = stored_card(run, contestant.name);
  if (!stored && head != nullptr && head->card) stored = card_for(contestant, *head->card);
  return stored;
}

Json asked_json(const Entrant& entrant) {
  if (!entrant.card || entrant.contestant.is_replay()) return nullptr;
  Json asked = entrant.contestant.identity();
  for (const std::string& parameter : entrant.card->unsent) {
    asked["sampling"][parameter] = nullptr;
  }
  return asked;
}

Json contestant_plan(const Contestant& declared, const Entrant& entrant, const Bench& bench) {
  return {{"name", declared.name},
          {"model", declared.model},
          {"url", redacted_url(declared.url)},
          {"stand_in", declared.is_stand_in()},
          {"identity", declared.identity()},
          {"recipe", declared.recipe},
          {"asked", asked_json(entrant)},
          {"pressure", pressure_json(declared, entrant.card, bench)},
          {"probe", found_json(entrant)}};
}

Result<Prepared> prepare(RunRequest& request, const RunParts& parts, const std::stop_token& stop) {
  PLUMB_CHECK(check_bench(request.bench));
  PLUMB_CHECK(check_machines(request.bench.contestants));
  hide_secrets(request.bench.contestants);
  Prepared prepared;
  PLUMB_TRY(prepared.suite, load_filtered_suite(request.bench));
  PLUMB_TRY(prepared.scaffold, load_scaffold(scaffold_file()));
  PLUMB_TRY(prepared.path_check, load_path_check());
  prepared.stand_in_tasks = prepared.suite.tasks;
  prepared.stand_in_tasks.push_back(prepared.path_check);
  for (Contestant& contestant : request.bench.contestants) {
    PLUMB_CHECK(parts.servers.check_name(contestant.server));
    if (!contestant.up.empty()) continue;  // nobody is there yet
    const auto on_stage = [&](const std::string& stage) {
      parts.observer.on_stage(contestant.name + ": " + stage);
    };
    PLUMB_CHECK(
        settle_model(contestant, parts.make_endpoint, prepared.stand_in_tasks, on_stage, stop));
    name_by_model(request.bench.contestants, contestant);
  }
  PLUMB_CHECK(settle_pressure(request.bench));
  prepared.identity =
      run_identity(request.bench, prepared.suite, prepared.scaffold, parts.sandboxes.digest());
  if (request.resume) {
    PLUMB_TRY(prepared.resumed, parts.store.resumable(prepared.identity));
  }
  PLUMB_CHECK(meet_all(prepared, request, parts, stop));
  Waiter waiter(real_clock(), stop);
  PLUMB_TRY(prepared.commands,
            survey_commands(parts.sandboxes, needed_commands(prepared.suite), waiter));
  return prepared;
}

Status check_all_rulers(Prepared& prepared, const RunParts& parts, const std::stop_token& stop) {
  std::map<std::string, std::string> keys;
  Tasks to_check;
  std::map<std::string, TaskRuler> found;
  for (const auto& task : prepared.suite.tasks) {
    if (!has_commands(*task, prepared.commands)) continue;
    keys[task->name] =
        ruler_key(*task, prepared.scaffold, parts.sandboxes.digest(), prepared.commands);
    PLUMB_TRY(const auto stored, parts.store.ruler(keys[task->name]));
    if (stored) {
      found[task->name] = ruler_from_json(*stored);
      found[task->name].cached = true;
    } else {
      to_check.push_back(task);
    }
  }
  if (!to_check.empty()) {
    PLUMB_TRY(const auto stand_in,
              parts.make_endpoint(ruler_contestant(), prepared.stand_in_tasks));
    const RulerNeeds needs{.stand_in = *stand_in,
                           .sandboxes = parts.sandboxes,
                           .scaffold = prepared.scaffold,
                           .concurrency = kRulerThreads,
                           .on_progress = [&](int done, int of) {
                             parts.observer.on_stage("ruler check: " + std::to_string(done) +
                                                     " of " + std::to_string(of) + " policies");
                           }};
    PLUMB_TRY(auto checked, check_rulers(to_check, needs, stop));
    for (TaskRuler& ruler : checked) {
      // What is broken is looked at again next time: the fault may have been the host's.
      if (ruler.proven()) PLUMB_CHECK(parts.store.set_ruler(keys[ruler.task], to_json(ruler)));
      found[ruler.task] = std::move(ruler);
    }
  }
  for (const auto& task : prepared.suite.tasks) {
    if (found.contains(task->name)) prepared.rulers.push_back(found[task->name]);
  }
  return {};
}

Json rubric_json(const std::optional<Rubric>& rubric) {
  if (!rubric) return nullptr;
  return {{"name", rubric->name}, {"category", rubric->category}, {"points", rubric->points}};
}

Json plan_json(const RunRequest& request, const Prepared& prepared,
               const std::string& sandbox_digest) {
  Json tasks = Json::array();
  for (const auto& task : prepared.suite.tasks) {
    tasks.push_back({{"name", task->name},
                     {"category", task->category},
                     {"digest", task->digest},
                     {"expected_turns", task->expected_turns},
                     {"rubric", rubric_json(task->rubric)}});
  }
  Json contestants = Json::array();
  Json proxies = Json::object();
  for (std::size_t i = 0; i < prepared.entrants.size(); ++i) {
    const Contestant& contestant = request.bench.contestants[i];
    const bool remote = !contestant.is_stand_in() && !contestant.is_replay();
    const std::string proxy = remote ? proxy_for(contestant.url) : "";
    if (!proxy.empty()) proxies[contestant.name] = proxy;
    contestants.push_back(contestant_plan(contestant, prepared.entrants[i], request.bench));
  }
  return {
      {"tasks", std::move(tasks)},
      {"contestants", std::move(contestants)},
      {"proxies", std::move(proxies)},
      {"trials_per_contestant",
       prepared.suite.tasks.size() * static_cast<std::size_t>(request.bench.repeats)},
      {"budget", to_json(request.bench.budget)},
      {"ruler", request.check_ruler ? ruler_summary(prepared.rulers) : Json{{"checked", false}}},
      {"scaffold", {{"version", prepared.scaffold.version}, {"digest", prepared.scaffold.digest}}},
      {"sandbox", {{"digest", sandbox_digest}}},
      {"commands", prepared.commands},
      {"fingerprint", prepared.identity},
      {"version", request.version}};
}

}  // namespace plumb
