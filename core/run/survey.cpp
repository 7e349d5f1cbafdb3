#include "core/run/survey.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace plumb {

Result<CommandDigests> survey_commands(SandboxFactory& sandboxes,
                                       const std::vector<std::string>& commands, Waiter& waiter) {
  CommandDigests digests;
  for (const std::string& command : commands) digests[command] = "";
  if (digests.empty()) return digests;
  PLUMB_TRY(const auto sandbox, sandboxes.start(waiter));
  // The names are arguments, never part of the script.
  constexpr const char* kScript =
      R"sh(for name do path=$(command -v -- "$name") && [ -f "$path" ] && printf '%s %s\n' "$(sha256sum < "$path")" "$name"; done; :)sh";
  ExecRequest request{.argv = {"sh", "-c", kScript, "sh"}};
  for (const auto& [command, digest] : digests) request.argv.push_back(command);
  PLUMB_TRY(const ExecResult result, sandbox->exec(request));
  if (result.code != 0) {
    return fail(Code::unavailable, "the sandbox cannot run a shell: " + result.err.text());
  }
  // "<64 hex digits>  - <name>"
  for (const std::string& line : split(result.out.text(), '\n')) {
    constexpr std::size_t kHex = 64;
    const auto name = line.rfind(' ');
    if (line.size() > kHex && name != std::string::npos &&
        digests.contains(line.substr(name + 1))) {
      digests[line.substr(name + 1)] = line.substr(0, kHex);
    }
  }
  return digests;
}

}  // namespace plumb
