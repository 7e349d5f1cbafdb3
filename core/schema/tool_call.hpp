#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/schema/defect.hpp"
#include "core/wire/message.hpp"

namespace plumb {

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

}  // namespace plumb
