#include "core/schema/markup_reader.hpp"

#include <algorithm>
#include <array>

#include "core/base/text.hpp"

namespace plumb {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

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

/// The bytes of a JSON value that begins here and stands in an object.
std::string_view value_bytes(std::string_view text) {
  if (text.starts_with('{') || text.starts_with('[')) return text.substr(0, extent(text));
  if (!text.starts_with('"')) return trimmed(text.substr(0, text.find_first_of(",}")));
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return text.substr(0, i + 1);
    }
  }
  return text;
}

/// The bytes of a member of an object that parses, as they are written; the last of several.
std::string_view member_bytes(std::string_view object, std::string_view key) {
  const std::string quoted = '"' + std::string(key) + '"';
  std::string_view found;
  for (std::size_t i = 1; i < object.size();) {
    if (object[i] != '"') {
      ++i;
      continue;
    }
    const std::string_view name = value_bytes(object.substr(i));
    i = std::min(object.find_first_not_of(kSpace, i + name.size()), object.size());
    if (i == object.size() || object[i] != ':') continue;
    i = std::min(object.find_first_not_of(kSpace, i + 1), object.size());
    const std::string_view value = value_bytes(object.substr(i));
    if (name == quoted) found = value;
    i += std::max<std::size_t>(value.size(), 1);
  }
  return found;
}

/// The call that an object describes, its arguments as they are written.
std::optional<ToolCall> call_of(const Json& object, std::string_view bytes) {
  if (!object.is_object()) return std::nullopt;
  if (const auto inner = object.find("function"); inner != object.end() && inner->is_object()) {
    return call_of(*inner, member_bytes(bytes, "function"));
  }
  const std::string name = json_or(object, "name", "");
  // The definition of a tool has a name and parameters, too.
  if (name.empty() || object.contains("description")) return std::nullopt;
  for (const char* key : {"arguments", "parameters"}) {
    if (!object.contains(key)) continue;
    // Parsers hand on what stands there: a string that holds the object is encoded twice.
    return ToolCall{.id = "", .name = name, .arguments = std::string(member_bytes(bytes, key))};
  }
  return std::nullopt;
}

/// Whether a value of this schema may be a text.
bool may_be_text(const Json& schema) {
  if (!schema.is_object()) return true;
  for (const char* key : {"anyOf", "oneOf"}) {
    const auto branches = schema.find(key);
    if (branches == schema.end() || !branches->is_array()) continue;
    return std::ranges::any_of(*branches, may_be_text);
  }
  const auto type = schema.find("type");
  if (type == schema.end()) return true;
  return type->is_array() ? std::ranges::find(*type, Json("string")) != type->end()
                          : *type == Json("string");
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
  while (!done() && is_name_part(text_[at_])) ++at_;
  return text_.substr(begin, at_ - begin);
}

std::optional<std::string_view> MarkupReader::up_to(std::string_view mark) {
  const auto end = text_.find(mark, at_);
  if (end == std::string_view::npos) return flawed("\"" + std::string(mark) + "\" is missing");
  const std::string_view inside = text_.substr(at_, end - at_);
  at_ = end + mark.size();
  return inside;
}

std::optional<MarkupReader::Value> MarkupReader::value() {
  const std::string_view rest = text_.substr(std::min(at_, text_.size()));
  const std::size_t length = extent(rest);
  if (length == 0) return flawed("its brackets never close");
  auto parsed = parse_json(rest.substr(0, length));
  if (!parsed) return flawed("its JSON is broken: " + parsed.error().sentence);
  at_ += length;
  return Value{std::move(*parsed), rest.substr(0, length)};
}

std::optional<ToolCall> MarkupReader::call_object() {
  if (!at('{')) return flawed("an object was expected");
  const auto object = value();
  if (!object) return std::nullopt;
  auto call = call_of(object->json, object->bytes);
  if (!call) return flawed("the object has no \"name\" with \"arguments\"");
  return call;
}

std::optional<std::vector<ToolCall>> MarkupReader::call_list() {
  if (!at('[')) return flawed("a list was expected");
  const auto list = value();
  if (!list) return std::nullopt;
  std::vector<ToolCall> calls;
  std::string_view bytes = list->bytes.substr(1);
  for (const Json& object : list->json) {
    bytes.remove_prefix(std::min(bytes.find_first_of("{["), bytes.size()));
    const std::string_view own = value_bytes(bytes);
    auto call = call_of(object, own);
    if (!call) return flawed("a member of the list has no \"name\" with \"arguments\"");
    calls.push_back(std::move(*call));
    bytes.remove_prefix(own.size());
  }
  return calls;
}

std::optional<ToolCall> MarkupReader::named(std::string_view name) {
  skip_space();
  if (name.empty()) return flawed("the name is missing");
  if (!at('{')) return flawed("the arguments are no object");
  const auto arguments = value();
  if (!arguments) return std::nullopt;
  return ToolCall{.id = "", .name = std::string(name), .arguments = std::string(arguments->bytes)};
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
  if (property == properties.end() || may_be_text(*property)) return std::string(text);
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
  std::string bytes;
  if (at('{')) {
    const auto object = value();
    if (!object) return std::nullopt;
    bytes = object->bytes;
  } else if (parameters_into(arguments, tool)) {
    bytes = dump_json(arguments);
  } else {
    return std::nullopt;
  }
  skip_space();
  if (!take("</function>") && !done()) return flawed("\"</function>\" is missing");
  return ToolCall{.id = "", .name = tool, .arguments = std::move(bytes)};
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

bool is_name_part(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

bool is_markup_before_name(std::string_view text) {
  constexpr std::array<std::string_view, 5> kWords = {"name", "function", "functions", "type",
                                                      "id"};
  constexpr std::array<std::string_view, 4> kTokens = {"_", "s_section", "tool_call", "call_"};
  const auto is_markup = [&](std::string_view word) {
    return word.empty() || std::ranges::find(kWords, word) != kWords.end() ||
           std::ranges::any_of(kTokens, [&](auto token) { return word.starts_with(token); });
  };
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && is_name_part(text[i])) continue;
    if (!is_markup(text.substr(begin, i - begin))) return false;
    begin = i + 1;
  }
  return true;
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
  const bool stands_alone =
      at == 0 || std::string_view("\n>]|[").find(text[at - 1]) != std::string_view::npos;
  return stands_alone ? std::optional(begin) : std::nullopt;
}

}  // namespace plumb
