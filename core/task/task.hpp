// core/task: what a Lua plugin becomes in C++: the definition of a task, the suite it belongs to,
// its life in one sandbox (setup, tools, fixtures, grading) and its policies. It judges nothing:
// verdicts are in core/trial.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/schema/call_judge.hpp"
#include "core/wire/message.hpp"

namespace plumb {

/// Policies that every task gets beside its own controls; they live in
/// sdk/lua/trivial_controls.lua.
inline const std::vector<std::string> kTrivialControls = {"nop", "spam", "wipe", "tamper",
                                                          "never_stops"};
inline constexpr const char* kOracle = "oracle";
/// Beside the folders of tasks: Lua files that all of them may require.
inline constexpr const char* kCommonFolder = "common";

/// A published way of counting points that a task takes part in.
struct Rubric {
  std::string name;      ///< "ToolCall-15"
  std::string category;  ///< of the rubric, not of the suite
  int points = 1;        ///< that can be earned
};

/// A task as its file defines it. Immutable and shared between threads; its functions live in a
/// TaskScript.
struct Task {
  std::string name;  ///< lower-case words joined by '-'; equals the folder's name
  std::string category;
  std::string summary;
  std::filesystem::path folder;
  std::string files;  ///< folder below `folder` that is copied to the work folder; "" = none
  /// The conversation as it stands when the model is asked first; its last message is the prompt.
  /// Empty: the scaffold's system prompt and the prompt.
  std::vector<Message> opening;
  std::vector<ToolSpec> tools;
  std::shared_ptr<const CallJudge> judge;  ///< of calls of these tools; never null in a loaded task
  int expected_turns = 1;
  std::vector<std::string> needs_commands;
  std::int64_t needs_context = 0;  ///< tokens; 0 = does not say
  bool needs_vision = false;
  bool needs_parallel_calls = false;
  std::vector<Image> images;              ///< shown with the prompt
  std::vector<std::string> controls;      ///< names of its own negative controls, sorted
  std::vector<std::string> trivial_pass;  ///< trivial controls that are right to pass here
  bool keep_processes = false;            ///< processes of the agent live on while it is graded
  bool has_next_user = false;
  /// The model's first answer is its last: its calls are judged and run, and nothing more is asked.
  bool single_answer = false;
  std::optional<Rubric> rubric;
  /// SHA-256 of the folder, the suite's common folder, the tools, the SDK's Lua files.
  std::string digest;

  [[nodiscard]] bool may_pass(const std::string& control) const;
};

struct Suite {
  std::string name;
  std::vector<std::shared_ptr<const Task>> tasks;  ///< sorted by name, names unique
  std::string digest;
};

/// Loads task folders. Each path is a task's folder (it holds task.lua), its task.lua, or a folder
/// of task folders. All mistakes are reported together in one sentence with a line each.
/// Code::config, not_found.
[[nodiscard]] Result<Suite> load_suite(const std::vector<std::string>& paths);

}  // namespace plumb
