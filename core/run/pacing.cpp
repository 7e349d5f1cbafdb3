#include "core/run/pacing.hpp"

#include <algorithm>
#include <limits>

namespace plumb {
namespace {

constexpr std::uint64_t kNoPlace = std::numeric_limits<std::uint64_t>::max();
/// Before every place of the plan.
constexpr std::uint64_t kNow = 0;

}  // namespace

void Room::observe(double queue_depth) {
  if (!adaptive_) return;
  if (queue_depth > size_ / 4.0) {
    // What began before the last cut is still what waits; a second cut would answer it twice.
    if (in_use_ <= size_) size_ = std::max(1, size_ / 2);
  } else if (queue_depth <= 0 && in_use_ >= size_) {
    size_ = std::min(most_, size_ + 1);
  }
}

TrialQueue::TrialQueue(const std::vector<PlannedTrial>& trials, const std::vector<Lane>& lanes,
                       int concurrency)
    : concurrency_(concurrency) {
  int rooms = 0;
  for (const Lane& lane : lanes) {
    const std::size_t room = lane.room_of.value_or(lanes_.size());
    lanes_.push_back({.room = room, .machine = lane.machine, .jobs = {}});
    rooms_.emplace_back(lane.most, lane.adaptive);
    if (!lane.room_of) rooms += std::min(lane.most, concurrency);
    if (lane.machine != kNoMachine) {
      machines_.resize(std::max(machines_.size(), static_cast<std::size_t>(lane.machine) + 1));
    }
  }
  for (const PlannedTrial& trial : trials) {
    lanes_[trial.contestant].jobs.push_back({.place = next_place_++, .trial = trial});
  }
  const int at_once = std::min({concurrency, rooms, static_cast<int>(trials.size())});
  // Beside the trials each contestant may be brought up, or asked whether it is there.
  threads_ = at_once + static_cast<int>(lanes.size());
}

std::uint64_t TrialQueue::end_of_turn(std::size_t contestant) const {
  std::uint64_t end = kNoPlace;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    const LaneState& lane = lanes_[i];
    if (i == contestant || lane.machine != lanes_[contestant].machine || lane.jobs.empty()) {
      continue;
    }
    end = std::min(end, lane.jobs.front().place);
  }
  return end;
}

bool TrialQueue::may_begin(const LaneState& lane, std::size_t contestant) const {
  if (lane.jobs.empty() || lane.voice != Voice::heard || !rooms_[lane.room].free()) return false;
  if (lane.machine == kNoMachine) return true;
  const MachineState& machine = machines_[static_cast<std::size_t>(lane.machine)];
  return machine.up == contestant && !machine.switching &&
         lane.jobs.front().place < end_of_turn(contestant);
}

std::optional<TrialQueue::Work> TrialQueue::next_switch() {
  for (std::size_t m = 0; m < machines_.size(); ++m) {
    MachineState& machine = machines_[m];
    if (machine.switching) continue;
    bool idle = true;
    std::optional<std::size_t> head;
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      const LaneState& lane = lanes_[i];
      if (lane.machine != static_cast<int>(m)) continue;
      const bool at_rest = lane.voice == Voice::heard || lane.voice == Voice::lost;
      idle = idle && rooms_[lane.room].in_use() == 0 && at_rest;
      if (lane.jobs.empty()) continue;
      if (!head || lane.jobs.front().place < lanes_[*head].jobs.front().place) head = i;
    }
    if (!idle || !head || machine.up == *head) continue;
    machine.switching = true;
    ++busy_;
    return Work{.kind = Work::Kind::bring_up, .contestant = *head, .trial = {}};
  }
  return std::nullopt;
}

std::optional<TrialQueue::Work> TrialQueue::next() {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    if (lanes_[i].voice != Voice::silent) continue;
    lanes_[i].voice = Voice::asked;
    ++busy_;
    return Work{.kind = Work::Kind::recover, .contestant = i, .trial = {}};
  }
  if (auto work = next_switch()) return work;
  if (running_ >= concurrency_) return std::nullopt;
  LaneState* first = nullptr;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    LaneState& lane = lanes_[i];
    if (!may_begin(lane, i)) continue;
    if (first == nullptr || lane.jobs.front().place < first->jobs.front().place) first = &lane;
  }
  if (first == nullptr) return std::nullopt;
  const PlannedTrial trial = first->jobs.front().trial;
  first->jobs.pop_front();
  rooms_[first->room].enter();
  ++running_;
  return Work{.kind = Work::Kind::trial, .contestant = trial.contestant, .trial = trial};
}

bool TrialQueue::done() const {
  const auto quiet = [](const LaneState& lane) {
    return lane.jobs.empty() && lane.voice != Voice::silent;
  };
  return running_ == 0 && busy_ == 0 && std::ranges::all_of(lanes_, quiet);
}

std::optional<TrialQueue::Work> TrialQueue::take(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  std::optional<Work> work;
  changed_.wait(lock, stop, [&] {
    if (!stop.stop_requested()) work = next();
    return stop.stop_requested() || work || done();
  });
  return work;
}

void TrialQueue::finish(const Work& work, bool well) {
  const std::lock_guard lock(mutex_);
  LaneState& lane = lanes_[work.contestant];
  switch (work.kind) {
    case Work::Kind::trial:
      rooms_[lane.room].leave();
      --running_;
      break;
    case Work::Kind::bring_up: {
      MachineState& machine = machines_[static_cast<std::size_t>(lane.machine)];
      machine.switching = false;
      machine.up = well ? std::optional(work.contestant) : std::nullopt;
      if (!well) lane.machine = kNoMachine;
      --busy_;
      break;
    }
    case Work::Kind::recover:
      lane.voice = well ? Voice::heard : Voice::lost;
      if (!well) lane.jobs.clear();
      --busy_;
      break;
  }
  changed_.notify_all();
}

void TrialQueue::put(const PlannedTrial& trial) {
  const std::lock_guard lock(mutex_);
  LaneState& lane = lanes_[trial.contestant];
  if (lane.voice == Voice::lost) return;
  if (lane.machine == kNoMachine) {
    lane.jobs.push_back({.place = next_place_++, .trial = trial});
  } else {
    const std::uint64_t end = end_of_turn(trial.contestant);
    const auto at = std::ranges::find_if(lane.jobs, [end](const Job& j) { return j.place > end; });
    lane.jobs.insert(at, {.place = kNow, .trial = trial});
  }
  changed_.notify_all();
}

void TrialQueue::pause(std::size_t contestant) {
  const std::lock_guard lock(mutex_);
  if (lanes_[contestant].voice == Voice::heard) lanes_[contestant].voice = Voice::silent;
  changed_.notify_all();
}

void TrialQueue::observe(std::size_t contestant, double queue_depth) {
  const std::lock_guard lock(mutex_);
  rooms_[lanes_[contestant].room].observe(queue_depth);
  changed_.notify_all();
}

}  // namespace plumb
