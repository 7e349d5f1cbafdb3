#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string_view>

#include "core/endpoint/endpoint.hpp"

namespace plumb {

/// Numbers in [0, 1). Called from any thread.
using RandomUnit = std::function<double()>;
/// Seeded from the operating system, one generator for each thread.
[[nodiscard]] RandomUnit real_random();

struct RetryPolicy {
  int attempts = 3;  ///< the first one included
  Duration base =
      std::chrono::milliseconds(500);       ///< backoff is random() * base * 2^k, k = 0, 1, ...
  Duration cap = std::chrono::seconds(20);  ///< of one backoff
  Duration longest_retry_after =
      std::chrono::seconds(60);  ///< a server that asks for more is given up
  Duration longest =
      std::chrono::minutes(10);  ///< from the first attempt to the begin of the last one
  Duration loading_patience = kLoadingPatience;  ///< all told, beside `longest`
  RandomUnit random = real_random();
};

/// What one attempt came to.
struct RequestAttempt {
  std::expected<ChatResponse, Fault> answer;
  Duration in_flight{};  ///< from the request's last byte handed over until it ended
  std::optional<Duration> retry_after;
  bool fell_silent = false;  ///< an idle timeout ended it
};

/// Whether an error status may be another one next time: 408, 425, 429 and all 5xx but 501 and 505,
/// which say what the server cannot do.
[[nodiscard]] bool is_passing(int status);

/// Makes attempts until one answers, the request is refused for good, or the policy is used up.
/// Connection faults, broken streams, no answer and what is_passing() (as a status or inside a
/// stream) are tried again; an idle timeout once only. A server that loads its model is
/// waited for, which is no attempt. What the server could not read is not asked for again. Waits
/// between attempts end with the waiter's stop.
///
/// Failed attempts are never charged, so each attempt may use the whole of what the trial allows
/// for its answer.
[[nodiscard]] ChatReply with_retries(const RetryPolicy& policy, Waiter& waiter,
                                     const std::function<RequestAttempt()>& attempt);

/// The value of a Retry-After header: seconds or an HTTP date (RFC 9110, section 10.2.3). A date
/// that has passed is zero; anything else is nothing.
[[nodiscard]] std::optional<Duration> parse_retry_after(std::string_view value,
                                                        std::int64_t now_unix_ms);

}  // namespace plumb
