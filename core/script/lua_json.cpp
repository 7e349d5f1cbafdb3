#include "core/script/lua_json.hpp"

#include <cmath>
#include <limits>

namespace plumb {
namespace {

constexpr std::size_t kMostValues = 1'000'000;

char null_mark = 0;  // the address is the value `null`
char array_key = 0;  // registry key of the metatable that marks arrays

void push_null(lua_State* state) { lua_pushlightuserdata(state, &null_mark); }

void mark_array(lua_State* state) {
  lua_rawgetp(state, LUA_REGISTRYINDEX, &array_key);
  lua_setmetatable(state, -2);
}

bool is_marked_array(lua_State* state, int index) {
  if (!lua_getmetatable(state, index)) return false;
  lua_rawgetp(state, LUA_REGISTRYINDEX, &array_key);
  const bool same = lua_rawequal(state, -1, -2) != 0;
  lua_pop(state, 2);
  return same;
}

std::unexpected<Error> not_json(const std::string& path, const std::string& why) {
  return fail(Code::config, (path.empty() ? std::string("the value") : path) + " " + why);
}

/// What a conversion may still take in: a list that holds itself twice at every level of its depth
/// has no end within reach.
struct Room {
  std::size_t depth = kMaxJsonDepth;
  std::size_t* values;
};

Result<Json> convert(lua_State* state, int index, const std::string& path, Room room);

Result<Json> convert_array(lua_State* state, int index, lua_Integer size, const std::string& path,
                           Room room) {
  Json array = Json::array();
  for (lua_Integer i = 1; i <= size; ++i) {
    lua_rawgeti(state, index, i);
    auto item = convert(state, lua_gettop(state), path + "[" + std::to_string(i) + "]", room);
    lua_pop(state, 1);
    if (!item) return item;
    array.push_back(std::move(*item));
  }
  return array;
}

Result<Json> convert_table(lua_State* state, int index, const std::string& path, Room room) {
  if (room.depth-- == 0) return not_json(path, "is nested too deeply (or refers to itself)");
  if (!lua_checkstack(state, 4)) return not_json(path, "is nested too deeply");
  const auto size = static_cast<lua_Integer>(lua_rawlen(state, index));
  if (is_marked_array(state, index)) return convert_array(state, index, size, path, room);
  Json object = Json::object();
  lua_Integer numbered = 0;
  lua_pushnil(state);
  while (lua_next(state, index) != 0) {
    if (lua_isinteger(state, -2) && lua_tointeger(state, -2) >= 1 &&
        lua_tointeger(state, -2) <= size) {
      ++numbered;
      lua_pop(state, 1);
      continue;
    }
    const auto key = text_at(state, -2);
    if (!key) {
      lua_pop(state, 2);
      return not_json(path, "has a key that is neither a string nor part of a list");
    }
    auto member = convert(state, lua_gettop(state), path.empty() ? *key : path + "." + *key, room);
    if (!member) {
      lua_pop(state, 2);
      return member;
    }
    object[*key] = std::move(*member);
    lua_pop(state, 1);
  }
  if (numbered == 0) return object;
  if (!object.empty() || numbered != size) return not_json(path, "mixes a list with named keys");
  return convert_array(state, index, size, path, room);
}

Result<Json> convert(lua_State* state, int index, const std::string& path, Room room) {
  if ((*room.values)-- == 0) return fail(Code::config, "the value holds too many values");
  switch (lua_type(state, index)) {
    case LUA_TNIL:
      return Json(nullptr);
    case LUA_TBOOLEAN:
      return Json(lua_toboolean(state, index) != 0);
    case LUA_TSTRING:
      return Json(*text_at(state, index));
    case LUA_TNUMBER: {
      if (lua_isinteger(state, index))
        return Json(static_cast<std::int64_t>(lua_tointeger(state, index)));
      const double number = lua_tonumber(state, index);
      if (!std::isfinite(number)) return not_json(path, "is not a finite number");
      return Json(number);
    }
    case LUA_TTABLE:
      return convert_table(state, index, path, room);
    case LUA_TLIGHTUSERDATA:
      if (lua_touserdata(state, index) == &null_mark) return Json(nullptr);
      [[fallthrough]];
    default:
      return not_json(path, std::string("is a ") + luaL_typename(state, index) +
                                ", which cannot be written as JSON");
  }
}

int json_encode(lua_State* state) {
  std::string message;
  {
    luaL_checkany(state, 1);
    const auto value = to_json(state, 1);
    if (value) {
      push_text(state, dump_json(*value));
      return 1;
    }
    message = value.error().sentence;
  }
  return luaL_error(state, "json.encode: %s", message.c_str());
}

int json_decode(lua_State* state) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(state, 1, &size);
  const auto value = parse_json({text, size});
  if (!value) {
    lua_pushnil(state);
    push_text(state, value.error().sentence);
    return 2;
  }
  push_json(state, *value);
  return 1;
}

int json_array(lua_State* state) {
  if (lua_isnoneornil(state, 1)) {
    lua_newtable(state);
  } else {
    luaL_checktype(state, 1, LUA_TTABLE);
    lua_settop(state, 1);
  }
  mark_array(state);
  return 1;
}

}  // namespace

