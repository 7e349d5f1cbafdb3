// core/schema: judging values against JSON Schema and tool calls against the tools that were
// offered. It judges; it never repairs.
#pragma once

#include <string>
#include <vector>

#include "core/base/json.hpp"

namespace plumb {

/// One way in which a value breaks a schema, as data.
struct SchemaError {
  std::string path;      ///< JSON Pointer to the value that is wrong; "" is the whole
  std::string keyword;   ///< that was broken: "required", "type", ...
  std::string expected;  ///< for a person: "string", "one of \"a\", \"b\"", "at least 1"
  std::string got;       ///< "number 5", "nothing"; shortened
};

/// `path: expected ..., got ...` in one line.
[[nodiscard]] std::string describe(const SchemaError& error);

/// The errors of `value`, 20 at most, in the order of the schema's keywords. Judges type, required,
/// properties, items, enum, const, minimum, maximum, minLength, maxLength, minItems, maxItems and
/// additionalProperties (bool); by JSON Schema 2020-12, so 1.0 is an integer and lengths count
/// characters. A schema that passed check_tool_schema() is judged whole.
[[nodiscard]] std::vector<SchemaError> validate(const Json& schema, const Json& value);

/// Refuses the parameters of a tool that are not the schema of an object, or that use a keyword
/// which validate() does not judge: nothing that an author wrote is silently ignored. Code::config
/// with the keyword and its place.
[[nodiscard]] Status check_tool_schema(const Json& schema);

}  // namespace plumb
