#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace plumb {

struct Task;

/// Failures of tools that pass by themselves, as a tool would word them. Each says that nothing was
/// done, so that whoever reads it knows that the same call may be made again.
[[nodiscard]] const std::vector<std::string>& planted_failures();

/// The failure that the `call`-th valid call of a trial (from 1) is answered with instead of being
/// run; "" = it is run. It follows from the trial's seed alone, so it is the same for all
/// contestants, and a call that is made again is drawn anew:
/// hash_unit("plumb.tool_error/1\n<seed>\n<call>") < rate.
[[nodiscard]] std::string planted_failure(double rate, std::uint64_t seed, int call);

/// Whether the calls of this task are never made to fail: it has no second try (`single_answer`),
/// or it asks for several calls in one answer (`needs.parallel_calls`), which one failure among
/// them would undo.
[[nodiscard]] bool is_spared(const Task& task);

/// Whether a tool's answer holds one of planted_failures(): what a stand-in goes by, which reads no
/// more than a model does.
[[nodiscard]] bool tells_planted_failure(std::string_view text);

}  // namespace plumb
