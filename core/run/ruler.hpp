#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "core/endpoint/contestant.hpp"
#include "core/endpoint/endpoint.hpp"
#include "core/run/survey.hpp"
#include "core/sandbox/sandbox.hpp"
#include "core/task/task.hpp"
#include "core/trial/record.hpp"
#include "core/trial/scaffold.hpp"

namespace plumb {

/// One policy played through the whole real path.
struct PolicyRun {
  std::string policy;
  bool trivial = false;
  Outcome outcome = Outcome::invalid;
  Reason reason = Reason::none;
  int turns = 0;
  double seconds = 0;
  std::string problem;  ///< why this breaks the ruler; "" when it does not
};

/// What the ruler check found about one task.
struct TaskRuler {
  std::string task;
  std::vector<PolicyRun> policies;    ///< oracle first, then own controls, then trivial ones
  std::vector<std::string> problems;  ///< sentences; none = the ruler is proven
  bool cached = false;
  [[nodiscard]] bool proven() const { return problems.empty(); }
};
[[nodiscard]] Json to_json(const TaskRuler& ruler);
[[nodiscard]] TaskRuler ruler_from_json(const Json& json);

/// Judges what the policies of a task came to. Pure. `records` in the order of policies_of(task).
[[nodiscard]] TaskRuler judge_ruler(const Task& task, const std::vector<TrialRecord>& records);
/// "oracle", the own controls, the trivial ones.
[[nodiscard]] std::vector<std::string> policies_of(const Task& task);

/// The stand-in that plays the policies of a ruler check: make its endpoint with the tasks to
/// check.
[[nodiscard]] Contestant ruler_contestant();

struct RulerNeeds {
  Endpoint& stand_in;  ///< a stand-in that plays the policy it is told
  SandboxFactory& sandboxes;
  const Scaffold& scaffold;
  int concurrency = 4;
  std::function<void(int done, int of)> on_progress = [](int, int) {};
  /// Hears of each task as soon as all of its policies were played; one call at a time.
  std::function<void(const TaskRuler&)> on_task = [](const TaskRuler&) {};
};

/// Plays every policy of every task in a sandbox of its own. In the order of `tasks`.
/// Code::cancelled on a stop.
[[nodiscard]] Result<std::vector<TaskRuler>> check_rulers(
    const std::vector<std::shared_ptr<const Task>>& tasks, const RulerNeeds& needs,
    std::stop_token stop);

/// What a stored ruler check depends on: task, scaffold, sandbox, commands.
[[nodiscard]] std::string ruler_key(const Task& task, const Scaffold& scaffold,
                                    const std::string& sandbox_digest,
                                    const CommandDigests& commands);

/// The facts that a run keeps: {checked, cached, proven, of, controls_failed, broken[{task,
/// sentence}], trivial{name: rate}}.
[[nodiscard]] Json ruler_summary(const std::vector<TaskRuler>& rulers);

}  // namespace plumb
