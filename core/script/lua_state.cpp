#include "core/script/lua_state.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include "core/base/files.hpp"
#include "core/base/text.hpp"
#include "core/script/lua_json.hpp"
#include "core/script/lua_libraries.hpp"
#include "core/script/lua_schema.hpp"

namespace plumb {
namespace fs = std::filesystem;

namespace {

constexpr int kHookStep = 1'000;
/// Every refusal of memory comes after a whole garbage collection: a script that goes on after so
/// many is out of instructions.
constexpr int kMostRefusals = 20;

char host_key = 0;     // registry key of the LuaState pointer
char loaded_key = 0;   // registry key of the table of required modules
char raised_mark = 0;  // the error value that stands for an Error kept in Impl

}  // namespace

struct LuaState::Impl {
  std::vector<fs::path> roots;
  LuaLimits limits;
  std::size_t memory = 0;
  std::int64_t instructions_left = 0;
  bool refused_once = false;  ///< the allocation that is asked for again now, if it is
  int depth = 0;
  std::optional<Error> raised;

  static void* allocate(void* user, void* block, std::size_t old_size, std::size_t new_size) {
    auto* impl = static_cast<Impl*>(user);
    if (block == nullptr) old_size = 0;  // Lua passes a type tag there
    if (new_size == 0) {
      std::free(block);
      impl->memory -= old_size;
      return nullptr;
    }
    if (new_size > old_size && impl->memory + (new_size - old_size) > impl->limits.memory_bytes) {
      // Lua asks twice, with a garbage collection between.
      impl->refused_once = !impl->refused_once;
      if (!impl->refused_once) impl->instructions_left -= impl->limits.instructions / kMostRefusals;
      return nullptr;
    }
    impl->refused_once = false;
    void* moved = std::realloc(block, new_size);
    if (moved != nullptr) impl->memory += new_size - old_size;
    return moved;
  }

  static void count_hook(lua_State* state, lua_Debug*) {
    Impl& impl = *LuaState::of(state).impl_;
    impl.instructions_left -= kHookStep;
    if (impl.instructions_left > 0) return;
    // Raise at every further instruction of this thread, so that a pcall cannot keep a loop alive.
    lua_sethook(state, count_hook, LUA_MASKCOUNT, 1);
    luaL_where(state, 0);  // a hook has no frame of its own: this is the line that runs
    lua_pushfstring(state,
                    "ran for more than %d million instructions; is this a loop without an end?",
                    static_cast<int>(impl.limits.instructions / 1'000'000));
    lua_concat(state, 2);
    lua_error(state);
  }

  static int print(lua_State* state) {
    std::string line;
    for (int i = 1; i <= lua_gettop(state); ++i) {
      std::size_t size = 0;
      const char* text = luaL_tolstring(state, i, &size);
      if (i > 1) line += ' ';
      line += printable({text, size});
      lua_pop(state, 1);
    }
    line += '\n';
    std::fputs(line.c_str(), stderr);
    return 0;
  }

  static int require(lua_State* state);

  static void open(lua_State* state) {
    open_libraries(state);
    lua_newtable(state);
    lua_rawsetp(state, LUA_REGISTRYINDEX, &loaded_key);
    lua_pushcfunction(state, &Impl::require);
    lua_setglobal(state, "require");
    lua_pushcfunction(state, &Impl::print);
    lua_setglobal(state, "print");
    open_json(state);
    open_schema(state);
  }
};

namespace {

/// The last two parts of the path: Lua cuts chunk names at 60 bytes.
std::string chunk_name(const fs::path& file) {
  return "@" + (file.parent_path().filename() / file.filename()).generic_string();
}

bool is_module_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  return !name.empty() && name.front() != '.' && name.find("..") == std::string_view::npos &&
         std::ranges::all_of(name, fits);
}

Status load_chunk(lua_State* state, const fs::path& file) {
  PLUMB_TRY(const std::string source, read_file(file, std::size_t{4} << 20));
  if (luaL_loadbufferx(state, source.data(), source.size(), chunk_name(file).c_str(), "t") !=
      LUA_OK) {
    std::string message = text_at(state, -1).value_or("cannot be read as Lua");
    lua_pop(state, 1);
    return fail(Code::config, std::move(message));
  }
  return {};
}

}  // namespace

