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
// Bytes of a sentence's parts. All of it stays below 3,000, whatever the model and the tools are.
constexpr std::size_t kWhyTold = 1'500;
constexpr std::size_t kParametersTold = 800;
constexpr std::size_t kToolsTold = 1'500;

/// Letters and digits in lower case: "ReadFile" -> "readfile" of "read_file".
std::string bare_name(std::string_view name) {
  std::string bare;
  for (const char c : lower(name)) {
    const bool is_ascii = static_cast<unsigned char>(c) < 0x80;
    const bool is_word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (is_word || !is_ascii) bare += c;
  }
  return bare;
}

/// Without what templates and habit put around a name: a namespace before it; a call's number,
/// parentheses or the marker of a channel behind it.
std::string_view core_of(std::string_view name) {
  name = name.substr(0, std::min(name.find("<|"), name.find('(')));
  const auto number = name.find_last_not_of("0123456789");
  if (number != std::string_view::npos && name[number] == ':') name = name.substr(0, number);
  const auto space = name.find_last_of("./:");
  return space == std::string_view::npos ? name : name.substr(space + 1);
}

std::optional<std::string> near_tool(std::string_view name, const std::vector<std::string>& known) {
  name = name.substr(0, 200);
  for (const std::string& bare : {bare_name(name), bare_name(core_of(name))}) {
    const auto one = std::ranges::find(known, bare, bare_name);
    if (!bare.empty() && one != known.end()) return *one;
  }
  return nearest(name, known);
}

/// In quotes that are not its own.
std::string in_quotes(std::string_view name) {
  const char mark = name.find('"') == std::string_view::npos ? '"' : '\'';
  return fmt::format("{}{}{}", mark, printable(shortened(name, 100)), mark);
}

CallJudgement wrong(Defect defect, std::string sentence) {
  return {.defect = defect, .sentence = std::move(sentence), .arguments = nullptr};
}

CallJudgement judge_name(const ToolCall& call, const std::vector<ToolSpec>& tools) {
  std::vector<std::string> known;
  for (const ToolSpec& tool : tools) known.push_back(tool.name);
  const std::string listed =
      known.empty() ? "No tool is offered."
                    : fmt::format("The tools are: {}.", shortened(join(known, ", "), kToolsTold));
  if (const auto near = near_tool(call.name, known); near && !call.name.empty()) {
    return wrong(Defect::near_miss_name,
                 fmt::format("There is no tool {}. Did you mean {}? {}", in_quotes(call.name),
                             in_quotes(*near), listed));
  }
  return wrong(Defect::unknown_tool, call.name.empty() ? "The tool call has no name. " + listed
                                                       : fmt::format("There is no tool {}. {}",
                                                                     in_quotes(call.name), listed));
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
    parts.push_back(fmt::format("{}{}: {}", in_quotes(name), must ? "" : "?",
                                type.is_string() ? type.get<std::string>() : dump_json(type)));
  }
  return "{" + shortened(join(parts, ", "), kParametersTold) + "}";
}

bool has_required(const ToolSpec& tool) {
  const auto required = tool.parameters.find("required");
  return required != tool.parameters.end() && !required->empty();
}

/// "an array", "null".
std::string with_article(const Json& value) {
  std::string word = type_word(value);
  if (value.is_null()) return word;
  return (word == "array" || word == "object" ? "an " : "a ") + word;
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
                 fmt::format("The call of {} was not run: {}. Expected one JSON object: {}.",
                             in_quotes(tool.name), why, wanted(tool)));
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
  if (!parsed && parsed.error().code == Code::limit) {
    return spoilt(
        Defect::args_not_json,
        fmt::format("the arguments are nested deeper than {} levels, which is JSON, but more "
                    "than any tool takes",
                    kMaxJsonDepth));
  }
  if (!parsed) {
    return spoilt(Defect::args_not_json,
                  fmt::format("the arguments are not valid JSON ({})", parsed.error().sentence));
  }
  if (holds_object(parsed->value)) {
    return spoilt(Defect::args_double_encoded,
                  "the arguments are a JSON string that holds an object; send the object itself");
  }
  if (!parsed->value.is_object()) {
    return spoilt(Defect::args_not_object, fmt::format("the arguments are not an object but {}",
                                                       with_article(parsed->value)));
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
        fmt::format("The call of {} was not run: a number in the arguments is larger than any tool "
                    "can take. Expected {}.",
                    in_quotes(tool.name), wanted(tool)));
  }
  std::vector<std::string> told;
  for (const SchemaError& error : std::span(errors).first(std::min(errors.size(), kErrorsTold))) {
    told.push_back(describe(error));
  }
  return wrong(defect_of(std::ranges::min(errors, {}, &SchemaError::fault).fault),
               fmt::format("The call of {} was not run: {}. Expected {}.", in_quotes(tool.name),
                           shortened(join(told, "; "), kWhyTold), wanted(tool)));
}

}  // namespace plumb
