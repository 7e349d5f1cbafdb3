#include "core/task/policy.hpp"

#include <algorithm>

#include "core/task/task_script.hpp"

namespace plumb {
namespace {

// What a policy's coroutine yields: the address of one of these, then its values.
char call_mark = 0;
char say_mark = 0;

/// model:call(tool, args)
int model_call(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  lua_settop(state, 3);
  const auto tool = text_at(state, 2);
  lua_getfield(state, 1, "tools");
  bool offered = false;
  for (lua_Integer i = 1; tool && lua_rawgeti(state, -1, i) != LUA_TNIL; ++i) {
    lua_getfield(state, -1, "name");
    offered = offered || text_at(state, -1) == tool;
    lua_pop(state, 2);
  }
  if (!tool || !offered) {
    LuaState::raise_misuse(
        state, "model:call(\"" + tool.value_or("?") + "\", ...): the task offers no such tool");
  }
  lua_settop(state, 3);
  lua_pushlightuserdata(state, &call_mark);
  lua_pushvalue(state, 2);
  lua_pushvalue(state, 3);
  return lua_yield(state, 3);
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
  lua_pushcfunction(state, model_call);
  lua_setfield(state, -2, "call");
  lua_pushcfunction(state, model_say);
  lua_setfield(state, -2, "say");
  Json tools = Json::array();
  for (const ToolSpec& tool : task.tools) {
    tools.push_back(
        {{"name", tool.name}, {"description", tool.description}, {"parameters", tool.parameters}});
  }
  push_json(state, tools);
  lua_setfield(state, -2, "tools");
}

/// Resumes the policy until its next step. `thread` holds the function and its arguments, or the
/// reply.
PolicyStep resume(LuaState& lua, lua_State* from, lua_State* thread, int arguments) {
  int results = 0;
  const int status = lua_resume(thread, from, arguments, &results);
  if (status == LUA_OK) return {.call = std::nullopt, .text = "Done."};
  if (status != LUA_YIELD) lua.raise(from, lua.take_error(thread, status));
  const int first = lua_gettop(thread) - results + 1;
  const void* const mark = results > 0 ? lua_touserdata(thread, first) : nullptr;
  PolicyStep step;
  if (mark == &say_mark) {
    step.text = text_at(thread, first + 1).value_or("");
  } else if (mark == &call_mark) {
    auto arguments_json =
        lua_isnil(thread, first + 2) ? Result<Json>(Json::object()) : to_json(thread, first + 2);
    if (!arguments_json) {
      lua.raise(from, {Code::config,
                       "the arguments of a policy's call: " + arguments_json.error().sentence});
    }
    step.call = PolicyStep::Call{*text_at(thread, first + 1), std::move(*arguments_json)};
  } else {
    lua.raise(from, {Code::config,
                     "a policy yields by itself; it may only use model:call and model:say"});
  }
  lua_pop(thread, results);
  return step;
}

}  // namespace

Result<PolicyStep> next_step(const Task& task, const std::string& policy, std::uint64_t seed,
                             std::span<const PolicyPast> past) {
  PLUMB_TRY(const auto script, TaskScript::open(task.folder, seed));
  LuaState& lua = script->lua();
  PolicyStep step;
  PLUMB_CHECK(lua.protect([&](lua_State* state) {
    lua_State* thread = lua_newthread(state);
    script->push_policy(state, policy);
    if (!lua_isfunction(state, -1)) {
      lua.raise(state,
                {Code::not_found, "task \"" + task.name + "\" has no policy \"" + policy + "\""});
    }
    push_model(state, script->task());
    script->push_seed_env(state);
    lua_xmove(state, thread, 3);
    step = resume(lua, state, thread, 2);
    for (const PolicyPast& turn : past) {
      if (!turn.advanced) continue;
      if (lua_status(thread) != LUA_YIELD) break;
      push_text(thread, turn.reply);
      step = resume(lua, state, thread, 1);
    }
  }));
  return step;
}

}  // namespace plumb
