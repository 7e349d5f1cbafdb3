#include "core/schema/validate.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace plumb {
namespace {

constexpr std::size_t kMostErrors = 20;
constexpr std::array<std::string_view, 7> kTypes = {"null",   "boolean", "integer", "number",
                                                    "string", "array",   "object"};
constexpr std::array<std::string_view, 6> kAnnotations = {"title",    "description", "default",
                                                          "examples", "$comment",    "deprecated"};

std::string shown(const Json& value) { return printable(shortened(dump_json(value), 80)); }

bool has_type(const Json& value, std::string_view type) {
  if (type == "null") return value.is_null();
  if (type == "boolean") return value.is_boolean();
  if (type == "number") return value.is_number();
  if (type == "string") return value.is_string();
  if (type == "array") return value.is_array();
  if (type == "object") return value.is_object();
  if (type != "integer" || !value.is_number()) return false;
  if (!value.is_number_float()) return true;
  const auto number = value.get<double>();
  return std::isfinite(number) && number == std::floor(number);
}

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// A part of a JSON Pointer (RFC 6901).
std::string pointer_part(const std::string& key) {
  std::string part = "/";
  for (const char c : key) {
    if (c == '~') {
      part += "~0";
    } else if (c == '/') {
      part += "~1";
    } else {
      part += c;
    }
  }
  return part;
}

class Judge {
 public:
  /// Depth is bounded by the value's, which parse_json() caps.
  void value(const Json& schema, const Json& value, const std::string& path) {
    if (errors.size() >= kMostErrors || !schema.is_object()) return;
    if (!type(schema, value, path)) return;
    choice(schema, value, path);
    if (value.is_object()) object(schema, value, path);
    if (value.is_array()) array(schema, value, path);
    if (value.is_string()) {
      size(schema, characters(value.get_ref<const std::string&>()), "Length", "characters", path);
    }
    if (value.is_number()) range(schema, value, path);
  }

  std::vector<SchemaError> errors;

 private:
  void add(const std::string& path, std::string keyword, std::string expected, std::string got) {
    if (errors.size() < kMostErrors) {
      errors.push_back({path, std::move(keyword), std::move(expected), std::move(got)});
    }
  }

  bool type(const Json& schema, const Json& value, const std::string& path) {
    const auto at = schema.find("type");
    if (at == schema.end()) return true;
    std::vector<std::string> allowed;
    if (at->is_string()) allowed.push_back(at->get<std::string>());
    if (at->is_array()) {
      for (const Json& one : *at) allowed.push_back(one.is_string() ? one.get<std::string>() : "");
    }
    if (std::ranges::any_of(allowed, [&](const auto& one) { return has_type(value, one); })) {
      return true;
    }
    const std::string got =
        value.is_null() ? "null" : fmt::format("{} {}", value.type_name(), shown(value));
    add(path, "type", join(allowed, " or "), got);
    return false;
  }

  void choice(const Json& schema, const Json& value, const std::string& path) {
    if (const auto at = schema.find("enum"); at != schema.end() && at->is_array()) {
      if (std::ranges::find(*at, value) == at->end()) {
        std::vector<std::string> known;
        for (const Json& one : *at) known.push_back(shown(one));
        add(path, "enum", "one of " + shortened(join(known, ", "), 300), shown(value));
      }
    }
    if (const auto at = schema.find("const"); at != schema.end() && *at != value) {
      add(path, "const", shown(*at), shown(value));
    }
  }

  void object(const Json& schema, const Json& value, const std::string& path) {
    const auto required = schema.find("required");
    if (required != schema.end() && required->is_array()) {
      for (const Json& name : *required) {
        if (!name.is_string() || value.contains(name.get_ref<const std::string&>())) continue;
        add(path + pointer_part(name), "required", "a value", "nothing");
      }
    }
    const auto properties = schema.find("properties");
    const bool closed =
        schema.contains("additionalProperties") && schema["additionalProperties"] == Json(false);
    for (const auto& [name, member] : value.items()) {
      const bool known =
          properties != schema.end() && properties->is_object() && properties->contains(name);
      if (known) {
        this->value((*properties)[name], member, path + pointer_part(name));
      } else if (closed) {
        add(path + pointer_part(name), "additionalProperties", "no such property", shown(member));
      }
    }
  }

  void array(const Json& schema, const Json& value, const std::string& path) {
    size(schema, value.size(), "Items", "items", path);
    const auto items = schema.find("items");
    if (items == schema.end()) return;
    for (std::size_t i = 0; i < value.size() && errors.size() < kMostErrors; ++i) {
      this->value(*items, value[i], path + "/" + std::to_string(i));
    }
  }

