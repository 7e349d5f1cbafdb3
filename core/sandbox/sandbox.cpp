#include "core/sandbox/sandbox.hpp"

#include <fmt/format.h>

namespace plumb {

std::string Output::text() const {
  if (dropped == 0) return head + tail;
  return fmt::format("{}\n[... {} bytes cut ...]\n{}", head, dropped, tail);
}

}  // namespace plumb
