#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <lua.hpp>

#include "core/base/json.hpp"
#include "core/base/result.hpp"

namespace plumb {

/// Opens the globals `null` and `json { encode, decode, array }`. `json.decode` returns nil and a
/// sentence for text that is not JSON; `json.array(t)` marks a table as an array, so that an empty
/// one stays `[]`.
void open_json(lua_State* state);

/// Pushes a JSON value: null becomes the value `null` (a light userdata that equals only itself),
/// arrays are marked. Integers beyond 63 bits become floats.
void push_json(lua_State* state, const Json& value);

/// The value at `index` as JSON: a marked table, or one with a sequence 1..n and nothing else, is
/// an array; an empty one is an object unless marked. Code::config for functions, cycles, nesting
/// beyond kMaxJsonDepth, more than a million values, keys that are not strings, and numbers that
/// are not finite, with the path.
[[nodiscard]] Result<Json> to_json(lua_State* state, int index);

/// Pushes bytes.
void push_text(lua_State* state, std::string_view text);
/// The string at index (numbers are not strings), or nothing.
[[nodiscard]] std::optional<std::string> text_at(lua_State* state, int index);

}  // namespace plumb
