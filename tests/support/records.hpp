#pragma once

#include <string>
#include <vector>

#include "core/store/store.hpp"
#include "core/trial/record.hpp"

namespace plumb::test {

struct PlannedTask {
  std::string name;
  std::string category = "file-edit";
  int expected_turns = 5;
};

inline Json planned_contestant(const std::string& name, bool stand_in = false) {
  return {
      {"name", name},         {"model", "model-of-" + name}, {"url", "http://127.0.0.1:8000/v1"},
      {"stand_in", stand_in}, {"identity", Json::object()},  {"recipe", Json::object()}};
}

/// A finished run with a proven ruler.
inline RunInfo planned_run(const std::vector<PlannedTask>& tasks,
                           const std::vector<std::string>& contestants, int repeats) {
  RunInfo run;
  run.id = "7f3a0001";
  run.identity = "identity-1";
  run.suite = "starter";
  run.seed = 7;
  run.repeats = repeats;
  run.sandbox = "bwrap";
  run.started_ms = 1'790'000'000'000;
  run.finished_ms = run.started_ms + 60'000;
  run.state = "finished";
  run.plan["tasks"] = Json::array();
  for (const PlannedTask& task : tasks) {
    run.plan["tasks"].push_back({{"name", task.name},
                                 {"category", task.category},
                                 {"digest", "digest-of-" + task.name},
                                 {"expected_turns", task.expected_turns}});
  }
  run.plan["contestants"] = Json::array();
  for (const std::string& name : contestants) {
    run.plan["contestants"].push_back(planned_contestant(name));
  }
  run.plan["trials_per_contestant"] = static_cast<int>(tasks.size()) * repeats;
  run.plan["budget"] = to_json(BudgetRule{});
  run.plan["ruler"] = {{"checked", true},
                       {"cached", false},
                       {"proven", tasks.size()},
                       {"of", tasks.size()},
                       {"controls_failed", 7 * tasks.size()},
                       {"broken", Json::array()},
                       {"trivial", {{"nop", 0.0}, {"spam", 0.0}}}};
  run.plan["scaffold"] = {{"version", "1"}, {"digest", "digest-of-scaffold"}};
  run.plan["fingerprint"] = "fingerprint-1";
  run.plan["version"] = "0.1.0";
  return run;
}

inline TrialRecord trial_record(const TrialKey& key, Outcome outcome,
                                Reason reason = Reason::none) {
  TrialRecord record;
  record.key = key;
  record.seed = 1000 + static_cast<std::uint64_t>(key.repeat);
  record.started_ms = 1'790'000'001'000;
  record.budget = make_budget(BudgetRule{}, 5);
  record.clocks = {.model_s = 2, .tool_s = 0.5, .waiting_s = 0.25};
  record.turns = 4;
  record.prompt_tokens = 1200;
  record.completion_tokens = 300;
  record.calls = {.total = 3, .valid = 3, .intended = 3, .valid_at_first = 3, .defects = {}};
  Verdict& verdict = record.verdict;
  verdict.outcome = outcome;
  verdict.reason = reason;
  verdict.blame = outcome == Outcome::passed ? Blame::none : Blame::model;
  verdict.graded = outcome != Outcome::invalid && outcome != Outcome::skipped;
  verdict.clean = outcome == Outcome::passed;
  if (outcome == Outcome::passed) {
    verdict.checks = {{.name = "all 6 hidden tests run and pass", .holds = true}};
  } else {
    verdict.sentence = "because of " + std::string(reason_name(reason));
  }
  record.opening = {
      {"system", "You are an agent."}, {"prompt", "Rename it."}, {"tools", Json::array()}};
  record.events = {{{"type", "assistant"}, {"turn", 1}, {"text", "Done."}}};
  return record;
}

/// Repeats of one contestant at one task, one per letter: p passed, f failed, t time-capped, T the
/// same but passed late, u turn-capped, i invalid, s skipped.
inline void add_trials(std::vector<TrialRecord>& records, const std::string& contestant,
                       const std::string& task, std::string_view letters) {
  int repeat = 0;
  for (const char letter : letters) {
    const TrialKey key{.contestant = contestant, .task = task, .repeat = repeat++};
    switch (letter) {
      case 'p':
        records.push_back(trial_record(key, Outcome::passed));
        break;
      case 'f':
        records.push_back(trial_record(key, Outcome::failed, Reason::wrong_result));
        break;
      case 't':
      case 'T':
        records.push_back(trial_record(key, Outcome::capped, Reason::time));
        records.back().verdict.late = letter == 'T';
        break;
      case 'u':
        records.push_back(trial_record(key, Outcome::capped, Reason::turns));
        break;
      case 'i':
        records.push_back(trial_record(key, Outcome::invalid, Reason::endpoint_error));
        break;
      default:
        records.push_back(trial_record(key, Outcome::skipped, Reason::missing_command));
    }
  }
}

}  // namespace plumb::test
