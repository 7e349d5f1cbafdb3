#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/base/subprocess.hpp"
#include "core/base/waiter.hpp"

namespace plumb {

/// A command of the user's on this host, with our environment and in a process group of its own;
/// the end of what it and its children say is kept. Ended with its group when the handle goes.
class Command {
 public:
  /// Returns once the program runs. Code::not_found, Code::io.
  [[nodiscard]] static Result<std::unique_ptr<Command>> start(const std::vector<std::string>& argv);
  ~Command();
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  /// How it ended; nothing while it runs.
  [[nodiscard]] std::optional<Exit> ended() const { return child_.ended(); }
  /// Blocks until it has ended or the deadline has passed; Waiter::End::ready: it has ended.
  Waiter::End wait(Waiter& waiter, Instant deadline);
  /// Asks the whole group to end (SIGTERM) and waits for all who hold its output; kills the group
  /// once `grace` is over. Not cancellable.
  void end(Duration grace);
  /// The last of its output, standard output and error together, 16 KiB at most.
  [[nodiscard]] std::string tail() const;

 private:
  Command(Subprocess child, Fd output);
  /// Until nobody holds the other end any more: whoever speaks into a full or broken pipe dies.
  void drain(const std::stop_token& stop);

  Subprocess child_;
  Fd output_;
  mutable std::mutex mutex_;
  std::string tail_;
  std::atomic<bool> silent_ = false;  ///< nobody holds the output any more
  Wake fell_silent_;
  Wake quit_;
  std::jthread reader_;
};

}  // namespace plumb
