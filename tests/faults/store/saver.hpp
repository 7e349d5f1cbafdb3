#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "core/base/fd.hpp"

namespace plumb::test {

/// A running store_saver whose announcements are read as they come.
class Saver {
 public:
  Saver(const std::string& file, const std::string& run, int trials,
        const std::string& failpoint = "") {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
    out_ = Fd(ends[0]);
    const Fd write_end(ends[1]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, write_end.get(), STDOUT_FILENO);
    const std::string count = std::to_string(trials);
    const std::string setting = "PLUMB_FAILPOINT=" + failpoint;
    std::vector<char*> arguments;
    for (const std::string& word : {std::string(STORE_SAVER), file, run, count}) {
      words_.push_back(word);
    }
    for (std::string& word : words_) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::string variable = setting;
    char* environment[] = {variable.data(), nullptr};
    if (::posix_spawn(&pid_, STORE_SAVER, &actions, nullptr, arguments.data(), environment) != 0) {
      std::abort();
    }
    posix_spawn_file_actions_destroy(&actions);
  }
  Saver(const Saver&) = delete;
  Saver& operator=(const Saver&) = delete;
  ~Saver() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  /// Reads until at least `lines` were announced, or the saver is gone.
  void read_lines(std::size_t lines) {
    char buffer[4096];
    while (announced_.size() < lines) {
      const auto got = ::read(out_.get(), buffer, sizeof buffer);
      if (got <= 0) return;
      rest_.append(buffer, static_cast<std::size_t>(got));
      for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
        const std::string line = rest_.substr(0, end);
        rest_.erase(0, end + 1);
        if (line == "begun") {
          begun_ = true;
        } else {
          announced_.insert(std::stoi(line));
        }
      }
    }
  }
  void kill() const { ::kill(pid_, SIGKILL); }
  /// Reads the rest and waits; the wait status of the saver.
  int end() {
    read_lines(SIZE_MAX);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }
  [[nodiscard]] bool begun() const { return begun_; }
  [[nodiscard]] const std::set<int>& announced() const { return announced_; }

 private:
  pid_t pid_ = -1;
  Fd out_;
  std::vector<std::string> words_;
  std::string rest_;
  std::set<int> announced_;
  bool begun_ = false;
};

}  // namespace plumb::test
