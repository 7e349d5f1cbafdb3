#pragma once

#include <string>

#include <lua.hpp>

#include "core/task/site.hpp"

namespace plumb {

/// A lower-case host name with a dot in it, of letters, digits, '-' and '.'.
[[nodiscard]] bool is_site_name(const std::string& name);

// For use inside LuaState::protect(); mistakes of the author are raised as misuse.

/// Refuses a routes table whose keys or values are not of the documented shapes.
void check_routes(lua_State* state, int routes);
/// Finds the route of a request in the site table on top of the stack and makes its response: exact
/// paths first, then the longest `*` prefix; a route that names the method before one that names
/// none. 404 when none fits.
[[nodiscard]] SiteResponse answer_from_routes(lua_State* state, const SiteRequest& request);
/// Appends {method, path, query, headers, body, status} to `log` of the site table on top of the
/// stack.
void log_request(lua_State* state, const SiteRequest& request, int status);

}  // namespace plumb
