#include "core/task/env_sites.hpp"

#include <algorithm>
#include <optional>

#include "core/base/text.hpp"
#include "core/script/lua_state.hpp"

namespace plumb {
namespace {

/// "GET /news/*" in parts.
struct Route {
  std::string method;  ///< "" = any
  std::string path;    ///< without the '*'
  bool prefix = false;
};

std::optional<Route> parse_route(const std::string& key) {
  Route route;
  const auto space = key.find(' ');
  route.path = space == std::string::npos ? key : key.substr(space + 1);
  if (space != std::string::npos) route.method = key.substr(0, space);
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (!std::ranges::all_of(route.method, is_upper) || !route.path.starts_with('/'))
    return std::nullopt;
  if (route.path.ends_with('*')) {
    route.prefix = true;
    route.path.pop_back();
  }
  return route;
}

/// How well a route fits; 0 = not at all.
std::size_t fit(const Route& route, const SiteRequest& request) {
  const bool get_for_head = request.method == "HEAD" && route.method == "GET";
  if (!route.method.empty() && route.method != request.method && !get_for_head) return 0;
  const bool fits =
      route.prefix ? request.path.starts_with(route.path) : request.path == route.path;
  if (!fits) return 0;
  const std::size_t exact = route.prefix ? 0 : std::size_t{1} << 30;
  const std::size_t method = route.method == request.method ? 3 : get_for_head ? 2 : 1;
  return exact + route.path.size() * 4 + method;
}

void push_request(lua_State* state, const SiteRequest& request) {
  lua_newtable(state);
  for (const auto& [key, value] :
       {std::pair<const char*, const std::string*>{"method", &request.method},
        {"path", &request.path},
        {"query", &request.query},
        {"body", &request.body}}) {
    push_text(state, *value);
    lua_setfield(state, -2, key);
  }
  lua_newtable(state);
  for (const auto& [name, value] : request.headers) {
    push_text(state, name);
    push_text(state, value);
    lua_rawset(state, -3);
  }
  lua_setfield(state, -2, "headers");
}

/// What fits into the head of a response.
bool is_header(std::string_view name, std::string_view value) {
  constexpr std::size_t kMost = 8 << 10;
  const auto breaks_line = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  return !name.empty() && name.size() + value.size() <= kMost &&
         name.find(':') == std::string_view::npos && std::ranges::none_of(name, breaks_line) &&
         std::ranges::none_of(value, breaks_line);
}

/// The response that the string or table on top of the stack describes.
SiteResponse read_response(lua_State* state) {
  if (const auto body = text_at(state, -1)) return {200, {}, *body};
  if (lua_type(state, -1) != LUA_TTABLE) {
    LuaState::raise_misuse(state,
                           "a route answers with a string or { status =, headers =, body = }");
  }
  SiteResponse response;
  lua_getfield(state, -1, "status");
  if (!lua_isnil(state, -1)) response.status = static_cast<int>(luaL_checkinteger(state, -1));
  lua_pop(state, 1);
  if (response.status < 200 || response.status > 599) {
    LuaState::raise_misuse(state, "a route's status is a number from 200 to 599");
  }
  if (lua_getfield(state, -1, "body") != LUA_TNIL) {
    const auto body = text_at(state, -1);
    if (!body) LuaState::raise_misuse(state, "a route's body is a string");
    response.body = *body;
  }
  lua_pop(state, 1);
  if (lua_getfield(state, -1, "headers") == LUA_TTABLE) {
    lua_pushnil(state);
    while (lua_next(state, -2) != 0) {
      const auto name = text_at(state, -2);
      const auto value = text_at(state, -1);
      if (!name || !value || !is_header(*name, *value)) {
        LuaState::raise_misuse(state, "a route's headers are written { [\"name\"] = \"value\" }");
      }
      response.headers.emplace_back(*name, *value);
      lua_pop(state, 1);
    }
  }
  lua_pop(state, 1);
  return response;
}

}  // namespace

bool is_site_name(const std::string& name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return name.size() <= 253 && name.find('.') != std::string::npos && name.front() != '.' &&
         name.back() != '.' && std::ranges::all_of(name, fits);
}

void check_routes(lua_State* state, int routes) {
  lua_pushnil(state);
  while (lua_next(state, routes) != 0) {
    const auto key = text_at(state, -2);
    if (!key || !parse_route(*key)) {
      LuaState::raise_misuse(
          state,
          "env:serve: a route is named like \"GET /page\", \"PUT /files/*\" or \"/page\"; \"" +
              key.value_or("?") + "\" is not");
    }
    const int type = lua_type(state, -1);
    if (type != LUA_TSTRING && type != LUA_TTABLE && type != LUA_TFUNCTION) {
      LuaState::raise_misuse(
          state, "env:serve: route \"" + *key + "\" is a string, a table or a function");
    }
    lua_pop(state, 1);
  }
}

SiteResponse answer_from_routes(lua_State* state, const SiteRequest& request) {
  std::string best;
  std::size_t best_fit = 0;
  lua_getfield(state, -1, "routes");
  lua_pushnil(state);
  while (lua_next(state, -2) != 0) {
    const std::string key = text_at(state, -2).value_or("");
    const auto route = parse_route(key);
    if (const std::size_t now = route ? fit(*route, request) : 0; now > best_fit) {
      best_fit = now;
      best = key;
    }
    lua_pop(state, 1);
  }
  if (best_fit == 0) {
    lua_pop(state, 1);
    return {404, {}, "There is nothing at " + request.path + " here.\n"};
  }
  lua_getfield(state, -1, best.c_str());
  if (lua_isfunction(state, -1)) {
    push_request(state, request);
    lua_call(state, 1, 1);
  }
  SiteResponse response = read_response(state);
  lua_pop(state, 2);
  return response;
}

void log_request(lua_State* state, const SiteRequest& request, int status) {
  lua_getfield(state, -1, "log");
  push_request(state, request);
  lua_pushinteger(state, status);
  lua_setfield(state, -2, "status");
  lua_rawseti(state, -2, static_cast<lua_Integer>(lua_rawlen(state, -2)) + 1);
  lua_pop(state, 1);
}

}  // namespace plumb
