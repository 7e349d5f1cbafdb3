#pragma once

#include <optional>
#include <span>
#include <string>

#include "core/schema/defect.hpp"
#include "core/schema/leaked_call.hpp"
#include "core/wire/message.hpp"

namespace plumb {

/// A call that the model may have made and that did not arrive as one.
struct LostCall {
  Defect defect = Defect::leaked_text;
  std::string sentence;
  std::optional<LeakedCall> leak;  ///< nothing when it was swallowed
};
[[nodiscard]] std::optional<LostCall> find_lost_call(const ChatResponse& response,
                                                     std::span<const ToolSpec> tools);

}  // namespace plumb
