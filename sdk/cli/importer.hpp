// An importer turns a foreign benchmark into a suite. It is one Lua file,
// plugins/importers/KIND.lua, restricted like a task's: it reads below one folder, and what it
// writes goes below another.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/base/result.hpp"
#include "core/script/lua_state.hpp"

namespace plumb::cli {

/// Of verdicts that somebody else gave, how many the importer's checker gives, too.
struct Agreement {
  std::int64_t agreed = 0;
  std::int64_t total = 0;
  std::vector<std::string> disagreements;  ///< the first ones, a line each
};

/// One importer and the folder it reads. Everything in that folder is foreign: an importer answers
/// what it cannot use with a sentence that names file and line.
///
/// The Lua file returns a table with `about`, `import = function(source)` and, where foreign
/// verdicts can be checked, `verify = function(source, name, text)`. `source` has: `files()`, the
/// names of all files, sorted; `read(name)`, the bytes or nil and a sentence; `own(name)`, a file
/// beside the importer; `write(name, bytes)`. `import` returns its report, a table; `verify`
/// returns
/// `{ agreed, total, disagreements }`; both return nil and a sentence when it cannot be done.
class Importer {
 public:
  /// @param folder  what is imported; nothing outside is read
  /// Code::usage for a kind that is not there, naming those that are.
  [[nodiscard]] static Result<std::unique_ptr<Importer>> open(const std::string& kind,
                                                              std::filesystem::path folder);
  /// The importers that ship: name and what they import.
  [[nodiscard]] static std::vector<std::string> kinds();

  /// The report. What was written is in files(); nothing is on the disk yet.
  [[nodiscard]] Result<Json> import();
  /// @param vectors  a file of verdicts; its name is for sentences
  [[nodiscard]] Result<Agreement> verify(const std::filesystem::path& vectors);
  [[nodiscard]] const std::map<std::string, std::string>& files() const { return files_; }

 private:
  Importer(std::string kind, std::filesystem::path folder)
      : kind_(std::move(kind)), folder_(std::move(folder)) {}
  /// Calls a function of the importer with `source` and more arguments; it leaves a table.
  Status call(const char* function, const std::vector<std::string>& arguments,
              const std::function<void(lua_State*)>& take);
  void push_source(lua_State* state);

  static int source_files(lua_State* state);
  static int source_read(lua_State* state);
  static int source_own(lua_State* state);
  static int source_write(lua_State* state);

  std::string kind_;
  std::filesystem::path folder_;
  std::unique_ptr<LuaState> lua_;
  std::map<std::string, std::string> files_;
};

}  // namespace plumb::cli
