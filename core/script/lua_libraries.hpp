#pragma once

#include <lua.hpp>

namespace plumb {

/// Opens base, coroutine, table, string, math and utf8, without what reads files, loads code at run
/// time, or runs Lua where no limit can interrupt it: dofile, loadfile, load, string.dump,
/// collectgarbage, xpcall, coroutine.close, and metatables with `__gc`.
void open_libraries(lua_State* state);

}  // namespace plumb
