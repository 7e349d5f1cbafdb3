#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace plumb {

/// A point on the monotonic clock. Deadlines and durations are measured on it, never on the
/// calendar.
using Instant = std::chrono::steady_clock::time_point;
using Duration = std::chrono::nanoseconds;

inline constexpr Instant kNever = Instant::max();

[[nodiscard]] inline double to_seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}
[[nodiscard]] inline double to_ms(Duration duration) { return to_seconds(duration) * 1e3; }
[[nodiscard]] inline Duration from_seconds(double seconds) {
  // A day of a hundred years caps what a person may type without overflowing the clock.
  constexpr double kMost = 3.2e9;
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(seconds < kMost ? seconds : kMost));
}
/// `now + duration`, saturating at kNever.
[[nodiscard]] inline Instant after(Instant now, Duration duration) {
  return duration > kNever - now ? kNever : now + duration;
}

/// The seam through which time is read; tests replace it.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Thread-safe.
  [[nodiscard]] virtual Instant now() const = 0;
  /// Milliseconds since 1970 UTC, for records that people read. Thread-safe.
  [[nodiscard]] virtual std::int64_t unix_ms() const = 0;
};

/// The system's clocks. Stateless; the one instance lives as long as the program.
[[nodiscard]] const Clock& real_clock();

/// "2026-11-21T11:10:00Z".
[[nodiscard]] std::string iso_time(std::int64_t unix_ms);

}  // namespace plumb
