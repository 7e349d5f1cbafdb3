#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/task/task.hpp"

struct lua_State;

namespace plumb {

class TaskScript;

/// What a policy does next: one call or several in one answer, or a text that ends its turn.
struct PolicyStep {
  struct Call {
    std::string tool;
    Json arguments;
  };
  std::vector<Call> calls;  ///< empty: it says `text`
  std::string text;
};

/// A task's oracle, one of its own controls, or a trivial control (`policy` names it), played step
/// by step in a Lua state of its own: the same replies always give the same steps. Belongs to one
/// thread.
class PolicyPlay {
 public:
  /// Plays up to the first step. Code::config with file and line for a policy that throws, never
  /// ends or calls nothing; not_found for a name.
  [[nodiscard]] static Result<PolicyPlay> start(const Task& task, const std::string& policy,
                                                std::uint64_t seed);
  PolicyPlay(PolicyPlay&& other) noexcept;
  PolicyPlay& operator=(PolicyPlay&& other) noexcept;
  ~PolicyPlay();

  /// What it does now. A policy that has returned says "Done.".
  [[nodiscard]] const PolicyStep& step() const { return step_; }
  /// Plays on to the next step. `replies` are the results of the calls, in their order (one that is
  /// missing is ""), or the user's next message after a text. Code::config as above.
  [[nodiscard]] Status play_on(std::span<const std::string> replies);

 private:
  explicit PolicyPlay(std::unique_ptr<TaskScript> script);
  void resume(lua_State* from, lua_State* thread, int arguments);
  void read_calls(lua_State* from, lua_State* thread, int index);

  std::unique_ptr<TaskScript> script_;
  PolicyStep step_;
  bool wants_list_ = false;  ///< of replies: it made its calls by model:calls
};

}  // namespace plumb
