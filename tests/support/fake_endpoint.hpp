#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/endpoint/endpoint.hpp"

namespace plumb::test {

/// What a request looked like.
struct SeenRequest {
  std::vector<Message> messages;
  std::optional<std::int64_t> seed;
  std::string trial_header;
  Duration allowed{};
  Duration loading_patience{};
  bool streamed = true;
};

inline ChatReply reply_of(ChatResponse response, Duration in_flight = std::chrono::seconds(1)) {
  response.message.role = Role::assistant;
  if (!response.usage.completion_tokens) response.usage.completion_tokens = 10;
  ChatReply reply{.answer = std::move(response), .cost = {.in_flight = in_flight, .attempts = 1}};
  return reply;
}
inline ChatReply text(const std::string& words, Duration in_flight = std::chrono::seconds(1)) {
  return reply_of({.message = {.text = words}, .finish = Finish::stop}, in_flight);
}
inline ChatReply calls(std::vector<ToolCall> made, Duration in_flight = std::chrono::seconds(1)) {
  return reply_of({.message = {.calls = std::move(made)}, .finish = Finish::tool_calls}, in_flight);
}
inline ChatReply call(const std::string& tool, const std::string& arguments,
                      Duration in_flight = std::chrono::seconds(1)) {
  return calls({{.id = "c1", .name = tool, .arguments = arguments}}, in_flight);
}
inline ChatReply fault(Fault fault, Duration in_flight = Duration::zero()) {
  ChatReply reply{.answer = std::unexpected(std::move(fault)),
                  .cost = {.in_flight = in_flight, .attempts = 1}};
  return reply;
}

/// Answers with what it was given, in order, and with its last answer from then on. Thread-safe.
class FakeEndpoint : public Endpoint {
 public:
  explicit FakeEndpoint(std::vector<ChatReply> replies = {})
      : replies_(replies.begin(), replies.end()) {}

  ChatReply chat(const ChatRequest& request, Waiter&) override {
    const std::lock_guard lock(mutex_);
    seen.push_back({{request.messages.begin(), request.messages.end()},
                    request.seed,
                    request.trial_header,
                    request.allowed,
                    request.loading_patience,
                    request.streamed});
    if (on_chat) on_chat();
    ChatReply reply = replies_.front();
    if (replies_.size() > 1) replies_.pop_front();
    return reply;
  }
  std::expected<std::vector<ServedModel>, Fault> models(Waiter&) override {
    const std::lock_guard lock(mutex_);
    ++models_asked;
    return on_models ? on_models() : std::vector<ServedModel>{};
  }
  std::expected<PlainReply, Fault> fetch(const PlainRequest& request, Waiter&) override {
    const std::lock_guard lock(mutex_);
    return on_fetch ? on_fetch(request) : PlainReply{.status = 404};
  }

  std::vector<SeenRequest> seen;
  int models_asked = 0;
  std::function<void()> on_chat;
  std::function<std::expected<std::vector<ServedModel>, Fault>()> on_models;
  std::function<std::expected<PlainReply, Fault>(const PlainRequest&)> on_fetch;

 private:
  std::mutex mutex_;
  std::deque<ChatReply> replies_;
};

}  // namespace plumb::test
