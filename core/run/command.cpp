#include "core/run/command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace plumb {
namespace {

constexpr std::size_t kTail = std::size_t{16} << 10;

std::vector<std::string> our_environment() {
  std::vector<std::string> all;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    all.emplace_back(*entry);
  }
  return all;
}

}  // namespace

Result<std::unique_ptr<Command>> Command::start(const std::vector<std::string>& argv) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno(errno, "cannot make a pipe");
  Fd read_end(ends[0]);
  const Fd write_end(ends[1]);
  PLUMB_TRY(auto child, Subprocess::spawn({.argv = argv,
                                           .env = our_environment(),
                                           .fds = {{1, write_end.get()}, {2, write_end.get()}},
                                           .cwd = "",
                                           .user = std::nullopt}));
  return std::unique_ptr<Command>(new Command(std::move(child), std::move(read_end)));
}

Command::Command(Subprocess child, Fd output)
    : child_(std::move(child)),
      output_(std::move(output)),
      reader_([this](const std::stop_token& stop) { drain(stop); }) {}

Command::~Command() { end(Duration::zero()); }

void Command::drain(const std::stop_token& stop) {
  const std::stop_callback ring(stop, [this] { quit_.signal(); });
  std::array<char, 4096> buffer{};
  while (!stop.stop_requested()) {
    pollfd polled[] = {{output_.get(), POLLIN, 0}, {quit_.fd(), POLLIN, 0}};
    ::poll(polled, 2, -1);
    if (polled[0].revents == 0) continue;
    const ssize_t got = ::read(output_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    const std::lock_guard lock(mutex_);
    tail_.append(buffer.data(), static_cast<std::size_t>(got));
    // Cut seldom: moving the text for every line would cost more than the reading.
    if (tail_.size() > 2 * kTail) tail_.erase(0, tail_.size() - kTail);
  }
  silent_ = true;
  fell_silent_.signal();
}

std::string Command::tail() const {
  const std::lock_guard lock(mutex_);
  return tail_.size() > kTail ? tail_.substr(tail_.size() - kTail) : tail_;
}

Waiter::End Command::wait(Waiter& waiter, Instant deadline) {
  // The descriptor stays readable after the end, and would keep a nested wait awake.
  const auto watch = waiter.watch(
      child_.pidfd(), [this] { return static_cast<short>(ended() ? 0 : POLLIN); }, [](short) {});
  return waiter.wait([this] { return ended().has_value(); }, deadline);
}

void Command::end(Duration grace) {
  Waiter waiter(real_clock(), {});
  const Instant deadline = after(waiter.now(), grace);
  child_.signal_group(SIGTERM);
  if (wait(waiter, deadline) == Waiter::End::ready) {
    const auto watch = waiter.watch(
        fell_silent_.fd(), [this] { return static_cast<short>(silent_ ? 0 : POLLIN); },
        [](short) {});
    waiter.wait([this] { return silent_.load(); }, deadline);
  }
  child_.signal_group(SIGKILL);
  [[maybe_unused]] const auto reaped = child_.wait(kNever);
  reader_.request_stop();
  if (reader_.joinable()) reader_.join();
}

}  // namespace plumb
