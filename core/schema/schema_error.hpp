#pragma once

#include <string>
#include <string_view>

#include "core/base/json.hpp"

namespace plumb {

/// What kind of mistake a value makes, whatever keyword noticed it.
enum class SchemaFault {
  missing,  ///< a member that must be there is not
  type,     ///< another JSON type
  value,    ///< outside an enum, a range, a length, a pattern, ...
  extra,    ///< a member that must not be there
};

/// One way in which a value breaks a schema, as data.
struct SchemaError {
  std::string
      path;  ///< JSON Pointer to the value that is wrong; "" is the whole; long keys are cut
  std::string keyword;   ///< that was broken: "required", "type", ...
  std::string expected;  ///< for a person: "string", "one of \"a\", \"b\"", "at least 1"
  std::string got;       ///< "number 5", "nothing"; shortened
  SchemaFault fault = SchemaFault::value;
};

/// What is expected where nothing may be.
inline constexpr const char* kNothingExpected = "nothing";

/// `path: expected ..., got ...` in one line of less than 2,000 bytes, fit to be shown to a model.
[[nodiscard]] std::string describe(const SchemaError& error);

/// A part of a JSON Pointer (RFC 6901): "/" and the key, escaped.
[[nodiscard]] std::string pointer_part(std::string_view key);
/// "null", "boolean", "number", "string", "array" or "object".
[[nodiscard]] const char* type_word(const Json& value);
/// The value as JSON text in one printable line, about `limit` bytes at most; costs no more than
/// that.
[[nodiscard]] std::string shown_value(const Json& value, std::size_t limit = 80);

}  // namespace plumb
