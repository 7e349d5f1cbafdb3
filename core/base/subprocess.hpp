#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "core/base/clock.hpp"
#include "core/base/fd.hpp"
#include "core/base/result.hpp"

namespace plumb {

struct SpawnRequest {
  std::vector<std::string> argv;  ///< argv[0] without a slash is looked up in our own PATH
  std::vector<std::string> env;   ///< "NAME=value"; the whole environment, nothing is inherited
  /// Child's number <- our descriptor. 0, 1 and 2 are /dev/null unless named; nothing else is open
  /// in the child.
  std::vector<std::pair<int, int>> fds;
  std::string cwd;  ///< "" = ours
  /// The user and group that the child becomes, without any further group; only root can ask for
  /// it.
  std::optional<std::uint32_t> user;
};

struct Exit {
  int code = -1;   ///< -1 when a signal ended it
  int signal = 0;  ///< 0 = none
};

/// Owns one child process: killed (SIGKILL) and reaped when the handle goes. The child is in a
/// session of its own, so a Ctrl-C on our terminal is not its business. Start it from the thread
/// whose end shall be its parent's end.
class Subprocess {
 public:
  /// Returns once the program runs. Code::not_found when there is no such program, Code::io.
  /// Thread-safe.
  [[nodiscard]] static Result<Subprocess> spawn(const SpawnRequest& request);

  Subprocess(Subprocess&& other) noexcept;
  Subprocess& operator=(Subprocess&& other) noexcept;
  ~Subprocess();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Readable once the child has ended; for poll(2).
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }
  /// Reaps the child once it has ended. Code::timeout when it has not by then; may be asked again.
  [[nodiscard]] Result<Exit> wait(Instant deadline);
  /// How it ended, if it has. It is not reaped by this, so its group keeps its number.
  [[nodiscard]] std::optional<Exit> ended() const;
  /// Sends SIGKILL; harmless after the end.
  void kill() noexcept;
  /// Sends a signal to the child and to all that it started and that stayed in its process group.
  /// Harmless once wait() has reaped it.
  void signal_group(int signal) noexcept;

 private:
  Subprocess(pid_t pid, Fd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  void end() noexcept;

  pid_t pid_ = -1;
  Fd pidfd_;
  std::optional<Exit> exit_;
};

/// The file that a program's name means: the name itself when it has a slash, else the first
/// executable in our PATH.
[[nodiscard]] Result<std::string> find_program(const std::string& name);

}  // namespace plumb
