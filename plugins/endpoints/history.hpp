#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/endpoint/contestant.hpp"
#include "core/wire/message.hpp"

namespace plumb {

/// What a protocol can carry.
struct HistoryRules {
  bool tool_pictures = true;   ///< else the pictures of tool results follow in a user message
  bool dots_in_names = false;  ///< of tools
  bool reasoning = false;      ///< of earlier turns, where the dialect sends it
  bool any_id = true;          ///< else ids are of letters, digits, "_" and "-"
};

/// The conversation as it can be sent, so that no call of a model's can make the server refuse
/// every request from then on: arguments that are not a JSON object travel inside one, empty,
/// doubled or unfit ids are replaced (in the call and in its answer alike), names get a plain
/// spelling. What the dialect says about roles and ids is done here, too. The same history gives
/// the same result, and a longer one begins with it.
[[nodiscard]] std::vector<Message> sendable_history(std::span<const Message> messages,
                                                    const Dialect& dialect,
                                                    const HistoryRules& rules);

/// "data:image/png;base64,..."
[[nodiscard]] std::string data_url(const Image& image);

}  // namespace plumb
