#include "core/schema/leaked_call.hpp"

#include <algorithm>
#include <array>

#include "core/base/text.hpp"
#include "core/schema/markup_reader.hpp"

namespace plumb {
namespace {

constexpr std::string_view kTagged = "<tool_call>";
constexpr std::string_view kFunction = "<function=";
constexpr std::string_view kListed = "[TOOL_CALLS]";
constexpr std::string_view kTokens = "<|tool_call";
constexpr std::string_view kBare = "json";
constexpr std::array<std::string_view, 5> kFormats = {kTagged, kFunction, kListed, kTokens, kBare};

/// As many as are taken from one answer where they arrive as calls.
constexpr std::size_t kMostCalls = 1024;
/// Where a call may begin. Nobody writes so much before one, and 120 tools are looked for.
constexpr std::size_t kMostSearched = std::size_t{256} << 10;

using Calls = std::optional<std::vector<ToolCall>>;

/// Reads calls for as long as `one` finds them; nothing where one is flawed.
template <class One>
Calls read_each(MarkupReader& in, std::string_view opener, const One& one) {
  std::vector<ToolCall> calls;
  do {
    auto call = one();
    if (!call) return std::nullopt;
    calls.push_back(std::move(*call));
    in.skip_space();
  } while (in.take(opener));
  return calls;
}

/// Behind `<tool_call>`.
std::optional<ToolCall> tagged_call(MarkupReader& in) {
  std::optional<ToolCall> call;
  in.skip_space();
  if (in.at('{')) {
    call = in.call_object();
  } else if (in.take(kFunction)) {
    call = in.function_body();
  } else {
    call = in.keyed_body();
  }
  in.skip_space();
  // The last closing tag is a token of its own, and stripped with the end of the answer.
  if (!in.take("</tool_call>") && !in.done()) return std::nullopt;
  return call;
}

/// Behind `[TOOL_CALLS]`.
Calls listed_calls(MarkupReader& in) {
  in.skip_space();
  if (in.at('[')) return in.call_list();
  return read_each(in, kListed, [&]() -> std::optional<ToolCall> {
    in.skip_space();
    const std::string_view name = in.word();
    if (in.take("[CALL_ID]")) (void)in.word();
    (void)in.take("[ARGS]");
    return in.named(name);
  });
}

/// At `<|tool_call`.
Calls token_calls(MarkupReader& in) {
  if (in.take("<|tool_call|>")) {
    in.skip_space();
    return in.call_list();
  }
  (void)in.take("<|tool_calls_section_begin|>");
  in.skip_space();
  if (!in.take("<|tool_call_begin|>")) return std::nullopt;
  auto calls = read_each(in, "<|tool_call_begin|>", [&]() -> std::optional<ToolCall> {
    in.skip_space();
    (void)in.take("functions.");
    const std::string_view name = in.word();
    if (in.take(":")) (void)in.word();
    in.skip_space();
    if (!in.take("<|tool_call_argument_begin|>")) return std::nullopt;
    auto call = in.named(name);
    in.skip_space();
    if (!in.take("<|tool_call_end|>") && !in.done()) return std::nullopt;
    return call;
  });
  return calls;
}

bool all_offered(const std::vector<ToolCall>& calls, std::span<const ToolSpec> tools) {
  return !calls.empty() && std::ranges::all_of(calls, [&](const ToolCall& call) {
    return std::ranges::find(tools, call.name, &ToolSpec::name) != tools.end();
  });
}

/// Whether a name stands here as a word of its own, in the place where a call has it: behind
/// nothing but markup, before more of it.
bool stands_as_name(std::string_view text, std::size_t at, std::size_t size) {
  std::string_view before = text.substr(0, at);
  if (before.ends_with("functions.")) before.remove_suffix(10);
  if (!before.empty() && is_name_part(before.back())) return false;
  std::string_view rest = text.substr(at + size);
  if (!rest.empty() && is_name_part(rest.front())) return false;
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const bool goes_on =
      rest.empty() || std::string_view("<>{[(:\",}\n").find(rest.front()) != std::string_view::npos;
  return goes_on && is_markup_before_name(before);
}

/// Whether what follows an opener begins like a call of an offered tool.
bool begins_call(std::string_view behind, std::span<const ToolSpec> tools) {
  constexpr std::size_t kNear = 200;
  const std::string_view near = behind.substr(0, kNear);
  return std::ranges::any_of(tools, [&](const ToolSpec& tool) {
    for (auto at = near.find(tool.name); at != std::string_view::npos;
         at = near.find(tool.name, at + 1)) {
      if (stands_as_name(near, at, tool.name.size())) return true;
    }
    return false;
  });
}

/// A turn ends with its calls: text behind them means that they are quoted.
bool ends_there(MarkupReader& in) {
  for (const std::string_view closer : {"</tool_call>", "<|tool_calls_section_end|>", "```"}) {
    in.skip_space();
    (void)in.take(closer);
  }
  in.skip_space();
  return in.done() || in.at('<');
}

/// The calls of a text that begins with an opener; `format` becomes the inner one where tags are
/// nested.
Calls calls_behind(MarkupReader& in, std::string_view opener, std::string& format) {
  if (opener == kTokens) return token_calls(in);
  (void)in.take(opener);
  if (opener == kListed) return listed_calls(in);
  if (opener == kFunction) return read_each(in, kFunction, [&] { return in.function_body(); });
  MarkupReader inside = in;
  inside.skip_space();
  if (inside.at('[')) {
    in = inside;
    return in.call_list();
  }
  if (inside.take(kFunction)) format = kFunction;
  return read_each(in, kTagged, [&] { return tagged_call(in); });
}

/// The calls behind the first opener that has whole ones, else what is flawed behind the first that
/// calls an offered tool. An opener in inline code is quoted.
std::optional<LeakedCall> behind_opener(std::string_view text, std::string_view opener,
                                        std::span<const ToolSpec> tools) {
  constexpr int kMostOpeners = 64;
  std::optional<LeakedCall> flawed;
  auto at = text.substr(0, kMostSearched).find(opener);
  for (int i = 0; i < kMostOpeners && at != std::string_view::npos;
       ++i, at = text.substr(0, kMostSearched).find(opener, at + 1)) {
    if (at > 0 && text[at - 1] == '`' && !text.substr(0, at).ends_with("```")) continue;
    MarkupReader in(text.substr(at), tools);
    LeakedCall leak{.format = std::string(opener), .calls = {}, .flaw = {}, .begin = at};
    Calls calls = calls_behind(in, opener, leak.format);
    if (calls && calls->size() > kMostCalls) {
      leak.flaw = "more calls than anybody runs";
      return leak;
    }
    if (calls && !calls->empty()) {
      if (!ends_there(in)) continue;
      leak.calls = std::move(*calls);
      return leak;
    }
    if (flawed || !begins_call(text.substr(at + opener.size()), tools)) continue;
    leak.flaw = in.flaw().empty() ? "what follows " + leak.format + " is no whole call"
                                  : std::string(in.flaw());
    flawed = std::move(leak);
  }
  return flawed;
}

/// A raw completion may end with the token that ends a turn.
std::string_view without_end_token(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  text = trimmed(text);
  if (text.ends_with("</s>")) return trimmed(text.substr(0, text.size() - 4));
  const auto at = text.ends_with("|>") ? text.rfind("<|") : std::string_view::npos;
  return at == std::string_view::npos || text.size() - at > kLongest ? text
                                                                     : trimmed(text.substr(0, at));
}

/// Objects or a list of them: the whole text, or its last part between two code fences.
std::optional<LeakedCall> bare_calls(std::string_view text, std::span<const ToolSpec> tools) {
  std::string_view inside = without_end_token(text);
  std::size_t begin = 0;
  if (inside.ends_with("```") && inside.size() > 3) {
    inside.remove_suffix(3);
    begin = inside.rfind("```");
    if (begin == std::string_view::npos) return std::nullopt;
    inside = inside.substr(std::min(inside.find_first_of("{[", begin), inside.size()));
  } else if (inside.starts_with("<|python_tag|>")) {
    inside.remove_prefix(14);
  }
  MarkupReader in(inside, tools);
  in.skip_space();
  Calls calls;
  if (in.at('[')) {
    calls = in.call_list();
  } else if (in.at('{')) {
    calls = std::vector<ToolCall>{};
    while (in.at('{')) {
      auto call = in.call_object();
      if (!call) return std::nullopt;
      calls->push_back(std::move(*call));
      in.skip_space();
      (void)in.take(";");
      in.skip_space();
    }
  }
  in.skip_space();
  if (!calls || calls->size() > kMostCalls || !in.done() || !all_offered(*calls, tools)) {
    return std::nullopt;
  }
  return LeakedCall{
      .format = std::string(kBare), .calls = std::move(*calls), .flaw = {}, .begin = begin};
}

/// A call that begins like one and stands where one would, behind an opener that is none: models
/// that are damaged misspell them, or lose a brace.
std::optional<LeakedCall> broken_call(std::string_view text, std::span<const ToolSpec> tools) {
  text = text.substr(0, kMostSearched);
  for (const ToolSpec& tool : tools) {
    const std::string quoted = '"' + tool.name + '"';
    for (auto at = text.find(quoted); at != std::string_view::npos;
         at = text.find(quoted, at + 1)) {
      const auto begin = call_begin(text, at);
      const std::string_view rest = text.substr(at + quoted.size());
      const std::string_view near = rest.substr(0, 64);
      const auto has = [&](const char* key) { return near.find(key) != std::string_view::npos; };
      const bool is_definition = has("\"description\"");
      const bool has_arguments = has("\"arguments\"") || has("\"parameters\"");
      if (!begin || !has_arguments || is_definition) continue;
      MarkupReader in(text.substr(*begin), tools);
      if (in.call_object() && !ends_there(in)) continue;
      return LeakedCall{
          .format = "broken",
          .calls = {},
          .flaw = "a call that stands behind no opener that is known, or that is not whole",
          .begin = *begin};
    }
    const auto tag = text.find('=' + tool.name + '>');
    if (tag != std::string_view::npos &&
        trimmed(text.substr(tag + tool.name.size() + 2)).starts_with("<parameter")) {
      return LeakedCall{
          .format = "broken",
          .calls = {},
          .flaw = "parameters of a function whose opener is misspelt",
          .begin = text.rfind('<', tag) == std::string_view::npos ? tag : text.rfind('<', tag)};
    }
  }
  return std::nullopt;
}

}  // namespace

std::span<const std::string_view> leak_formats() { return kFormats; }

std::optional<LeakedCall> find_leaked_call(std::string_view text, std::span<const ToolSpec> tools) {
  for (const std::string_view opener : std::span(kFormats).first(4)) {
    if (auto leak = behind_opener(text, opener, tools)) return leak;
  }
  if (auto leak = bare_calls(text, tools)) return leak;
  return broken_call(text, tools);
}

}  // namespace plumb
