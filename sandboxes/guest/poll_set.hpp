#pragma once

#include <functional>
#include <vector>

#include <poll.h>

#include "core/base/clock.hpp"

namespace plumb::guest {

/// What one round of the loop waits for; filled anew for every round.
class PollSet {
 public:
  /// The handler is called with poll(2)'s revents. It keeps alive whatever it needs: another
  /// handler of the same round may end the thing that it is about.
  void add(int fd, int events, std::function<void(short)> handler);
  void wake_at(Instant when);
  /// Waits and calls the handlers of what happened.
  void run();

 private:
  std::vector<pollfd> polled_;
  std::vector<std::function<void(short)>> handlers_;
  Instant deadline_ = kNever;
};

}  // namespace plumb::guest
