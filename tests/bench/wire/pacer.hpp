// A source of paced streams for the benchmarks of the network thread: one process with one thread,
// which answers every POST with a chat completion, one token per event, each at its own instant. It
// writes down when it sent what, on the clock that all processes of a host share, so its own error
// is known beside that of whoever reads. It shares no code with core/wire.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/clock.hpp"
#include "core/base/fd.hpp"

namespace plumb::bench {

inline constexpr std::size_t kMaxPacedStreams = 2048;
inline constexpr std::size_t kMaxPacedTokens = 1024;

/// What the next streams are to be.
struct PacePlan {
  std::size_t streams = 1;
  std::size_t tokens = 100;
  double tok_s = 50;
  /// From the whole request to the first token; of streams that begin together, from the last one.
  Duration first_after{};
  /// No token goes out before all streams are there; then their phases are spread evenly.
  bool together = false;
};

/// What the source did in one stream.
struct PacedStream {
  Instant arrived{};  ///< the rest of the request reached its socket
  Instant first_sent{};
  Instant last_sent{};
  std::array<float, kMaxPacedTokens> late_us{};  ///< of each token: sent, less due
};

/// Lies in memory that both processes see. The plan is the parent's to write, the rest the
/// source's.
struct PacerBoard {
  PacePlan plan;
  std::atomic<std::uint64_t> sent = 0;    ///< tokens of this plan so far
  std::atomic<std::uint64_t> broken = 0;  ///< streams whose reader went away or did not keep up
  std::array<PacedStream, kMaxPacedStreams> streams;
};

/// The source, in a process of its own, which dies with this one. Start it before any thread.
class Pacer {
 public:
  Pacer();
  ~Pacer();
  Pacer(const Pacer&) = delete;
  Pacer& operator=(const Pacer&) = delete;

  /// Takes a plan; returns once the source follows it. Streams are numbered in the order in which
  /// their requests arrive; each event names its stream as its model.
  void follow(const PacePlan& plan);
  /// Of a plan in which all begin together: blocks until every stream has had its first ten tokens.
  void wait_steady();
  /// Blocks until the first of the streams has ten tokens to go.
  void wait_ending();

  [[nodiscard]] const PacerBoard& board() const { return *board_; }
  [[nodiscard]] std::string url() const;

 private:
  void wait_for(char sign) const;

  PacerBoard* board_;
  int port_ = 0;
  pid_t process_ = -1;
  Fd commands_;
  Fd signs_;
};

/// The source keeps to the last processor that this process may use, and who calls this to the
/// others, where there are others: who wakes whom across processors changes what a wakeup costs.
void leave_source_its_processor();

/// The number of the stream that calls itself so.
[[nodiscard]] std::size_t paced_stream_number(const std::string& model);

}  // namespace plumb::bench
