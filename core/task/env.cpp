#include "core/task/env.hpp"

#include <algorithm>

#include "core/base/files.hpp"
#include "core/base/text.hpp"
#include "core/task/env_sites.hpp"

namespace plumb {
namespace fs = std::filesystem;

namespace {

char env_key = 0;  // registry key of the env table

constexpr double kMostExecSeconds = 600;
/// Requests are logged whole, and an agent that floods a site must not run the task out of memory.
constexpr std::size_t kMostRequestBytes = std::size_t{48} << 20;
constexpr std::size_t kRequestOverhead = 1 << 10;  ///< of one logged request, in tables and marks

/// Whether the sandbox lives on, so that the script may see the failure as nil, message.
bool is_expected(Code code) {
  return code == Code::not_found || code == Code::io || code == Code::limit;
}

Env& env_of(lua_State* state) {
  return *static_cast<Env*>(lua_touserdata(state, lua_upvalueindex(1)));
}

std::string text_argument(lua_State* state, int index, const char* what) {
  const auto text = text_at(state, index);
  if (!text)
    LuaState::raise_misuse(
        state, std::string(what) + ": argument " + std::to_string(index - 1) + " is a string");
  return *text;
}

/// The string or number on top of the stack, as text.
std::string word_on_top(lua_State* state, const char* misuse) {
  if (lua_type(state, -1) != LUA_TSTRING && lua_type(state, -1) != LUA_TNUMBER) {
    LuaState::raise_misuse(state, misuse);
  }
  std::size_t size = 0;
  const char* text = luaL_tolstring(state, -1, &size);
  std::string word(text, size);
  lua_pop(state, 1);
  return word;
}

ExecRequest exec_request(lua_State* state) {
  if (lua_type(state, 2) != LUA_TTABLE) {
    LuaState::raise_misuse(state, "env:exec { \"command\", \"argument\", ... } takes a table");
  }
  ExecRequest request;
  static const std::vector<std::string> known = {"timeout", "cwd", "stdin", "env"};
  const auto size = static_cast<lua_Integer>(lua_rawlen(state, 2));
  for (lua_Integer i = 1; i <= size; ++i) {
    lua_rawgeti(state, 2, i);
    request.argv.push_back(
        word_on_top(state, "env:exec: the command and its arguments are strings"));
    lua_pop(state, 1);
  }
  if (request.argv.empty()) LuaState::raise_misuse(state, "env:exec: there is no command");
  lua_pushnil(state);
  while (lua_next(state, 2) != 0) {
    const auto key = text_at(state, -2);
    if (key == "timeout") {
      const double seconds = luaL_checknumber(state, -1);
      const bool fits =
          seconds > 0 && seconds <= kMostExecSeconds;  // nothing fits that is no number
      if (!fits) {
        LuaState::raise_misuse(
            state, "env:exec: timeout is a number of seconds, more than 0 and at most 600");
      }
      request.timeout = from_seconds(seconds);
    } else if (key == "cwd") {
      request.cwd = luaL_checkstring(state, -1);
    } else if (key == "stdin") {
      std::size_t length = 0;
      const char* bytes = luaL_checklstring(state, -1, &length);
      request.stdin_bytes.assign(bytes, length);
    } else if (key == "env") {
      luaL_checktype(state, -1, LUA_TTABLE);
      lua_pushnil(state);
      while (lua_next(state, -2) != 0) {
        const auto name = text_at(state, -2);
        if (!name) LuaState::raise_misuse(state, "env:exec: env is written { NAME = value }");
        request.env.emplace_back(*name,
                                 word_on_top(state, "env:exec: the values of env are strings"));
        lua_pop(state, 1);
      }
    } else if (key) {
      LuaState::raise_misuse(state,
                             "env:exec does not know \"" + *key + "\"" + did_you_mean(*key, known));
    }
    lua_pop(state, 1);
  }
  return request;
}

void push_exec_result(lua_State* state, const ExecResult& result) {
  lua_newtable(state);
  lua_pushinteger(state, result.code);
  lua_setfield(state, -2, "code");
  lua_pushboolean(state, static_cast<int>(result.code == 0 && !result.timed_out));
  lua_setfield(state, -2, "ok");
  push_text(state, result.out.text());
  lua_setfield(state, -2, "stdout");
  push_text(state, result.err.text());
  lua_setfield(state, -2, "stderr");
  lua_pushboolean(state, static_cast<int>(result.timed_out));
  lua_setfield(state, -2, "timed_out");
  lua_pushinteger(state, result.signal);
  lua_setfield(state, -2, "signal");
}

const char* kind_name(DirEntry::Kind kind) {
  switch (kind) {
    case DirEntry::Kind::file:
      return "file";
    case DirEntry::Kind::folder:
      return "folder";
    case DirEntry::Kind::link:
      return "link";
    default:
      return "other";
  }
}

/// A file of the task's own folder: nothing above it, nothing absolute.
Result<fs::path> own_file(const fs::path& folder, const std::string& name) {
  const fs::path path = fs::path(name).lexically_normal();
  if (path.is_absolute() || path.empty() || *path.begin() == "..") {
    return fail(Code::config, "env:put: \"" + name + "\" is not below the task's folder");
  }
  return folder / path;
}

}  // namespace

/// The functions of the env table; each has the Env as its upvalue.
struct Env::Bindings {
  /// nil, message for what a script can expect; anything else ends the script.
  static int failed(lua_State* state, Env& env, const Error& error) {
    if (!is_expected(error.code)) env.lua_.raise(state, error);
    lua_pushnil(state);
    push_text(state, full_sentence(error));
    return 2;
  }
  static int done(lua_State* state, Env& env, const Status& status) {
    if (!status) return failed(state, env, status.error());
    lua_pushboolean(state, 1);
    return 1;
  }

