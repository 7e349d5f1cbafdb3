#include "core/endpoint/retry.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <random>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace plumb {
namespace {

/// So often the same internal error is the server's answer to the request.
constexpr int kSame500s = 3;
/// A loading server is looked at this often at least.
constexpr double kLoadingCapS = 5;

bool worth_another_try(const Fault& fault) {
  if (fault.unparsed) return false;
  switch (fault.kind) {
    case Fault::Kind::connect:
    case Fault::Kind::no_answer:
    case Fault::Kind::broken:
      return true;
    case Fault::Kind::http_status:
      return is_passing(fault.status);
    case Fault::Kind::stream_error:
      return !fault.deterministic;
    case Fault::Kind::not_a_stream:
    case Fault::Kind::cut_off:
    case Fault::Kind::cancelled:
      return false;
  }
  return false;
}

bool refuses_this_request(const Fault& fault) {
  return fault.kind == Fault::Kind::http_status && fault.status >= 400 && !is_passing(fault.status);
}

/// What the attempts of one request had in common.
class History {
 public:
  void add(const RequestAttempt& attempt) {
    const Fault& fault = attempt.answer.error();
    remember_bytes(fault);
    silences_ += attempt.fell_silent ? 1 : 0;
    const bool internal =
        fault.status == 500 || (fault.kind == Fault::Kind::stream_error && fault.status == 0);
    if (!internal || (count_ > 0 && fault.sentence != sentence_)) same_500_ = false;
    sentence_ = fault.sentence;
    ++count_;
  }
  void remember_bytes(const Fault& fault) {
    any_byte_ |= fault.any_byte;
    any_token_ |= fault.any_token;
  }
  void mark(Fault& fault) const {
    fault.any_byte |= any_byte_;
    fault.any_token |= any_token_;
    // One 500 may be an accident; the same one each time is the server's answer to these messages.
    fault.deterministic |= refuses_this_request(fault) || (same_500_ && count_ > 1);
  }
  [[nodiscard]] int count() const { return count_; }
  [[nodiscard]] bool same_500_each_time() const { return same_500_; }
  [[nodiscard]] int silences() const { return silences_; }

 private:
  int count_ = 0;
  int silences_ = 0;
  bool any_byte_ = false;
  bool any_token_ = false;
  bool same_500_ = true;
  std::string sentence_;
};

/// How long to wait before the next attempt; nothing when there is to be none (`why` then says it).
std::optional<Duration> next_wait(const RetryPolicy& policy, const RequestAttempt& failed,
                                  const History& history, Duration spent, std::string& why) {
  if (!worth_another_try(failed.answer.error())) return std::nullopt;
  if (history.count() >= policy.attempts) {
    if (policy.attempts > 1) why = fmt::format("gave up after {} attempts", history.count());
    return std::nullopt;
  }
  if (history.same_500_each_time() && history.count() >= kSame500s) {
    why = fmt::format("gave up: the same error {} times", kSame500s);
    return std::nullopt;
  }
  if (failed.fell_silent && history.silences() > 1) {
    why = "gave up: it fell silent twice";
    return std::nullopt;
  }
  const auto asked = failed.retry_after.value_or(Duration::zero());
  if (asked > policy.longest_retry_after) {
    why = fmt::format("gave up: the server asks to come back in {}, and Plumbline waits {} at most",
                      human_seconds(to_seconds(asked)),
                      human_seconds(to_seconds(policy.longest_retry_after)));
    return std::nullopt;
  }
  const double grown = to_seconds(policy.base) * std::ldexp(1.0, std::min(history.count() - 1, 30));
  const double backoff = policy.random() * std::min(grown, to_seconds(policy.cap));
  // The jitter comes on top of what the server asked for: else all who were told the same come back
  // at once.
  const Duration wait = asked + from_seconds(backoff);
  if (spent + wait > policy.longest) {
    why = fmt::format("gave up: trying again would take more than {} in all",
                      human_seconds(to_seconds(policy.longest)));
    return std::nullopt;
  }
  return wait;
}

/// The time that went into waiting for one request's server to load its model.
class Loading {
 public:
  explicit Loading(const RetryPolicy& policy) : policy_(policy) {}

