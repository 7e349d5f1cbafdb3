#include "core/task/policy.hpp"

#include <utility>

#include "core/task/task_script.hpp"

namespace plumb {
namespace {

// What a policy's coroutine yields: the address of one of these, then its values.
char call_mark = 0;
char calls_mark = 0;
char say_mark = 0;
/// Under this address the state keeps the coroutine.
char thread_key = 0;

bool is_offered(lua_State* state, int model, const std::string& tool) {
  lua_getfield(state, model, "tools");
  const int tools = lua_gettop(state);
  bool offered = false;
  for (lua_Integer i = 1; !offered && lua_rawgeti(state, tools, i) != LUA_TNIL; ++i) {
    lua_getfield(state, -1, "name");
    offered = text_at(state, -1) == tool;
    lua_pop(state, 2);
  }
  lua_settop(state, tools - 1);
  return offered;
}

/// model:call(tool, args)
int model_call(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  lua_settop(state, 3);
  const auto tool = text_at(state, 2);
  if (!tool || !is_offered(state, 1, *tool)) {
    LuaState::raise_misuse(
        state, "model:call(\"" + tool.value_or("?") + "\", ...): the task offers no such tool");
  }
  lua_pushlightuserdata(state, &call_mark);
  lua_pushvalue(state, 2);
  lua_pushvalue(state, 3);
  return lua_yield(state, 3);
}

/// model:calls({ { tool, args }, ... })
int model_calls(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  lua_settop(state, 2);
  const lua_Integer count =
      lua_istable(state, 2) ? static_cast<lua_Integer>(lua_rawlen(state, 2)) : 0;
  if (count == 0) {
    LuaState::raise_misuse(state, "model:calls takes a list of { tool, arguments }, one at least");
  }
  for (lua_Integer i = 1; i <= count; ++i) {
    const bool is_table = lua_rawgeti(state, 2, i) == LUA_TTABLE;
    if (is_table) lua_rawgeti(state, -1, 1);
    const auto tool = is_table ? text_at(state, -1) : std::nullopt;
    if (!tool || !is_offered(state, 1, *tool)) {
      LuaState::raise_misuse(state, "model:calls, entry " + std::to_string(i) + " (\"" +
                                        tool.value_or("?") +
                                        "\"): the task offers no such tool; an entry is "
                                        "{ tool, arguments }");
    }
    lua_settop(state, 2);
  }
  lua_pushlightuserdata(state, &calls_mark);
  lua_pushvalue(state, 2);
  return lua_yield(state, 2);
}

/// model:say(text)
int model_say(lua_State* state) {
  const auto text = text_at(state, 2);
  if (!text) LuaState::raise_misuse(state, "model:say(text) takes a string");
  lua_pushlightuserdata(state, &say_mark);
  lua_pushvalue(state, 2);
  return lua_yield(state, 2);
}

void push_model(lua_State* state, const Task& task) {
  lua_newtable(state);
  constexpr luaL_Reg kFunctions[] = {
      {"call", model_call}, {"calls", model_calls}, {"say", model_say}, {nullptr, nullptr}};
  luaL_setfuncs(state, kFunctions, 0);
  Json tools = Json::array();
  for (const ToolSpec& tool : task.tools) {
    tools.push_back(
        {{"name", tool.name}, {"description", tool.description}, {"parameters", tool.parameters}});
  }
  push_json(state, tools);
  lua_setfield(state, -2, "tools");
}

/// The call whose tool and arguments are at these places of `thread`.
PolicyStep::Call read_call(LuaState& lua, lua_State* from, lua_State* thread, int tool,
                           int arguments) {
  auto json =
      lua_isnil(thread, arguments) ? Result<Json>(Json::object()) : to_json(thread, arguments);
  if (!json) {
    lua.raise(from, {Code::config, "the arguments of a policy's call: " + json.error().sentence});
  }
  return {text_at(thread, tool).value_or(""), std::move(*json)};
}

}  // namespace

PolicyPlay::PolicyPlay(std::unique_ptr<TaskScript> script) : script_(std::move(script)) {}
PolicyPlay::PolicyPlay(PolicyPlay&& other) noexcept = default;
PolicyPlay& PolicyPlay::operator=(PolicyPlay&& other) noexcept = default;
PolicyPlay::~PolicyPlay() = default;

Result<PolicyPlay> PolicyPlay::start(const Task& task, const std::string& policy,
                                     std::uint64_t seed) {
  PLUMB_TRY(auto script, TaskScript::open(task.folder, seed));
  PolicyPlay play(std::move(script));
  LuaState& lua = play.script_->lua();
  PLUMB_CHECK(lua.protect([&](lua_State* state) {
    lua_State* thread = lua_newthread(state);
    lua_pushvalue(state, -1);
    lua_rawsetp(state, LUA_REGISTRYINDEX, &thread_key);
    play.script_->push_policy(state, policy);
    if (!lua_isfunction(state, -1)) {
      lua.raise(state,
                {Code::not_found, "task \"" + task.name + "\" has no policy \"" + policy + "\""});
    }
    push_model(state, play.script_->task());
    play.script_->push_seed_env(state);
    lua_xmove(state, thread, 3);
    play.resume(state, thread, 2);
  }));
  return play;
}

Status PolicyPlay::play_on(std::span<const std::string> replies) {
  return script_->lua().protect([&](lua_State* state) {
    lua_rawgetp(state, LUA_REGISTRYINDEX, &thread_key);
    lua_State* thread = lua_tothread(state, -1);
    if (lua_status(thread) != LUA_YIELD) return;
    const std::size_t wanted = wants_list_ ? step_.calls.size() : 1;
    if (wants_list_) lua_createtable(thread, static_cast<int>(wanted), 0);
    for (std::size_t i = 0; i < wanted; ++i) {
      push_text(thread, i < replies.size() ? replies[i] : "");
      if (wants_list_) lua_rawseti(thread, -2, static_cast<lua_Integer>(i) + 1);
    }
    resume(state, thread, 1);
  });
}

/// Resumes the policy until its next step. `thread` holds the function and its arguments, or the
/// replies.
void PolicyPlay::resume(lua_State* from, lua_State* thread, int arguments) {
  LuaState& lua = script_->lua();
  int results = 0;
  const int status = lua_resume(thread, from, arguments, &results);
  step_ = {};
  wants_list_ = false;
  if (status == LUA_OK) {
    step_.text = "Done.";
    return;
  }
  if (status != LUA_YIELD) lua.raise(from, lua.take_error(thread, status));
  const int first = lua_gettop(thread) - results + 1;
  const void* const mark = results > 0 ? lua_touserdata(thread, first) : nullptr;
  if (mark == &say_mark) {
    step_.text = text_at(thread, first + 1).value_or("");
  } else if (mark == &call_mark) {
    step_.calls.push_back(read_call(lua, from, thread, first + 1, first + 2));
  } else if (mark == &calls_mark) {
    read_calls(from, thread, first + 1);
  } else {
    lua.raise(from, {Code::config,
                     "a policy yields by itself; it may only use model:call, model:calls and "
                     "model:say"});
  }
  lua_pop(thread, results);
}

void PolicyPlay::read_calls(lua_State* from, lua_State* thread, int index) {
  const auto count = static_cast<lua_Integer>(lua_rawlen(thread, index));
  for (lua_Integer i = 1; i <= count; ++i) {
    lua_rawgeti(thread, index, i);
    lua_rawgeti(thread, -1, 1);
    lua_rawgeti(thread, -2, 2);
    const int top = lua_gettop(thread);
    step_.calls.push_back(read_call(script_->lua(), from, thread, top - 1, top));
    lua_pop(thread, 3);
  }
  wants_list_ = true;
}

}  // namespace plumb
