#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/wire/message.hpp"

namespace plumb {

/// Reads calls out of the markups of leaked_call.hpp, strictly: what is not as it must be is a
/// flaw. The text outlives the reader.
class MarkupReader {
 public:
  MarkupReader(std::string_view text, std::span<const ToolSpec> tools)
      : text_(text), tools_(tools) {}

  [[nodiscard]] bool done() const { return at_ >= text_.size(); }
  [[nodiscard]] bool at(char c) const { return !done() && text_[at_] == c; }
  void skip_space();
  /// Takes exactly this, or nothing.
  bool take(std::string_view piece);
  /// A name: letters, digits, '_', '-', '.'.
  [[nodiscard]] std::string_view word();

  /// `{"name": ..., "arguments" or "parameters": {...}}`
  [[nodiscard]] std::optional<ToolCall> call_object();
  /// `[{...}, ...]` of these.
  [[nodiscard]] std::optional<std::vector<ToolCall>> call_list();
  /// An object of arguments for a call of this name.
  [[nodiscard]] std::optional<ToolCall> named(std::string_view name);
  /// Behind `<function=`: `NAME>`, parameters or an object, `</function>`.
  [[nodiscard]] std::optional<ToolCall> function_body();
  /// `NAME`, then `<arg_key>K</arg_key><arg_value>V</arg_value>` any number of times.
  [[nodiscard]] std::optional<ToolCall> keyed_body();

  /// Why the last of these found no call.
  [[nodiscard]] std::string_view flaw() const { return flaw_; }

 private:
  std::nullopt_t flawed(std::string sentence);
  struct Value {
    Json json;
    std::string_view bytes;  ///< as it is written
  };
  [[nodiscard]] std::optional<Value> value();
  [[nodiscard]] std::optional<std::string_view> up_to(std::string_view mark);
  /// A parameter that was written as text, as its type in the tool's schema wants it.
  [[nodiscard]] Json typed(std::string_view tool, const std::string& key,
                           std::string_view text) const;
  [[nodiscard]] bool parameters_into(Json& arguments, std::string_view tool);

  std::string_view text_;
  std::span<const ToolSpec> tools_;
  std::size_t at_ = 0;
  std::string flaw_;
};

/// Letters, digits, '_', '-', '.'.
[[nodiscard]] bool is_name_part(char c);

/// Whether this may stand between an opener and the name of a tool: brackets, quotes, tags and the
/// words of markup, but no sentence.
[[nodiscard]] bool is_markup_before_name(std::string_view text);

/// Where the object begins whose member "name" has its value at `name_at`, when it stands where a
/// call would: at the start of the text or of a line, or right behind a tag.
[[nodiscard]] std::optional<std::size_t> call_begin(std::string_view text, std::size_t name_at);

}  // namespace plumb
