#include "core/schema/schema_error.hpp"

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/schema/number.hpp"

namespace plumb {
namespace {

/// Writes until the limit is passed; the rest is not looked at.
void write(const Json& value, std::size_t limit, std::string& out) {
  if (out.size() > limit) return;
  if (is_big_number(value)) {
    const auto& bytes = value.get_binary();
    out.append(bytes.begin(),
               bytes.begin() + static_cast<std::ptrdiff_t>(std::min(bytes.size(), limit)));
  } else if (value.is_string()) {
    out += dump_json(shortened(value.get_ref<const std::string&>(), limit));
  } else if (value.is_array()) {
    out += '[';
    for (const Json& item : value) {
      if (out.size() > limit) return;
      if (out.back() != '[') out += ',';
      write(item, limit, out);
    }
    out += ']';
  } else if (value.is_object()) {
    out += '{';
    for (const auto& [key, member] : value.items()) {
      if (out.size() > limit) return;
      if (out.back() != '{') out += ',';
      out += dump_json(shortened(key, limit)) + ":";
      write(member, limit, out);
    }
    out += '}';
  } else {
    out += dump_json(value);
  }
}

}  // namespace

std::string describe(const SchemaError& error) {
  const std::string place =
      error.path.empty() ? "the arguments" : printable(shortened(error.path, 500));
  if (error.fault == SchemaFault::missing && error.got == "nothing") {
    return fmt::format("{} is missing", place);
  }
  const bool is_unknown =
      error.keyword == "additionalProperties" || error.keyword == "unevaluatedProperties";
  if (is_unknown && error.fault == SchemaFault::extra) {
    return fmt::format("{} is not a known parameter", place);
  }
  if (error.expected == kNothingExpected) return fmt::format("{} must not be there", place);
  return fmt::format("{}: expected {}, got {}", place, shortened(error.expected, 1'000),
                     shortened(error.got, 300));
}

std::string pointer_part(std::string_view key) {
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

const char* type_word(const Json& value) {
  return is_big_number(value) ? "number" : value.type_name();
}

std::string shown_value(const Json& value, std::size_t limit) {
  std::string text;
  write(value, limit, text);
  return printable(shortened(text, limit));
}

}  // namespace plumb
