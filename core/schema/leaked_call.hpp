#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/wire/message.hpp"

namespace plumb {

/// The markups in which models write calls, by their openers. A server's parser turns one of them
/// into calls; the others stay text.
/// - `<tool_call>`: `{"name", "arguments"}` or a name with `<arg_key>`, up to `</tool_call>`
/// - `<function=`: `<function=NAME>` with `<parameter=KEY>` or one JSON object, up to `</function>`
/// - `[TOOL_CALLS]`: a list of such objects, or NAME, perhaps `[ARGS]`, and the arguments
/// - `<|tool_call`: `functions.NAME:N` between `<|tool_call_begin|>` and `<|tool_call_end|>`, or
///   `<|tool_call|>` and a list of objects
/// - `json`: such an object or a list of them, bare or in a code fence, as the whole text
[[nodiscard]] std::span<const std::string_view> leak_formats();

/// A call that stands in a text instead of arriving as one.
struct LeakedCall {
  std::string format;           ///< of leak_formats(), or "broken": its opener is none of them
  std::vector<ToolCall> calls;  ///< as they are written; none where the markup is flawed
  std::string flaw;             ///< why no parser could read it; "" where one could
  std::size_t begin = 0;        ///< where the markup begins in the text

  [[nodiscard]] bool well_formed() const { return flaw.empty(); }
};

/// The calls that a text holds in some markup. Only where the name of an offered tool is called, so
/// that prose about such markup is no leak. Time is linear in the text for each tool.
[[nodiscard]] std::optional<LeakedCall> find_leaked_call(std::string_view text,
                                                         std::span<const ToolSpec> tools);

}  // namespace plumb
