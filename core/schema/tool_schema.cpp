#include "core/schema/tool_schema.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace plumb {
namespace {

/// Keywords that may bring members which `properties` does not name.
constexpr std::array kOpen = {"$ref",
                              "$dynamicRef",
                              "allOf",
                              "anyOf",
                              "oneOf",
                              "if",
                              "dependentSchemas",
                              "patternProperties"};

}  // namespace

Result<Schema> compile_tool_schema(const Json& parameters) {
  if (!parameters.is_object() || json_or(parameters, "type", "") != "object") {
    return fail(Code::config,
                "the parameters of a tool must be the schema of an object: type = \"object\"");
  }
  PLUMB_TRY(Schema schema, Schema::compile(parameters, {.strict = true}));
  const bool is_open =
      std::ranges::any_of(kOpen, [&](const char* keyword) { return parameters.contains(keyword); });
  const Json properties = parameters.value("properties", Json::object());
  for (const Json& name : parameters.value("required", Json::array())) {
    if (is_open || properties.contains(name.get_ref<const std::string&>())) continue;
    return fail(Code::config,
                fmt::format("the schema, at the top: \"required\" names {}, which is not among the "
                            "properties",
                            shown_value(name)));
  }
  return schema;
}

}  // namespace plumb
