#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/task/task.hpp"

namespace plumb {

/// What a policy does next: one call, or a text that ends its turn.
struct PolicyStep {
  struct Call {
    std::string tool;
    Json arguments;
  };
  std::optional<Call> call;
  std::string text;
};

/// One past turn of a policy: its step, and what came back (the tool's result, or the user's next
/// message).
struct PolicyPast {
  bool advanced =
      true;  ///< false: this turn was spoilt on purpose (a malformed call) and is to be said again
  std::string reply;
};

/// Plays a task's oracle, one of its own controls, or a trivial control (`policy` names it),
/// replayed from the turns so far: the same past always gives the same step. A policy that has
/// returned says "Done.". Loads the task anew for each call; no state is kept. Thread-safe.
/// Code::config with file and line for a policy that throws, never ends or calls nothing; not_found
/// for a name.
[[nodiscard]] Result<PolicyStep> next_step(const Task& task, const std::string& policy,
                                           std::uint64_t seed, std::span<const PolicyPast> past);

}  // namespace plumb
