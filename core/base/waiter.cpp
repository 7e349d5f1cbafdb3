#include "core/base/waiter.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace plumb {

Wake::Wake() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!fd_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void Wake::signal() noexcept {
  const std::uint64_t one = 1;
  // A full counter still wakes the sleeper, so a short write is no loss.
  [[maybe_unused]] const auto written = ::write(fd_.get(), &one, sizeof one);
}

void Wake::clear() noexcept {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(fd_.get(), &count, sizeof count);
}

Waiter::Watch::Watch(Watch&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), fd_(std::exchange(other.fd_, -1)) {}

Waiter::Watch& Waiter::Watch::operator=(Watch&& other) noexcept {
  if (this != &other) {
    if (owner_ != nullptr) owner_->unwatch(fd_);
    owner_ = std::exchange(other.owner_, nullptr);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

Waiter::Watch::~Watch() {
  if (owner_ != nullptr) owner_->unwatch(fd_);
}

Waiter::Waiter(const Clock& clock, std::stop_token stop)
    : clock_(clock), stop_(std::move(stop)), on_stop_(stop_, [this] { wake_.signal(); }) {}

Waiter::~Waiter() = default;

Waiter::Watch Waiter::watch(int fd, std::function<short()> events,
                            std::function<void(short)> on_event) {
  watched_.push_back(
      std::make_shared<Watched>(Watched{fd, std::move(events), std::move(on_event)}));
  return {this, fd};
}

void Waiter::unwatch(int fd) {
  std::erase_if(watched_, [fd](const auto& watched) { return watched->fd == fd; });
}

Waiter::End Waiter::wait(const std::function<bool()>& ready, Instant deadline) {
  while (true) {
    if (ready()) return End::ready;
    if (stop_.stop_requested()) return End::stopped;
    int timeout_ms = -1;
    if (deadline != kNever) {
      const auto left = deadline - clock_.now();
      if (left <= Duration::zero()) return End::deadline;
      const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
      timeout_ms = static_cast<int>(std::min<std::int64_t>(ms, 60'000));
    }
    // A handler may watch or unwatch, so this round works on its own references.
    const auto round = watched_;
    std::vector<pollfd> polled{{.fd = wake_.fd(), .events = POLLIN, .revents = 0}};
    for (const auto& watched : round) {
      polled.push_back({.fd = watched->fd, .events = watched->events(), .revents = 0});
    }
    const int count = ::poll(polled.data(), polled.size(), timeout_ms);
    if (count < 0 && errno != EINTR) return End::stopped;  // ENOMEM: nothing can be waited for
    if (count <= 0) continue;
    if (polled[0].revents != 0) wake_.clear();
    for (std::size_t i = 0; i < round.size(); ++i) {
      const bool still = std::ranges::find(watched_, round[i]) != watched_.end();
      if (still && polled[i + 1].revents != 0) round[i]->on_event(polled[i + 1].revents);
    }
  }
}

}  // namespace plumb
