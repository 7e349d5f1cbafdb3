#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/base/subprocess.hpp"

namespace plumb::test {

struct PlumbSettings {
  std::string folder;               ///< working folder
  std::vector<std::string> env;     ///< "NAME=value", beside PATH and HOME
  std::vector<std::string> before;  ///< a command line that starts it: {"unshare", "-n"}
};

struct PlumbEnd {
  int code = -1;   ///< -1 when a signal ended it
  int signal = 0;  ///< 0 = none
  std::string out;
  std::string err;
};

/// The real program as a child, its output read while it runs. Killed when the handle goes.
class PlumbProcess {
 public:
  PlumbProcess(const std::string& program, const std::vector<std::string>& arguments,
               const PlumbSettings& settings);
  PlumbProcess(const PlumbProcess&) = delete;
  PlumbProcess& operator=(const PlumbProcess&) = delete;
  ~PlumbProcess();

  /// The next line of its standard output; nothing when there will be none.
  std::optional<std::string> next_line();
  /// Blocks until its standard error holds the text; false when it ended without.
  bool wait_for_error_text(const std::string& text);
  /// To the child; `settings.before` that executes the program in its own place is the child too.
  void signal(int number) const;
  void kill() { child_.kill(); }
  /// Waits for its end. Whoever does not end within `patience` is killed: then `signal` is SIGKILL.
  PlumbEnd end(Duration patience = std::chrono::seconds(100));

 private:
  struct Stream {
    Fd fd;
    std::string text;
    bool ended = false;
  };
  static Fd pipe_into(Stream& stream);
  void read_all(Stream& stream);

  std::mutex mutex_;
  std::condition_variable changed_;
  Stream out_;
  Stream err_;
  std::size_t lines_end_ = 0;  ///< of what next_line() returned
  Subprocess child_;
  std::jthread out_reader_;
  std::jthread err_reader_;
};

/// From start to end.
PlumbEnd run_plumb(const std::string& program, const std::vector<std::string>& arguments,
                   const PlumbSettings& settings);

}  // namespace plumb::test
