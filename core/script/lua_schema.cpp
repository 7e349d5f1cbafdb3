#include "core/script/lua_schema.hpp"

#include "core/schema/schema.hpp"
#include "core/script/lua_json.hpp"
#include "core/script/lua_state.hpp"

namespace plumb {
namespace {

int schema_errors(lua_State* state) {
  luaL_checkany(state, 1);
  luaL_checkany(state, 2);
  const auto value = to_json(state, 1);
  if (!value) LuaState::raise_misuse(state, "schema.errors: " + value.error().sentence);
  const auto written = to_json(state, 2);
  if (!written) LuaState::raise_misuse(state, "schema.errors: " + written.error().sentence);
  const auto schema = Schema::compile(*written, {.strict = true});
  if (!schema) LuaState::raise_misuse(state, "schema.errors: " + schema.error().sentence);
  Json errors = Json::array();
  for (const SchemaError& error : schema->validate(*value)) {
    errors.push_back({{"path", error.path},
                      {"keyword", error.keyword},
                      {"expected", error.expected},
                      {"got", error.got},
                      {"sentence", describe(error)}});
  }
  push_json(state, errors);
  return 1;
}

}  // namespace

void open_schema(lua_State* state) {
  lua_newtable(state);
  lua_pushcfunction(state, schema_errors);
  lua_setfield(state, -2, "errors");
  lua_setglobal(state, "schema");
}

}  // namespace plumb
