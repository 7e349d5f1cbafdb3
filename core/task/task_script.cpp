#include "core/task/task_script.hpp"

#include <algorithm>

#include "core/base/files.hpp"
#include "core/base/text.hpp"
#include "core/task/definition.hpp"

namespace plumb {
namespace fs = std::filesystem;

namespace {

char script_key = 0;   // registry key of the TaskScript pointer
char task_key = 0;     // registry key of the task's table
char tools_key = 0;    // registry key of the table of tools by name
char trivial_key = 0;  // registry key of the table of trivial controls
char check_key = 0;    // registry key of the metatable that marks checks

constexpr int kMostTurns = 1000;

TaskScript& script_of(lua_State* state) {
  lua_rawgetp(state, LUA_REGISTRYINDEX, &script_key);
  auto* script = static_cast<TaskScript*>(lua_touserdata(state, -1));
  lua_pop(state, 1);
  return *script;
}

bool is_task_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

/// Whether a path stays below the folder that it is relative to.
bool is_below(const fs::path& path) {
  const fs::path normal = path.lexically_normal();
  return normal.is_relative() && !normal.empty() && *normal.begin() != "..";
}

bool is_tool_name(std::string_view name) {
  return std::ranges::all_of(
      name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

std::vector<std::string> shipped_tools() {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(tools_dir(), error)) {
    if (entry.path().extension() == ".lua") names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

/// What a grader saw, as text: tables as JSON where they can be.
void push_detail(lua_State* state, int index) {
  if (lua_istable(state, index)) {
    if (const auto json = to_json(state, index)) return push_text(state, dump_json(*json));
  }
  luaL_tolstring(state, index, nullptr);
}

/// check(name, ok, detail?) and must_not(name, happened, detail?): a table {name, holds, must_not,
/// detail}.
int make_check(lua_State* state, bool must_not) {
  if (lua_type(state, 1) != LUA_TSTRING) {
    LuaState::raise_misuse(state, must_not
                                      ? "must_not(name, happened, detail): the name is a string"
                                      : "check(name, ok, detail): the name is a string");
  }
  const bool value = lua_toboolean(state, 2) != 0;
  lua_newtable(state);
  lua_pushvalue(state, 1);
  lua_setfield(state, -2, "name");
  lua_pushboolean(state, static_cast<int>(must_not ? !value : value));
  lua_setfield(state, -2, "holds");
  lua_pushboolean(state, static_cast<int>(must_not));
  lua_setfield(state, -2, "must_not");
  if (!lua_isnoneornil(state, 3)) {
    push_detail(state, 3);
    lua_setfield(state, -2, "detail");
  }
  lua_rawgetp(state, LUA_REGISTRYINDEX, &check_key);
  lua_setmetatable(state, -2);
  return 1;
}

}  // namespace

fs::path common_folder(const fs::path& task_folder) {
  return (fs::absolute(task_folder) / "").lexically_normal().parent_path().parent_path() /
         kCommonFolder;
}
fs::path sdk_lua_dir() { return resource_dir() / "sdk" / "lua"; }
fs::path tools_dir() { return resource_dir() / "plugins" / "tools"; }

TaskScript::TaskScript(fs::path folder, std::uint64_t seed) : seed_(seed) {
  task_.folder = std::move(folder);
}

Result<std::unique_ptr<TaskScript>> TaskScript::open(const fs::path& folder, std::uint64_t seed) {
  std::unique_ptr<TaskScript> script(new TaskScript(folder, seed));
  PLUMB_TRY(script->lua_, LuaState::create({folder, common_folder(folder), sdk_lua_dir()}));
  PLUMB_CHECK(script->lua_->protect([&](lua_State* state) {
    lua_pushlightuserdata(state, script.get());
    lua_rawsetp(state, LUA_REGISTRYINDEX, &script_key);
    lua_newtable(state);
    lua_rawsetp(state, LUA_REGISTRYINDEX, &check_key);
    lua_newtable(state);
    lua_rawsetp(state, LUA_REGISTRYINDEX, &tools_key);
    lua_register(state, "task", &TaskScript::define_task);
    lua_register(state, "check", [](lua_State* inner) { return make_check(inner, false); });
    lua_register(state, "must_not", [](lua_State* inner) { return make_check(inner, true); });
    lua_getglobal(state, "math");
    lua_getfield(state, -1, "randomseed");
    lua_pushinteger(state, static_cast<lua_Integer>(seed));
    lua_call(state, 1, 0);
    lua_settop(state, 0);
    script->lua_->run_file(state, folder / "task.lua");
    lua_rawgetp(state, LUA_REGISTRYINDEX, &task_key);
    if (lua_isnil(state, -1) || lua_rawequal(state, -1, -2) == 0) {
      script->lua_->raise(state, {Code::config, (folder / "task.lua").string() +
                                                    " does not end with `return task { ... }`"});
    }
  }));
  return script;
}

int TaskScript::define_task(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  lua_settop(state, 1);
  script_of(state).read_definition(state);
  lua_settop(state, 1);
  lua_pushvalue(state, 1);
  lua_rawsetp(state, LUA_REGISTRYINDEX, &task_key);
  return 1;
}

void TaskScript::read_definition(lua_State* state) {
  const DefinitionReader reader(state, "task");
  reader.only({"name", "category", "summary", "prompt", "files", "tools", "expected_turns",
               "images", "opening", "needs", "setup", "grade", "next_user", "oracle",
               "negative_controls", "trivial_pass", "keep_processes", "single_answer", "rubric"});
  task_.name = reader.text("name");
  if (!is_task_name(task_.name)) {
    reader.misuse("the name \"" + task_.name +
                  "\" may have lower-case letters, digits and '-' only");
  }
  const std::string folder_name = fs::absolute(task_.folder).lexically_normal().filename().string();
  if (!folder_name.empty() && task_.name != folder_name) {
    reader.misuse("the name \"" + task_.name + "\" differs from its folder's, \"" + folder_name +
                  "\"");
  }
  task_.category = reader.text("category");
  task_.summary = reader.text_or("summary", "");
  read_opening(state, reader);
  if (task_.opening.empty() && lua_getfield(state, 1, "prompt") != LUA_TFUNCTION) {
    static_cast<void>(reader.text("prompt"));
  }
  lua_settop(state, 1);
  task_.files = reader.text_or("files", "");
  std::error_code error;
  if (!task_.files.empty() &&
      (!is_below(task_.files) || !fs::is_directory(task_.folder / task_.files, error))) {
    reader.misuse("`files` names \"" + task_.files +
                  "\", and there is no such folder beside task.lua");
  }
  task_.expected_turns = static_cast<int>(reader.integer("expected_turns", 1, kMostTurns));
  task_.keep_processes = reader.boolean_or("keep_processes", false);
  reader.function("grade");
  reader.function("oracle");
  static_cast<void>(reader.has_function("setup"));
  task_.has_next_user = reader.has_function("next_user");
  task_.trivial_pass = reader.texts_or_none("trivial_pass");
  for (const std::string& name : task_.trivial_pass) {
    if (std::ranges::find(kTrivialControls, name) == kTrivialControls.end()) {
      reader.misuse("`trivial_pass` names \"" + name + "\"; the trivial controls are " +
                    join(kTrivialControls, ", "));
    }
  }
  if (reader.has("needs")) {
    if (lua_getfield(state, 1, "needs") != LUA_TTABLE) reader.misuse("`needs` is a table");
    const DefinitionReader needs(state, "task: needs");
    needs.only({"commands", "context", "vision", "parallel_calls"});
    task_.needs_commands = needs.texts_or_none("commands");
    task_.needs_context = needs.integer_or("context", 1, 100'000'000, 0);
    task_.needs_vision = needs.boolean_or("vision", false);
    task_.needs_parallel_calls = needs.boolean_or("parallel_calls", false);
    lua_settop(state, 1);
  }
  task_.single_answer = reader.boolean_or("single_answer", false);
  if (task_.single_answer && task_.has_next_user) {
    reader.misuse("`single_answer` ends with the first answer, so there is no `next_user`");
  }
  read_rubric(state, reader);
  read_images(reader);
  if (lua_getfield(state, 1, "negative_controls") == LUA_TTABLE) {
    lua_pushnil(state);
    while (lua_next(state, -2) != 0) {
      const auto name = text_at(state, -2);
      if (!name || lua_type(state, -1) != LUA_TFUNCTION) {
        reader.misuse(
            "`negative_controls` is written [\"what it gets wrong\"] = function(model, env)");
      }
      if (*name == kOracle ||
          std::ranges::find(kTrivialControls, *name) != kTrivialControls.end()) {
        reader.misuse("a negative control may not be called \"" + *name + "\"");
      }
      task_.controls.push_back(*name);
      lua_pop(state, 1);
    }
  }
  lua_settop(state, 1);
  if (task_.controls.empty()) {
    reader.misuse(
        "has no negative control; bring at least one mistake that a plausible model makes");
  }
  std::ranges::sort(task_.controls);
  read_tools(state);
}

void TaskScript::read_opening(lua_State* state, const DefinitionReader& reader) {
  if (!reader.has("opening")) return;
  if (reader.has("prompt")) {
    reader.misuse("`opening` ends with the prompt, so there is no `prompt` beside it");
  }
  const char* const form =
      "`opening` is a list of { role = \"system\", \"user\" or \"assistant\", text = \"...\" } "
      "that "
      "ends with the user's";
  if (lua_getfield(state, 1, "opening") != LUA_TTABLE) reader.misuse(form);
  for (lua_Integer i = 1; lua_rawgeti(state, 2, i) != LUA_TNIL; ++i) {
    if (lua_type(state, -1) != LUA_TTABLE) reader.misuse(form);
    const DefinitionReader message(state, "task: opening");
    message.only({"role", "text"});
    const std::string role = message.text("role");
    Message read{.text = message.text("text")};
    for (const Role known : {Role::system, Role::user, Role::assistant, Role::tool}) {
      if (role == role_name(known)) read.role = known;
    }
    if (role != role_name(read.role) || read.role == Role::tool) reader.misuse(form);
    task_.opening.push_back(std::move(read));
    lua_settop(state, 2);
  }
  lua_settop(state, 1);
  if (task_.opening.empty() || task_.opening.back().role != Role::user) reader.misuse(form);
}

void TaskScript::read_tools(lua_State* state) {
  const DefinitionReader reader(state, "task");
  if (lua_getfield(state, 1, "tools") != LUA_TTABLE) {
    reader.misuse("needs `tools = { ... }`, a list of tool names and tool tables");
  }
  const int list = lua_gettop(state);
  const fs::path folder = tools_dir();
  for (lua_Integer i = 1; lua_rawgeti(state, list, i) != LUA_TNIL; ++i) {
    if (const auto name = text_at(state, -1)) {
      const fs::path file = folder / (*name + ".lua");
      std::error_code error;
      if (!is_tool_name(*name) || !fs::is_regular_file(file, error)) {
        const auto shipped = shipped_tools();
        reader.misuse("there is no tool \"" + *name + "\"" + did_you_mean(*name, shipped) +
                      "; the tools are " + join(shipped, ", "));
      }
      lua_pop(state, 1);
      lua_->run_file(state, file);
      tool_files_.push_back(file);
    }
    if (lua_type(state, -1) != LUA_TTABLE) {
      reader.misuse("tool " + std::to_string(i) + " is neither a name nor a table");
    }
    read_tool(state, lua_gettop(state));
    lua_settop(state, list);
  }
  auto judge = CallJudge::create(task_.tools);
  if (!judge) reader.misuse(judge.error().sentence);
  task_.judge = std::make_shared<const CallJudge>(std::move(*judge));
  lua_settop(state, 1);
}

void TaskScript::read_rubric(lua_State* state, const DefinitionReader& reader) {
  constexpr std::int64_t kMostPoints = 1000;
  if (!reader.has("rubric")) return;
  if (lua_getfield(state, 1, "rubric") != LUA_TTABLE) reader.misuse("`rubric` is a table");
  const DefinitionReader rubric(state, "task: rubric");
  rubric.only({"name", "category", "points"});
  task_.rubric = Rubric{.name = rubric.text("name"),
                        .category = rubric.text("category"),
                        .points = static_cast<int>(rubric.integer("points", 1, kMostPoints))};
  lua_settop(state, 1);
}

void TaskScript::read_images(const DefinitionReader& reader) {
  constexpr std::size_t kMostBytes = std::size_t{8} << 20;
  for (const std::string& name : reader.texts_or_none("images")) {
    const fs::path file = fs::path(name).lexically_normal();
    if (file.is_absolute() || file.begin() == file.end() || *file.begin() == "..") {
      reader.misuse("`images` names \"" + name + "\", which is not in the task's folder");
    }
    auto bytes = read_file(task_.folder / file, kMostBytes);
    if (!bytes) reader.misuse("`images`: " + full_sentence(bytes.error()));
    const std::string type = image_type(*bytes);
    if (type.empty()) reader.misuse("`images`: " + name + " is no PNG, JPEG, GIF or WebP file");
    task_.images.push_back({.type = type, .bytes = std::move(*bytes)});
  }
  // A task that shows a picture needs eyes, whether it says so or not.
  task_.needs_vision |= !task_.images.empty();
}

void TaskScript::read_tool(lua_State* state, int index) {
  const DefinitionReader reader(state, "tool");
  reader.only({"name", "description", "parameters", "run"});
  ToolSpec spec{
      .name = reader.text("name"), .description = reader.text("description"), .parameters = {}};
  reader.function("run");
  std::string problem;
  if (std::ranges::any_of(task_.tools,
                          [&](const ToolSpec& other) { return other.name == spec.name; })) {
    problem = "is there twice";
  }
  lua_getfield(state, index, "parameters");
  auto parameters = to_json(state, -1);
  lua_pop(state, 1);
  if (!parameters) {
    problem = "has parameters that are no JSON Schema: " + parameters.error().sentence;
  }
  if (!problem.empty()) reader.misuse("\"" + spec.name + "\" " + problem);
  spec.parameters = std::move(*parameters);
  lua_rawgetp(state, LUA_REGISTRYINDEX, &tools_key);
  lua_pushvalue(state, index);
  lua_setfield(state, -2, spec.name.c_str());
  lua_pop(state, 1);
  task_.tools.push_back(std::move(spec));
}

void TaskScript::push_field(lua_State* state, const char* key) const {
  lua_rawgetp(state, LUA_REGISTRYINDEX, &task_key);
  lua_getfield(state, -1, key);
  lua_remove(state, -2);
}

void TaskScript::push_tool_run(lua_State* state, const std::string& tool) const {
  lua_rawgetp(state, LUA_REGISTRYINDEX, &tools_key);
  lua_getfield(state, -1, tool.c_str());
  lua_getfield(state, -1, "run");
  lua_replace(state, -3);
  lua_pop(state, 1);
}

void TaskScript::push_policy(lua_State* state, const std::string& name) const {
  if (name == kOracle) return push_field(state, kOracle);
  if (std::ranges::find(kTrivialControls, name) == kTrivialControls.end()) {
    push_field(state, "negative_controls");
  } else if (lua_rawgetp(state, LUA_REGISTRYINDEX, &trivial_key) == LUA_TNIL) {
    lua_pop(state, 1);
    lua_->run_file(state, sdk_lua_dir() / "trivial_controls.lua");
    lua_pushvalue(state, -1);
    lua_rawsetp(state, LUA_REGISTRYINDEX, &trivial_key);
  }
  lua_getfield(state, -1, name.c_str());
  lua_remove(state, -2);
}

void TaskScript::push_seed_env(lua_State* state) const {
  lua_newtable(state);
  lua_pushinteger(state, static_cast<lua_Integer>(seed_));
  lua_setfield(state, -2, "seed");
}

Result<std::string> TaskScript::prompt() {
  if (!task_.opening.empty()) return task_.opening.back().text;
  std::string text;
  PLUMB_CHECK(lua_->protect([&](lua_State* state) {
    push_field(state, "prompt");
    if (lua_isfunction(state, -1)) {
      push_seed_env(state);
      lua_call(state, 1, 1);
    }
    const auto value = text_at(state, -1);
    if (!value || trimmed(*value).empty()) {
      lua_->raise(state, {Code::config,
                          "the prompt function of task \"" + task_.name + "\" returns no text"});
    }
    text = *value;
  }));
  return text;
}

}  // namespace plumb
