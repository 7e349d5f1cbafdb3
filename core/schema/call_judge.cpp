#include "core/schema/call_judge.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/schema/number.hpp"
#include "core/schema/strict_json.hpp"
#include "core/schema/tool_schema.hpp"

namespace plumb {
namespace {

constexpr std::size_t kErrorsTold = 5;

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

CallJudgement judge_name(const ToolCall& call, const std::vector<ToolSpec>& tools) {
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

bool holds_object(const Json& value) {
  if (!value.is_string()) return false;
  const auto inner = parse_strict_json(trimmed(value.get_ref<const std::string&>()));
  return inner && inner->value.is_object();
}

/// The text as an object, or what is wrong with its bytes.
std::optional<CallJudgement> judge_bytes(std::string_view text, const ToolSpec& tool, bool cut_off,
                                         StrictJson& read) {
  const auto spoilt = [&](Defect defect, const std::string& why) {
    return wrong(defect,
                 fmt::format("The call of \"{}\" was not run: {}. Expected one JSON object: {}.",
                             tool.name, why, wanted(tool)));
  };
  const auto truncated = [&] {
    return spoilt(Defect::args_truncated,
                  "your response was cut off at its length limit inside the arguments; make "
                  "shorter calls");
  };
  if (text.empty() || text == "null") {
    read.value = Json::object();
    if (!has_required(tool)) return std::nullopt;
    if (cut_off && text.empty()) return truncated();
    return spoilt(Defect::args_empty, "it has no arguments");
  }
  auto parsed = parse_strict_json(text);
  if (!parsed && cut_off && ends_too_early(text)) return truncated();
  if (!parsed) {
    return spoilt(Defect::args_not_json,
                  fmt::format("the arguments are not valid JSON ({})", parsed.error().sentence));
  }
  if (holds_object(parsed->value)) {
    return spoilt(Defect::args_double_encoded,
                  "the arguments are a JSON string that holds an object; send the object itself");
  }
  if (!parsed->value.is_object()) {
    return spoilt(Defect::args_not_object,
                  fmt::format("the arguments are not an object but {}", type_word(parsed->value)));
  }
  if (parsed->duplicate) {
    return spoilt(
        Defect::duplicate_key,
        fmt::format("the arguments have the key {} twice; which of them counts is anybody's "
                    "guess",
                    printable(shortened(*parsed->duplicate, 200))));
  }
  read = std::move(*parsed);
  return std::nullopt;
}

Defect defect_of(SchemaFault fault) {
  switch (fault) {
    case SchemaFault::missing:
      return Defect::missing_required;
    case SchemaFault::type:
      return Defect::wrong_type;
    case SchemaFault::extra:
      return Defect::extra_property;
    case SchemaFault::value:
      break;
  }
  return Defect::enum_or_range;
}

}  // namespace

Result<CallJudge> CallJudge::create(std::vector<ToolSpec> tools) {
  CallJudge judge;
  judge.tools_ = std::move(tools);
  for (const ToolSpec& tool : judge.tools_) {
    const auto refused = [&](const std::string& why) {
      return fail(Code::config,
                  fmt::format("the tool \"{}\" {}", printable(shortened(tool.name, 100)), why));
    };
    if (!judge.by_name_.emplace(tool.name, judge.schemas_.size()).second) {
      return refused("is there twice");
    }
    auto schema = compile_tool_schema(tool.parameters);
    if (!schema) {
      return refused("has parameters that cannot be judged: " + schema.error().sentence);
    }
    judge.schemas_.push_back(std::move(*schema));
  }
  return judge;
}

CallJudgement CallJudge::judge(const ToolCall& call, bool cut_off) const {
  const auto at = by_name_.find(call.name);
  if (at == by_name_.end()) return judge_name(call, tools_);
  const ToolSpec& tool = tools_[at->second];
  StrictJson read;
  if (auto bad = judge_bytes(trimmed(call.arguments), tool, cut_off, read)) return *std::move(bad);
  const auto errors = schemas_[at->second].validate(read.value);
  if (errors.empty()) {
    if (!read.big_numbers || round_big_numbers(read.value)) {
      return {.defect = std::nullopt, .sentence = {}, .arguments = std::move(read.value)};
    }
    return wrong(
        Defect::enum_or_range,
        fmt::format("The call of \"{}\" was not run: a number in the arguments is larger than "
                    "any tool can take. Expected {}.",
                    tool.name, wanted(tool)));
  }
  std::vector<std::string> told;
  for (const SchemaError& error : std::span(errors).first(std::min(errors.size(), kErrorsTold))) {
    told.push_back(describe(error));
  }
  return wrong(defect_of(std::ranges::min(errors, {}, &SchemaError::fault).fault),
               fmt::format("The call of \"{}\" was not run: {}. Expected {}.", tool.name,
                           join(told, "; "), wanted(tool)));
}

}  // namespace plumb
