#include "core/run/run.hpp"

#include <algorithm>
#include <map>
#include <mutex>

#include "core/base/hash.hpp"
#include "core/run/preparation.hpp"
#include "core/run/pressure.hpp"
#include "core/run/session.hpp"
#include "core/score/scorecard.hpp"

namespace plumb {
namespace {

/// Of a resumed run: what the probes of this session found. A card of an earlier one stays as it
/// is, since what was read of it is not all of it.
Status keep_new_cards(const RunRequest& request, const Prepared& prepared, RunInfo& run,
                      Store& store) {
  bool any = false;
  for (std::size_t i = 0; i < prepared.entrants.size(); ++i) {
    if (!prepared.entrants[i].probed) continue;
    run.plan["contestants"][i] =
        contestant_plan(request.bench.contestants[i], prepared.entrants[i], request.bench);
    any = true;
  }
  return any ? store.set_plan(run.id, run.plan) : Status{};
}

/// The run to go on with, or a new one.
Result<RunInfo> open_run(const RunRequest& request, const Prepared& prepared,
                         const RunParts& parts) {
  if (prepared.resumed) {
    RunInfo run = *prepared.resumed;
    PLUMB_CHECK(parts.store.set_run_state(run.id, "running", 0));
    PLUMB_CHECK(keep_new_cards(request, prepared, run, parts.store));
    return run;
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
    // Of one machine, so nobody else meets them now.
    const Entrant* head = entrant.head == contestant ? nullptr : &prepared_.entrants[entrant.head];
    PLUMB_TRY(Entrant met,
              plumb::meet(entrant.contestant, parts_, prepared_.stand_in_tasks,
                          probe_options(entrant.contestant, request_.bench, prepared_.suite),
                          known_card(prepared_.resumed, entrant.contestant, head), stop, head));
    const bool shared = head != nullptr && head->line == met.line;
    entrant.contestant = std::move(met.contestant);
    entrant.card = std::move(met.card);
    entrant.probed = met.probed;
    entrant.line = std::move(met.line);
    entrant.in_flight = std::move(met.in_flight);
    entrant.endpoint = std::move(met.endpoint);
    if (!shared) entrant.begin_watch(parts_.servers);
    if (!entrant.probed) return {};
    const std::lock_guard lock(mutex_);
    run_.plan["contestants"][contestant] =
        contestant_plan(request_.bench.contestants[contestant], entrant, request_.bench);
    return parts_.store.set_plan(run_.id, run_.plan);
  }

 private:
  const RunRequest& request_;
  const RunParts& parts_;
  Prepared& prepared_;
  RunInfo& run_;
  std::mutex mutex_;
};

/// Tells the session who answered before, and lets it see how long the servers' queues are.
void follow_servers(std::vector<Entrant>& entrants, const Remaining& remaining,
                    const ServerBook& servers, Session& session) {
  for (std::size_t i = 0; i < entrants.size(); ++i) {
    Entrant& entrant = entrants[i];
    if (remaining.answered[i]) session.note_answered(i);
    const bool first = entrant.head == i;
    if (!remaining.trials.empty() && entrant.line && first) entrant.begin_watch(servers);
    session.follow_queue(i, [&head = entrants[entrant.head]]() -> std::optional<double> {
      const auto sample = head.watch ? head.watch->latest() : std::nullopt;
      return sample ? sample->waiting : std::nullopt;
    });
  }
}

/// Ends the watches and keeps what they saw.
void keep_watches(std::vector<Entrant>& entrants, const ServerBook& servers, Session& session) {
  for (Entrant& entrant : entrants) {
    const auto report = finish_watch(entrant, servers);
    if (!report) continue;
    session.keep_figures(entrant.contestant.name, report->figures);
    for (const Json& alarm : report->alarms) session.raise_alarm(alarm);
  }
}

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
                       {"opening_tokens", opening_tokens(entrant, one)},
                       {"stop_seconds", budget.stop_seconds},
                       {"calibrated", budget.calibrated},
                       {"skipped", skip ? Json(skip->sentence) : Json(nullptr)}});
    }
    const bool paced = entrant.card && entrant.card->pace;
    contestants.push_back(
        {{"name", entrant.contestant.name},
         {"model", entrant.contestant.model},
         {"pace", paced ? to_json(*entrant.card->pace) : Json(nullptr)},
         {"up_later", !entrant.contestant.up.empty()},
         {"pressure", pressure_json(entrant.contestant, entrant.card, request.bench)},
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
  follow_servers(prepared.entrants, remaining, parts.servers, session);
  if (any_trial) session.check_paths(*prepared.path_check);
  session.run_trials(std::move(remaining.trials),
                     [&](const PlannedTrial& trial) { return why_skipped(prepared, trial); });
  keep_watches(prepared.entrants, parts.servers, session);
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
