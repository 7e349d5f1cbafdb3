#include "core/task/live_task.hpp"

#include "core/base/files.hpp"
#include "core/base/text.hpp"
#include "core/task/env.hpp"
#include "core/task/task_script.hpp"

namespace plumb {
namespace {

constexpr std::size_t kMostDetail = 4096;

/// The list of checks at `index`; raises what it is not.
std::vector<Check> read_checks(LuaState& lua, lua_State* state, int index) {
  const auto value = to_json(state, index);
  const bool is_list = value && value->is_array() && !value->empty();
  std::vector<Check> checks;
  for (const Json& item : is_list ? *value : Json::array()) {
    if (!item.is_object() || !item.contains("name") || !item.contains("holds")) {
      checks.clear();
      break;
    }
    checks.push_back({.name = json_or(item, "name", ""),
                      .holds = json_or(item, "holds", false),
                      .must_not = json_or(item, "must_not", false),
                      .detail = shortened(json_or(item, "detail", ""), kMostDetail)});
  }
  bool any_check = false;
  for (const Check& check : checks) any_check = any_check || !check.must_not;
  if (!any_check) {
    lua.raise(state, {Code::config,
                      "grade returns no list of checks; it ends with `return { check(\"what "
                      "holds\", condition), ... }`"});
  }
  return checks;
}

/// The points on top of the stack, which a task with a rubric gives and no other does.
std::optional<int> read_points(LuaState& lua, lua_State* state, const Task& task) {
  if (!task.rubric) {
    if (!lua_isnil(state, -1)) {
      lua.raise(state, {Code::config, "grade returns points, and the task has no `rubric`"});
    }
    return std::nullopt;
  }
  int is_integer = 0;
  const auto points = lua_tointegerx(state, -1, &is_integer);
  if (is_integer == 0 || points < 0 || points > task.rubric->points) {
    lua.raise(state, {Code::config,
                      "grade returns the points earned as its second value: a whole number from 0 "
                      "to " +
                          std::to_string(task.rubric->points)});
  }
  return static_cast<int>(points);
}

}  // namespace

LiveTask::LiveTask(std::unique_ptr<Sandbox> sandbox) : sandbox_(std::move(sandbox)) {}
LiveTask::~LiveTask() = default;

Result<std::unique_ptr<LiveTask>> LiveTask::open(const Task& task, std::unique_ptr<Sandbox> sandbox,
                                                 std::uint64_t seed) {
  std::unique_ptr<LiveTask> live(new LiveTask(std::move(sandbox)));
  PLUMB_TRY(live->script_, TaskScript::open(task.folder, seed));
  live->env_ = std::make_unique<Env>(live->script_->lua(), live->sandbox(), task.folder, seed);
  PLUMB_CHECK(live->copy_files());
  PLUMB_CHECK(live->setup());
  PLUMB_TRY(live->prompt_, live->script_->prompt());
  return live;
}

Status LiveTask::copy_files() {
  const Task& task = script_->task();
  if (task.files.empty()) return {};
  const auto root = task.folder / task.files;
  PLUMB_TRY(const auto files, list_tree(root));
  for (const FileInTree& file : files) {
    PLUMB_TRY(const std::string bytes, read_file(root / file.path));
    PLUMB_CHECK(sandbox_->write(file.path, bytes, file.executable ? 0755 : 0644));
  }
  return {};
}

Status LiveTask::setup() {
  const Status status = script_->lua().protect([&](lua_State* state) {
    env_->create(state);
    script_->push_field(state, "setup");
    if (!lua_isfunction(state, -1)) return;
    env_->push(state);
    lua_call(state, 1, 0);
  });
  PLUMB_CHECK(site_status());
  PLUMB_CHECK(status);
  env_->keep_put_files();
  return {};
}

Status LiveTask::site_status() const {
  if (env_->site_error()) return std::unexpected(*env_->site_error());
  return {};
}

Result<ToolResult> LiveTask::call_tool(const std::string& name, const Json& arguments,
                                       Duration allowed) {
  ToolResult result;
  env_->limit_commands(allowed);
  const Status status = script_->lua().protect([&](lua_State* state) {
    script_->push_tool_run(state, name);
    env_->push(state);
    push_json(state, arguments);
    lua_call(state, 2, 2);
    if (lua_isnil(state, -2)) {
      result = {.text = text_at(state, -1).value_or("the tool failed"), .ok = false};
    } else if (const auto text = text_at(state, -2)) {
      result = {.text = *text, .ok = true};
      if (const auto image = text_at(state, -1)) {
        const std::string type = image_type(*image);
        if (type.empty()) {
          script_->lua().raise(state,
                               {Code::config, "tool \"" + name +
                                                  "\" returns a second value that is no PNG, "
                                                  "JPEG, GIF or WebP picture"});
        }
        result.images.push_back({.type = type, .bytes = *image});
      }
    } else {
      script_->lua().raise(
          state, {Code::config, "tool \"" + name + "\" returns a " + luaL_typename(state, -2) +
                                    "; it returns a string, or nil and a message"});
    }
  });
  env_->limit_commands(Duration::max());
  PLUMB_CHECK(site_status());
  if (!status && (status.error().code == Code::config || status.error().code == Code::limit)) {
    return fail(status.error().code, "the tool \"" + name + "\" broke down", status.error());
  }
  PLUMB_CHECK(status);
  return result;
}

Result<std::optional<std::string>> LiveTask::next_user(const Json& transcript) {
  if (!script_->task().has_next_user) return std::nullopt;
  std::optional<std::string> message;
  const Status status = script_->lua().protect([&](lua_State* state) {
    script_->push_field(state, "next_user");
    env_->push(state);
    push_json(state, transcript);
    lua_call(state, 2, 1);
    message = text_at(state, -1);
    if (!message && !lua_isnil(state, -1)) {
      script_->lua().raise(state, {Code::config, "next_user returns a string, or nil to end"});
    }
  });
  PLUMB_CHECK(site_status());
  PLUMB_CHECK(status);
  PLUMB_CHECK(env_->take_back_put_files());
  return message;
}

Result<Grade> LiveTask::grade(const Json& transcript) {
  Grade grade;
  static_cast<void>(env_->take_put_trouble());  // of a tool: not the grader's
  const Status status = script_->lua().protect([&](lua_State* state) {
    script_->push_field(state, "grade");
    env_->push(state);
    push_json(state, transcript);
    lua_call(state, 2, 2);
    grade.checks = read_checks(script_->lua(), state, -2);
    grade.points = read_points(script_->lua(), state, script_->task());
  });
  PLUMB_CHECK(site_status());
  PLUMB_CHECK(env_->take_back_put_files());
  const auto trouble = env_->take_put_trouble();
  // A grader that stumbles where its files should be is not at fault.
  if (!trouble || (!status && status.error().code != Code::config)) PLUMB_CHECK(status);
  if (trouble) {
    grade.checks.push_back({.name = "the grader's own files have a place", .detail = *trouble});
    if (script_->task().rubric) grade.points = 0;
  }
  return grade;
}

}  // namespace plumb
