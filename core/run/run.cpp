#include "core/run/run.hpp"

#include <algorithm>
#include <cctype>
#include <map>

#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/run/machine.hpp"
#include "core/run/ruler.hpp"
#include "core/run/session.hpp"
#include "core/run/survey.hpp"
#include "core/score/scorecard.hpp"

namespace plumb {
namespace {

/// How long a server may be silent when it is asked for its models.
constexpr double kDiscoveryIdle = 8;
constexpr int kRulerThreads = 4;

using Tasks = std::vector<std::shared_ptr<const Task>>;

/// Everything that is known before the first trial.
struct Prepared {
  Suite suite;
  Scaffold scaffold;
  std::shared_ptr<const Task> path_check;
  Tasks stand_in_tasks;  ///< the suite and the path check
  CommandDigests commands;
  std::vector<std::optional<std::int64_t>> contexts;  ///< declared windows, by contestant
  std::vector<std::unique_ptr<Endpoint>> endpoints;   ///< by contestant
  std::vector<TaskRuler> rulers;                      ///< by task; empty without a ruler check
};

/// Finds the model of a contestant that names none, and whether anybody is there.
/// Code::unavailable, usage.
Result<std::optional<std::int64_t>> discover(Contestant& contestant, const RunParts& parts,
                                             const Tasks& tasks, const std::stop_token& stop) {
  if (contestant.is_stand_in()) {
    if (contestant.model.empty()) contestant.model = "stand-in";
    return std::nullopt;
  }
  if (!contestant.up.empty()) return std::nullopt;  // nobody is there yet
  Contestant hasty = contestant;
  hasty.idle_timeout_s = std::min(hasty.idle_timeout_s, kDiscoveryIdle);
  PLUMB_TRY(const auto endpoint, parts.make_endpoint(hasty, tasks));
  Waiter waiter(real_clock(), stop);
  const auto models = endpoint->models(waiter);
  if (waiter.stopped()) return fail(Code::cancelled, "interrupted");
  const std::string where = redacted_url(contestant.url);
  if (!models) {
    const Fault& fault = models.error();
    const bool nobody = fault.kind == Fault::Kind::connect;
    if (!nobody && !contestant.model.empty()) return std::nullopt;
    const std::string remedy =
        nobody ? "is the server running, and is the URL right?" : "name the model with model=...";
    return fail(Code::unavailable, "contestant \"" + contestant.name + "\" cannot be reached at " +
                                       where + ": " + fault.sentence + "; " + remedy);
  }
  if (contestant.model.empty() && models->size() != 1) {
    std::vector<std::string> ids;
    for (const ServedModel& model : *models) ids.push_back(model.id);
    return fail(Code::usage, where + " serves " + std::to_string(models->size()) +
                                 " models; say which one with model=ID" +
                                 (ids.empty() ? "" : ": " + join(ids, ", ")));
  }
  if (contestant.model.empty()) contestant.model = models->front().id;
  const auto served = std::ranges::find(*models, contestant.model, &ServedModel::id);
  return served == models->end() ? std::nullopt : served->context;
}

/// The last part of a model's id, in the letters that a contestant's name may have.
std::string name_from_model(const std::string& model) {
  std::string name = split(model, '/').back().substr(0, 60);
  for (char& c : name) {
    const bool fits =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
    if (!fits) c = '-';
  }
  return name;
}

/// A contestant that came as a bare URL goes by its model: an address says little, and is nobody's
/// business in a report.
void name_by_model(std::vector<Contestant>& contestants, Contestant& contestant) {
  const std::string name = name_from_model(contestant.model);
  if (!contestant.named_by_url || contestant.is_stand_in() || name.empty()) return;
  contestant.name = name;
  for (int n = 2; std::ranges::count(contestants, contestant.name, &Contestant::name) > 1; ++n) {
    contestant.name = name + "-" + std::to_string(n);
  }
}

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

Result<Prepared> prepare(RunRequest& request, const RunParts& parts, const std::stop_token& stop) {
  PLUMB_CHECK(check_bench(request.bench));
  PLUMB_CHECK(check_machines(request.bench.contestants));
  Prepared prepared;
  PLUMB_TRY(prepared.suite, load_filtered_suite(request.bench));
  PLUMB_TRY(prepared.scaffold, load_scaffold(scaffold_file()));
  PLUMB_TRY(prepared.path_check, load_path_check());
  prepared.stand_in_tasks = prepared.suite.tasks;
  prepared.stand_in_tasks.push_back(prepared.path_check);
  for (Contestant& contestant : request.bench.contestants) {
    PLUMB_TRY(auto context, discover(contestant, parts, prepared.stand_in_tasks, stop));
    prepared.contexts.push_back(context);
    name_by_model(request.bench.contestants, contestant);
    // Made now, so that a mistake in its options is told before the ruler is checked.
    PLUMB_TRY(auto endpoint, parts.make_endpoint(contestant, prepared.stand_in_tasks));
    prepared.endpoints.push_back(std::move(endpoint));
  }
  Waiter waiter(real_clock(), stop);
  PLUMB_TRY(prepared.commands,
            survey_commands(parts.sandboxes, needed_commands(prepared.suite), waiter));
  if (request.check_ruler) PLUMB_CHECK(check_all_rulers(prepared, parts, stop));
  return prepared;
}

Json plan_json(const RunRequest& request, const Prepared& prepared, const std::string& identity,
               const std::string& sandbox_digest) {
  Json tasks = Json::array();
  for (const auto& task : prepared.suite.tasks) {
    tasks.push_back({{"name", task->name},
                     {"category", task->category},
                     {"digest", task->digest},
                     {"expected_turns", task->expected_turns}});
  }
  Json contestants = Json::array();
  for (const Contestant& contestant : request.bench.contestants) {
    contestants.push_back({{"name", contestant.name},
                           {"model", contestant.model},
                           {"url", redacted_url(contestant.url)},
                           {"stand_in", contestant.is_stand_in()},
                           {"identity", contestant.identity()},
                           {"recipe", contestant.recipe}});
  }
  return {
      {"tasks", std::move(tasks)},
      {"contestants", std::move(contestants)},
      {"trials_per_contestant",
       prepared.suite.tasks.size() * static_cast<std::size_t>(request.bench.repeats)},
      {"budget", to_json(request.bench.budget)},
      {"ruler", request.check_ruler ? ruler_summary(prepared.rulers) : Json{{"checked", false}}},
      {"scaffold", {{"version", prepared.scaffold.version}, {"digest", prepared.scaffold.digest}}},
      {"sandbox", {{"digest", sandbox_digest}}},
      {"commands", prepared.commands},
      {"fingerprint", identity},
      {"version", request.version}};
}

/// The run to go on with, or a new one.
Result<RunInfo> open_run(const RunRequest& request, const Prepared& prepared,
                         const RunParts& parts) {
  const std::string identity =
      run_identity(request.bench, prepared.suite, prepared.scaffold, parts.sandboxes.digest());
  if (request.resume) {
    PLUMB_TRY(auto found, parts.store.resumable(identity));
    if (found) {
      PLUMB_CHECK(parts.store.set_run_state(found->id, "running", 0));
      return std::move(*found);
    }
  }
  RunInfo run;
  run.id = random_hex(4);
  run.identity = identity;
  run.suite = prepared.suite.name;
  run.seed = request.bench.seed;
  run.repeats = request.bench.repeats;
  run.sandbox = parts.sandboxes.name();
  run.isolated = parts.sandboxes.isolates();
  run.started_ms = real_clock().unix_ms();
  run.plan = plan_json(request, prepared, identity, parts.sandboxes.digest());
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
  const auto context = prepared.contexts[planned.contestant];
  if (context && *context < task.needs_context) {
    return Skip{Reason::context_floor, Blame::none,
                "the task needs a window of " + std::to_string(task.needs_context) +
                    " tokens, the server declares " + std::to_string(*context)};
  }
  return std::nullopt;
}

/// Sets the state that the run ended in and makes its scorecard.
Result<Json> close_run(const std::string& run_id, const std::string& state, Store& store) {
  PLUMB_CHECK(store.set_run_state(run_id, state, state == "finished" ? real_clock().unix_ms() : 0));
  PLUMB_TRY(const RunInfo run, store.run(run_id));
  PLUMB_TRY(const auto records, store.trials(run_id));
  return make_scorecard(run, records);
}

}  // namespace

Result<Json> conduct_run(RunRequest request, const RunParts& parts, std::stop_token stop) {
  PLUMB_TRY(const Prepared prepared, prepare(request, parts, stop));
  PLUMB_TRY(const RunInfo run, open_run(request, prepared, parts));
  PLUMB_TRY(Remaining remaining, what_is_left(request, prepared, run, parts.store));
  const int planned = static_cast<int>(remaining.trials.size()) + remaining.stored;
  parts.observer.on_start(run, planned, remaining.stored);

  Session session(request, parts, run, prepared.suite, prepared.scaffold, prepared.endpoints, stop);
  for (std::size_t i = 0; i < remaining.answered.size(); ++i) {
    if (remaining.answered[i]) session.note_answered(i);
  }
  if (!remaining.trials.empty()) session.check_paths(*prepared.path_check);
  session.run_trials(std::move(remaining.trials),
                     [&](const PlannedTrial& trial) { return why_skipped(prepared, trial); });
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
