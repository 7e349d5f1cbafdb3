#include "core/run/session.hpp"

#include <map>

#include <fmt/format.h>

#include "core/base/failpoint.hpp"
#include "core/base/hash.hpp"
#include "core/run/pressure.hpp"
#include "core/run/workers.hpp"
#include "core/trial/loop.hpp"

namespace plumb {
namespace {

/// Attempts at one trial in one session; what is invalid through no fault of the task is tried
/// again.
constexpr int kAttempts = 2;

/// Sets the filler of a trial apart from all that its server has read before. A number that every
/// reader of JSON keeps whole.
std::uint64_t filler_salt(const std::string& run, const TrialKey& key, int attempt) {
  const std::string text = fmt::format("plumb.filler_salt/1\n{}\n{}\n{}\n{}\n{}", run,
                                       key.contestant, key.task, key.repeat, attempt);
  return hash_number(text) >> 11;
}

bool may_try_again(const Verdict& verdict) {
  return verdict.outcome == Outcome::invalid &&
         (verdict.reason == Reason::endpoint_error || verdict.reason == Reason::sandbox_error ||
          verdict.reason == Reason::never_reached);
}

}  // namespace

Session::Session(const RunRequest& request, const RunParts& parts, const RunInfo& run,
                 const Suite& suite, const Scaffold& scaffold, const std::vector<Entrant>& entrants,
                 std::stop_token stop)
    : request_(request),
      parts_(parts),
      run_(run),
      suite_(suite),
      scaffold_(scaffold),
      entrants_(entrants),
      sides_(entrants.size()),
      on_stop_(std::move(stop), [this] { ended_.request_stop(); }) {
  const auto& contestants = request.bench.contestants;
  const std::vector<int> machines = machines_of(contestants);
  std::map<int, std::vector<Machine::Member>> members;
  for (std::size_t i = 0; i < contestants.size(); ++i) {
    sides_[i].machine = machines[i];
    if (machines[i] == kNoMachine) continue;
    // One of a group without `up` was met already, like those who are up all the time.
    const Entrant& entrant = entrants[i];
    members[machines[i]].push_back(
        {contestants[i], entrant.door ? *entrant.door : *entrant.endpoint});
  }
  for (auto& [machine, own] : members) {
    machines_.push_back(std::make_unique<Machine>(std::move(own), secrets_of(contestants)));
  }
}

void Session::raise_alarm(const Json& alarm) {
  if (const Status kept = parts_.store.add_note(run_.id, alarm); !kept) end_run(kept.error());
  parts_.observer.on_alarm(alarm);
}

void Session::keep_figures(const std::string& contestant, const Json& figures) {
  const Json note = {{"id", kServerFigures}, {"contestant", contestant}, {"figures", figures}};
  if (const Status kept = parts_.store.add_note(run_.id, note); !kept) end_run(kept.error());
}

void Session::end_run(std::optional<Error> store_error) {
  {
    const std::lock_guard lock(mutex_);
    if (store_error && !store_error_) store_error_ = std::move(store_error);
  }
  ended_.request_stop();
}

std::optional<Error> Session::store_error() const {
  const std::lock_guard lock(mutex_);
  return store_error_;
}

void Session::run_trials(std::vector<PlannedTrial> trials, const SkipRule& skip) {
  skip_ahead(trials, skip);
  if (trials.empty()) return;
  TrialQueue queue(trials, lanes(), request_.bench.concurrency);
  run_threads(queue.threads(), [&] {
    while (const auto work = queue.take(ended_.get_token())) do_work(*work, queue, skip);
  });
  for (const auto& machine : machines_) take_down(*machine);
}

void Session::do_work(const TrialQueue::Work& work, TrialQueue& queue, const SkipRule& skip) {
  switch (work.kind) {
    case TrialQueue::Work::Kind::bring_up:
      return queue.finish(work, bring_up(work.contestant));
    case TrialQueue::Work::Kind::recover:
      return queue.finish(work, recover(work.contestant));
    case TrialQueue::Work::Kind::trial:
      if (const auto why = skip(work.trial)) {
        keep_skipped(work.trial, *why);
      } else {
        run_one(work.trial, queue);
      }
      follow(work.contestant, queue);
      queue.finish(work);
  }
}

void Session::run_one(const PlannedTrial& planned, TrialQueue& queue) {
  Waiter waiter(real_clock(), ended_.get_token());
  const Side& side = sides_[planned.contestant];
  const std::string& unreached = side.unreached;
  TrialRecord record = unreached.empty() ? attempt(planned, queue, waiter)
                                         : without_run(planned, {.outcome = Outcome::invalid,
                                                                 .reason = Reason::never_reached,
                                                                 .blame = side.unreached_blame,
                                                                 .sentence = unreached});
  if (!settle(record, planned, queue, waiter)) return;
  const bool again = may_try_again(record.verdict) && unreached.empty() &&
                     planned.attempt % kAttempts != 0 && !ended_.stop_requested();
  TrialRecord announced = record;
  announced.events = Json::array();
  if (Status saved = save(std::move(record)); !saved) return end_run(std::move(saved.error()));
  failpoint("run.before_announce");
  parts_.observer.on_trial(announced, again);
  if (again) {
    PlannedTrial next = planned;
    ++next.attempt;
    queue.put(next);
  }
}

TrialRecord Session::attempt(const PlannedTrial& planned, TrialQueue& queue, Waiter& waiter) {
  const Task& task = *suite_.tasks[planned.task];
  const Contestant& who = request_.bench.contestants[planned.contestant];
  const std::uint64_t seed = trial_seed(run_.seed, task.name, planned.repeat);
  const TrialKey key{who.name, task.name, planned.repeat};
  parts_.observer.on_begin(key, task.expected_turns);
  const auto& card = entrants_[planned.contestant].card;
  const auto window = card ? card->window() : std::nullopt;
  std::optional<std::int64_t> request_seed;
  if (who.sampling.seed) request_seed = *who.sampling.seed + planned.repeat;
  return run_trial(
      {.key = key,
       .attempt = planned.attempt,
       .task = task,
       .scaffold = scaffold_,
       .budget = entrants_[planned.contestant].budget(request_.bench.budget, task),
       .seed = seed,
       .request_seed = request_seed,
       .trial_header = trial_header(who, task.name, seed, run_.seed, planned.repeat, ""),
       .window = window,
       .inquests = &sides_[planned.contestant].inquests,
       .rescue = who.rescue,
       .pressure = pressure_on(entrants_[planned.contestant], task,
                               filler_salt(run_.id, key, planned.attempt)),
       .on_turn =
           [&](int turn) {
             parts_.observer.on_turn(key, turn, task.expected_turns);
             follow(planned.contestant, queue);
           }},
      *entrants_[planned.contestant].endpoint, parts_.sandboxes, waiter);
}

void Session::keep_skipped(const PlannedTrial& planned, const Skip& skip) {
  Status saved = save(without_run(planned, {.outcome = Outcome::skipped,
                                            .reason = skip.reason,
                                            .blame = skip.blame,
                                            .sentence = skip.sentence}));
  if (!saved) end_run(std::move(saved.error()));
}

TrialRecord Session::without_run(const PlannedTrial& planned, Verdict verdict) const {
  const Task& task = *suite_.tasks[planned.task];
  TrialRecord record;
  record.key = {request_.bench.contestants[planned.contestant].name, task.name, planned.repeat};
  record.attempt = planned.attempt;
  record.seed = trial_seed(run_.seed, task.name, planned.repeat);
  record.started_ms = real_clock().unix_ms();
  record.budget = entrants_[planned.contestant].budget(request_.bench.budget, task);
  record.verdict = std::move(verdict);
  return record;
}

bool Session::settle(TrialRecord& record, const PlannedTrial& planned, TrialQueue& queue,
                     Waiter& waiter) {
  if (record.verdict.reason == Reason::interrupted) return false;
  Side& side = sides_[planned.contestant];
  if (was_answered(record)) side.answered = true;
  if (!wants_bare_request(record) || !side.unreached.empty()) return true;
  const BareAnswer bare = bare_request(*entrants_[planned.contestant].endpoint, waiter);
  if (waiter.stopped()) return false;
  blame_by_bare_request(record, bare);
  if (bare.any_byte) side.answered = true;
  // Nobody is there, and somebody was, or a server whose loading outlasted a trial's patience: an
  // outage. Its other trials wait for the end of it.
  const bool out = side.answered && !bare.any_byte;
  if (out || bare.loading) queue.pause(planned.contestant);
  return true;
}

Status Session::save(TrialRecord record) {
  // Not cancellable: what is being written is finished, also after Ctrl-C.
  Waiter waiter(real_clock(), {});
  const auto saving = parts_.store.save(run_.id, std::move(record), waiter.wake());
  waiter.wait([&] { return saving->done(); }, kNever);
  return saving->status();
}

}  // namespace plumb
