#include "core/schema/lost_call.hpp"

#include "core/base/text.hpp"

namespace plumb {

std::optional<LostCall> find_lost_call(const ChatResponse& response,
                                       std::span<const ToolSpec> tools) {
  if (!response.message.calls.empty()) return std::nullopt;
  const bool cut = response.finish == Finish::length;
  // A call that is not whole because the answer was cut says nothing of its markup.
  const auto leak_in = [&](const std::string& text) {
    auto leak = find_leaked_call(text, tools);
    if (leak && cut && !leak->well_formed()) leak.reset();
    return leak;
  };
  if (auto leak = leak_in(response.message.text)) {
    std::string sentence = "its call came as text (" + leak->format + "), not as a call";
    return LostCall{Defect::leaked_text, std::move(sentence), std::move(leak)};
  }
  // Beside a text that ends the turn a call in the reasoning was only thought of.
  const bool silent = trimmed(response.message.text).empty();
  if (auto leak = silent ? leak_in(response.message.reasoning) : std::nullopt) {
    std::string sentence =
        "its call came inside the reasoning (" + leak->format + "), not as a call";
    return LostCall{Defect::leaked_reasoning, std::move(sentence), std::move(leak)};
  }
  // More than the end of an empty answer, less than any call.
  constexpr std::int64_t kTokensOfSomething = 8;
  const std::int64_t counted = response.usage.completion_tokens.value_or(0);
  const std::int64_t hidden = response.usage.reasoning_tokens.value_or(0);
  if (response.has_token() || cut || counted - hidden < kTokensOfSomething) return std::nullopt;
  return LostCall{Defect::swallowed,
                  std::to_string(counted) +
                      " tokens were counted and nothing arrived: the server swallowed what was "
                      "written",
                  std::nullopt};
}

}  // namespace plumb
