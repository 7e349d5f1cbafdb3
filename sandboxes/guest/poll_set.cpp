#include "sandboxes/guest/poll_set.hpp"

#include <algorithm>

namespace plumb::guest {

void PollSet::add(int fd, int events, std::function<void(short)> handler) {
  polled_.push_back({.fd = fd, .events = static_cast<short>(events), .revents = 0});
  handlers_.push_back(std::move(handler));
}

void PollSet::wake_at(Instant when) { deadline_ = std::min(deadline_, when); }

void PollSet::run() {
  int timeout_ms = -1;
  if (deadline_ != kNever) {
    const auto left = std::max(deadline_ - std::chrono::steady_clock::now(), Duration::zero());
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    timeout_ms = static_cast<int>(std::min<std::int64_t>(ms, 60'000));
  }
  if (::poll(polled_.data(), polled_.size(), timeout_ms) <= 0) return;
  for (std::size_t i = 0; i < polled_.size(); ++i) {
    if (polled_[i].revents != 0) handlers_[i](polled_[i].revents);
  }
}

}  // namespace plumb::guest
