#pragma once

#include "core/schema/schema.hpp"

namespace plumb {

/// The schema of a tool's parameters. Beyond what Schema::compile() refuses: what is not the schema
/// of an object, a keyword that JSON Schema does not know (nothing that an author wrote is silently
/// ignored; "x-..." is), and a required name that is not among the properties. Code::config.
[[nodiscard]] Result<Schema> compile_tool_schema(const Json& parameters);

}  // namespace plumb