  static int exec(lua_State* state) {
    Env& env = env_of(state);
    env.lua_.check_raised(state);
    if (env.in_handler_) {
      LuaState::raise_misuse(state, "a fixture's handler may read and write files, but not exec");
    }
    ExecRequest request = exec_request(state);
    request.timeout = std::min(request.timeout, env.longest_command_);
    const auto result = env.sandbox_.exec(request);
    if (!result) return failed(state, env, result.error());
    push_exec_result(state, *result);
    return 1;
  }

  static int read(lua_State* state) {
    Env& env = env_of(state);
    env.lua_.check_raised(state);
    const auto bytes = env.sandbox_.read(text_argument(state, 2, "env:read(path)"));
    if (!bytes) return failed(state, env, bytes.error());
    push_text(state, *bytes);
    return 1;
  }

  static int write(lua_State* state) {
    Env& env = env_of(state);
    env.lua_.check_raised(state);
    const std::string path = text_argument(state, 2, "env:write(path, bytes)");
    const std::string bytes = text_argument(state, 3, "env:write(path, bytes)");
    const std::string mode =
        lua_isnoneornil(state, 4) ? "644" : text_argument(state, 4, "env:write(path, bytes, mode)");
    if (mode != "644" && mode != "755" && mode != "600") {
      LuaState::raise_misuse(state, R"(env:write: the mode is "644", "755" or "600")");
    }
    return done(
        state, env,
        env.sandbox_.write(path, bytes, static_cast<unsigned>(std::stoul(mode, nullptr, 8))));
  }

  static int remove(lua_State* state) {
    Env& env = env_of(state);
    env.lua_.check_raised(state);
    return done(state, env, env.sandbox_.remove(text_argument(state, 2, "env:remove(path)")));
  }

  static int list(lua_State* state) {
    Env& env = env_of(state);
    env.lua_.check_raised(state);
    const std::string path =
        lua_isnoneornil(state, 2) ? "." : text_argument(state, 2, "env:list(path)");
    const auto entries = env.sandbox_.list(path, lua_toboolean(state, 3) != 0);
    if (!entries) return failed(state, env, entries.error());
    lua_createtable(state, static_cast<int>(entries->size()), 0);
    lua_Integer at = 0;
    for (const DirEntry& entry : *entries) {
      lua_newtable(state);
      push_text(state, entry.path);
      lua_setfield(state, -2, "path");
      lua_pushstring(state, kind_name(entry.kind));
      lua_setfield(state, -2, "kind");
      lua_pushinteger(state, static_cast<lua_Integer>(entry.size));
      lua_setfield(state, -2, "size");
      lua_rawseti(state, -2, ++at);
    }
    return 1;
  }

  static int put(lua_State* state) {
    Env& env = env_of(state);
    env.lua_.check_raised(state);
    const std::string name = text_argument(state, 2, "env:put(file, destination)");
    const std::string destination =
        lua_isnoneornil(state, 3) ? name : text_argument(state, 3, "env:put(file, destination)");
    auto file = own_file(env.task_folder_, name);
    auto bytes = file ? read_file(*file) : Result<std::string>(std::unexpected(file.error()));
    if (!bytes) {
      // A file that the author named wrongly is his mistake, not something to expect.
      LuaState::raise_misuse(state, "env:put: " + full_sentence(bytes.error()));
    }
    const Status written = env.sandbox_.write(destination, *bytes);
    if (written) {
      env.put_files_.push_back(destination);
    } else if (!env.put_trouble_) {
      env.put_trouble_ = full_sentence(written.error());
    }
    return done(state, env, written);
  }

