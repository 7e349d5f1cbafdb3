#include "sdk/cli/output.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace plumb::cli {

TerminalStyle terminal_style(std::FILE* out) {
  TerminalStyle style;
  const int fd = ::fileno(out);
  if (::isatty(fd) != 1) return style;
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  style.colour = (no_colour == nullptr || *no_colour == '\0') && term != nullptr &&
                 std::string_view(term) != "dumb";
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    style.width = std::clamp<int>(size.ws_col, 60, 140);
  }
  return style;
}

}  // namespace plumb::cli
