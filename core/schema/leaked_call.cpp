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

bool names_a_tool(std::string_view text, std::span<const ToolSpec> tools) {
  return std::ranges::any_of(
      tools, [&](const ToolSpec& tool) { return text.find(tool.name) != std::string_view::npos; });
}

/// What follows an opener, where it names an offered tool at all.
std::optional<LeakedCall> behind_opener(std::string_view text, std::string_view opener,
                                        std::span<const ToolSpec> tools) {
  const auto at = text.find(opener);
  if (at == std::string_view::npos || !names_a_tool(text.substr(at), tools)) return std::nullopt;
  MarkupReader in(text.substr(at), tools);
  LeakedCall leak{.format = std::string(opener), .calls = {}, .flaw = {}, .begin = at};
  Calls calls;
  if (opener == kTokens) {
    calls = token_calls(in);
  } else {
    (void)in.take(opener);
    if (opener == kListed) {
      calls = listed_calls(in);
    } else if (opener == kFunction) {
      calls = read_each(in, kFunction, [&] { return in.function_body(); });
    } else {
      MarkupReader inside = in;
      inside.skip_space();
      if (inside.take(kFunction)) leak.format = kFunction;
      calls = read_each(in, kTagged, [&] { return tagged_call(in); });
    }
  }
  if (calls && calls->size() <= kMostCalls && all_offered(*calls, tools)) {
    leak.calls = std::move(*calls);
  } else {
    leak.flaw = in.flaw().empty() ? "what follows " + leak.format + " is no whole call"
                                  : std::string(in.flaw());
  }
  return leak;
}

/// An object or a list of them: the whole text, or what stands between two code fences.
std::optional<LeakedCall> bare_calls(std::string_view text, std::span<const ToolSpec> tools) {
  std::size_t begin = 0;
  std::string_view inside = trimmed(text);
  if (const auto fence = text.find("```"); fence != std::string_view::npos) {
    const auto body = text.find_first_of("{[", fence);
    const auto close = text.find("```", std::min(body, text.size()));
    if (close == std::string_view::npos) return std::nullopt;
    begin = fence;
    inside = trimmed(text.substr(body, close - body));
  }
  if (inside.empty() || (inside.front() != '{' && inside.front() != '[')) return std::nullopt;
  MarkupReader in(inside, tools);
  Calls calls;
  if (in.at('[')) {
    calls = in.call_list();
  } else if (auto call = in.call_object()) {
    calls = std::vector{std::move(*call)};
  }
  if (!calls || calls->size() > kMostCalls || !in.done() || !all_offered(*calls, tools)) {
    return std::nullopt;
  }
  return LeakedCall{
      .format = std::string(kBare), .calls = std::move(*calls), .flaw = {}, .begin = begin};
}

/// A call that begins like one and stands where one would, behind an opener that is none: models
/// that are damaged misspell them, or lose a brace.
std::optional<LeakedCall> broken_call(std::string_view text, std::span<const ToolSpec> tools) {
  for (const ToolSpec& tool : tools) {
    const std::string quoted = '"' + tool.name + '"';
    for (auto at = text.find(quoted); at != std::string_view::npos;
         at = text.find(quoted, at + 1)) {
      const auto begin = call_begin(text, at);
      const std::string_view rest = text.substr(at + quoted.size());
      const bool has_arguments = rest.substr(0, 64).find("\"arguments\"") != rest.npos ||
                                 rest.substr(0, 64).find("\"parameters\"") != rest.npos;
      if (!begin || !has_arguments) continue;
      return LeakedCall{
          .format = "broken",
          .calls = {},
          .flaw = "a call that stands behind no opener that is known, or that is not whole",
          .begin = *begin};
    }
    const auto tag = text.find('=' + tool.name + '>');
    if (tag != std::string_view::npos &&
        text.substr(tag).find("<parameter") != std::string_view::npos) {
      return LeakedCall{.format = "broken",
                        .calls = {},
                        .flaw = "parameters of a function whose opener is misspelt",
                        .begin = text.rfind('<', tag) == text.npos ? tag : text.rfind('<', tag)};
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
