#include "core/schema/leaked_call.hpp"

#include <algorithm>
#include <array>

#include "core/base/text.hpp"

namespace plumb {
namespace {

const ToolSpec* find_tool(std::string_view name, std::span<const ToolSpec> tools) {
  const auto at = std::ranges::find(tools, name, &ToolSpec::name);
  return at == tools.end() ? nullptr : &*at;
}

/// An object with "name" (of an offered tool) and "arguments" or "parameters".
bool is_call_object(std::string_view text, std::span<const ToolSpec> tools) {
  const auto value = parse_json(text);
  if (!value || !value->is_object()) return false;
  return find_tool(json_or(*value, "name", ""), tools) != nullptr &&
         (value->contains("arguments") || value->contains("parameters"));
}

/// The whole text, or what stands between two code fences.
bool is_bare_json_call(std::string_view text, std::span<const ToolSpec> tools) {
  text = trimmed(text);
  if (const auto fence = text.find("```"); fence != std::string_view::npos) {
    auto inside = text.substr(fence + 3);
    inside = inside.substr(std::min(inside.find('{'), inside.size()));
    inside = inside.substr(0, inside.find("```"));
    if (is_call_object(trimmed(inside), tools)) return true;
  }
  return text.starts_with('{') && is_call_object(text, tools);
}

}  // namespace

std::optional<std::string> find_leaked_call(std::string_view text,
                                            std::span<const ToolSpec> tools) {
  constexpr std::array<std::string_view, 4> kMarkers = {"<tool_call>", "<function=", "[TOOL_CALLS]",
                                                        "<|tool_call"};
  for (const std::string_view marker : kMarkers) {
    const auto at = text.find(marker);
    if (at == std::string_view::npos) continue;
    const std::string_view behind = text.substr(at + marker.size());
    const bool named = std::ranges::any_of(tools, [&](const ToolSpec& tool) {
      return behind.find(tool.name) != std::string_view::npos;
    });
    if (named) return std::string(marker);
  }
  if (is_bare_json_call(text, tools)) return "json";
  return std::nullopt;
}

}  // namespace plumb
