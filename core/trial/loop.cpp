#include "core/trial/loop.hpp"

#include "core/task/live_task.hpp"
#include "core/trial/attempt.hpp"

namespace plumb {
namespace {

/// One call: judged strictly on the bytes the model sent, then run, then answered. Nothing is
/// repaired.
std::optional<LoopEnd> answer_call(Attempt& attempt, LiveTask& task, const ToolCall& call,
                                   bool is_cut) {
  const CallJudgement judgement = attempt.task().judge->judge(call, is_cut);
  if (judgement.defect) {
    attempt.answer_malformed(call, judgement);
    return std::nullopt;
  }
  if (attempt.plant_failure(call, judgement.arguments)) return std::nullopt;
  const Instant start = attempt.now();
  const auto result = task.call_tool(call.name, judgement.arguments, attempt.meter().left());
  if (!result) return attempt.lost(result.error());
  return attempt.answer_result(call, judgement.arguments, *result, attempt.now() - start);
}

/// The agent loop: ask, run the calls of the answer, ask again, until the model answers without a
/// call or must stop.
LoopEnd converse(Attempt& attempt, LiveTask& task, Endpoint& endpoint, Waiter& waiter) {
  while (true) {
    const ChatReply reply = endpoint.chat(attempt.request(), waiter);
    attempt.charge(reply.cost);
    if (!reply.answer) return attempt.without_answer(reply.answer.error());

    const ChatResponse& response = *reply.answer;
    const std::vector<ToolCall> calls = attempt.add_turn(response, reply.cost);
    if (response.finish == Finish::refused) return LoopEnd::refused;
    if (attempt.window_is_full()) return LoopEnd::context_full;
    const bool truncated = response.finish == Finish::length;
    if (!response.has_token()) return truncated ? LoopEnd::cut_short : LoopEnd::empty_answer;

    for (const ToolCall& call : calls) {
      if (attempt.meter().left() <= Duration::zero()) return LoopEnd::hard_stop;
      // The cut is behind the last call.
      const bool is_cut = truncated && &call == &calls.back();
      if (const auto end = answer_call(attempt, task, call, is_cut)) return *end;
      if (waiter.stopped()) return LoopEnd::interrupted;
    }
    if (calls.empty() || attempt.task().single_answer) {
      if (truncated) return LoopEnd::cut_short;
      if (attempt.task().single_answer) return LoopEnd::answered;
      const auto more = task.next_user(attempt.summary());
      if (!more) return attempt.lost(more.error());
      if (!*more) return LoopEnd::answered;
      attempt.add_user(**more);
    }
    if (attempt.too_many_malformed_turns()) return LoopEnd::malformed_calls;
    if (attempt.meter().must_stop()) return LoopEnd::hard_stop;
  }
}

/// Grades the end state twice, after every process of the agent is gone.
Grading grade(Attempt& attempt, LiveTask& task) {
  Grading grading;
  if (!attempt.task().keep_processes) {
    if (const Status killed = task.sandbox().kill_all(); !killed) grading.error = killed.error();
  }
  const Json summary = attempt.summary();
  for (Grade* const grade : {&grading.first, &grading.second}) {
    if (grading.error) break;
    auto result = task.grade(summary);
    attempt.add_grading(result);
    if (result) {
      *grade = std::move(*result);
    } else {
      grading.error = result.error();
    }
  }
  return grading;
}

}  // namespace

TrialRecord run_trial(const Trial& trial, Endpoint& endpoint, SandboxFactory& sandboxes,
                      Waiter& waiter) {
  Attempt attempt(trial, waiter);
  auto sandbox = sandboxes.start(waiter);
  if (!sandbox) return attempt.end(attempt.without_sandbox(sandbox.error()), {});
  const auto task = LiveTask::open(trial.task, std::move(*sandbox), trial.seed);
  if (!task) return attempt.end(attempt.lost(task.error()), {});

  attempt.begin((*task)->prompt());
  const LoopEnd end = converse(attempt, **task, endpoint, waiter);
  Grading grading = is_graded(end) ? grade(attempt, **task) : Grading{};
  attempt.hear_evidence(endpoint);
  return attempt.end(end, std::move(grading));
}

}  // namespace plumb
