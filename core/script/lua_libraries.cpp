#include "core/script/lua_libraries.hpp"

#include <string_view>
#include <utility>

namespace plumb {
namespace {

void remove_from(lua_State* state, const char* library, std::initializer_list<const char*> names) {
  lua_getglobal(state, library);
  for (const char* name : names) {
    lua_pushnil(state);
    lua_setfield(state, -2, name);
  }
  lua_pop(state, 1);
}

/// setmetatable without finalizers: they run inside the garbage collector, where no hook is called.
int set_metatable(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  if (lua_type(state, 2) != LUA_TNIL) luaL_checktype(state, 2, LUA_TTABLE);
  lua_settop(state, 2);
  if (luaL_getmetafield(state, 1, "__metatable") != LUA_TNIL) {
    return luaL_error(state, "cannot change a protected metatable");
  }
  if (lua_istable(state, 2)) {
    lua_pushliteral(state, "__gc");
    if (lua_rawget(state, 2) != LUA_TNIL) {
      return luaL_error(state, "a metatable may not have __gc here");
    }
    lua_pop(state, 1);
  }
  lua_setmetatable(state, 1);
  return 1;
}

int resume_wrapped(lua_State* state) {
  lua_State* const thread = lua_tothread(state, lua_upvalueindex(1));
  const int arguments = lua_gettop(state);
  if (lua_checkstack(thread, arguments) == 0) return luaL_error(state, "too many arguments");
  lua_xmove(state, thread, arguments);
  int results = 0;
  const int status = lua_resume(thread, state, arguments, &results);
  if (status == LUA_OK || status == LUA_YIELD) {
    luaL_checkstack(state, results, "too many results");
    lua_xmove(thread, state, results);
    return results;
  }
  lua_xmove(thread, state, 1);
  return lua_error(state);
}

/// coroutine.wrap that does not close a coroutine which failed: its pending `__close` would run
/// where the failing hook has switched hooks off.
int wrap(lua_State* state) {
  luaL_checktype(state, 1, LUA_TFUNCTION);
  lua_State* const thread = lua_newthread(state);
  lua_pushvalue(state, 1);
  lua_xmove(state, thread, 1);
  lua_pushcclosure(state, resume_wrapped, 1);
  return 1;
}

}  // namespace

void open_libraries(lua_State* state) {
  const std::pair<const char*, lua_CFunction> libraries[] = {
      {LUA_GNAME, luaopen_base},       {LUA_COLIBNAME, luaopen_coroutine},
      {LUA_TABLIBNAME, luaopen_table}, {LUA_STRLIBNAME, luaopen_string},
      {LUA_MATHLIBNAME, luaopen_math}, {LUA_UTF8LIBNAME, luaopen_utf8}};
  for (const auto& [name, open_library] : libraries) {
    luaL_requiref(state, name, open_library, 1);
    lua_pop(state, 1);
  }
  // The handler of xpcall runs inside the hook whose error it handles.
  remove_from(state, LUA_GNAME, {"dofile", "loadfile", "load", "collectgarbage", "xpcall"});
  remove_from(state, LUA_STRLIBNAME, {"dump"});
  remove_from(state, LUA_COLIBNAME, {"close"});
  lua_pushcfunction(state, set_metatable);
  lua_setglobal(state, "setmetatable");
  lua_getglobal(state, LUA_COLIBNAME);
  lua_pushcfunction(state, wrap);
  lua_setfield(state, -2, "wrap");
  lua_pop(state, 1);
}

}  // namespace plumb
