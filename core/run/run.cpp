#include "core/run/run.hpp"

#include <algorithm>
#include <map>
#include <mutex>

#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/run/entrant.hpp"
#include "core/run/machine.hpp"
#include "core/run/ruler.hpp"
#include "core/run/session.hpp"
#include "core/run/survey.hpp"
#include "core/score/recipe.hpp"
#include "core/score/scorecard.hpp"
#include "core/wire/proxy.hpp"

namespace plumb {
namespace {

constexpr int kRulerThreads = 4;

using Tasks = std::vector<std::shared_ptr<const Task>>;

/// Everything that is known before the first trial.
struct Prepared {
  Suite suite;
  Scaffold scaffold;
  std::shared_ptr<const Task> path_check;
  Tasks stand_in_tasks;  ///< the suite and the path check
  CommandDigests commands;
  std::string identity;
  std::optional<RunInfo> resumed;  ///< the run to go on with
  std::vector<Entrant> entrants;   ///< by contestant
  std::vector<TaskRuler> rulers;   ///< by task; empty without a ruler check
};

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

/// Ruler checks from the store where nothing changed since, else played now.
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

/// The card that an earlier session of the run kept of this contestant.
std::optional<CapabilityCard> stored_card(const std::optional<RunInfo>& run,
                                          const std::string& contestant) {
  if (!run) return std::nullopt;
  for (const Json& known : run->plan.value("contestants", Json::array())) {
    if (json_or(known, "name", "") != contestant || !known.contains("probe")) continue;
    if (known["probe"].is_object()) return capability_card_from_json(known["probe"]);
  }
  return std::nullopt;
}

/// One after the other: two probes at once would measure each other.
Status meet_all(Prepared& prepared, const RunRequest& request, const RunParts& parts,
                const std::stop_token& stop) {
  for (const Contestant& contestant : request.bench.contestants) {
    if (contestant.up.empty()) {
      PLUMB_TRY(Entrant entrant, meet(contestant, parts, prepared.stand_in_tasks,
                                      probe_options(contestant, request.bench, prepared.suite),
                                      stored_card(prepared.resumed, contestant.name), stop));
      prepared.entrants.push_back(std::move(entrant));
    } else {
      PLUMB_TRY(auto door, parts.make_endpoint(contestant, prepared.stand_in_tasks));
      prepared.entrants.push_back({.contestant = contestant, .door = std::move(door)});
    }
  }
  return {};
}

/// What a recipe declares is stored and shown.
void hide_secrets(std::vector<Contestant>& contestants) {
  for (Contestant& contestant : contestants) {
    contestant.recipe = without_secrets(contestant.recipe);
  }
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

Json plan_json(const RunRequest& request, const Prepared& prepared,
               const std::string& sandbox_digest) {
  Json tasks = Json::array();
  for (const auto& task : prepared.suite.tasks) {
    tasks.push_back({{"name", task->name},
                     {"category", task->category},
                     {"digest", task->digest},
                     {"expected_turns", task->expected_turns}});
  }
  Json contestants = Json::array();
  Json proxies = Json::object();
  for (std::size_t i = 0; i < prepared.entrants.size(); ++i) {
    const Contestant& contestant = request.bench.contestants[i];
    const bool remote = !contestant.is_stand_in() && !contestant.is_replay();
    const std::string proxy = remote ? proxy_for(contestant.url) : "";
    if (!proxy.empty()) proxies[contestant.name] = proxy;
    contestants.push_back({{"name", contestant.name},
                           {"model", contestant.model},
                           {"url", redacted_url(contestant.url)},
                           {"stand_in", contestant.is_stand_in()},
                           {"identity", contestant.identity()},
                           {"recipe", contestant.recipe},
                           {"probe", found_json(prepared.entrants[i])}});
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

/// The run to go on with, or a new one.
Result<RunInfo> open_run(const RunRequest& request, const Prepared& prepared,
                         const RunParts& parts) {
  if (prepared.resumed) {
    PLUMB_CHECK(parts.store.set_run_state(prepared.resumed->id, "running", 0));
    return *prepared.resumed;
  }
  RunInfo run;
  run.id = random_hex(4);
  run.identity = prepared.identity;
  run.suite = prepared.suite.name;
  run.seed = request.bench.seed;
  run.repeats = request.bench.repeats;
  run.sandbox = parts.sandboxes.name();
  run.isolated = parts.sandboxes.isolates();
  run.started_ms = real_clock().unix_ms();
  run.plan = plan_json(request, prepared, parts.sandboxes.digest());
  PLUMB_CHECK(parts.store.create_run(run));
  return run;
}

/// What is stored of the plan, and what is left to do.
struct Remaining {
  std::vector<PlannedTrial> trials;
  int stored = 0;
  std::vector<bool> answered;  ///< by contestant: a byte came in an earlier session
};

Result<Remaining> what_is_left(const RunRequest& request, const Prepared& prepared,
                               const RunInfo& run, Store& store) {
  PLUMB_TRY(const auto records, store.trials(run.id));
  std::map<TrialKey, const TrialRecord*> last;
  for (const TrialRecord& record : records) last[record.key] = &record;
  Remaining remaining;
  const auto& contestants = request.bench.contestants;
  remaining.answered.resize(contestants.size());
  for (PlannedTrial planned :
       make_plan(machines_of(contestants), prepared.suite.tasks.size(), request.bench.repeats)) {
    const TrialKey key{contestants[planned.contestant].name,
                       prepared.suite.tasks[planned.task]->name, planned.repeat};
    const auto found = last.find(key);
    if (found == last.end()) {
      remaining.trials.push_back(planned);
      continue;
    }
    const TrialRecord& record = *found->second;
    if (record.turns > 0) remaining.answered[planned.contestant] = true;
    const Outcome outcome = record.verdict.outcome;
    if (outcome == Outcome::invalid || outcome == Outcome::skipped) {
      planned.attempt = record.attempt + 1;
      remaining.trials.push_back(planned);
    } else {
      ++remaining.stored;
    }
  }
  return remaining;
}

std::optional<Skip> why_skipped(const Prepared& prepared, const PlannedTrial& planned) {
  const Task& task = *prepared.suite.tasks[planned.task];
  for (const std::string& command : task.needs_commands) {
    const auto found = prepared.commands.find(command);
    if (found == prepared.commands.end() || found->second.empty()) {
      return Skip{Reason::missing_command, Blame::user,
                  "the sandbox has no \"" + command + "\"; install it on this host"};
    }
  }
  const auto ruler = std::ranges::find(prepared.rulers, task.name, &TaskRuler::task);
  if (ruler != prepared.rulers.end() && !ruler->proven()) {
    return Skip{Reason::ruler_broken, Blame::task, ruler->problems.front()};
  }
  return unmet_need(prepared.entrants[planned.contestant], task);
}

/// Probes the contestants whose server comes up while the run is on. Thread-safe for different
/// contestants.
class LateProbes {
 public:
  LateProbes(const RunRequest& request, const RunParts& parts, Prepared& prepared, RunInfo& run)
      : request_(request), parts_(parts), prepared_(prepared), run_(run) {}

  Status meet(std::size_t contestant, const std::stop_token& stop) {
    Entrant& entrant = prepared_.entrants[contestant];
    PLUMB_TRY(Entrant met,
              plumb::meet(entrant.contestant, parts_, prepared_.stand_in_tasks,
                          probe_options(entrant.contestant, request_.bench, prepared_.suite),
                          stored_card(prepared_.resumed, entrant.contestant.name), stop));
    entrant.contestant = std::move(met.contestant);
    entrant.card = std::move(met.card);
    entrant.line = std::move(met.line);
    entrant.in_flight = std::move(met.in_flight);
    entrant.endpoint = std::move(met.endpoint);
    entrant.begin_watch(parts_.servers);
    const std::lock_guard lock(mutex_);
    run_.plan["contestants"][contestant]["probe"] = found_json(entrant);
    return parts_.store.set_plan(run_.id, run_.plan);
  }

 private:
  const RunRequest& request_;
  const RunParts& parts_;
  Prepared& prepared_;
  RunInfo& run_;
  std::mutex mutex_;
};

/// Sets the state that the run ended in and makes its scorecard.
Result<Json> close_run(const std::string& run_id, const std::string& state, Store& store) {
  PLUMB_CHECK(store.set_run_state(run_id, state, state == "finished" ? real_clock().unix_ms() : 0));
  PLUMB_TRY(const RunInfo run, store.run(run_id));
  PLUMB_TRY(const auto records, store.trials(run_id));
  return make_scorecard(run, records);
}

}  // namespace

Result<Json> plan_run(RunRequest request, const RunParts& parts, std::stop_token stop) {
  PLUMB_TRY(const Prepared prepared, prepare(request, parts, stop));
  Json contestants = Json::array();
  for (std::size_t i = 0; i < prepared.entrants.size(); ++i) {
    const Entrant& entrant = prepared.entrants[i];
    Json tasks = Json::array();
    for (std::size_t task = 0; task < prepared.suite.tasks.size(); ++task) {
      const Task& one = *prepared.suite.tasks[task];
      const Budget budget = entrant.budget(request.bench.budget, one);
      const auto skip = why_skipped(prepared, {.contestant = i, .task = task});
      tasks.push_back({{"name", one.name},
                       {"expected_turns", one.expected_turns},
                       {"turns", budget.turns},
                       {"seconds", budget.seconds},
                       {"tokens", budget.tokens},
                       {"stop_seconds", budget.stop_seconds},
                       {"calibrated", budget.calibrated},
                       {"skipped", skip ? Json(skip->sentence) : Json(nullptr)}});
    }
    const bool paced = entrant.card && entrant.card->pace;
    contestants.push_back({{"name", entrant.contestant.name},
                           {"model", entrant.contestant.model},
                           {"pace", paced ? to_json(*entrant.card->pace) : Json(nullptr)},
                           {"up_later", !entrant.contestant.up.empty()},
                           {"tasks", std::move(tasks)}});
  }
  const std::size_t trials = prepared.entrants.size() * prepared.suite.tasks.size() *
                             static_cast<std::size_t>(request.bench.repeats);
  return Json{{"schema", "plumb.plan/1"},
              {"suite", prepared.suite.name},
              {"trials", trials},
              {"repeats", request.bench.repeats},
              {"concurrency", request.bench.concurrency},
              {"budget", to_json(request.bench.budget)},
              {"contestants", std::move(contestants)}};
}

Result<Json> conduct_run(RunRequest request, const RunParts& parts, std::stop_token stop) {
  PLUMB_TRY(Prepared prepared, prepare(request, parts, stop));
  if (request.check_ruler) PLUMB_CHECK(check_all_rulers(prepared, parts, stop));
  PLUMB_TRY(RunInfo run, open_run(request, prepared, parts));
  PLUMB_TRY(Remaining remaining, what_is_left(request, prepared, run, parts.store));
  const int planned = static_cast<int>(remaining.trials.size()) + remaining.stored;
  parts.observer.on_start(run, planned, remaining.stored);

  Session session(request, parts, run, prepared.suite, prepared.scaffold, prepared.entrants, stop);
  LateProbes late(request, parts, prepared, run);
  session.on_up([&](std::size_t contestant, Waiter& waiter) {
    return late.meet(contestant, waiter.stop_token());
  });
  const bool any_trial = !remaining.trials.empty();
  for (std::size_t i = 0; i < prepared.entrants.size(); ++i) {
    Entrant& entrant = prepared.entrants[i];
    if (remaining.answered[i]) session.note_answered(i);
    if (any_trial && entrant.line) entrant.begin_watch(parts.servers);
    session.follow_queue(i, [&entrant]() -> std::optional<double> {
      const auto sample = entrant.watch ? entrant.watch->latest() : std::nullopt;
      return sample ? sample->waiting : std::nullopt;
    });
  }
  if (any_trial) session.check_paths(*prepared.path_check);
  session.run_trials(std::move(remaining.trials),
                     [&](const PlannedTrial& trial) { return why_skipped(prepared, trial); });
  for (Entrant& entrant : prepared.entrants) {
    const auto report = finish_watch(entrant, parts.servers);
    if (!report) continue;
    session.keep_figures(entrant.contestant.name, report->figures);
    for (const Json& alarm : report->alarms) session.raise_alarm(alarm);
  }
  if (const auto error = session.store_error()) {
    return fail(error->code,
                "the run " + run.id + " stopped because its results cannot be stored: " +
                    full_sentence(*error) + "; what was announced is kept, and --resume goes on");
  }
  const char* state = session.outage()        ? "outage"
                      : stop.stop_requested() ? "interrupted"
                                              : "finished";
  return close_run(run.id, state, parts.store);
}

}  // namespace plumb
