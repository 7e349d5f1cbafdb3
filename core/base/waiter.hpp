#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/fd.hpp"

namespace plumb {

/// A doorbell: any thread may ring it, one thread sleeps on its descriptor.
class Wake {
 public:
  /// Throws std::system_error when the process has no descriptor left.
  Wake();
  /// Thread-safe, never blocks.
  void signal() noexcept;
  /// Forgets the rings so far.
  void clear() noexcept;
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  Fd fd_;
};

/// The one place where a trial's thread blocks: on its doorbell (network, permits, commits, stop),
/// on the descriptors it watches (the guest's channel) and on a deadline. Belongs to one thread,
/// but for wake().
class Waiter {
 public:
  enum class End { ready, deadline, stopped };

  /// A watched descriptor; unwatched when the handle goes. Must not outlive the Waiter.
  class Watch {
   public:
    Watch() = default;
    Watch(Waiter* owner, int fd) : owner_(owner), fd_(fd) {}
    Watch(Watch&& other) noexcept;
    Watch& operator=(Watch&& other) noexcept;
    ~Watch();

   private:
    Waiter* owner_ = nullptr;
    int fd_ = -1;
  };

  /// @param stop  ends every wait; the clock must outlive the Waiter.
  Waiter(const Clock& clock, std::stop_token stop);
  ~Waiter();
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  /// Blocks until `ready()` holds, the deadline passes, or a stop is asked for; `ready` is asked
  /// first, and after every event, on this thread. Events of watched descriptors are served
  /// meanwhile. May be nested from a handler.
  End wait(const std::function<bool()>& ready, Instant deadline);

  /// Serves `on_event(revents)` whenever poll(2) reports one of `events()` (asked before each poll)
  /// on fd. A handler may call wait() itself; it is then called again from inside.
  [[nodiscard]] Watch watch(int fd, std::function<short()> events,
                            std::function<void(short)> on_event);

  /// The doorbell; signal() it from any thread to have `ready` asked again.
  [[nodiscard]] Wake& wake() { return wake_; }
  [[nodiscard]] const Clock& clock() const { return clock_; }
  [[nodiscard]] Instant now() const { return clock_.now(); }
  [[nodiscard]] bool stopped() const { return stop_.stop_requested(); }
  [[nodiscard]] std::stop_token stop_token() const { return stop_; }

 private:
  struct Watched {
    int fd;
    std::function<short()> events;
    std::function<void(short)> on_event;
  };
  void unwatch(int fd);

  const Clock& clock_;
  std::stop_token stop_;
  Wake wake_;
  std::stop_callback<std::function<void()>> on_stop_;
  std::vector<std::shared_ptr<Watched>> watched_;
};

}  // namespace plumb
