#include "core/run/session.hpp"
#include "core/run/workers.hpp"
#include "core/score/alarms.hpp"
#include "core/trial/loop.hpp"

namespace plumb {
namespace {

Json path_check_alarm(const Contestant& contestant, const TrialRecord& record) {
  const Verdict& verdict = record.verdict;
  const char* remedy =
      verdict.outcome == Outcome::invalid
          ? "no answer of the model came to be judged; the evidence says what came instead"
          : "ask the server for a tool call by hand; if it answers with text, its tool-call parser "
            "is off; if it answers well, the model may be too weak for one call";
  return to_json({.id = "path-check",
                  .contestant = contestant.name,
                  .sentence = "a tool call with a nonce did not travel to the sandbox and back",
                  .evidence = std::string(outcome_name(verdict.outcome)) + ", " +
                              reason_name(verdict.reason) +
                              (verdict.sentence.empty() ? "" : ": " + verdict.sentence),
                  .remedy = remedy});
}

}  // namespace

void Session::check_paths(const Task& path_check) {
  path_check_ = &path_check;
  std::deque<std::size_t> contestants;
  for (std::size_t i = 0; i < sides_.size(); ++i) {
    if (sides_[i].machine == kNoMachine) contestants.push_back(i);
  }
  if (contestants.empty()) return;
  const int threads = static_cast<int>(contestants.size());
  WorkQueue<std::size_t> queue(std::move(contestants));
  run_threads(threads, [&] {
    while (const auto contestant = queue.take(ended_.get_token())) {
      check_path(*contestant, path_check);
      queue.finish();
    }
  });
}

void Session::check_path(std::size_t contestant, const Task& path_check) {
  const Contestant& who = request_.bench.contestants[contestant];
  if (who.is_replay()) return;  // the path check of then is not stored
  Side& side = sides_[contestant];
  Waiter waiter(real_clock(), ended_.get_token());
  const std::uint64_t seed = trial_seed(run_.seed, path_check.name, 0);
  const TrialRecord record =
      run_trial({.key = {who.name, path_check.name, 0},
                 .task = path_check,
                 .scaffold = scaffold_,
                 .budget = entrants_[contestant].budget(request_.bench.budget, path_check),
                 .seed = seed,
                 .request_seed = who.sampling.seed,
                 .trial_header = trial_header(who, path_check.name, seed, run_.seed, 0, kOracle),
                 .rescue = who.rescue},
                *entrants_[contestant].endpoint, parts_.sandboxes, waiter);
  if (record.verdict.reason == Reason::interrupted) return;
  bool answered = was_answered(record);
  if (record.verdict.reason == Reason::never_reached) {
    const BareAnswer bare = bare_request(*entrants_[contestant].endpoint, waiter);
    answered = bare.any_byte;
    if (!answered && !waiter.stopped()) {
      side.unreached = "no byte came, neither to the path check (" + record.verdict.sentence +
                       ") nor to a bare request (" + bare.sentence + ")";
    }
  }
  if (answered) side.answered = true;
  // Where no byte came, each of the contestant's trials says so already.
  if (side.unreached.empty() && record.verdict.outcome != Outcome::passed) {
    raise_alarm(path_check_alarm(who, record));
  }
}

std::vector<Lane> Session::lanes() const {
  std::vector<Lane> lanes;
  for (std::size_t i = 0; i < sides_.size(); ++i) {
    const Contestant& who = request_.bench.contestants[i];
    const int most = who.concurrency > 0 ? who.concurrency : request_.bench.concurrency;
    lanes.push_back({.most = most, .adaptive = who.adaptive, .machine = sides_[i].machine});
    if (const std::size_t head = entrants_[i].head; head != i) lanes.back().room_of = head;
  }
  return lanes;
}

void Session::follow(std::size_t contestant, TrialQueue& queue) {
  const QueueDepth& depth = sides_[contestant].queue_depth;
  if (!depth) return;
  if (const auto waiting = depth()) queue.observe(contestant, *waiting);
}

bool Session::recover(std::size_t contestant) {
  const std::string& name = request_.bench.contestants[contestant].name;
  parts_.observer.on_stage(name + " fell silent; it is asked until it answers");
  const bool answers = wait_for_recovery(*entrants_[contestant].endpoint, request_.outage_patience,
                                         ended_.get_token());
  if (answers) {
    parts_.observer.on_stage(name + " answers again");
  } else if (!ended_.stop_requested()) {
    outage_ = true;
    parts_.observer.on_stage(name + " stays silent; its remaining trials are left for --resume");
  }
  return answers;
}

bool Session::bring_up(std::size_t contestant) {
  const Contestant& who = request_.bench.contestants[contestant];
  Side& side = sides_[contestant];
  Machine& machine = *machines_[static_cast<std::size_t>(side.machine)];
  if (!machine.pass_on(who.name)) take_down(machine);
  parts_.observer.on_stage("bringing up " + who.name);
  Waiter waiter(real_clock(), ended_.get_token());
  if (const auto up = machine.bring_up(who.name, waiter); !up) {
    mark_unreached(contestant, up.error());
    return false;
  }
  parts_.observer.on_stage(who.name + " is up");
  if (std::exchange(side.was_up, true)) return true;
  if (on_up_ && entrants_[contestant].endpoint == nullptr) {
    if (const Status known = on_up_(contestant, waiter); !known) {
      mark_unreached(contestant, {.cancelled = waiter.stopped(),
                                  .blame = Blame::server,
                                  .sentence = full_sentence(known.error()),
                                  .log = {}});
      take_down(machine);
      return false;
    }
  }
  if (path_check_ != nullptr) check_path(contestant, *path_check_);
  return true;
}

void Session::mark_unreached(std::size_t contestant, const UpFailure& failure) {
  if (failure.cancelled) return;
  Side& side = sides_[contestant];
  side.unreached = failure.sentence;
  side.unreached_blame = failure.blame;
  raise_alarm(to_json({.id = "up_failed",
                       .contestant = request_.bench.contestants[contestant].name,
                       .sentence = "it did not come up: " + failure.sentence,
                       .evidence = failure.log,
                       .remedy = "run its \"up\" command by hand; once it works, run again"}));
}

void Session::take_down(Machine& machine) {
  const std::string name = machine.who_is_up();
  if (const Status down = machine.take_down(); !down) {
    raise_alarm(to_json({.id = "down_failed",
                         .contestant = name,
                         .sentence = full_sentence(down.error()),
                         .remedy = "look whether its server is still up"}));
  }
}

void Session::skip_ahead(std::vector<PlannedTrial>& trials, const SkipRule& skip) {
  std::erase_if(trials, [&](const PlannedTrial& planned) {
    if (sides_[planned.contestant].machine == kNoMachine) return false;
    const auto why = skip(planned);
    if (why) keep_skipped(planned, *why);
    return why.has_value();
  });
}

}  // namespace plumb
