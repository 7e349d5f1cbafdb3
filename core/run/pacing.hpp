#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "core/run/plan.hpp"

namespace plumb {

/// How many trials of one contestant may run at once: `most`, or fewer while its server reports a
/// queue. Additive increase, multiplicative decrease (Chiu and Jain, Computer Networks 17, 1989):
/// halved while more than a quarter of it waits at the server, one more when nothing waits and all
/// of it is used.
class Room {
 public:
  Room(int most, bool adaptive) : most_(most), size_(most), adaptive_(adaptive) {}

  [[nodiscard]] bool free() const { return in_use_ < size_; }
  [[nodiscard]] int in_use() const { return in_use_; }
  [[nodiscard]] int size() const { return size_; }
  void enter() { ++in_use_; }
  void leave() { --in_use_; }
  /// Requests that wait at the server now.
  void observe(double queue_depth);

 private:
  int most_;
  int size_;
  bool adaptive_;
  int in_use_ = 0;
};

/// How a contestant's trials are begun.
struct Lane {
  int most = 1;           ///< trials at once
  bool adaptive = false;  ///< fewer while its server reports a queue
  int machine = kNoMachine;
  /// The lane whose room it uses, since both ask one server; unset: it has its own.
  std::optional<std::size_t> room_of = std::nullopt;
};

/// The trials of a session that are still to be begun, and what must happen between them. A thread
/// takes the earliest trial whose contestant has room, so that a contestant which is full, silent
/// or not up holds nobody else back. Thread-safe.
class TrialQueue {
 public:
  struct Work {
    enum class Kind {
      trial,
      bring_up,  ///< the contestant's turn on its machine has come
      recover,   ///< the contestant fell silent: ask until it answers, or give it up
    };
    Kind kind = Kind::trial;
    std::size_t contestant = 0;
    PlannedTrial trial;
  };

  /// @param concurrency  trials at once, over all contestants
  TrialQueue(const std::vector<PlannedTrial>& trials, const std::vector<Lane>& lanes,
             int concurrency);

  /// The next thing to do; waits while there is none yet. Nothing when all is done or a stop was
  /// asked for. Every work taken is given back with finish().
  [[nodiscard]] std::optional<Work> take(const std::stop_token& stop);
  /// @param well  bring_up: it is up (else its trials need no machine any more); recover: it
  ///              answers (else its trials are dropped)
  void finish(const Work& work, bool well = true);

  /// Tries a trial again: at the end of the queue, or of its contestant's present turn on its
  /// machine.
  void put(const PlannedTrial& trial);
  /// Nobody answers there: no further trial of it begins before its `recover` is finished.
  void pause(std::size_t contestant);
  /// What the contestant's server said about its queue.
  void observe(std::size_t contestant, double queue_depth);

  /// Enough threads for all that can go on at once.
  [[nodiscard]] int threads() const { return threads_; }

 private:
  struct Job {
    std::uint64_t place = 0;
    PlannedTrial trial;
  };
  enum class Voice { heard, silent, asked, lost };
  struct LaneState {
    std::size_t room;  ///< in rooms_
    int machine;
    std::deque<Job> jobs;
    Voice voice = Voice::heard;
  };
  struct MachineState {
    std::optional<std::size_t> up;
    bool switching = false;
  };

  [[nodiscard]] std::optional<Work> next();
  [[nodiscard]] std::optional<Work> next_switch();
  [[nodiscard]] bool may_begin(const LaneState& lane, std::size_t contestant) const;
  [[nodiscard]] bool done() const;
  /// The first place that belongs to another contestant of the same machine.
  [[nodiscard]] std::uint64_t end_of_turn(std::size_t contestant) const;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<LaneState> lanes_;
  std::vector<Room> rooms_;
  std::vector<MachineState> machines_;
  int concurrency_;
  int threads_ = 0;
  int running_ = 0;  ///< trials
  int busy_ = 0;     ///< other work
  std::uint64_t next_place_ = 1;
};

}  // namespace plumb
