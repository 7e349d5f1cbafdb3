#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/schema/defect.hpp"
#include "core/trial/budget.hpp"
#include "core/trial/verdict.hpp"

namespace plumb {

/// Why the loop ended.
enum class LoopEnd {
  answered,         ///< the model answered without a call
  empty_answer,     ///< a stream ended properly without a token
  cut_short,        ///< the answer was cut by a token limit (the server's or ours): no final answer
  refused,          ///< the API's own field says so
  hard_stop,        ///< a hard-stop limit was reached
  malformed_calls,  ///< kMalformedTurns turns in a row with a malformed call
  looped,           ///< kSameCalls identical calls with identical results
  /// The server refuses, for good, a request that carries a turn of the model's, or cannot read
  /// what the model wrote.
  server_rejected,
  context_full,  ///< the conversation, or the last answer in it, outgrew the server's window
  // Below: nobody's work is judged, the trial is invalid.
  never_reached,
  endpoint_error,
  sandbox_error,
  task_error,
  interrupted,
};
[[nodiscard]] const char* loop_end_name(LoopEnd end);
/// Whether the end says something about the model, so that its work is graded.
[[nodiscard]] bool is_graded(LoopEnd end);

inline constexpr int kMalformedTurns = 3;
inline constexpr int kSameCalls = 5;

/// Two gradings of one end state.
struct Grading {
  Grade first;
  Grade second;
  std::optional<Error> error;  ///< of either
};

/// All that a verdict rests on.
struct Evidence {
  LoopEnd end = LoopEnd::interrupted;
  std::string sentence;             ///< what happened, where the end alone does not say
  std::optional<Reason> first_cap;  ///< the budget limit that was passed first
  bool reached_turn_stop = false;   ///< at a hard stop without a first cap: which limit it was
  bool reached_token_stop = false;
  bool has_tools = true;
  int run_calls = 0;     ///< as the model made them, or rescued
  int spoilt_calls = 0;  ///< those that were rescued included
  int retries = 0;
  /// Whose the spoilt call is on which the trial ended: one that came as text or in the reasoning,
  /// that was swallowed, that the server could not read, or that was malformed; `sentence` says
  /// which.
  std::optional<Attribution> fatal_call;
  Grading grading;
};

/// The verdict, by the precedence of DESIGN.md section 6. Pure.
[[nodiscard]] Verdict judge(const Evidence& evidence);

}  // namespace plumb