  void size(const Json& schema, std::size_t count, const std::string& what, const char* unit,
            const std::string& path) {
    const double size = static_cast<double>(count);
    const auto bound = [&](const std::string& keyword) {
      return json_or(schema, keyword.c_str(), -1.0);
    };
    const double least = bound("min" + what);
    const double most = bound("max" + what);
    if (least >= 0 && size < least) {
      add(path, "min" + what, fmt::format("at least {} {}", least, unit), fmt::format("{}", count));
    }
    if (most >= 0 && size > most) {
      add(path, "max" + what, fmt::format("at most {} {}", most, unit), fmt::format("{}", count));
    }
  }

  void range(const Json& schema, const Json& value, const std::string& path) {
    const auto least = schema.find("minimum");
    const auto most = schema.find("maximum");
    if (least != schema.end() && least->is_number() && value < *least) {
      add(path, "minimum", "at least " + shown(*least), shown(value));
    }
    if (most != schema.end() && most->is_number() && value > *most) {
      add(path, "maximum", "at most " + shown(*most), shown(value));
    }
  }
};

std::unexpected<Error> bad_schema(const std::string& path, const std::string& what) {
  return fail(Code::config, fmt::format("the parameters of the tool, at {}: {}",
                                        path.empty() ? "the top" : path, what));
}

bool is_texts(const Json& value) {
  return value.is_array() &&
         std::ranges::all_of(value, [](const Json& one) { return one.is_string(); });
}

Status check_type(const Json& type, const std::string& path) {
  const Json list = type.is_array() ? type : Json::array({type});
  for (const Json& one : list) {
    const bool known =
        one.is_string() && std::ranges::find(kTypes, one.get<std::string>()) != kTypes.end();
    if (!known)
      return bad_schema(
          path, fmt::format("\"type\" is {}, which is none of the types of JSON", shown(one)));
  }
  if (list.empty()) return bad_schema(path, "\"type\" is an empty list");
  return {};
}

Status check_schema(const Json& schema, const std::string& path, std::size_t depth) {
  if (!schema.is_object())
    return bad_schema(path, "a schema must be a table, and is " + shown(schema));
  if (depth > kMaxJsonDepth) return bad_schema(path, "nested too deep");
  for (const auto& [key, value] : schema.items()) {
    const auto wrong = [&](const char* expected) {
      return bad_schema(path,
                        fmt::format("\"{}\" must be {}, and is {}", key, expected, shown(value)));
    };
    if (std::ranges::find(kAnnotations, key) != kAnnotations.end()) continue;
    if (key == "type") {
      PLUMB_CHECK(check_type(value, path));
    } else if (key == "properties") {
      if (value.is_array() && value.empty()) continue;  // an empty Lua table
      if (!value.is_object()) return wrong("a table of schemas");
      for (const auto& [name, property] : value.items()) {
        PLUMB_CHECK(check_schema(property, path + "/properties" + pointer_part(name), depth + 1));
      }
    } else if (key == "items") {
      PLUMB_CHECK(check_schema(value, path + "/items", depth + 1));
    } else if (key == "required") {
      if (!is_texts(value) && !(value.is_object() && value.empty()))
        return wrong("a list of names");
    } else if (key == "enum") {
      if (!value.is_array() || value.empty()) return wrong("a list of values");
    } else if (key == "minimum" || key == "maximum") {
      if (!value.is_number()) return wrong("a number");
    } else if (key == "minLength" || key == "maxLength" || key == "minItems" || key == "maxItems") {
      if (!has_type(value, "integer") || value < Json(0)) return wrong("a whole number from 0");
    } else if (key == "additionalProperties") {
      if (!value.is_boolean()) return wrong("true or false");
    } else if (key != "const") {
      return bad_schema(path, fmt::format("Plumbline does not judge the keyword \"{}\"; leave it "
                                          "out and say it in the description",
                                          printable(shortened(key, 60))));
    }
  }
  return {};
}

}  // namespace

std::string describe(const SchemaError& error) {
  const std::string place = error.path.empty() ? "the arguments" : printable(error.path);
  if (error.keyword == "required") return fmt::format("{} is missing", place);
  if (error.keyword == "additionalProperties")
    return fmt::format("{} is not a known parameter", place);
  return fmt::format("{}: expected {}, got {}", place, error.expected, error.got);
}

std::vector<SchemaError> validate(const Json& schema, const Json& value) {
  Judge judge;
  judge.value(schema, value, "");
  return std::move(judge.errors);
}

Status check_tool_schema(const Json& schema) {
  if (!schema.is_object() || json_or(schema, "type", "") != "object") {
    return fail(Code::config,
                "the parameters of a tool must be the schema of an object: type = \"object\"");
  }
  PLUMB_CHECK(check_schema(schema, "", 0));
  const Json& properties = schema.contains("properties") ? schema["properties"] : Json::object();
  if (schema.contains("required")) {
    for (const Json& name : schema["required"]) {
      if (!properties.is_object() || !properties.contains(name.get_ref<const std::string&>())) {
        return bad_schema(
            "",
            fmt::format("\"required\" names {}, which is not among the properties", shown(name)));
      }
    }
  }
  return {};
}

}  // namespace plumb
