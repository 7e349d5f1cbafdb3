#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "core/endpoint/endpoint.hpp"

namespace plumb {

/// Throughput as the client saw it.
struct ClientFigures {
  std::int64_t answers = 0;
  std::int64_t uncounted = 0;  ///< requests that ended without a count of their tokens
  std::int64_t completion_tokens = 0;
  double busy_s = 0;          ///< the time in which at least one answered request was in flight
  double mean_in_flight = 0;  ///< over that time
  /// Completion tokens over busy_s; nothing without either.
  [[nodiscard]] std::optional<double> tok_s() const;
};

/// Counts what one contestant has in flight, and the tokens that come of it. Thread-safe.
class InFlight {
 public:
  /// An attempt goes out, or is over.
  void attempt(bool begins);
  /// @param sent, ended  of the attempt that answered
  void end(Instant sent, Instant ended, std::optional<std::int64_t> completion_tokens);
  /// A request that came to nothing.
  void end_without_answer();

  /// Attempts that are on their way at this moment; who waits to try again has none.
  [[nodiscard]] int now() const;
  [[nodiscard]] ClientFigures figures() const;

 private:
  mutable std::mutex mutex_;
  int now_ = 0;
  ClientFigures figures_;
  Duration request_time_{};
  std::map<Instant, Instant> busy_;  ///< start -> end; disjoint
};

/// The endpoint with its chats and raw completions counted. Both must outlive it.
[[nodiscard]] std::unique_ptr<Endpoint> counted(Endpoint& endpoint, InFlight& in_flight);

}  // namespace plumb
