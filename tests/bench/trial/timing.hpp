// The seams of a trial, wrapped: while it runs, exactly one part is on the clock, so the parts add
// up to the whole. Nothing of this is in the product.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/base/clock.hpp"
#include "core/endpoint/endpoint.hpp"
#include "core/sandbox/sandbox.hpp"

namespace plumb::bench {

enum class Part { start, open, request, tools, grade, end, save, rest };
inline constexpr std::size_t kParts = 8;
inline constexpr std::array<const char*, kParts> kPartNames = {"sandbox start",
                                                               "task opened, files copied, setup",
                                                               "requests (wire and stand-in)",
                                                               "tool calls, and the loop",
                                                               "kill, grade twice",
                                                               "sandbox end",
                                                               "save, until durable",
                                                               "rest"};

/// The time of one trial, by part; belongs to the trial's thread.
class PartClock {
 public:
  void enter(Part part) {
    const Instant now = real_clock().now();
    spent_[static_cast<std::size_t>(current_)] += now - since_;
    current_ = part;
    since_ = now;
  }
  /// Time of the current part that went by inside a call to the sandbox.
  void add_inside(Duration duration) { inside_[static_cast<std::size_t>(current_)] += duration; }

  [[nodiscard]] double spent_ms(std::size_t part) const { return to_ms(spent_[part]); }
  [[nodiscard]] double inside_ms(std::size_t part) const { return to_ms(inside_[part]); }

 private:
  std::array<Duration, kParts> spent_{};
  std::array<Duration, kParts> inside_{};
  Part current_ = Part::rest;
  Instant since_ = real_clock().now();
};

class TimedSandbox : public Sandbox {
 public:
  TimedSandbox(std::unique_ptr<Sandbox> inner, PartClock& clock)
      : inner_(std::move(inner)), clock_(clock) {}
  TimedSandbox(const TimedSandbox&) = delete;
  TimedSandbox& operator=(const TimedSandbox&) = delete;
  ~TimedSandbox() override {
    clock_.enter(Part::end);
    inner_.reset();
    clock_.enter(Part::rest);
  }

  Result<ExecResult> exec(const ExecRequest& request) override {
    return timed([&] { return inner_->exec(request); });
  }
  Result<std::string> read(const std::string& path, std::size_t max_bytes) override {
    return timed([&] { return inner_->read(path, max_bytes); });
  }
  Status write(const std::string& path, std::string_view bytes, unsigned mode) override {
    return timed([&] { return inner_->write(path, bytes, mode); });
  }
  Status remove(const std::string& path) override {
    return timed([&] { return inner_->remove(path); });
  }
  Result<std::vector<DirEntry>> list(const std::string& path, bool recursive,
                                     std::size_t most) override {
    return timed([&] { return inner_->list(path, recursive, most); });
  }
  Status listen(const std::string& address, int port, ConnectionHandler& handler) override {
    return timed([&] { return inner_->listen(address, port, handler); });
  }
  /// The loop kills first, then grades.
  Status kill_all() override {
    clock_.enter(Part::grade);
    return timed([&] { return inner_->kill_all(); });
  }

 private:
  template <class Call>
  std::invoke_result_t<const Call&> timed(const Call& call) {
    const Instant begun = real_clock().now();
    auto result = call();
    clock_.add_inside(real_clock().now() - begun);
    return result;
  }

  std::unique_ptr<Sandbox> inner_;
  PartClock& clock_;
};

class TimedSandboxes : public SandboxFactory {
 public:
  TimedSandboxes(SandboxFactory& inner, PartClock& clock) : inner_(inner), clock_(clock) {}

  Result<std::unique_ptr<Sandbox>> start(Waiter& waiter) override {
    clock_.enter(Part::start);
    auto sandbox = inner_.start(waiter);
    clock_.enter(Part::open);
    if (!sandbox) return sandbox;
    return std::make_unique<TimedSandbox>(std::move(*sandbox), clock_);
  }
  [[nodiscard]] const std::string& name() const override { return inner_.name(); }
  [[nodiscard]] bool isolates() const override { return inner_.isolates(); }
  [[nodiscard]] const std::string& digest() const override { return inner_.digest(); }

 private:
  SandboxFactory& inner_;
  PartClock& clock_;
};

class TimedEndpoint : public Endpoint {
 public:
  TimedEndpoint(Endpoint& inner, PartClock& clock) : inner_(inner), clock_(clock) {}

  ChatReply chat(const ChatRequest& request, Waiter& waiter) override {
    clock_.enter(Part::request);
    ChatReply reply = inner_.chat(request, waiter);
    clock_.enter(Part::tools);
    return reply;
  }
  std::expected<std::vector<ServedModel>, Fault> models(Waiter& waiter) override {
    return inner_.models(waiter);
  }
  std::expected<PlainReply, Fault> fetch(const PlainRequest& request, Waiter& waiter) override {
    return inner_.fetch(request, waiter);
  }

 private:
  Endpoint& inner_;
  PartClock& clock_;
};

}  // namespace plumb::bench
