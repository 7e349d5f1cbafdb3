#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/script/lua_state.hpp"

namespace plumb {

/// What a launcher file is told about the host.
struct HostFacts {
  std::string guest;  ///< how the started command reaches the guest program
  std::uint64_t work_bytes = 0;
  std::vector<std::string> masked;
};

/// The command that starts one guest.
struct LaunchLine {
  std::vector<std::string> argv;
  std::vector<std::string>
      data;  ///< texts to be read from descriptors kFirstData, kFirstData + 1, ...
};

/// One thing that a launcher needs of the host. It holds when the file has the expected text (or is
/// not there), or when the command succeeds; either may be absent.
struct LaunchNeed {
  std::string name;
  std::vector<std::string> command;
  std::string file;
  std::string expect;
  std::string remedy;
};

/// A file of sandboxes/, loaded. One thread at a time. The file returns a table:
///
///   name             as outputs show it
///   isolates         false: nothing keeps commands from the host, and every output says so
///   steps_down       true: where we are root, the command and those of the checks run as an
///                    unprivileged user that no other sandbox has (optional)
///   command(host)    -> list of words: the command whose stdin and stdout become the channel
///   checks(host)     -> list of { name, command, file, expect, remedy } (optional; see LaunchNeed)
///
/// and is given `host`:
///
///   guest                the path of the guest program for the started command
///   work_bytes, masked   the size of the work folder; folders that exist and must look empty
///   kind(path)           -> "file", "folder", "link" or nil; and the target of a link
///   data(text)           -> the number of a descriptor from which the started command reads text
class Launcher {
 public:
  /// The descriptors of the started command: 3 is the guest program, then the texts.
  static constexpr int kGuestFd = 3;
  static constexpr int kFirstData = 4;

  /// Code::config with file and line, not_found.
  [[nodiscard]] static Result<std::unique_ptr<Launcher>> load(const std::string& file);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool isolates() const { return isolates_; }
  /// The user as whom the n-th command is to be started; nothing means as we are.
  [[nodiscard]] std::optional<std::uint32_t> user(std::uint32_t n) const;
  [[nodiscard]] Result<LaunchLine> command(const HostFacts& host);
  [[nodiscard]] Result<std::vector<LaunchNeed>> needs(const HostFacts& host);

 private:
  Launcher() = default;
  /// Calls the function `name` of the launcher's table with the host, and returns what it returned.
  [[nodiscard]] Result<Json> ask(const char* name, const HostFacts& host);
  void push_host(lua_State* state, const HostFacts& host);

  std::string file_;
  std::string name_;
  bool isolates_ = false;
  bool steps_down_ = false;
  std::unique_ptr<LuaState> lua_;
  std::vector<std::string> data_;
};

}  // namespace plumb
