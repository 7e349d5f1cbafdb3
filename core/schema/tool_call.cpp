#include "core/schema/tool_call.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/schema/validate.hpp"

namespace plumb {
namespace {

constexpr std::size_t kErrorsTold = 5;

const ToolSpec* find_tool(std::string_view name, std::span<const ToolSpec> tools) {
  const auto at = std::ranges::find(tools, name, &ToolSpec::name);
  return at == tools.end() ? nullptr : &*at;
}

/// Letters and digits in lower case: "functions.ReadFile" -> "readfile" of "read_file".
std::string bare_name(std::string_view name) {
  if (name.starts_with("functions.")) name.remove_prefix(10);
  std::string bare;
  for (const char c : lower(name)) {
    if (c != '_' && c != '-' && c != '.' && c != ' ') bare += c;
  }
  return bare;
}

std::optional<std::string> near_tool(std::string_view name, const std::vector<std::string>& known) {
  const std::string bare = bare_name(name.substr(0, 200));
  for (const std::string& one : known) {
    if (bare_name(one) == bare) return one;
  }
  return nearest(name.substr(0, 200), known);
}

CallJudgement wrong(Defect defect, std::string sentence) {
  return {.defect = defect, .sentence = std::move(sentence), .arguments = nullptr};
}

CallJudgement judge_name(const ToolCall& call, std::span<const ToolSpec> tools) {
  std::vector<std::string> known;
  for (const ToolSpec& tool : tools) known.push_back(tool.name);
  const std::string listed =
      known.empty() ? "No tool is offered." : fmt::format("The tools are: {}.", join(known, ", "));
  const std::string asked = printable(shortened(call.name, 100));
  if (const auto near = near_tool(call.name, known); near && !call.name.empty()) {
    return wrong(
        Defect::near_miss_name,
        fmt::format("There is no tool \"{}\". Did you mean \"{}\"? {}", asked, *near, listed));
  }
  return wrong(Defect::unknown_tool,
               call.name.empty() ? "The tool call has no name. " + listed
                                 : fmt::format("There is no tool \"{}\". {}", asked, listed));
}

/// `{"path": string, "lines"?: integer}`: what the tool wants, in one line.
std::string wanted(const ToolSpec& tool) {
  const auto properties = tool.parameters.find("properties");
  if (properties == tool.parameters.end() || !properties->is_object()) return "{}";
  const Json required = tool.parameters.value("required", Json::array());
  std::vector<std::string> parts;
  for (const auto& [name, schema] : properties->items()) {
    const bool must = std::ranges::find(required, Json(name)) != required.end();
    const Json type =
        schema.is_object() && schema.contains("type") ? schema["type"] : Json("value");
    parts.push_back(fmt::format("\"{}\"{}: {}", name, must ? "" : "?",
                                type.is_string() ? type.get<std::string>() : dump_json(type)));
  }
  return "{" + join(parts, ", ") + "}";
}

bool has_required(const ToolSpec& tool) {
  const auto required = tool.parameters.find("required");
  return required != tool.parameters.end() && !required->empty();
}

std::optional<CallJudgement> judge_shape(const ToolCall& call, const ToolSpec& tool, bool cut_off,
                                         Json& arguments) {
  const auto begin = fmt::format("The call of \"{}\" was not run: ", tool.name);
  const auto expected = fmt::format(" Expected one JSON object: {}.", wanted(tool));
  const std::string_view text = trimmed(call.arguments);
  if (text.empty() || text == "null") {
    arguments = Json::object();
    if (!has_required(tool)) return std::nullopt;
    return wrong(Defect::args_empty, begin + "it has no arguments." + expected);
  }
  auto parsed = parse_json(text);
  if (!parsed && cut_off && parsed.error().code == Code::protocol) {
    return wrong(Defect::args_truncated, begin +
                                             "your response was cut off at its length limit inside "
                                             "the arguments. Make shorter calls." +
                                             expected);
  }
  if (!parsed) {
    return wrong(Defect::args_not_json,
                 fmt::format("{}the arguments are not valid JSON ({}).{}", begin,
                             printable(shortened(parsed.error().sentence, 200)), expected));
  }
  if (parsed->is_string()) {
    const auto inner = parse_json(parsed->get_ref<const std::string&>());
    if (inner && inner->is_object()) {
      return wrong(
          Defect::args_double_encoded,
          begin + "the arguments are a JSON string that holds an object; send the object itself." +
              expected);
    }
  }
  if (!parsed->is_object()) {
    return wrong(Defect::args_not_object, fmt::format("{}the arguments are not an object but {}.{}",
                                                      begin, parsed->type_name(), expected));
  }
  arguments = std::move(*parsed);
  return std::nullopt;
}

Defect defect_of(const SchemaError& error) {
  if (error.keyword == "required") return Defect::missing_required;
  if (error.keyword == "type") return Defect::wrong_type;
  if (error.keyword == "additionalProperties") return Defect::extra_property;
  return Defect::enum_or_range;
}

}  // namespace

CallJudgement judge_call(const ToolCall& call, std::span<const ToolSpec> tools, bool cut_off) {
  const ToolSpec* const tool = find_tool(call.name, tools);
  if (tool == nullptr) return judge_name(call, tools);
  CallJudgement judgement;
  if (auto bad = judge_shape(call, *tool, cut_off, judgement.arguments)) return *std::move(bad);
  const auto errors = validate(tool->parameters, judgement.arguments);
  if (errors.empty()) return judgement;
  std::vector<std::string> told;
  for (const SchemaError& error : std::span(errors).first(std::min(errors.size(), kErrorsTold))) {
    told.push_back(describe(error));
  }
  return wrong(defect_of(std::ranges::min(errors, {}, defect_of)),
               fmt::format("The call of \"{}\" was not run: {}. Expected {}.", tool->name,
                           join(told, "; "), wanted(*tool)));
}

}  // namespace plumb
