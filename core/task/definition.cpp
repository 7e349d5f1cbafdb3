#include "core/task/definition.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/script/lua_state.hpp"

namespace plumb {

int DefinitionReader::push(const char* key) const {
  lua_pushstring(state_, key);
  return lua_rawget(state_, table_);
}

void DefinitionReader::misuse(const std::string& sentence) const {
  LuaState::raise_misuse(state_, what_ + ": " + sentence);
}

bool DefinitionReader::has(const char* key) const {
  const int type = push(key);
  lua_pop(state_, 1);
  return type != LUA_TNIL;
}

void DefinitionReader::only(const std::vector<std::string>& known) const {
  lua_pushnil(state_);
  while (lua_next(state_, table_) != 0) {
    const auto key = text_at(state_, -2);
    if (!key) misuse("has a member without a name; every member is written `name = value`");
    if (std::ranges::find(known, *key) == known.end()) {
      misuse("does not know \"" + *key + "\"" + did_you_mean(*key, known) + "; it takes " +
             join(known, ", "));
    }
    lua_pop(state_, 1);
  }
}

std::string DefinitionReader::text(const char* key) const {
  push(key);
  auto value = text_at(state_, -1);
  lua_pop(state_, 1);
  if (!value || trimmed(*value).empty()) {
    misuse(std::string("needs `") + key + " = \"...\"`, a string that is not empty");
  }
  return *value;
}

std::string DefinitionReader::text_or(const char* key, const char* fallback) const {
  return has(key) ? text(key) : fallback;
}

std::int64_t DefinitionReader::integer(const char* key, std::int64_t least,
                                       std::int64_t most) const {
  push(key);
  int is_integer = 0;
  const auto value =
      lua_type(state_, -1) == LUA_TNUMBER ? lua_tointegerx(state_, -1, &is_integer) : 0;
  lua_pop(state_, 1);
  if (is_integer == 0 || value < least || value > most) {
    misuse(std::string("needs `") + key + "`, a whole number from " + std::to_string(least) +
           " to " + std::to_string(most));
  }
  return value;
}

std::int64_t DefinitionReader::integer_or(const char* key, std::int64_t least, std::int64_t most,
                                          std::int64_t fallback) const {
  return has(key) ? integer(key, least, most) : fallback;
}

bool DefinitionReader::boolean_or(const char* key, bool fallback) const {
  const int type = push(key);
  const bool value = lua_toboolean(state_, -1) != 0;
  lua_pop(state_, 1);
  if (type == LUA_TNIL) return fallback;
  if (type != LUA_TBOOLEAN) misuse(std::string("takes `") + key + " = true` or `false`");
  return value;
}

std::vector<std::string> DefinitionReader::texts_or_none(const char* key) const {
  std::vector<std::string> values;
  const int type = push(key);
  if (type == LUA_TTABLE) {
    for (lua_Integer i = 1; lua_rawgeti(state_, -1, i) != LUA_TNIL; ++i) {
      const auto value = text_at(state_, -1);
      if (!value) misuse(std::string("`") + key + "` is a list of strings");
      values.push_back(*value);
      lua_pop(state_, 1);
    }
    lua_pop(state_, 1);
    std::size_t members = 0;
    lua_pushnil(state_);
    for (; lua_next(state_, -2) != 0; lua_pop(state_, 1)) ++members;
    if (members != values.size()) misuse(std::string("`") + key + "` is a list of strings");
  } else if (type != LUA_TNIL) {
    misuse(std::string("`") + key + "` is a list of strings");
  }
  lua_pop(state_, 1);
  return values;
}

bool DefinitionReader::has_function(const char* key) const {
  const int type = push(key);
  lua_pop(state_, 1);
  if (type != LUA_TNIL && type != LUA_TFUNCTION) misuse(std::string("`") + key + "` is a function");
  return type == LUA_TFUNCTION;
}

void DefinitionReader::function(const char* key) const {
  if (!has_function(key)) misuse(std::string("has no `") + key + "` function");
}

}  // namespace plumb
