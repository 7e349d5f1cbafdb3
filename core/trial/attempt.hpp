#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/schema/call_judge.hpp"
#include "core/task/live_task.hpp"
#include "core/trial/inquest.hpp"
#include "core/trial/judge.hpp"
#include "core/trial/loop.hpp"
#include "core/trial/transcript.hpp"

namespace plumb {

/// What the loop keeps while it runs: the conversation as it is sent back, the transcript as it is
/// stored, the clocks, and what repeats. The loop decides; this remembers. Belongs to the trial's
/// thread.
class Attempt {
 public:
  Attempt(const Trial& trial, Waiter& waiter);

  /// Opens the conversation: system prompt, filler where there is any, the task's prompt.
  void begin(const std::string& prompt);
  [[nodiscard]] ChatRequest request() const;

  void charge(const ChatCost& cost);
  /// Takes in an answer: history, transcript, counts, caps. The calls to be run: its own, or those
  /// that are rescued from its text.
  [[nodiscard]] std::vector<ToolCall> add_turn(const ChatResponse& response, const ChatCost& cost);
  void add_user(const std::string& text);
  void answer_malformed(const ToolCall& call, const CallJudgement& judgement);
  /// LoopEnd::looped when this call and its result came kSameCalls times in a row.
  [[nodiscard]] std::optional<LoopEnd> answer_result(const ToolCall& call, const Json& arguments,
                                                     const ToolResult& result, Duration took);
  /// Asks for evidence where an answer alone does not tell whose a spoilt call is.
  void hear_evidence(Endpoint& endpoint);
  /// Answers a valid call with a planted failure in the place of running it, where one is drawn.
  /// The call counts as valid. Graders see it as planted: it did nothing, but the model made it.
  [[nodiscard]] bool plant_failure(const ToolCall& call, const Json& arguments);
  void add_grading(const Result<Grade>& grade);

  /// Why there was no answer, as an end of the loop.
  [[nodiscard]] LoopEnd without_answer(const Fault& fault);
  /// Why no sandbox started, as an end of the loop.
  [[nodiscard]] LoopEnd without_sandbox(const Error& error);
  /// What an error of the sandbox or the task means for the trial.
  [[nodiscard]] LoopEnd lost(const Error& error);
  /// The last answer was cut because conversation and answer fill the window: no request with it
  /// could be sent.
  [[nodiscard]] bool window_is_full() const { return window_full_; }
  [[nodiscard]] bool too_many_malformed_turns() const {
    return malformed_turns_ >= kMalformedTurns;
  }

  /// What graders and next_user see: {final, turns, calls[{turn, tool, arguments, raw, result, ok,
  /// malformed, defect, planted}]}.
  [[nodiscard]] Json summary() const;
  /// Closes the books. Once.
  [[nodiscard]] TrialRecord end(LoopEnd end, Grading grading);

  [[nodiscard]] const Task& task() const { return trial_.task; }
  [[nodiscard]] const Meter& meter() const { return meter_; }
  [[nodiscard]] Instant now() const { return waiter_.now(); }

 private:
  void suspect(Defect defect, const ChatResponse& response, std::optional<LeakedCall> leak,
               std::size_t call, int turn);
  [[nodiscard]] InquestResult finding_on(const Suspect& suspect, Endpoint& endpoint);
  [[nodiscard]] std::vector<ToolCall> rescue(const LostCall& lost, Message& message) const;
  void add_lost(const LostCall& lost, const ChatResponse& response, bool rescued);
  [[nodiscard]] std::optional<Attribution> fatal_call(LoopEnd end) const;
  /// The prompt behind the filler that is asked for, which is noted in the record. Called when
  /// `messages_` holds all that stands before.
  [[nodiscard]] std::string with_background(const std::string& prompt);
  void answer(const ToolCall& call, const std::string& text, std::vector<Image> images = {});
  [[nodiscard]] double to_unix_ms(Instant at) const;

  const Trial& trial_;
  Waiter& waiter_;
  Instant started_;
  Meter meter_;
  Transcript transcript_;
  TrialRecord record_;
  CallLog log_;
  std::vector<Message> messages_;
  std::size_t asked_ = 0;  ///< messages that the last request carried
  ChatResponse last_;      ///< the last answer
  Duration last_took_{};
  std::size_t judged_ = 0;         ///< of the calls of the last answer
  std::vector<Suspect> suspects_;  ///< one for each kind of defect
  Json calls_ = Json::array();
  std::string final_;
  std::string sentence_;        ///< what went wrong last, for the verdict
  int malformed_turns_ = 0;     ///< in a row, the current one included
  bool malformed_now_ = false;  ///< the current turn has a malformed call
  bool window_full_ = false;    ///< the last answer was cut at the end of the window
  std::string last_call_;       ///< call and result, for telling loops
  int same_calls_ = 0;
};

}  // namespace plumb