int LuaState::Impl::require(lua_State* state) {
  std::string sentence;
  {
    const std::string name = text_at(state, 1).value_or("");
    Impl& impl = *LuaState::of(state).impl_;
    lua_rawgetp(state, LUA_REGISTRYINDEX, &loaded_key);
    lua_getfield(state, -1, name.c_str());
    if (!lua_isnil(state, -1)) return 1;
    lua_pop(state, 1);
    if (!is_module_name(name)) {
      sentence = "require takes a module name such as \"helpers\" or \"lib.pages\"";
    } else {
      std::string relative = name;
      std::ranges::replace(relative, '.', '/');
      sentence = "module \"" + name + "\" is not in the task's own folder";
      for (const fs::path& root : impl.roots) {
        const fs::path file = root / (relative + ".lua");
        std::error_code ignored;
        if (!fs::is_regular_file(file, ignored)) continue;
        const Status loaded = load_chunk(state, file);
        sentence = loaded ? "" : loaded.error().sentence;
        break;
      }
    }
    if (sentence.empty()) {
      lua_call(state, 0, 1);
      if (lua_isnil(state, -1)) {
        lua_pop(state, 1);
        lua_pushboolean(state, 1);
      }
      lua_pushvalue(state, -1);
      lua_setfield(state, -3, name.c_str());
      return 1;
    }
  }
  LuaState::raise_misuse(state, sentence);
}

LuaState::LuaState(std::vector<fs::path> roots, LuaLimits limits)
    : impl_(std::make_unique<Impl>(Impl{.roots = std::move(roots), .limits = limits})) {}

LuaState::~LuaState() {
  if (state_ != nullptr) lua_close(state_);
}

Result<std::unique_ptr<LuaState>> LuaState::create(std::vector<fs::path> roots, LuaLimits limits) {
  std::unique_ptr<LuaState> host(new LuaState(std::move(roots), limits));
  host->state_ = lua_newstate(&Impl::allocate, host->impl_.get());
  if (host->state_ == nullptr) return fail(Code::limit, "no memory for a Lua state");
  lua_State* state = host->state_;
  lua_pushlightuserdata(state, host.get());
  lua_rawsetp(state, LUA_REGISTRYINDEX, &host_key);
  PLUMB_CHECK(host->protect(&Impl::open));
  return host;
}

LuaState& LuaState::of(lua_State* state) {
  lua_rawgetp(state, LUA_REGISTRYINDEX, &host_key);
  auto* host = static_cast<LuaState*>(lua_touserdata(state, -1));
  lua_pop(state, 1);
  return *host;
}

void LuaState::run_file(lua_State* state, const fs::path& file) {
  if (Status loaded = load_chunk(state, file); !loaded) raise(state, std::move(loaded.error()));
  lua_call(state, 0, 1);
}

Status LuaState::protect(const std::function<void(lua_State*)>& body) {
  return protect_on(state_, body);
}

Status LuaState::protect_on(lua_State* thread, const std::function<void(lua_State*)>& body) {
  const std::int64_t outer_left =
      std::exchange(impl_->instructions_left, impl_->limits.instructions);
  // A coroutine inherits the hook of the thread that creates it.
  lua_sethook(thread, &Impl::count_hook, LUA_MASKCOUNT, kHookStep);
  // Neither of these two allocates.
  lua_pushcfunction(thread, [](lua_State* state) {
    const auto& inner =
        *static_cast<const std::function<void(lua_State*)>*>(lua_touserdata(state, 1));
    lua_settop(state, 0);
    inner(state);
    return 0;
  });
  lua_pushlightuserdata(thread, const_cast<std::function<void(lua_State*)>*>(&body));
  ++impl_->depth;
  const int status = lua_pcall(thread, 1, 0, 0);
  --impl_->depth;
  Status result;
  if (status != LUA_OK) result = std::unexpected(take_error(thread, status));
  // The script may have swallowed an Error of a binding, and gone on to its end or to another
  // error. An inner call leaves it set, so that the outer script cannot swallow it either.
  if (impl_->raised) result = std::unexpected(*impl_->raised);
  if (impl_->depth == 0) impl_->raised.reset();
  impl_->instructions_left = outer_left;
  return result;
}

Error LuaState::take_error(lua_State* thread, int status) {
  // Only strings are read: a table's __tostring would run unprotected.
  std::string message =
      text_at(thread, -1)
          .value_or(std::string("an error value of type ") + luaL_typename(thread, -1));
  lua_pop(thread, 1);
  if (impl_->raised) return *impl_->raised;
  if (status < 0) return {Code::internal, "a function that a script called threw an exception"};
  // A buffer of the string library says it in words.
  if (status == LUA_ERRMEM || message == "not enough memory") {
    return {Code::limit, "Lua used more than " + std::to_string(impl_->limits.memory_bytes >> 20) +
                             " MiB of memory"};
  }
  return {impl_->instructions_left <= 0 ? Code::limit : Code::config, std::move(message)};
}

void LuaState::raise(lua_State* state, Error error) {
  impl_->raised = std::move(error);
  lua_pushlightuserdata(state, &raised_mark);
  lua_error(state);
  std::abort();  // lua_error does not return
}

void LuaState::raise_misuse(lua_State* state, const std::string& sentence) {
  luaL_error(state, "%s", sentence.c_str());
  std::abort();
}

void LuaState::check_raised(lua_State* state) {
  if (!impl_->raised) return;
  lua_pushlightuserdata(state, &raised_mark);
  lua_error(state);
}

}  // namespace plumb
