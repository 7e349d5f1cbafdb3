#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/wire/message.hpp"

namespace plumb {

/// What can be wrong with one tool call. The letters are those of the taxonomy in the methodology.
enum class Defect {
  args_not_json,        ///< P1
  args_truncated,       ///< P2: not JSON, and the response was cut off
  args_empty,           ///< P3: nothing or null, though parameters are required
  args_not_object,      ///< P4
  args_double_encoded,  ///< P5: a JSON string that holds the object
  unknown_tool,         ///< N1
  near_miss_name,       ///< N2
  missing_required,     ///< S1
  wrong_type,           ///< S2
  enum_or_range,        ///< S3: outside an enum, a range or a length
  extra_property,       ///< S4: only where the schema forbids it
};
/// "args_not_json", ...
[[nodiscard]] const char* defect_name(Defect defect);

struct CallJudgement {
  std::optional<Defect> defect;  ///< nothing: the call may run
  std::string sentence;          ///< to be shown to the model: what is wrong, and what is expected
  Json arguments;                ///< the object, when there is no defect
};

/// Judges a call as strictly as its bytes allow; nothing is repaired. Only the first defect counts,
/// in the order name, arguments, schema.
/// @param cut_off  the response that holds the call ended with Finish::length
[[nodiscard]] CallJudgement judge_call(const ToolCall& call, std::span<const ToolSpec> tools,
                                       bool cut_off = false);

/// The format of a tool call that came as text, because the server's parser did not see it:
/// "<tool_call>",
/// "<function=", "[TOOL_CALLS]", "<|tool_call" or "json". Only where the name of an offered tool
/// follows, so that prose about such formats is no leak.
[[nodiscard]] std::optional<std::string> find_leaked_call(std::string_view text,
                                                          std::span<const ToolSpec> tools);

}  // namespace plumb
