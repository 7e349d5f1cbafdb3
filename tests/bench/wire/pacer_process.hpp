#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/bench/wire/pacer.hpp"

namespace plumb::bench {

inline constexpr char kFollowSign = 'f';
inline constexpr char kSteadySign = 's';
inline constexpr char kEndingSign = 'e';
inline constexpr std::array<std::string_view, 4> kWords = {" the", " plumb", " line", " hangs"};
inline constexpr std::string_view kPacedModel = "paced-";

/// What runs inside the source's process.
class PacerProcess {
 public:
  PacerProcess(PacerBoard& board, Fd listener, Fd commands, Fd signs);
  /// Returns when the other end of `commands` is closed.
  void run();

 private:
  struct Connection {
    Fd socket;
    std::string unread;
    std::optional<std::size_t> stream;  ///< which one it carries now
  };
  /// The bytes that carry a token, one for each word: made beforehand, for a source of many streams
  /// has no time to spare.
  using TokenChunks = std::array<std::string, kWords.size()>;
  struct Turn {
    Instant due;
    std::size_t stream = 0;
    std::size_t token = 0;
    bool operator>(const Turn& other) const { return due > other.due; }
  };

  void watch(int fd) const;
  void serve(int fd);
  void take_command();
  void accept_all();
  void read_from(int fd);
  void begin_stream(int fd, Connection& connection, Instant arrived);
  void begin_together();
  void send_due();
  void send_token(const Turn& turn);
  void tell(std::size_t token);
  void drop(int fd);
  [[nodiscard]] Instant due(std::size_t stream, std::size_t token) const;

  PacerBoard& board_;
  Fd listener_;
  Fd commands_;
  Fd signs_;
  Fd epoll_;
  bool over_ = false;
  PacePlan plan_;
  std::map<int, Connection> connections_;
  std::vector<int> sockets_;         ///< by stream; -1: gone
  std::vector<Instant> begins_;      ///< by stream: when its first token is due
  std::vector<TokenChunks> chunks_;  ///< by stream
  std::size_t ten_sent_ = 0;         ///< streams that have had ten tokens
  bool ending_ = false;
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns_;
};

}  // namespace plumb::bench
