#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/sandbox/sandbox.hpp"
#include "core/script/lua_state.hpp"
#include "core/task/site.hpp"

namespace plumb {

/// What a task's Lua code sees of its sandbox: the `env` of setup, tools, next_user and grade
/// (docs/authoring.md). Failures that a script can expect come back there as `nil, message`; a lost
/// sandbox or a stop ends the script with that Error.
class Env {
 public:
  Env(LuaState& lua, Sandbox& sandbox, std::filesystem::path task_folder, std::uint64_t seed);
  ~Env();
  Env(const Env&) = delete;
  Env& operator=(const Env&) = delete;

  /// Makes the table; once, inside LuaState::protect().
  void create(lua_State* state);
  /// Pushes the table; inside LuaState::protect().
  void push(lua_State* state) const;

  /// No command runs longer than this, whatever its own timeout, until the next call.
  void limit_commands(Duration longest) { longest_command_ = longest; }
  /// What env:put brought in so far stays.
  void keep_put_files();
  /// Removes what env:put brought in since the last call.
  [[nodiscard]] Status take_back_put_files();
  /// Why a file could not be put in its place or taken away again, since this was last asked: what
  /// the agent left does not allow it.
  [[nodiscard]] std::optional<std::string> take_put_trouble() {
    return std::exchange(put_trouble_, std::nullopt);
  }
  /// The first mistake in a fixture's handler, if any: it was answered with status 500, and the
  /// trial is void.
  [[nodiscard]] const std::optional<Error>& site_error() const { return site_error_; }

 private:
  struct Served;
  struct Bindings;
  [[nodiscard]] Status serve(lua_State* state, const std::string& host, int routes);
  [[nodiscard]] SiteResponse handle(Served& served, const SiteRequest& request);

  LuaState& lua_;
  Sandbox& sandbox_;
  std::filesystem::path task_folder_;
  std::uint64_t seed_;
  std::vector<std::string> put_files_;
  std::optional<std::string> put_trouble_;
  std::vector<std::unique_ptr<Served>> sites_;
  std::optional<Error> site_error_;
  bool in_handler_ = false;
  std::size_t request_bytes_ = 0;  ///< over all sites
  Duration longest_command_ = Duration::max();
};

}  // namespace plumb