void open_json(lua_State* state) {
  lua_newtable(state);
  lua_rawsetp(state, LUA_REGISTRYINDEX, &array_key);
  push_null(state);
  lua_newtable(state);
  lua_pushcfunction(state, [](lua_State* inner) {
    lua_pushstring(inner, lua_touserdata(inner, 1) == &null_mark ? "null" : "userdata");
    return 1;
  });
  lua_setfield(state, -2, "__tostring");
  lua_setmetatable(state, -2);  // one metatable serves all light userdata
  lua_setglobal(state, "null");
  lua_newtable(state);
  const std::pair<const char*, lua_CFunction> functions[] = {
      {"encode", json_encode}, {"decode", json_decode}, {"array", json_array}};
  for (const auto& [name, function] : functions) {
    lua_pushcfunction(state, function);
    lua_setfield(state, -2, name);
  }
  lua_setglobal(state, "json");
}

void push_json(lua_State* state, const Json& value) {
  luaL_checkstack(state, 4, "JSON is nested too deeply");
  switch (value.type()) {
    case Json::value_t::boolean:
      lua_pushboolean(state, value.get<bool>());
      return;
    case Json::value_t::number_integer:
      lua_pushinteger(state, value.get<std::int64_t>());
      return;
    case Json::value_t::number_unsigned: {
      const auto number = value.get<std::uint64_t>();
      if (number <= static_cast<std::uint64_t>(std::numeric_limits<lua_Integer>::max())) {
        lua_pushinteger(state, static_cast<lua_Integer>(number));
      } else {
        lua_pushnumber(state, static_cast<double>(number));
      }
      return;
    }
    case Json::value_t::number_float:
      lua_pushnumber(state, value.get<double>());
      return;
    case Json::value_t::string:
      push_text(state, value.get_ref<const std::string&>());
      return;
    case Json::value_t::array: {
      lua_createtable(state, static_cast<int>(value.size()), 0);
      lua_Integer at = 0;
      for (const Json& item : value) {
        push_json(state, item);
        lua_rawseti(state, -2, ++at);
      }
      mark_array(state);
      return;
    }
    case Json::value_t::object:
      lua_createtable(state, 0, static_cast<int>(value.size()));
      for (const auto& [key, member] : value.items()) {
        push_text(state, key);
        push_json(state, member);
        lua_rawset(state, -3);
      }
      return;
    default:
      push_null(state);
  }
}

Result<Json> to_json(lua_State* state, int index) {
  std::size_t values = kMostValues;
  return convert(state, lua_absindex(state, index), "", {.values = &values});
}

void push_text(lua_State* state, std::string_view text) {
  lua_pushlstring(state, text.data(), text.size());
}

std::optional<std::string> text_at(lua_State* state, int index) {
  if (lua_type(state, index) != LUA_TSTRING) return std::nullopt;
  std::size_t size = 0;
  const char* text = lua_tolstring(state, index, &size);
  return std::string(text, size);
}

}  // namespace plumb
