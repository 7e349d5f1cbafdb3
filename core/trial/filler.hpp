#pragma once

#include <cstdint>
#include <string>

#include "core/base/json.hpp"

namespace plumb {

/// How full the window is to be when the model is asked for the first time, and what that is
/// measured by.
struct FillPlan {
  double asked = 0;            ///< share of the window that the first request takes; 0: no filler
  std::int64_t window = 0;     ///< tokens
  double bytes_per_token = 4;  ///< of filler, as the server counts it
  std::int64_t reserve = 0;    ///< tokens that the task's turns need behind its opening
  std::uint64_t salt = 0;      ///< what sets this text apart from every other
};

/// The filler of one trial: from it the text can be written again.
struct Filling {
  std::uint64_t material = 0;  ///< what is told: the same for one (task, repeat)
  std::uint64_t salt = 0;
  std::int64_t bytes = 0;
  std::int64_t tokens = 0;  ///< by the plan's measure
  std::int64_t window = 0;
  double asked = 0;
  bool cut = false;  ///< the task's own need left less room than was asked for
};
[[nodiscard]] Json to_json(const Filling& filling);
/// What to_json() wrote; a Filling of 0 bytes of anything else.
[[nodiscard]] Filling filling_from_json(const Json& json);

/// How much filler fits beside an opening (system prompt, tools, task) of so many bytes.
[[nodiscard]] Filling make_filling(const FillPlan& plan, std::uint64_t material,
                                   std::size_t opening_bytes);

/// Background of many kinds (logs, letters, tables, notes, code, records, in several languages and
/// alphabets), told in the order that `material` gives: a longer text goes on where a shorter one
/// ends. It asks for nothing, calls nothing, and has nothing to do with any task. Its first words,
/// and a mark on each piece, are made of the salt, so that no cache of prefixes knows it.
/// At most `bytes` bytes of valid UTF-8, and little less.
[[nodiscard]] std::string filler_text(std::uint64_t material, std::uint64_t salt,
                                      std::size_t bytes);

/// The task's prompt behind the filler, each marked as what it is.
[[nodiscard]] std::string with_filler(const Filling& filling, const std::string& prompt);

}  // namespace plumb