  /// As next_wait().
  std::optional<Duration> next_wait(const RequestAttempt& failed, std::string& why) {
    const Duration left = policy_.loading_patience - spent_;
    if (left <= Duration::zero()) {
      why = fmt::format("gave up: it was still loading after {}",
                        human_seconds(to_seconds(policy_.loading_patience)));
      return std::nullopt;
    }
    const double grown = to_seconds(policy_.base) * std::ldexp(1.0, std::min(rounds_++, 30));
    const double backoff = (0.5 + 0.5 * policy_.random()) * std::min(grown, kLoadingCapS);
    const Duration asked = failed.retry_after.value_or(Duration::zero());
    const Duration wait = std::min(std::max(asked, from_seconds(backoff)), left);
    spent_ += wait;
    return wait;
  }
  [[nodiscard]] bool begun() const { return rounds_ > 0; }
  [[nodiscard]] Duration spent() const { return spent_; }

 private:
  const RetryPolicy& policy_;
  Duration spent_{};
  int rounds_ = 0;
};

}  // namespace

RandomUnit real_random() {
  return [] {
    thread_local std::mt19937_64 generator{std::random_device{}()};
    return std::uniform_real_distribution<double>(0.0, 1.0)(generator);
  };
}

bool is_passing(int status) {
  constexpr std::array kOf4xx = {408, 425, 429};
  if (status < 500) return std::ranges::find(kOf4xx, status) != kOf4xx.end();
  return status <= 599 && status != 501 && status != 505;
}

ChatReply with_retries(const RetryPolicy& policy, Waiter& waiter,
                       const std::function<RequestAttempt()>& attempt) {
  const Instant begun = waiter.now();
  History history;
  Loading loading(policy);
  ChatCost cost;
  const auto close = [&](std::expected<ChatResponse, Fault> answer, Duration in_flight) {
    cost.in_flight = in_flight;
    cost.waited = std::max(Duration::zero(), waiter.now() - begun - in_flight);
    if (!answer) history.mark(answer.error());
    return ChatReply{std::move(answer), std::move(cost)};
  };
  while (true) {
    RequestAttempt tried = attempt();
    const bool loads = !tried.answer && tried.answer.error().loading;
    cost.attempts += loads ? 0 : 1;
    if (tried.answer) return close(std::move(tried.answer), tried.in_flight);
    Fault& fault = tried.answer.error();
    const bool model_wrote = fault.kind == Fault::Kind::cut_off || fault.unparsed;
    if (model_wrote) return close(std::move(tried.answer), tried.in_flight);
    if (fault.kind == Fault::Kind::cancelled) return close(std::move(tried.answer), {});
    cost.broken_calls += fault.partial.message.calls.empty() ? 0 : 1;
    if (!loads || !loading.begun()) cost.faults.push_back(fault.sentence);
    std::string why;
    std::optional<Duration> wait;
    if (loads) {
      history.remember_bytes(fault);
      wait = loading.next_wait(tried, why);
    } else {
      history.add(tried);
      wait = next_wait(policy, tried, history, waiter.now() - begun - loading.spent(), why);
    }
    if (!wait) {
      if (!why.empty()) fault.sentence += "; " + why;
      return close(std::move(tried.answer), {});
    }
    const auto end = waiter.wait([] { return false; }, after(waiter.now(), *wait));
    if (end == Waiter::End::stopped) {
      return close(std::unexpected(Fault{
                       .kind = Fault::Kind::cancelled,
                       .sentence = "stopped while waiting to try again after: " + fault.sentence}),
                   {});
    }
  }
}

std::optional<Duration> parse_retry_after(std::string_view value, std::int64_t now_unix_ms) {
  const std::string text(trimmed(value));
  if (const auto seconds = parse_number(text)) {
    if (*seconds < 0) return std::nullopt;
    return from_seconds(*seconds);
  }
  for (const char* format :
       {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"}) {
    std::tm parts{};
    const char* const end = strptime(text.c_str(), format, &parts);
    if (end == nullptr || *end != '\0') continue;
    const double left =
        static_cast<double>(timegm(&parts)) - static_cast<double>(now_unix_ms) / 1e3;
    return from_seconds(std::max(left, 0.0));
  }
  return std::nullopt;
}

}  // namespace plumb
