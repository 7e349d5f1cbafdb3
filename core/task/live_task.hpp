#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/sandbox/sandbox.hpp"
#include "core/task/check.hpp"
#include "core/task/task.hpp"

namespace plumb {

class TaskScript;
class Env;

/// What a tool said, before any truncation.
struct ToolResult {
  std::string text;
  bool ok = true;             ///< false: an expected failure, shown to the model as `error: text`
  std::vector<Image> images;  ///< shown beside the text
};

/// One task in one sandbox, for one trial: its Lua state, fixtures and hidden files. Belongs to the
/// trial's thread. Errors: Code::config and Code::limit are mistakes of the task (`task_error`,
/// `grader_error`); unavailable, protocol, timeout and cancelled come from the sandbox.
class LiveTask {
 public:
  /// Copies the workspace in and runs setup.
  [[nodiscard]] static Result<std::unique_ptr<LiveTask>> open(const Task& task,
                                                              std::unique_ptr<Sandbox> sandbox,
                                                              std::uint64_t seed);
  ~LiveTask();

  [[nodiscard]] const std::string& prompt() const { return prompt_; }
  /// `arguments` were judged against the tool's parameters. A command of the tool is killed after
  /// `allowed` at the latest.
  [[nodiscard]] Result<ToolResult> call_tool(const std::string& name, const Json& arguments,
                                             Duration allowed);
  /// The follow-up to a model's final answer, or nothing. What it put is taken away again.
  [[nodiscard]] Result<std::optional<std::string>> next_user(const Json& transcript);
  /// One grading; what it put is taken away again. Never without a check. Where the agent left no
  /// place for the grader's own files, that is a check that does not hold.
  [[nodiscard]] Result<Grade> grade(const Json& transcript);
  [[nodiscard]] Sandbox& sandbox() { return *sandbox_; }

 private:
  explicit LiveTask(std::unique_ptr<Sandbox> sandbox);
  [[nodiscard]] Status copy_files();
  [[nodiscard]] Status setup();
  /// The mistake of a fixture's handler outranks what followed from it.
  [[nodiscard]] Status site_status() const;

  std::unique_ptr<TaskScript> script_;
  std::unique_ptr<Env> env_;
  std::string prompt_;
  std::unique_ptr<Sandbox> sandbox_;  ///< ends first: until then it calls the fixtures of env_
};

}  // namespace plumb
