#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "core/base/fd.hpp"
#include "sandboxes/guest/channel.hpp"
#include "sandboxes/guest/setup.hpp"

namespace plumb::guest {

/// Keeps the start and the end of a stream and counts what it drops between them.
class Capture {
 public:
  Capture(std::size_t head_cap, std::size_t tail_cap) : head_cap_(head_cap), tail_cap_(tail_cap) {}
  void add(std::string_view bytes);
  /// Ends the capture: what fits in head and tail together is all head.
  void finish();
  [[nodiscard]] const std::string& head() const { return head_; }
  [[nodiscard]] const std::string& tail() const { return tail_; }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  std::size_t head_cap_;
  std::size_t tail_cap_;
  std::string head_;
  std::string tail_;
  std::uint64_t dropped_ = 0;
};

/// The commands that run on behalf of the host.
class Commands {
 public:
  Commands(Channel& channel, const Place& place);

  /// Starts a command; the answer follows when it has ended, or at once for one in the background.
  void start(std::int64_t id, const Json& ask, std::string_view body);
  void watch(PollSet& polls);
  /// A child was reaped.
  void ended(pid_t pid, int status);

 private:
  struct Command {
    std::int64_t id = 0;
    pid_t pid = 0;
    Fd in, out, err;
    std::string stdin_bytes;
    std::size_t stdin_at = 0;
    Capture out_kept, err_kept;
    Instant kill_at = kNever;
    Instant answer_at = kNever;  ///< set once the command has ended
    bool timed_out = false;
    int status = 0;
  };
  using CommandPtr = std::shared_ptr<Command>;

  [[nodiscard]] Status launch(Command& command, const Json& ask, std::string_view body);
  void feed(Command& command);
  void drain(Fd& fd, Capture& kept);
  void act_on_time(const CommandPtr& command);
  void answer_when_over(const CommandPtr& command);
  void keep_draining(Fd&& fd);

  Channel& channel_;
  std::vector<std::string> environment_;
  const Place& place_;
  Fd nothing_;
  std::vector<CommandPtr> running_;
  /// Outputs that outlived their command: background processes that write there must not stall or
  /// fail.
  std::vector<std::shared_ptr<Fd>> leftovers_;
};

}  // namespace plumb::guest
