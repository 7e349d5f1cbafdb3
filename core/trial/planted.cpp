#include "core/trial/planted.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.hpp"
#include "core/task/task.hpp"

namespace plumb {

const std::vector<std::string>& planted_failures() {
  static const std::vector<std::string> all = {
      "the tool did not start within 20 s, all workers are busy; the call was not carried out",
      "connection reset by peer before the call was accepted; the call was not carried out",
      "503 Service Unavailable: the tool is restarting; the call was not carried out",
      "429 Too Many Requests: more calls than allowed in this second; the call was not carried out",
      "resource temporarily unavailable (EAGAIN); the call was not carried out",
      "502 Bad Gateway: no upstream answered in time; the call was not carried out"};
  return all;
}

std::string planted_failure(double rate, std::uint64_t seed, int call) {
  if (rate <= 0) return {};
  const std::string key = fmt::format("{}\n{}", seed, call);
  if (hash_unit("plumb.tool_error/1\n" + key) >= rate) return {};
  const auto& all = planted_failures();
  return all[hash_number("plumb.tool_error_kind/1\n" + key) % all.size()];
}

bool is_spared(const Task& task) { return task.single_answer || task.needs_parallel_calls; }

bool tells_planted_failure(std::string_view text) {
  return std::ranges::any_of(planted_failures(), [&](const std::string& failure) {
    return text.find(failure) != std::string_view::npos;
  });
}

}  // namespace plumb
