#include "core/base/subprocess.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>

// Boost only offers vfork where this says so; fork would copy the page tables of a process of many
// gigabytes.
#define BOOST_POSIX_HAS_VFORK 1
#include <boost/process/child.hpp>
#include <boost/process/error.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/posix.hpp>

#include "core/base/text.hpp"

namespace plumb {
namespace bp = boost::process;

namespace {

/// What the child does between vfork and exec, and what became of it. It shares our memory until it
/// runs the program, so everything is allocated before, and its failure is seen here without a
/// pipe.
struct Plan {
  const char* exe = nullptr;
  std::vector<char*> argv;
  std::vector<char*> env;
  const char* cwd = nullptr;
  std::vector<std::pair<int, int>> fds;
  std::vector<int> moved;
  int first_free = 3;
  std::optional<std::uint32_t> user;
  const char* failed_step = nullptr;
  int error = 0;

  [[noreturn]] void give_up(const char* step) {
    error = errno;
    failed_step = step;
    ::_exit(127);
  }

  void in_child() {
    ::setsid();
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    if (cwd != nullptr && ::chdir(cwd) != 0) give_up("enter the folder");
    // Away from every wanted number first, so that no mapping overwrites the source of another.
    for (std::size_t i = 0; i < fds.size(); ++i) {
      moved[i] = ::fcntl(fds[i].second, F_DUPFD_CLOEXEC, first_free);
      if (moved[i] < 0) give_up("pass descriptors");
    }
    // Libraries leave descriptors open across exec; one of them inside a sandbox would be an
    // escape.
    if (::syscall(SYS_close_range, 0U, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
      give_up("close descriptors (Linux 5.11 or later is needed)");
    }
    for (std::size_t i = 0; i < fds.size(); ++i) {
      if (::dup2(moved[i], fds[i].first) < 0) give_up("pass descriptors");
    }
    if (user) step_down(*user);
  }

  /// By bare system calls: the library's functions would change the threads of our parent, too.
  /// Until exec the memory is our parent's; the kernel keeps it closed to the new user (it makes it
  /// undumpable).
  void step_down(std::uint32_t id) {
    if (::syscall(SYS_setgroups, 0, nullptr) != 0 || ::syscall(SYS_setresgid, id, id, id) != 0 ||
        ::syscall(SYS_setresuid, id, id, id) != 0) {
      give_up("step down from root");
    }
  }
};

struct RunPlan : bp::extend::handler {
  explicit RunPlan(Plan& to_run) : plan(&to_run) {}
  template <class Executor>
  void on_setup(Executor& executor) const {
    executor.exe = plan->exe;
    executor.cmd_line = plan->argv.data();
    executor.env = plan->env.data();
  }
  template <class Executor>
  void on_exec_setup(Executor&) const {
    plan->in_child();
  }
  template <class Executor>
  void on_exec_error(Executor&, const std::error_code& why) const {
    plan->error = why.value();
    plan->failed_step = "run";
  }
  Plan* plan;
};

std::vector<char*> c_strings(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

Exit exit_of(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return {.code = info.si_status};
  return {.signal = info.si_status};
}

}  // namespace

Result<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  for (const std::string& folder : split(path != nullptr ? path : "/usr/bin:/bin", ':')) {
    std::string file = (folder.empty() ? "." : folder) + "/" + name;
    if (!name.empty() && ::access(file.c_str(), X_OK) == 0) return file;
  }
  return fail(Code::not_found, "the program \"" + name + "\" is not in PATH");
}

Result<Subprocess> Subprocess::spawn(const SpawnRequest& request) {
  if (request.argv.empty()) return fail(Code::usage, "no program to run was named");
  PLUMB_TRY(const std::string exe, find_program(request.argv[0]));

  Plan plan{.exe = exe.c_str(), .argv = c_strings(request.argv), .env = c_strings(request.env)};
  if (!request.cwd.empty()) plan.cwd = request.cwd.c_str();
  plan.fds = request.fds;
  plan.user = request.user;
  const Fd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!nothing) return fail_errno(errno, "cannot open /dev/null");
  for (int number = 0; number <= 2; ++number) {
    const auto is_this = [number](const auto& pair) { return pair.first == number; };
    if (std::ranges::none_of(plan.fds, is_this)) plan.fds.emplace_back(number, nothing.get());
  }
  for (const auto& [number, ours] : plan.fds)
    plan.first_free = std::max(plan.first_free, number + 1);
  plan.moved.assign(plan.fds.size(), -1);

  pid_t pid = -1;
  try {
    // Errors are read from the plan: Boost's own way leaves a zombie behind when the program cannot
    // run.
    bp::child child(RunPlan(plan), bp::posix::use_vfork, bp::ignore_error);
    pid = child.id();
    child.detach();
  } catch (const std::exception& error) {
    return fail(Code::io, "cannot start " + exe + ": " + error.what());
  }
  if (pid <= 0) return fail_errno(errno, "cannot start a process for " + exe);
  if (plan.failed_step != nullptr) {
    ::waitpid(pid, nullptr, 0);
    const Code code = plan.error == ENOENT ? Code::not_found : Code::io;
    return fail(code, "cannot start " + exe + ": cannot " + plan.failed_step,
                fail_errno(plan.error, plan.cwd != nullptr ? "in " + request.cwd : exe).error());
  }
  Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) {
    const int error = errno;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return fail_errno(error, "cannot watch the process of " + exe);
  }
  return Subprocess(pid, std::move(pidfd));
}

Subprocess::Subprocess(Subprocess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)), exit_(other.exit_) {}

Subprocess& Subprocess::operator=(Subprocess&& other) noexcept {
  if (this != &other) {
    end();
    pid_ = std::exchange(other.pid_, -1);
    pidfd_ = std::move(other.pidfd_);
    exit_ = other.exit_;
  }
  return *this;
}

Subprocess::~Subprocess() { end(); }

void Subprocess::end() noexcept {
  if (pid_ < 0 || exit_) return;
  kill();
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED) != 0 &&
         errno == EINTR) {
  }
  pid_ = -1;
}

void Subprocess::kill() noexcept {
  if (pid_ < 0 || exit_) return;
  ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
}

void Subprocess::signal_group(int signal) noexcept {
  if (pid_ > 1 && !exit_) ::kill(-pid_, signal);
}

std::optional<Exit> Subprocess::ended() const {
  if (exit_) return exit_;
  siginfo_t info{};
  constexpr int kLook = WEXITED | WNOHANG | WNOWAIT;
  const bool known =
      ::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, kLook) == 0 && info.si_pid != 0;
  return known ? std::optional(exit_of(info)) : std::nullopt;
}

Result<Exit> Subprocess::wait(Instant deadline) {
  while (!exit_) {
    siginfo_t info{};
    if (::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED | WNOHANG) != 0) {
      return fail_errno(errno, "cannot wait for process " + std::to_string(pid_));
    }
    if (info.si_pid != 0) {
      exit_ = exit_of(info);
      break;
    }
    int timeout_ms = -1;
    if (deadline != kNever) {
      const auto left = deadline - real_clock().now();
      if (left <= Duration::zero()) {
        return fail(Code::timeout, "process " + std::to_string(pid_) + " is still running");
      }
      const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
      timeout_ms = static_cast<int>(std::min<std::int64_t>(ms, 60'000));
    }
    pollfd polled{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    ::poll(&polled, 1, timeout_ms);
  }
  return *exit_;
}

}  // namespace plumb
