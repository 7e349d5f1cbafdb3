#include <algorithm>
#include <map>

#include "core/base/files.hpp"
#include "core/base/hash.hpp"
#include "core/task/task_script.hpp"

namespace plumb {
namespace fs = std::filesystem;

namespace {

/// What a task rests on beside its own folder; hashed once per suite.
Result<std::string> hash_sdk() { return hash_tree(sdk_lua_dir()); }

Result<std::shared_ptr<const Task>> load_task(const fs::path& folder,
                                              const std::string& sdk_digest) {
  PLUMB_TRY(const auto script, TaskScript::open(folder, 0));
  auto task = std::make_shared<Task>(script->task());
  PLUMB_TRY(const std::string own, hash_tree(folder));
  Hasher hasher;
  hasher.add(own).add(sdk_digest);
  std::error_code error;
  if (const fs::path common = common_folder(folder); fs::is_directory(common, error)) {
    PLUMB_TRY(const std::string shared, hash_tree(common));
    hasher.add(shared);
  }
  for (const fs::path& file : script->tool_files()) {
    PLUMB_TRY(const std::string bytes, read_file(file));
    hasher.add(bytes);
  }
  task->digest = hasher.hex();
  return task;
}

/// The task folders that a path names, or why it names none.
Result<std::vector<fs::path>> find_folders(const fs::path& path) {
  std::error_code error;
  if (fs::is_regular_file(path / "task.lua", error)) return std::vector{path};
  if (path.filename() == "task.lua" && fs::is_regular_file(path, error)) {
    return std::vector{path.has_parent_path() ? path.parent_path() : fs::path(".")};
  }
  if (!fs::is_directory(path, error)) {
    return fail(Code::not_found, path.string() + ": no such task or folder of tasks");
  }
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    if (fs::is_regular_file(entry.path() / "task.lua", error)) folders.push_back(entry.path());
  }
  std::ranges::sort(folders);
  if (folders.empty()) {
    return fail(Code::not_found,
                path.string() + " holds no task: expected folders with a task.lua in each");
  }
  return folders;
}

std::string suite_name(const std::vector<std::string>& paths) {
  if (paths.size() != 1) return "selection";
  const fs::path path = fs::absolute(paths.front()).lexically_normal();
  const fs::path named =
      path.filename().empty() || path.filename() == "task.lua" ? path.parent_path() : path;
  return named.filename().string();
}

}  // namespace

bool Task::may_pass(const std::string& control) const {
  return std::ranges::find(trivial_pass, control) != trivial_pass.end();
}

Result<Suite> load_suite(const std::vector<std::string>& paths) {
  PLUMB_TRY(const std::string sdk_digest, hash_sdk());
  std::map<std::string, std::shared_ptr<const Task>> by_name;
  std::vector<std::string> problems;
  for (const std::string& path : paths) {
    PLUMB_TRY(const auto folders, find_folders(path));
    for (const fs::path& folder : folders) {
      auto task = load_task(folder, sdk_digest);
      if (!task) {
        problems.push_back(full_sentence(task.error()));
        continue;
      }
      const auto [other, is_new] = by_name.emplace((*task)->name, *task);
      std::error_code error;
      if (!is_new && !fs::equivalent(other->second->folder, folder, error)) {
        problems.push_back("two tasks are named \"" + (*task)->name +
                           "\": " + other->second->folder.string() + " and " + folder.string());
      }
    }
  }
  if (!problems.empty()) {
    std::string sentence =
        std::to_string(problems.size()) +
        (problems.size() == 1 ? " task cannot be used:" : " tasks cannot be used:");
    for (const std::string& problem : problems) sentence += "\n  " + problem;
    return fail(Code::config, std::move(sentence));
  }
  Suite suite{.name = suite_name(paths), .tasks = {}, .digest = {}};
  Hasher hasher;
  for (auto& [name, task] : by_name) {
    hasher.add(name).add(task->digest);
    suite.tasks.push_back(std::move(task));
  }
  suite.digest = hasher.hex();
  return suite;
}

}  // namespace plumb
