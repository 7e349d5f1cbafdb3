#include "core/schema/markup_reader.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace plumb {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

/// Bytes of the object or list that begins here, by its brackets; 0 where they never close.
std::size_t extent(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (--depth == 0) return i + 1;
    }
  }
  return 0;
}

/// The call that an object describes.
std::optional<ToolCall> call_of(const Json& object) {
  if (!object.is_object()) return std::nullopt;
  const std::string name = json_or(object, "name", "");
  for (const char* key : {"arguments", "parameters"}) {
    const auto arguments = object.find(key);
    if (name.empty() || arguments == object.end()) continue;
    // A string is kept as it is: whether it holds an object is judged like any other call.
    return ToolCall{.id = "",
                    .name = name,
                    .arguments = arguments->is_string() ? arguments->get<std::string>()
                                                        : dump_json(*arguments)};
  }
  return std::nullopt;
}

}  // namespace

std::nullopt_t MarkupReader::flawed(std::string sentence) {
  if (flaw_.empty()) flaw_ = std::move(sentence);
  return std::nullopt;
}

void MarkupReader::skip_space() {
  at_ = std::min(text_.find_first_not_of(kSpace, at_), text_.size());
}

bool MarkupReader::take(std::string_view piece) {
  if (!text_.substr(std::min(at_, text_.size())).starts_with(piece)) return false;
  at_ += piece.size();
  return true;
}

std::string_view MarkupReader::word() {
  const std::size_t begin = at_;
  while (!done() && is_word(text_[at_])) ++at_;
  return text_.substr(begin, at_ - begin);
}

std::optional<std::string_view> MarkupReader::up_to(std::string_view mark) {
  const auto end = text_.find(mark, at_);
  if (end == std::string_view::npos) return flawed("\"" + std::string(mark) + "\" is missing");
  const std::string_view inside = text_.substr(at_, end - at_);
  at_ = end + mark.size();
  return inside;
}

std::optional<Json> MarkupReader::value() {
  const std::string_view rest = text_.substr(std::min(at_, text_.size()));
  const std::size_t length = extent(rest);
  if (length == 0) return flawed("its brackets never close");
  auto parsed = parse_json(rest.substr(0, length));
  if (!parsed) return flawed("its JSON is broken: " + parsed.error().sentence);
  at_ += length;
  return std::move(*parsed);
}

std::optional<ToolCall> MarkupReader::call_object() {
  if (!at('{')) return flawed("an object was expected");
  const auto object = value();
  if (!object) return std::nullopt;
  auto call = call_of(*object);
  if (!call) return flawed("the object has no \"name\" with \"arguments\"");
  return call;
}

std::optional<std::vector<ToolCall>> MarkupReader::call_list() {
  if (!at('[')) return flawed("a list was expected");
  const auto list = value();
  if (!list) return std::nullopt;
  std::vector<ToolCall> calls;
  for (const Json& object : *list) {
    auto call = call_of(object);
    if (!call) return flawed("a member of the list has no \"name\" with \"arguments\"");
    calls.push_back(std::move(*call));
  }
  return calls;
}

std::optional<ToolCall> MarkupReader::named(std::string_view name) {
  skip_space();
  if (name.empty()) return flawed("the name is missing");
  if (!at('{')) return flawed("the arguments are no object");
  const auto arguments = value();
  if (!arguments) return std::nullopt;
  return ToolCall{.id = "", .name = std::string(name), .arguments = dump_json(*arguments)};
}

Json MarkupReader::typed(std::string_view tool, const std::string& key,
                         std::string_view text) const {
  // One line break belongs to the markup on each side.
  if (text.starts_with('\n')) text.remove_prefix(1);
  if (text.ends_with('\n')) text.remove_suffix(1);
  const auto spec = std::ranges::find(tools_, tool, &ToolSpec::name);
  if (spec == tools_.end() || !spec->parameters.contains("properties")) return std::string(text);
  const Json& properties = spec->parameters["properties"];
  const auto property = properties.is_object() ? properties.find(key) : properties.end();
  const bool is_text = property == properties.end() || json_or(*property, "type", "") == "string";
  if (is_text) return std::string(text);
  auto parsed = parse_json(trimmed(text));
  return parsed ? std::move(*parsed) : Json(std::string(text));
}

bool MarkupReader::parameters_into(Json& arguments, std::string_view tool) {
  for (skip_space(); take("<parameter="); skip_space()) {
    const auto key = up_to(">");
    const auto text = key ? up_to("</parameter>") : std::nullopt;
    if (!text) return false;
    arguments[std::string(trimmed(*key))] = typed(tool, std::string(trimmed(*key)), *text);
  }
  return true;
}

std::optional<ToolCall> MarkupReader::function_body() {
  const auto name = up_to(">");
  if (!name) return std::nullopt;
  const std::string tool(trimmed(*name));
  skip_space();
  Json arguments = Json::object();
  if (at('{')) {
    auto object = value();
    if (!object) return std::nullopt;
    arguments = std::move(*object);
  } else if (!parameters_into(arguments, tool)) {
    return std::nullopt;
  }
  skip_space();
  if (!take("</function>") && !done()) return flawed("\"</function>\" is missing");
  return ToolCall{.id = "", .name = tool, .arguments = dump_json(arguments)};
}

std::optional<ToolCall> MarkupReader::keyed_body() {
  const std::string tool(word());
  if (tool.empty()) return flawed("neither an object nor a name follows the opener");
  Json arguments = Json::object();
  for (skip_space(); take("<arg_key>"); skip_space()) {
    const auto key = up_to("</arg_key>");
    skip_space();
    if (!key || !take("<arg_value>")) return flawed("a key has no value");
    const auto text = up_to("</arg_value>");
    if (!text) return std::nullopt;
    arguments[std::string(trimmed(*key))] = typed(tool, std::string(trimmed(*key)), *text);
  }
  return ToolCall{.id = "", .name = tool, .arguments = dump_json(arguments)};
}

std::optional<std::size_t> call_begin(std::string_view text, std::size_t name_at) {
  const auto back_over_space = [&](std::size_t at) {
    while (at > 0 && kSpace.find(text[at - 1]) != std::string_view::npos) --at;
    return at;
  };
  std::size_t at = back_over_space(name_at);
  if (at == 0 || text[at - 1] != ':') return std::nullopt;
  at = back_over_space(at - 1);
  constexpr std::string_view kName = "\"name\"";
  if (at < kName.size() || text.substr(at - kName.size(), kName.size()) != kName) {
    return std::nullopt;
  }
  at = back_over_space(at - kName.size());
  // The brace may be what is lost.
  if (at > 0 && text[at - 1] == '{') --at;
  const std::size_t begin = at;
  while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t')) --at;
  const bool stands_alone = at == 0 || std::string_view("\n>]|[").find(text[at - 1]) != text.npos;
  return stands_alone ? std::optional(begin) : std::nullopt;
}

}  // namespace plumb
