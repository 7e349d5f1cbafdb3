#pragma once

#include <gtest/gtest.h>

#include <string>

#include "core/base/files.hpp"
#include "core/schema/schema.hpp"

namespace plumb::test {

/// The card fits scorecard.schema.json; `where` names it in a complaint.
inline void expect_scorecard_schema(const Json& card, const std::string& where) {
  const auto text = read_file(resource_dir() / "tests/support/scorecard.schema.json");
  ASSERT_TRUE(text) << full_sentence(text.error());
  const auto schema = Schema::compile(Json::parse(*text));
  ASSERT_TRUE(schema) << full_sentence(schema.error());
  for (const SchemaError& error : schema->validate(card)) {
    ADD_FAILURE() << where << ": " << describe(error);
  }
}

}  // namespace plumb::test
