// core/script: the Lua host: one restricted state with limits, values to and from JSON, and calls
// that return Results. What the functions of a task or a launcher mean is said elsewhere
// (core/task, core/sandbox).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <lua.hpp>

#include "core/base/json.hpp"
#include "core/base/result.hpp"
#include "core/script/lua_json.hpp"

namespace plumb {

struct LuaLimits {
  std::size_t memory_bytes = std::size_t{256} << 20;
  /// VM instructions per call from outside. The count runs through coroutines; C functions cannot
  /// be interrupted.
  std::int64_t instructions = 400'000'000;
};

/// One Lua 5.4 state: base, coroutine, table, string, math and utf8 as far as they can be limited
/// (lua_libraries.hpp); no io, os, debug, package. `require "x.y"` finds only `x/y.lua` below the
/// roots. One thread only.
class LuaState {
 public:
  /// @param roots  folders that `require` searches, in order
  [[nodiscard]] static Result<std::unique_ptr<LuaState>> create(
      std::vector<std::filesystem::path> roots, LuaLimits limits = {});
  ~LuaState();
  LuaState(const LuaState&) = delete;
  LuaState& operator=(const LuaState&) = delete;

  /// Runs `body` in protected mode with an empty stack of its own: it may push, lua_call and raise
  /// freely. It has the instruction limit for itself, also when another call waits. Everything the
  /// host does with Lua values happens in here, since even pushing a string may hit the memory
  /// limit. Errors come back as Results: `file:line: message` (Code::config), a limit that fired
  /// (Code::limit), or the Error that a binding raised.
  [[nodiscard]] Status protect(const std::function<void(lua_State*)>& body);
  /// The same on a thread (coroutine object) of this state.
  [[nodiscard]] Status protect_on(lua_State* thread, const std::function<void(lua_State*)>& body);
  /// For use inside protect(): runs a file and leaves its one result on the stack. A file that is
  /// missing or does not compile is raised as an Error.
  void run_file(lua_State* state, const std::filesystem::path& file);
  /// Turns the error value on top of `thread`, after a lua_resume that failed, into an Error.
  [[nodiscard]] Error take_error(lua_State* thread, int status);

  [[nodiscard]] lua_State* raw() { return state_; }

  /// The host of a raw state, from inside a binding.
  [[nodiscard]] static LuaState& of(lua_State* state);

  /// For bindings: ends the running Lua call with this Error; the outermost protect() returns it
  /// unchanged, even when a pcall of the script swallows it.
  [[noreturn]] void raise(lua_State* state, Error error);
  /// For bindings: a mistake of the script's author, with the place of the caller in front.
  [[noreturn]] static void raise_misuse(lua_State* state, const std::string& sentence);
  /// For bindings: raises again what raise() raised before and a pcall swallowed.
  void check_raised(lua_State* state);

 private:
  LuaState(std::vector<std::filesystem::path> roots, LuaLimits limits);
  struct Impl;
  std::unique_ptr<Impl> impl_;
  lua_State* state_ = nullptr;
};

}  // namespace plumb
