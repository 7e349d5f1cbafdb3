#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/base/waiter.hpp"
#include "plugins/endpoints/stand_in_listener.hpp"
#include "plugins/endpoints/stand_in_options.hpp"
#include "plugins/endpoints/stand_in_reply.hpp"

namespace plumb {

/// Values counted by size, in the manner of Prometheus.
struct StandInHistogram {
  static constexpr double kBounds[] = {0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                       1,     2.5,   5,    10,    30,   60,  120};
  std::int64_t below[std::size(kBounds)] = {};  ///< values up to each bound
  std::int64_t count = 0;
  double sum = 0;

  void add(double value, std::int64_t times = 1);
};

/// What the server has done so far, and is doing.
struct StandInFigures {
  std::int64_t running = 0;
  std::int64_t waiting = 0;
  std::int64_t tokens_held = 0;  ///< of prompts and answers that are being served
  std::int64_t prompt_tokens = 0;
  std::int64_t cached_tokens = 0;
  std::int64_t generated_tokens = 0;
  // The same, of requests that are over: some servers count only then.
  std::int64_t prompt_tokens_done = 0;
  std::int64_t cached_tokens_done = 0;
  std::int64_t generated_tokens_done = 0;
  double prompt_seconds_done = 0;
  double generated_seconds_done = 0;
  std::map<std::string, std::int64_t> finished;  ///< requests by finish
  StandInSpeculation speculation;
  StandInHistogram ttft;
  StandInHistogram between_tokens;
  StandInHistogram whole;
};

/// The books of a stand-in's server: seats, the cache of prefixes, and counters. Thread-safe.
class StandInLedger {
 public:
  explicit StandInLedger(const StandInOptions& options);

  /// A request that is being served. Gives its seat to the next in the queue when it goes.
  class Seat {
   public:
    explicit Seat(StandInLedger& ledger) : ledger_(&ledger) {}
    ~Seat();
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

    /// The prompt has been read, so many tokens of it from the cache.
    void read_prompt(std::int64_t tokens, std::int64_t cached);
    /// So many more tokens have been generated.
    void generate(std::int64_t tokens);
    /// The answer is over. Without it a request counts as aborted.
    void finish(StandInFinish finish);

   private:
    StandInLedger* ledger_;
    const Instant began_ = real_clock().now();
    std::optional<Instant> first_token_;
    std::int64_t prompt_ = 0;
    std::int64_t cached_ = 0;
    std::int64_t generated_ = 0;  ///< by the thread that serves the request
    bool finished_ = false;
  };

  /// Waits in the queue for a seat. Nothing when the client hangs up, or the server stops, before.
  [[nodiscard]] std::unique_ptr<Seat> take_seat(const StandInConnection& connection);

  /// How many tokens of this prompt an earlier one has left in the cache; it is cached from now on.
  [[nodiscard]] std::int64_t cached_tokens(std::string_view prompt);

  [[nodiscard]] StandInFigures figures() const;

 private:
  void leave();

  const std::int64_t slots_;
  const double draft_;
  const bool caches_;
  /// Moved for every chunk of every stream, so apart from the lock.
  std::atomic<std::int64_t> generated_tokens_ = 0;
  mutable std::mutex mutex_;
  StandInFigures figures_;   ///< generated_tokens is kept above; tokens_held is without them
  std::deque<Wake*> queue_;  ///< those who wait; each Wake lives in take_seat()
  std::unordered_set<std::uint64_t> blocks_;  ///< hashes of prefixes
};

}  // namespace plumb