  static int serve(lua_State* state) {
    Env& env = env_of(state);
    env.lua_.check_raised(state);
    const std::string host = text_argument(state, 2, "env:serve(host, routes)");
    if (lua_type(state, 3) != LUA_TTABLE) {
      LuaState::raise_misuse(state, "env:serve(host, routes): the routes are a table");
    }
    if (!is_site_name(host)) {
      LuaState::raise_misuse(state,
                             "env:serve: \"" + host + "\" is no host name such as \"news.test\"");
    }
    const Status served = env.serve(state, host, 3);
    if (!served) return failed(state, env, served.error());
    return 1;
  }
};

struct Env::Served {
  Env* env = nullptr;
  std::string host;
  lua_State* thread = nullptr;  ///< runs the handlers; kept alive by the registry
  int thread_ref = LUA_NOREF;
  int site_ref = LUA_NOREF;  ///< {routes = ..., log = {...}}
  Site site;

  Served(Env* owner, std::string name)
      : env(owner),
        host(std::move(name)),
        site([this](const SiteRequest& request) { return env->handle(*this, request); }) {}
};

Env::Env(LuaState& lua, Sandbox& sandbox, fs::path task_folder, std::uint64_t seed)
    : lua_(lua), sandbox_(sandbox), task_folder_(std::move(task_folder)), seed_(seed) {}
Env::~Env() = default;

void Env::create(lua_State* state) {
  lua_newtable(state);
  lua_pushinteger(state, static_cast<lua_Integer>(seed_));
  lua_setfield(state, -2, "seed");
  lua_newtable(state);
  lua_setfield(state, -2, "sites");
  const std::pair<const char*, lua_CFunction> functions[] = {
      {"exec", &Bindings::exec},     {"read", &Bindings::read}, {"write", &Bindings::write},
      {"remove", &Bindings::remove}, {"list", &Bindings::list}, {"put", &Bindings::put},
      {"serve", &Bindings::serve}};
  for (const auto& [name, function] : functions) {
    lua_pushlightuserdata(state, this);
    lua_pushcclosure(state, function, 1);
    lua_setfield(state, -2, name);
  }
  lua_rawsetp(state, LUA_REGISTRYINDEX, &env_key);
}

void Env::push(lua_State* state) const { lua_rawgetp(state, LUA_REGISTRYINDEX, &env_key); }

void Env::keep_put_files() {
  put_files_.clear();
  put_trouble_.reset();
}

Status Env::take_back_put_files() {
  for (const std::string& path : std::exchange(put_files_, {})) {
    const Status removed = sandbox_.remove(path);
    if (removed || removed.error().code == Code::not_found) continue;
    if (!is_expected(removed.error().code)) return removed;
    if (!put_trouble_) put_trouble_ = full_sentence(removed.error());
  }
  return {};
}

Status Env::serve(lua_State* state, const std::string& host, int routes) {
  if (std::ranges::any_of(sites_, [&](const auto& other) { return other->host == host; })) {
    return fail(Code::io, "the site \"" + host + "\" is served already");
  }
  check_routes(state, routes);
  auto served = std::make_unique<Served>(this, host);
  served->thread = lua_newthread(state);
  served->thread_ref = luaL_ref(state, LUA_REGISTRYINDEX);
  lua_newtable(state);
  push_text(state, host);
  lua_setfield(state, -2, "host");
  lua_newtable(state);
  lua_setfield(state, -2, "log");
  lua_pushvalue(state, routes);
  lua_setfield(state, -2, "routes");
  lua_pushvalue(state, -1);
  served->site_ref = luaL_ref(state, LUA_REGISTRYINDEX);
  push(state);
  lua_getfield(state, -1, "sites");
  lua_pushvalue(state, -3);
  lua_setfield(state, -2, host.c_str());
  lua_pop(state, 2);

  // One loopback address per site, all on port 80.
  const std::string address = "127.1.0." + std::to_string(sites_.size() + 1);
  sites_.push_back(std::move(served));
  PLUMB_CHECK(sandbox_.listen(address, 80, sites_.back()->site));
  PLUMB_TRY(std::string hosts, sandbox_.read("/etc/hosts"));
  return sandbox_.write("/etc/hosts", hosts + address + " " + host + "\n");
}

SiteResponse Env::handle(Served& served, const SiteRequest& request) {
  request_bytes_ +=
      kRequestOverhead + request.path.size() + request.query.size() + request.body.size();
  for (const auto& [name, value] : request.headers) request_bytes_ += name.size() + value.size();
  if (request_bytes_ > kMostRequestBytes) return {413, {}, "This site has taken in enough.\n"};
  SiteResponse response;
  const bool was_in_handler = std::exchange(in_handler_, true);
  const Status status = lua_.protect_on(served.thread, [&](lua_State* state) {
    lua_rawgeti(state, LUA_REGISTRYINDEX, served.site_ref);
    response = answer_from_routes(state, request);
    log_request(state, request, response.status);
  });
  in_handler_ = was_in_handler;
  if (status) return response;
  if (!site_error_) site_error_ = status.error();
  return {500, {}, "The site has a fault of its own.\n"};
}

}  // namespace plumb
