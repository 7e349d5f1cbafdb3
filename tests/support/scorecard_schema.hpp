#pragma once

#include <gtest/gtest.h>

#include <string>

#include "core/base/files.hpp"
#include "core/schema/validate.hpp"

namespace plumb::test {

/// Checks a value against the schema with its references in place; validate() leaves maps of
/// unnamed members to this.
inline void expect_valid(const Json& root, const Json& schema, const Json& value,
                         const std::string& where) {
  if (const auto ref = schema.find("$ref"); ref != schema.end()) {
    const auto name = ref->get<std::string>().substr(std::string("#/$defs/").size());
    return expect_valid(root, root["$defs"][name], value, where);
  }
  for (const SchemaError& error : validate(schema, value)) {
    ADD_FAILURE() << where << ": " << describe(error);
  }
  const Json properties = schema.value("properties", Json::object());
  for (const auto& [key, inner] : properties.items()) {
    if (value.is_object() && value.contains(key)) {
      expect_valid(root, inner, value[key], where + "/" + key);
    }
  }
  if (const auto rest = schema.find("additionalProperties");
      rest != schema.end() && rest->is_object()) {
    for (const auto& [key, member] : value.items()) {
      if (!properties.contains(key)) {
        expect_valid(root, *rest, member, where + "/" + key);
      }
    }
  }
  if (schema.contains("items") && value.is_array()) {
    for (const Json& item : value) expect_valid(root, schema["items"], item, where + "/*");
  }
}

/// The card fits scorecard.schema.json; `where` names it in a complaint.
inline void expect_scorecard_schema(const Json& card, const std::string& where) {
  const auto text = read_file(resource_dir() / "tests/support/scorecard.schema.json");
  ASSERT_TRUE(text) << full_sentence(text.error());
  const Json schema = Json::parse(*text);
  expect_valid(schema, schema, card, where);
}

}  // namespace plumb::test
