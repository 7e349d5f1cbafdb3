#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/base/waiter.hpp"
#include "core/sandbox/sandbox.hpp"

namespace plumb {

/// Command -> SHA-256 of the program that the sandbox finds under this name; "" when there is none.
using CommandDigests = std::map<std::string, std::string>;

/// Looks the commands up inside a sandbox, since its programs are part of every task that needs
/// them.
[[nodiscard]] Result<CommandDigests> survey_commands(SandboxFactory& sandboxes,
                                                     const std::vector<std::string>& commands,
                                                     Waiter& waiter);

}  // namespace plumb
