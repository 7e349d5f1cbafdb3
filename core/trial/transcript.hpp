#pragma once

#include <string>

#include "core/base/json.hpp"
#include "core/schema/call_judge.hpp"
#include "core/wire/message.hpp"

namespace plumb {

/// A trial's events in order, as they are stored and shown. Each is an object with a `type` and
/// `at_s` (seconds since the trial began, on the wall clock):
/// - assistant: turn, text, reasoning, calls[{id, name, arguments}], finish, finish_as_sent,
///   lost_call, rescued[{id, name, arguments}], tokens, prompt_tokens, ttft_ms, seconds, waited_s,
///   faults[]
/// - tool: turn, call, name, text, ok, defect (null unless the call was malformed), seconds
/// - user: text, a follow-up of next_user
/// - fault: kind, status, sentence, any_token, partial_text; a request that got no answer
/// - end: why, sentence; why the loop ended
/// - grade: checks[{name, holds, must_not, detail}] and points, or error; twice
/// - evidence: turn, defect, attribution, sentence; what the same request, sent again, tells
/// - note: text
class Transcript {
 public:
  explicit Transcript(const Clock& clock) : clock_(clock), start_(clock.now()) {}
  /// Adds `at_s` and appends. Bytes that are no UTF-8 are replaced when the event is written out.
  void add(const char* type, Json event);
  [[nodiscard]] const Json& events() const { return events_; }
  [[nodiscard]] Json take() { return std::move(events_); }

 private:
  const Clock& clock_;
  Instant start_;
  Json events_ = Json::array();
};

}  // namespace plumb
