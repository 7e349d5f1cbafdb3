#include "core/endpoint/in_flight.hpp"

#include <algorithm>

namespace plumb {
namespace {

class Counted final : public Endpoint {
 public:
  Counted(Endpoint& endpoint, InFlight& in_flight) : endpoint_(endpoint), in_flight_(in_flight) {}

  ChatReply chat(const ChatRequest& request, Waiter& waiter) override {
    ChatRequest watched = request;
    watched.on_attempt = [&](bool begins) {
      in_flight_.attempt(begins);
      if (request.on_attempt) request.on_attempt(begins);
    };
    ChatReply reply = endpoint_.chat(watched, waiter);
    if (reply.answer) {
      const ChatResponse& answer = *reply.answer;
      in_flight_.end(answer.times.sent, answer.times.ended, answer.usage.completion_tokens);
    } else {
      in_flight_.end_without_answer();
    }
    return reply;
  }
  std::expected<std::optional<RawCompletion>, Fault> complete_raw(const ChatRequest& request,
                                                                  Waiter& waiter) override {
    // The server counts the tokens of a completion wherever it was asked for.
    const Instant sent = waiter.now();
    in_flight_.attempt(true);
    auto raw = endpoint_.complete_raw(request, waiter);
    in_flight_.attempt(false);
    if (!raw) {
      in_flight_.end_without_answer();
    } else if (*raw) {
      in_flight_.end(sent, waiter.now(), (*raw)->usage.completion_tokens);
    }
    return raw;
  }
  std::expected<std::vector<ServedModel>, Fault> models(Waiter& waiter) override {
    return endpoint_.models(waiter);
  }
  std::expected<PlainReply, Fault> fetch(const PlainRequest& request, Waiter& waiter) override {
    return endpoint_.fetch(request, waiter);
  }
  std::string without_secrets(std::string text) const override {
    return endpoint_.without_secrets(std::move(text));
  }

 private:
  Endpoint& endpoint_;
  InFlight& in_flight_;
};

}  // namespace

std::optional<double> ClientFigures::tok_s() const {
  if (completion_tokens == 0 || busy_s <= 0) return std::nullopt;
  return static_cast<double>(completion_tokens) / busy_s;
}

void InFlight::attempt(bool begins) {
  const std::lock_guard lock(mutex_);
  now_ += begins ? 1 : -1;
}

void InFlight::end(Instant sent, Instant ended, std::optional<std::int64_t> completion_tokens) {
  const std::lock_guard lock(mutex_);
  ++figures_.answers;
  figures_.completion_tokens += completion_tokens.value_or(0);
  if (!completion_tokens) ++figures_.uncounted;
  if (ended <= sent) return;
  request_time_ += ended - sent;
  // Takes in every span that it touches.
  auto at = busy_.upper_bound(sent);
  if (at != busy_.begin() && std::prev(at)->second >= sent) --at;
  while (at != busy_.end() && at->first <= ended) {
    sent = std::min(sent, at->first);
    ended = std::max(ended, at->second);
    at = busy_.erase(at);
  }
  busy_.emplace(sent, ended);
}

void InFlight::end_without_answer() {
  const std::lock_guard lock(mutex_);
  ++figures_.uncounted;
}

int InFlight::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

ClientFigures InFlight::figures() const {
  const std::lock_guard lock(mutex_);
  ClientFigures figures = figures_;
  Duration busy{};
  for (const auto& [start, end] : busy_) busy += end - start;
  figures.busy_s = to_seconds(busy);
  if (figures.busy_s > 0) figures.mean_in_flight = to_seconds(request_time_) / figures.busy_s;
  return figures;
}

std::unique_ptr<Endpoint> counted(Endpoint& endpoint, InFlight& in_flight) {
  return std::make_unique<Counted>(endpoint, in_flight);
}

}  // namespace plumb
