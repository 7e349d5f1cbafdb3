#include "core/base/failpoint.hpp"

#ifdef PLUMB_FAILPOINTS
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

#include "core/base/text.hpp"

namespace plumb {

void failpoint(std::string_view name) {
  static const std::string wanted = [] {
    const char* text = std::getenv("PLUMB_FAILPOINT");
    return std::string(text == nullptr ? "" : text);
  }();
  const auto colon = wanted.rfind(':');
  if (wanted.empty() || wanted.substr(0, colon) != name) return;
  static std::atomic<std::int64_t> reached = 0;
  const auto at = colon == std::string::npos ? 1 : parse_int(wanted.substr(colon + 1)).value_or(1);
  if (++reached == at) std::raise(SIGKILL);
}

}  // namespace plumb
#endif
