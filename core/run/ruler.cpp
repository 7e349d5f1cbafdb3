#include "core/run/ruler.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <utility>

#include "core/base/hash.hpp"
#include "core/run/plan.hpp"
#include "core/run/workers.hpp"
#include "core/trial/loop.hpp"

namespace plumb {
namespace {

bool is_trivial(const std::string& policy) {
  return std::ranges::find(kTrivialControls, policy) != kTrivialControls.end();
}

bool all_hold(const Verdict& verdict) {
  return !verdict.checks.empty() && std::ranges::all_of(verdict.checks, &Check::holds);
}

/// Why a control that passes breaks the ruler, in the words of what it does.
std::string passes_sentence(const std::string& policy) {
  if (policy == "nop")
    return "passes when the agent does nothing: the grader takes an untouched workspace for done "
           "work";
  if (policy == "wipe")
    return "passes when the agent empties the workspace: the grader would pass on an empty "
           "workspace";
  if (policy == "spam") return "passes when the agent calls every tool once with made-up arguments";
  if (policy == "tamper") {
    return "passes when the agent replaces the tests: the grader trusts a test file (or a module "
           "beside it) that the agent "
           "may rewrite; bring the tests in with env:put, and check how many of them ran";
  }
  if (policy == "never_stops") return "passes although the agent never stops";
  return "passes for the negative control \"" + policy +
         "\": the grader cannot tell it from the work";
}

std::string oracle_problem(const Task& task, const TrialRecord& record) {
  const Verdict& verdict = record.verdict;
  if (verdict.outcome != Outcome::passed) {
    return std::string("the oracle does not pass: ") + outcome_name(verdict.outcome) + ", " +
           reason_name(verdict.reason) + ": " + verdict.sentence;
  }
  // Where a published rubric counts one answer, its own ground truth may contradict its schemas.
  const bool rubric_decides = task.single_answer && task.rubric;
  if (!rubric_decides && record.calls.valid != record.calls.total)
    return "the oracle makes a call that is not valid for its tool";
  return "";
}

/// A check that holds with nothing in the workspace counts for nothing.
std::string empty_workspace_problem(const Verdict& verdict) {
  for (const Check& check : verdict.checks) {
    if (check.holds && !check.must_not) {
      return "the check \"" + check.name +
             "\" holds on an empty workspace: it cannot tell work from nothing";
    }
  }
  return "";
}

std::string control_problem(const Task& task, const std::string& policy,
                            const TrialRecord& record) {
  const Verdict& verdict = record.verdict;
  if (verdict.outcome == Outcome::invalid) {
    const std::string who =
        is_trivial(policy) ? "the trivial control \"" : "the negative control \"";
    const std::string what = verdict.reason == Reason::grader_error ? "\" crashes the grader: "
                                                                    : "\" cannot be judged: ";
    return who + policy + what + verdict.sentence;
  }
  if (task.may_pass(policy)) return "";
  if (verdict.outcome == Outcome::passed || all_hold(verdict)) return passes_sentence(policy);
  return policy == "wipe" ? empty_workspace_problem(verdict) : "";
}

/// One policy to play; indexes into tasks and policies.
struct Play {
  std::size_t task = 0;
  std::size_t policy = 0;
};

constexpr std::uint64_t kRulerSeed = 1;

}  // namespace

Contestant ruler_contestant() {
  Contestant contestant;
  contestant.name = "ruler";
  contestant.url = "standin:";
  contestant.model = "stand-in";
  return contestant;
}

std::vector<std::string> policies_of(const Task& task) {
  std::vector<std::string> policies = {kOracle};
  policies.insert(policies.end(), task.controls.begin(), task.controls.end());
  policies.insert(policies.end(), kTrivialControls.begin(), kTrivialControls.end());
  return policies;
}

TaskRuler judge_ruler(const Task& task, const std::vector<TrialRecord>& records) {
  TaskRuler ruler{.task = task.name};
  const auto policies = policies_of(task);
  for (std::size_t i = 0; i < policies.size(); ++i) {
    const TrialRecord& record = records[i];
    PolicyRun run{.policy = policies[i],
                  .trivial = is_trivial(policies[i]),
                  .outcome = record.verdict.outcome,
                  .reason = record.verdict.reason,
                  .turns = record.turns,
                  .seconds = record.clocks.charged_s(),
                  .problem = i == 0 ? oracle_problem(task, record)
                                    : control_problem(task, policies[i], record)};
    if (run.problem.empty() && !record.verdict.grader_agrees) {
      run.problem =
          "the grader disagrees with itself when it runs twice (policy \"" + run.policy + "\")";
    }
    if (!run.problem.empty()) ruler.problems.push_back(run.problem);
    ruler.policies.push_back(std::move(run));
  }
  return ruler;
}

Result<std::vector<TaskRuler>> check_rulers(const std::vector<std::shared_ptr<const Task>>& tasks,
                                            const RulerNeeds& needs, std::stop_token stop) {
  const Contestant contestant = ruler_contestant();
  std::vector<std::vector<TrialRecord>> records(tasks.size());
  std::vector<TaskRuler> rulers(tasks.size());
  std::deque<Play> plays;
  for (std::size_t task = 0; task < tasks.size(); ++task) {
    records[task].resize(policies_of(*tasks[task]).size());
    for (std::size_t policy = 0; policy < records[task].size(); ++policy)
      plays.push_back({task, policy});
  }
  const int of = static_cast<int>(plays.size());
  std::vector<std::size_t> left(tasks.size());
  std::ranges::transform(records, left.begin(), [](const auto& of_task) { return of_task.size(); });
  int done = 0;
  std::mutex mutex;
  BudgetRule rule;
  rule.hard_stop = 1;

  WorkQueue<Play> queue(std::move(plays));
  run_threads(std::min(needs.concurrency, of), [&] {
    while (const auto play = queue.take(stop)) {
      const Task& task = *tasks[play->task];
      const std::string policy = policies_of(task)[play->policy];
      const std::uint64_t seed = trial_seed(kRulerSeed, task.name, 0);
      Waiter waiter(real_clock(), stop);
      TrialRecord record = run_trial(
          {.key = {contestant.name, task.name, 0},
           .task = task,
           .scaffold = needs.scaffold,
           .budget = make_budget(rule, task.expected_turns),
           .seed = seed,
           .request_seed = std::nullopt,
           .trial_header = trial_header(contestant, task.name, seed, kRulerSeed, 0, policy)},
          needs.stand_in, needs.sandboxes, waiter);
      const std::lock_guard lock(mutex);
      records[play->task][play->policy] = std::move(record);
      needs.on_progress(++done, of);
      if (--left[play->task] == 0 && !stop.stop_requested()) {
        rulers[play->task] = judge_ruler(task, std::exchange(records[play->task], {}));
        needs.on_task(rulers[play->task]);
      }
      queue.finish();
    }
  });
  if (stop.stop_requested()) return fail(Code::cancelled, "the ruler check was interrupted");
  return rulers;
}

std::string ruler_key(const Task& task, const Scaffold& scaffold, const std::string& sandbox_digest,
                      const CommandDigests& commands) {
  Hasher hasher;
  hasher.add("plumb.ruler/1").add(task.digest).add(scaffold.digest).add(sandbox_digest);
  for (const std::string& command : task.needs_commands) {
    const auto found = commands.find(command);
    hasher.add(command).add(found == commands.end() ? "" : found->second);
  }
  return hasher.hex();
}

Json to_json(const TaskRuler& ruler) {
  Json policies = Json::array();
  for (const PolicyRun& run : ruler.policies) {
    policies.push_back({{"policy", run.policy},
                        {"trivial", run.trivial},
                        {"outcome", outcome_name(run.outcome)},
                        {"reason", reason_name(run.reason)},
                        {"turns", run.turns},
                        {"seconds", run.seconds},
                        {"problem", run.problem}});
  }
  return {{"task", ruler.task},
          {"proven", ruler.proven()},
          {"cached", ruler.cached},
          {"problems", ruler.problems},
          {"policies", std::move(policies)}};
}

TaskRuler ruler_from_json(const Json& json) {
  TaskRuler ruler{.task = json_or(json, "task", "")};
  for (const Json& problem : json.value("problems", Json::array())) {
    if (problem.is_string()) ruler.problems.push_back(problem.get<std::string>());
  }
  for (const Json& run : json.value("policies", Json::array())) {
    ruler.policies.push_back(
        {.policy = json_or(run, "policy", ""),
         .trivial = json_or(run, "trivial", false),
         .outcome = outcome_from(json_or(run, "outcome", "")).value_or(Outcome::invalid),
         .reason = reason_from(json_or(run, "reason", "")).value_or(Reason::none),
         .turns = json_or(run, "turns", 0),
         .seconds = json_or(run, "seconds", 0.0),
         .problem = json_or(run, "problem", "")});
  }
  return ruler;
}

Json ruler_summary(const std::vector<TaskRuler>& rulers) {
  int proven = 0;
  int controls_failed = 0;
  bool cached = !rulers.empty();
  Json broken = Json::array();
  std::map<std::string, int> trivial_passes;
  for (const std::string& name : kTrivialControls) trivial_passes[name] = 0;
  for (const TaskRuler& ruler : rulers) {
    proven += ruler.proven() ? 1 : 0;
    cached = cached && ruler.cached;
    for (const std::string& problem : ruler.problems) {
      broken.push_back({{"task", ruler.task}, {"sentence", problem}});
    }
    for (const PolicyRun& run : ruler.policies) {
      const bool passed = run.outcome == Outcome::passed;
      if (run.policy != kOracle && !passed && run.problem.empty()) ++controls_failed;
      if (run.trivial && passed) ++trivial_passes[run.policy];
    }
  }
  Json trivial = Json::object();
  for (const auto& [name, passes] : trivial_passes) {
    trivial[name] =
        rulers.empty() ? 0.0 : static_cast<double>(passes) / static_cast<double>(rulers.size());
  }
  return {{"checked", true},
          {"cached", cached},
          {"proven", proven},
          {"of", rulers.size()},
          {"controls_failed", controls_failed},
          {"broken", std::move(broken)},
          {"trivial", std::move(trivial)}};
}

}  // namespace plumb
