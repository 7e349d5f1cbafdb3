#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/script/lua_state.hpp"
#include "core/task/task.hpp"

namespace plumb {

class DefinitionReader;

/// One task.lua in one Lua state of its own: the definition, checked, and its functions. A trial, a
/// policy and the loading of a suite each open one. Belongs to one thread.
class TaskScript {
 public:
  /// Runs `folder`/task.lua. `seed` fixes math.random. Code::config with `file:line` and what to
  /// do.
  [[nodiscard]] static Result<std::unique_ptr<TaskScript>> open(const std::filesystem::path& folder,
                                                                std::uint64_t seed);

  [[nodiscard]] LuaState& lua() { return *lua_; }
  /// The definition; its digest is not set here.
  [[nodiscard]] const Task& task() const { return task_; }
  /// The files that define the tools named by the task, beside the task's own folder.
  [[nodiscard]] const std::vector<std::filesystem::path>& tool_files() const { return tool_files_; }

  /// The prompt for this seed.
  [[nodiscard]] Result<std::string> prompt();

  // For use inside LuaState::protect(); each pushes one value.
  void push_field(lua_State* state, const char* key) const;
  void push_tool_run(lua_State* state, const std::string& tool) const;
  /// The function of a policy: the oracle, an own control, or a trivial one. Pushes nil when there
  /// is none.
  void push_policy(lua_State* state, const std::string& name) const;
  /// A table with `seed` and nothing else: all that prompts and policies may know.
  void push_seed_env(lua_State* state) const;

 private:
  TaskScript(std::filesystem::path folder, std::uint64_t seed);
  static int define_task(lua_State* state);
  void read_definition(lua_State* state);
  void read_opening(lua_State* state, const DefinitionReader& reader);
  void read_tools(lua_State* state);
  void read_rubric(lua_State* state, const DefinitionReader& reader);
  void read_images(const DefinitionReader& reader);
  void read_tool(lua_State* state, int index);

  std::uint64_t seed_;
  std::unique_ptr<LuaState> lua_;
  Task task_;
  std::vector<std::filesystem::path> tool_files_;
};

/// Where the files are that the tasks of a suite share; it need not be there.
[[nodiscard]] std::filesystem::path common_folder(const std::filesystem::path& task_folder);
/// Where the SDK's Lua files and the tools that ship with Plumbline are.
[[nodiscard]] std::filesystem::path sdk_lua_dir();
[[nodiscard]] std::filesystem::path tools_dir();

}  // namespace plumb
