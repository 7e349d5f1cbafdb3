#pragma once

#include <lua.hpp>

namespace plumb {

/// Opens the global `schema { errors }`. `schema.errors(value, schema)` returns a list of
/// `{ path, keyword, expected, got, sentence }`, empty when the value fits. A schema that is none,
/// and a value that is no JSON, are misuse.
void open_schema(lua_State* state);

}  // namespace plumb
