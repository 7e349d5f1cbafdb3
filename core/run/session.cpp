#include "core/run/session.hpp"

#include "core/base/failpoint.hpp"
#include "core/trial/loop.hpp"

namespace plumb {
namespace {

/// Attempts at one trial in one session; what is invalid through no fault of the task is tried
/// again.
constexpr int kAttempts = 2;

bool may_try_again(const Verdict& verdict) {
  return verdict.outcome == Outcome::invalid &&
         (verdict.reason == Reason::endpoint_error || verdict.reason == Reason::sandbox_error ||
          verdict.reason == Reason::never_reached);
}

Json path_check_alarm(const Contestant& contestant, const TrialRecord& record) {
  const Verdict& verdict = record.verdict;
  const char* remedy =
      verdict.outcome == Outcome::invalid
          ? "no answer of the model came to be judged; the evidence says what came instead"
          : "ask the server for a tool call by hand; if it answers with text, its tool-call parser "
            "is off; if it answers well, the model may be too weak for one call";
  return {
      {"id", "path-check"},
      {"contestant", contestant.name},
      {"task", nullptr},
      {"sentence", "a tool call with a nonce did not travel to the sandbox and back"},
      {"evidence", std::string(outcome_name(verdict.outcome)) + ", " + reason_name(verdict.reason) +
                       (verdict.sentence.empty() ? "" : ": " + verdict.sentence)},
      {"remedy", remedy}};
}

}  // namespace

Session::Session(const RunRequest& request, const RunParts& parts, const RunInfo& run,
                 const Suite& suite, const Scaffold& scaffold,
                 const std::vector<std::unique_ptr<Endpoint>>& endpoints, std::stop_token stop)
    : request_(request),
      parts_(parts),
      run_(run),
      suite_(suite),
      scaffold_(scaffold),
      endpoints_(endpoints),
      unreached_(endpoints.size()),
      on_stop_(std::move(stop), [this] { ended_.request_stop(); }) {
  for (std::size_t i = 0; i < endpoints.size(); ++i) reach_.push_back(std::make_unique<Reach>());
}

void Session::raise_alarm(const Json& alarm) {
  if (const Status kept = parts_.store.add_note(run_.id, alarm); !kept) end_run(kept.error());
  parts_.observer.on_alarm(alarm);
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

void Session::check_paths(const Task& path_check) {
  std::deque<std::size_t> contestants;
  for (std::size_t i = 0; i < endpoints_.size(); ++i) contestants.push_back(i);
  WorkQueue<std::size_t> queue(std::move(contestants));
  run_threads(static_cast<int>(endpoints_.size()), [&] {
    while (const auto contestant = queue.take(ended_.get_token())) {
      check_path(*contestant, path_check);
      queue.finish();
    }
  });
}

void Session::check_path(std::size_t contestant, const Task& path_check) {
  const Contestant& who = request_.bench.contestants[contestant];
  Waiter waiter(real_clock(), ended_.get_token());
  const std::uint64_t seed = trial_seed(run_.seed, path_check.name, 0);
  const TrialRecord record =
      run_trial({.key = {who.name, path_check.name, 0},
                 .task = path_check,
                 .scaffold = scaffold_,
                 .budget = make_budget(request_.bench.budget, path_check.expected_turns),
                 .seed = seed,
                 .request_seed = who.sampling.seed,
                 .trial_header = trial_header(who, path_check.name, seed, run_.seed, 0, kOracle)},
                *endpoints_[contestant], parts_.sandboxes, waiter);
  if (record.verdict.reason == Reason::interrupted) return;
  bool answered = was_answered(record);
  if (record.verdict.reason == Reason::never_reached) {
    const BareAnswer bare = bare_request(*endpoints_[contestant], waiter);
    answered = bare.any_byte;
    if (!answered && !waiter.stopped()) {
      unreached_[contestant] = "no byte came, neither to the path check (" +
                               record.verdict.sentence + ") nor to a bare request (" +
                               bare.sentence + ")";
    }
  }
  if (answered) reach_[contestant]->note_answer();
  // Where no byte came, each of the contestant's trials says so already.
  if (unreached_[contestant].empty() && record.verdict.outcome != Outcome::passed) {
    raise_alarm(path_check_alarm(who, record));
  }
}

void Session::run_trials(std::vector<PlannedTrial> trials,
                         const std::function<std::optional<Skip>(const PlannedTrial&)>& skip) {
  if (trials.empty()) return;
  const int threads = std::min<int>(request_.bench.concurrency, static_cast<int>(trials.size()));
  WorkQueue<PlannedTrial> queue(std::deque<PlannedTrial>(trials.begin(), trials.end()));
  run_threads(threads, [&] {
    while (const auto planned = queue.take(ended_.get_token())) {
      if (const auto why = skip(*planned)) {
        keep_skipped(*planned, *why);
      } else {
        run_one(*planned, queue);
      }
      queue.finish();
    }
  });
}

void Session::run_one(const PlannedTrial& planned, WorkQueue<PlannedTrial>& queue) {
  Waiter waiter(real_clock(), ended_.get_token());
  const std::string& unreached = unreached_[planned.contestant];
  TrialRecord record = unreached.empty() ? attempt(planned, waiter)
                                         : without_run(planned, {.outcome = Outcome::invalid,
                                                                 .reason = Reason::never_reached,
                                                                 .blame = Blame::transport,
                                                                 .sentence = unreached});
  if (!settle(record, planned, waiter)) return;
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

TrialRecord Session::attempt(const PlannedTrial& planned, Waiter& waiter) {
  const Task& task = *suite_.tasks[planned.task];
  const Contestant& who = request_.bench.contestants[planned.contestant];
  const std::uint64_t seed = trial_seed(run_.seed, task.name, planned.repeat);
  const TrialKey key{who.name, task.name, planned.repeat};
  parts_.observer.on_begin(key, task.expected_turns);
  std::optional<std::int64_t> request_seed;
  if (who.sampling.seed) request_seed = *who.sampling.seed + planned.repeat;
  return run_trial(
      {.key = key,
       .attempt = planned.attempt,
       .task = task,
       .scaffold = scaffold_,
       .budget = make_budget(request_.bench.budget, task.expected_turns),
       .seed = seed,
       .request_seed = request_seed,
       .trial_header = trial_header(who, task.name, seed, run_.seed, planned.repeat, ""),
       .on_turn = [&](int turn) { parts_.observer.on_turn(key, turn, task.expected_turns); }},
      *endpoints_[planned.contestant], parts_.sandboxes, waiter);
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
  record.budget = make_budget(request_.bench.budget, task.expected_turns);
  record.verdict = std::move(verdict);
  return record;
}

bool Session::settle(TrialRecord& record, const PlannedTrial& planned, Waiter& waiter) {
  if (record.verdict.reason == Reason::interrupted) return false;
  Reach& reach = *reach_[planned.contestant];
  if (was_answered(record)) reach.note_answer();
  if (!wants_bare_request(record)) return true;
  if (!unreached_[planned.contestant].empty()) return true;
  Endpoint& endpoint = *endpoints_[planned.contestant];
  const BareAnswer bare = bare_request(endpoint, waiter);
  if (waiter.stopped()) return false;
  blame_by_bare_request(record, bare);
  if (bare.any_byte) {
    reach.note_answer();
    return true;
  }
  // Nobody is there. Where somebody was before, it is an outage: wait, then end the run so that it
  // can be resumed.
  if (!reach.ever_answered() ||
      reach.wait_for_recovery(endpoint, request_.outage_patience, ended_.get_token())) {
    return true;
  }
  if (!ended_.stop_requested()) {
    outage_ = true;
    end_run(std::nullopt);
  }
  return outage_;
}

Status Session::save(TrialRecord record) {
  // Not cancellable: what is being written is finished, also after Ctrl-C.
  Waiter waiter(real_clock(), {});
  const auto saving = parts_.store.save(run_.id, std::move(record), waiter.wake());
  waiter.wait([&] { return saving->done(); }, kNever);
  return saving->status();
}

}  // namespace plumb
