#include "core/schema/validate.hpp"

#include <gtest/gtest.h>

namespace plumb {
namespace {

/// "keyword path" of each error.
std::vector<std::string> errors(const char* schema, const char* value) {
  std::vector<std::string> found;
  for (const SchemaError& error : validate(*parse_json(schema), *parse_json(value))) {
    found.push_back(error.keyword + " " + error.path);
  }
  return found;
}
using Errors = std::vector<std::string>;

TEST(Validate, TypesAreJudgedAndListsOfTypesToo) {
  EXPECT_EQ(errors(R"({"type":"string"})", "5"), Errors{"type "});
  EXPECT_EQ(errors(R"({"type":["string","null"]})", "null"), Errors{});
  EXPECT_EQ(errors(R"({"type":["string","null"]})", "true"), Errors{"type "});
  EXPECT_EQ(errors(R"({"type":"number"})", "3"), Errors{});
  EXPECT_EQ(errors(R"({"type":"object"})", "[]"), Errors{"type "});
}

TEST(Validate, OnePointZeroIsAnIntegerAndOnePointFiveIsNot) {
  EXPECT_EQ(errors(R"({"type":"integer"})", "1.0"), Errors{});
  EXPECT_EQ(errors(R"({"type":"integer"})", "1.5"), Errors{"type "});
  EXPECT_EQ(errors(R"({"type":"integer"})", "18446744073709551615"), Errors{});
}

TEST(Validate, RequiredAndNestedPropertiesNameTheirPlace) {
  const char* schema = R"({"type":"object","required":["a","b"],"properties":{
      "a":{"type":"object","properties":{"x/y":{"type":"integer"}}},
      "list":{"type":"array","items":{"type":"string"}}}})";
  EXPECT_EQ(errors(schema, R"({"a":{"x/y":"no"},"list":["s",1]})"),
            (Errors{"required /b", "type /a/x~1y", "type /list/1"}));
  EXPECT_EQ(errors(schema, R"({"a":{},"b":1,"other":2})"), Errors{});
}

TEST(Validate, EnumsConstsRangesAndSizesAreJudged) {
  EXPECT_EQ(errors(R"({"enum":["a",1]})", "\"b\""), Errors{"enum "});
  EXPECT_EQ(errors(R"({"enum":["a",1]})", "1.0"), Errors{});
  EXPECT_EQ(errors(R"({"const":{"k":1}})", R"({"k":2})"), Errors{"const "});
  EXPECT_EQ(errors(R"({"minimum":1,"maximum":3})", "0"), Errors{"minimum "});
  EXPECT_EQ(errors(R"({"minimum":1,"maximum":3})", "3.5"), Errors{"maximum "});
  EXPECT_EQ(errors(R"({"minimum":1,"maximum":3})", "3"), Errors{});
  EXPECT_EQ(errors(R"({"minItems":1})", "[]"), Errors{"minItems "});
  EXPECT_EQ(errors(R"({"maxItems":1})", "[1,2]"), Errors{"maxItems "});
  EXPECT_EQ(errors(R"({"minLength":1})", "\"\""), Errors{"minLength "});
}

TEST(Validate, LengthsCountCharactersNotBytes) {
  EXPECT_EQ(errors(R"({"maxLength":2})", "\"\xC3\xBC\xF0\x9F\x98\x80\""), Errors{});
  EXPECT_EQ(errors(R"({"maxLength":2})", "\"abc\""), Errors{"maxLength "});
}

TEST(Validate, ExtraPropertiesAreErrorsOnlyWhereForbidden) {
  EXPECT_EQ(errors(R"({"type":"object","properties":{"a":{}},"additionalProperties":false})",
                   R"({"a":1,"b":2})"),
            Errors{"additionalProperties /b"});
  EXPECT_EQ(errors(R"({"type":"object","additionalProperties":true})", R"({"b":2})"), Errors{});
}

TEST(Validate, AHostileValueMakesAFewErrorsOnly) {
  std::string many = "[1";
  for (int i = 0; i < 100'000; ++i) many += ",1";
  EXPECT_EQ(errors(R"({"items":{"type":"string"}})", (many + "]").c_str()).size(), 20U);
}

TEST(CheckToolSchema, AcceptsWhatIsJudged) {
  EXPECT_TRUE(check_tool_schema(
      *parse_json(R"({"type":"object","required":["a"],"additionalProperties":false,
      "properties":{"a":{"type":["string","null"],"description":"x","default":1,"maxLength":5},
                    "b":{"type":"array","items":{"type":"integer","minimum":0}}}})")));
  EXPECT_TRUE(check_tool_schema(*parse_json(R"({"type":"object","properties":[],"required":{}})")));
}

TEST(CheckToolSchema, NamesTheKeywordAndItsPlace) {
  const auto status = check_tool_schema(
      *parse_json(R"({"type":"object","properties":{"a":{"type":"string","pattern":"^x"}}})"));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::config);
  EXPECT_NE(status.error().sentence.find("\"pattern\""), std::string::npos);
  EXPECT_NE(status.error().sentence.find("/properties/a"), std::string::npos);
}

TEST(CheckToolSchema, RefusesWhatIsNoSchemaOfAnObject) {
  for (const char* bad :
       {"[]", "true", "{}", R"({"type":"string"})", R"({"type":"object","properties":{"a":1}})",
        R"({"type":"object","properties":{"a":{"type":"text"}}})",
        R"({"type":"object","required":["ghost"]})", R"({"type":"object","required":[1]})",
        R"({"type":"object","properties":{"a":{"enum":[]}}})",
        R"({"type":"object","properties":{"a":{"minLength":-1}}})",
        R"({"type":"object","additionalProperties":{}})"}) {
    EXPECT_FALSE(check_tool_schema(*parse_json(bad))) << bad;
  }
}

}  // namespace
}  // namespace plumb
