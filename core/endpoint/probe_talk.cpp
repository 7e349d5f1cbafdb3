#include "core/endpoint/probe_talk.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/endpoint/probe_together.hpp"

namespace plumb {
namespace {

constexpr double kLeastPatience = 120;  ///< seconds for an answer
constexpr double kMostPatience = 900;
constexpr std::int64_t kShortAnswer = 256;  ///< fits beside any prompt of these questions

ChatReply nobody(const Error& error) {
  return {.answer = std::unexpected(Fault{.sentence = full_sentence(error)}), .cost = {}};
}

}  // namespace

ProbeTalk::ProbeTalk(const Contestant& contestant, const ProbeParts& parts, Waiter& waiter)
    : parts_(parts), waiter_(waiter) {
  Contestant once = contestant;
  once.attempts = 1;  // a refusal is an answer here, and is not to be asked for three times
  learn(once);
}

void ProbeTalk::learn(const Contestant& contestant) {
  contestant_ = contestant;
  auto made = parts_.make_endpoint(contestant_);
  if (made) {
    endpoint_ = std::move(*made);
  } else {
    status_ = std::unexpected(made.error());
  }
}

ChatRequest ProbeTalk::request_of(const Question& question) const {
  double patience = kLeastPatience;
  if (slowest_tok_s_ > 0) {
    patience += 1.5 * static_cast<double>(question.max_tokens) / slowest_tok_s_;
  }
  return {.messages = question.messages,
          .tools = question.tools,
          .max_tokens = question.max_tokens,
          .seed = std::nullopt,
          .trial_header = "",
          .allowed = from_seconds(std::min(patience, kMostPatience))};
}

void ProbeTalk::note_rate(const ChatReply& reply, const Question& question) {
  const auto figures = figures_of(reply, question);
  const double wall_s = figures ? to_seconds(figures->ended - figures->sent) : 0;
  if (wall_s <= 0) return;
  const double rate = static_cast<double>(figures->tokens) / wall_s;
  slowest_tok_s_ = slowest_tok_s_ > 0 ? std::min(slowest_tok_s_, rate) : rate;
}

ChatReply ProbeTalk::ask(const Question& question) {
  ChatReply reply = endpoint_->chat(request_of(question), waiter_);
  note_rate(reply, question);
  if (reply.answer || waiter_.stopped()) return reply;
  // Some servers count the room for the answer against the window.
  if (says("context_full", reply) && question.max_tokens > kShortAnswer) {
    Question shorter = question;
    shorter.max_tokens = kShortAnswer;
    return endpoint_->chat(request_of(shorter), waiter_);
  }
  const bool used_up = reply.answer.error().kind == Fault::Kind::cut_off;
  if (is_refusal(reply) || used_up) return reply;
  return endpoint_->chat(request_of(question), waiter_);
}

ChatReply ProbeTalk::ask(const std::string& text, std::int64_t max_tokens) {
  return ask(
      {.messages = {{.role = Role::user, .text = text}}, .tools = {}, .max_tokens = max_tokens});
}

ChatReply ProbeTalk::ask_quietly(const Question& question) {
  return quiet_ ? quiet_->chat(request_of(question), waiter_) : ask(question);
}

void ProbeTalk::learn_quiet(const Contestant& variant) {
  if (auto made = parts_.make_endpoint(variant)) quiet_ = std::move(*made);
}

ChatReply ProbeTalk::ask_as(const Contestant& variant, const Question& question) {
  const auto endpoint = parts_.make_endpoint(variant);
  if (!endpoint) return nobody(endpoint.error());
  return (*endpoint)->chat(request_of(question), waiter_);
}

ChatReply ProbeTalk::ask_from(Waiter& waiter, const Question& question) const {
  return endpoint_->chat(request_of(question), waiter);
}

bool ProbeTalk::says(std::string_view what, const ChatReply& reply) const {
  return !reply.answer && parts_.servers.says(what, reply.answer.error().sentence);
}

bool is_refusal(const ChatReply& reply) {
  if (reply.answer) return false;
  const Fault& fault = reply.answer.error();
  const bool about_it =
      fault.kind == Fault::Kind::http_status || fault.kind == Fault::Kind::stream_error;
  // Some servers answer 500 to what they do not like.
  return about_it && (fault.deterministic || fault.status == 500);
}

std::string told(const ChatReply& reply) {
  constexpr std::size_t kMost = 160;
  if (!reply.answer) {
    // The address is at the top of the card already.
    const std::string& sentence = reply.answer.error().sentence;
    const auto status = sentence.find("HTTP ");
    return shortened(status == std::string::npos ? sentence : sentence.substr(status), kMost);
  }
  const ChatResponse& response = *reply.answer;
  if (!response.message.calls.empty())
    return "a call of " + shortened(response.message.calls.front().name, 60);
  if (response.message.text.empty()) return "nothing";
  return '"' + shortened(printable(trimmed(response.message.text)), kMost) + '"';
}

}  // namespace plumb
