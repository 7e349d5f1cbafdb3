#pragma once

#include <cstdio>

#include "plugins/reporters/reporters.hpp"

namespace plumb::cli {

/// Colours only on a terminal that wants them (NO_COLOR, TERM=dumb); its width where it tells.
[[nodiscard]] TerminalStyle terminal_style(std::FILE* out);

}  // namespace plumb::cli
