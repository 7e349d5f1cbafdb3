#pragma once

#include <string_view>

namespace plumb {

/// A named place at which a test may kill the process. `PLUMB_FAILPOINT=store.before_commit:3`
/// sends SIGKILL when that place is reached for the third time. Compiled in only where
/// PLUMB_FAILPOINTS is set (not in `release`).
#ifdef PLUMB_FAILPOINTS
void failpoint(std::string_view name);
#else
inline void failpoint(std::string_view) {}
#endif

}  // namespace plumb
