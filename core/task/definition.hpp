#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <lua.hpp>

namespace plumb {

/// Reads the members of the table on top of the stack, for a definition that a person wrote. Every
/// mistake is raised as misuse, with the place of the definition in front and the remedy behind.
/// For use inside LuaState::protect().
class DefinitionReader {
 public:
  /// @param what  what the sentences call the table, e.g. "task"
  DefinitionReader(lua_State* state, std::string what)
      : state_(state), table_(lua_gettop(state)), what_(std::move(what)) {}

  /// Refuses members whose name is not among these.
  void only(const std::vector<std::string>& known) const;
  [[nodiscard]] std::string text(const char* key) const;  ///< required, not empty
  [[nodiscard]] std::string text_or(const char* key, const char* fallback) const;
  [[nodiscard]] std::int64_t integer(const char* key, std::int64_t least, std::int64_t most) const;
  [[nodiscard]] std::int64_t integer_or(const char* key, std::int64_t least, std::int64_t most,
                                        std::int64_t fallback) const;
  [[nodiscard]] bool boolean_or(const char* key, bool fallback) const;
  [[nodiscard]] std::vector<std::string> texts_or_none(
      const char* key) const;                              ///< a list of strings
  void function(const char* key) const;                    ///< required
  [[nodiscard]] bool has_function(const char* key) const;  ///< absent or a function
  /// Whether the member is there at all.
  [[nodiscard]] bool has(const char* key) const;
  /// Raises a sentence about this table.
  [[noreturn]] void misuse(const std::string& sentence) const;

 private:
  int push(const char* key) const;  ///< returns the Lua type

  lua_State* state_;
  int table_;
  std::string what_;
};

}  // namespace plumb
