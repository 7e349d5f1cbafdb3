#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/waiter.hpp"
#include "core/endpoint/probe.hpp"

namespace plumb {

/// One question of a probe.
struct Question {
  std::vector<Message> messages;
  std::vector<ToolSpec> tools;
  std::int64_t max_tokens = 512;
};

/// How a probe talks to a server: one request at a time, with what was learnt about the server so
/// far. Not thread-safe, but for ask_from().
class ProbeTalk {
 public:
  ProbeTalk(const Contestant& contestant, const ProbeParts& parts, Waiter& waiter);

  /// One answer. A passing fault is tried once more.
  [[nodiscard]] ChatReply ask(const Question& question);
  [[nodiscard]] ChatReply ask(const std::string& text, std::int64_t max_tokens = 512);
  /// The same asked in another way, which is not kept.
  [[nodiscard]] ChatReply ask_as(const Contestant& variant, const Question& question);
  /// One attempt, from a thread of its own.
  [[nodiscard]] ChatReply ask_from(Waiter& waiter, const Question& question) const;

  /// The same without thinking, where that can be switched: for what takes long and does not depend
  /// on it.
  [[nodiscard]] ChatReply ask_quietly(const Question& question);
  /// From now on ask_quietly() asks in this way.
  void learn_quiet(const Contestant& variant);

  /// How the contestant is asked from now on.
  void learn(const Contestant& contestant);
  [[nodiscard]] const Contestant& contestant() const { return contestant_; }
  [[nodiscard]] Endpoint& endpoint() { return *endpoint_; }
  [[nodiscard]] Waiter& waiter() { return waiter_; }
  [[nodiscard]] const ProbeParts& parts() const { return parts_; }
  /// What the server's kind says about an error, in the words of any kind.
  [[nodiscard]] bool says(std::string_view what, const ChatReply& reply) const;
  /// Why no endpoint could be made, if it could not.
  [[nodiscard]] const Status& status() const { return status_; }

 private:
  [[nodiscard]] ChatRequest request_of(const Question& question) const;
  void note_rate(const ChatReply& reply, const Question& question);

  const ProbeParts& parts_;
  Waiter& waiter_;
  Contestant contestant_;
  std::unique_ptr<Endpoint> endpoint_;
  std::unique_ptr<Endpoint> quiet_;  ///< null: thinking cannot be switched off
  double slowest_tok_s_ = 0;         ///< of the answers so far; 0 before there was one
  Status status_;
};

/// Whether a reply is a server's refusal of this very request (and no outage).
[[nodiscard]] bool is_refusal(const ChatReply& reply);
/// "HTTP 400: ..." or the words of the answer, short enough for a sentence.
[[nodiscard]] std::string told(const ChatReply& reply);

}  // namespace plumb
