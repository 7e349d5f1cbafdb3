#include "core/schema/schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/schema/tool_schema.hpp"

namespace plumb {
namespace {

using ::testing::HasSubstr;

Schema compiled(const std::string& schema) {
  auto made = Schema::compile(*parse_json(schema));
  EXPECT_TRUE(made) << schema << ": " << (made ? "" : made.error().sentence);
  return *made;
}

/// "keyword path" of each error.
std::vector<std::string> errors(const std::string& schema, const std::string& value) {
  std::vector<std::string> found;
  for (const SchemaError& error : compiled(schema).validate(*parse_json(value))) {
    found.push_back(error.keyword + " " + error.path);
  }
  return found;
}

/// Why the schema is refused.
std::string refusal(const std::string& schema) {
  const auto made = Schema::compile(*parse_json(schema));
  EXPECT_FALSE(made) << schema;
  return made ? "" : made.error().sentence;
}
using Errors = std::vector<std::string>;

TEST(Schema, TypesAreJudgedAndListsOfTypesToo) {
  EXPECT_EQ(errors(R"({"type":"string"})", "5"), Errors{"type "});
  EXPECT_EQ(errors(R"({"type":["string","null"]})", "null"), Errors{});
  EXPECT_EQ(errors(R"({"type":["string","null"]})", "true"), Errors{"type "});
  EXPECT_EQ(errors(R"({"type":"number"})", "3"), Errors{});
  EXPECT_EQ(errors(R"({"type":"object"})", "[]"), Errors{"type "});
}

TEST(Schema, OnePointZeroIsAnIntegerAndOnePointFiveIsNot) {
  EXPECT_EQ(errors(R"({"type":"integer"})", "1.0"), Errors{});
  EXPECT_EQ(errors(R"({"type":"integer"})", "1.5"), Errors{"type "});
  EXPECT_EQ(errors(R"({"type":"integer"})", "18446744073709551615"), Errors{});
}

TEST(Schema, RequiredAndNestedPropertiesNameTheirPlace) {
  const char* schema = R"({"type":"object","required":["a","b"],"properties":{
      "a":{"type":"object","properties":{"x/y":{"type":"integer"}}},
      "list":{"type":"array","items":{"type":"string"}}}})";
  EXPECT_EQ(errors(schema, R"({"a":{"x/y":"no"},"list":["s",1]})"),
            (Errors{"required /b", "type /a/x~1y", "type /list/1"}));
  EXPECT_EQ(errors(schema, R"({"a":{},"b":1,"other":2})"), Errors{});
}

TEST(Schema, EnumsConstsRangesAndSizesAreJudged) {
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

TEST(Schema, LengthsCountCharactersNotBytes) {
  EXPECT_EQ(errors(R"({"maxLength":2})", "\"\xC3\xBC\xF0\x9F\x98\x80\""), Errors{});
  EXPECT_EQ(errors(R"({"maxLength":2})", "\"abc\""), Errors{"maxLength "});
}

TEST(Schema, ExtraPropertiesAreErrorsOnlyWhereForbidden) {
  EXPECT_EQ(errors(R"({"type":"object","properties":{"a":{}},"additionalProperties":false})",
                   R"({"a":1,"b":2})"),
            Errors{"additionalProperties /b"});
  EXPECT_EQ(errors(R"({"type":"object","additionalProperties":true})", R"({"b":2})"), Errors{});
}

TEST(Schema, AHostileValueMakesAFewErrorsOnly) {
  std::string many = "[1";
  for (int i = 0; i < 100'000; ++i) many += ",1";
  EXPECT_EQ(errors(R"({"items":{"type":"string"}})", many + "]").size(), 20U);
}

TEST(ToolSchema, AcceptsWhatIsJudged) {
  EXPECT_TRUE(compile_tool_schema(
      *parse_json(R"({"type":"object","required":["a"],"additionalProperties":false,
      "properties":{"a":{"type":["string","null"],"description":"x","default":1,"maxLength":5},
                    "b":{"type":"array","items":{"type":"integer","minimum":0}}}})")));
  EXPECT_TRUE(
      compile_tool_schema(*parse_json(R"({"type":"object","properties":[],"required":{}})")));
}

TEST(ToolSchema, NamesTheKeywordAndItsPlace) {
  const auto status = compile_tool_schema(
      *parse_json(R"({"type":"object","properties":{"a":{"type":"string","patern":"^x"}}})"));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::config);
  EXPECT_NE(status.error().sentence.find("\"patern\""), std::string::npos);
  EXPECT_NE(status.error().sentence.find("/properties/a"), std::string::npos);
}

TEST(ToolSchema, RefusesWhatIsNoSchemaOfAnObject) {
  for (const char* bad :
       {"[]", "true", "{}", R"({"type":"string"})", R"({"type":"object","properties":{"a":1}})",
        R"({"type":"object","properties":{"a":{"type":"text"}}})",
        R"({"type":"object","required":["ghost"]})", R"({"type":"object","required":[1]})",
        R"({"type":"object","properties":{"a":{"enum":[]}}})",
        R"({"type":"object","properties":{"a":{"minLength":-1}}})",
        R"({"type":"object","additionalProperties":[]})"}) {
    EXPECT_FALSE(compile_tool_schema(*parse_json(bad))) << bad;
  }
}

TEST(ToolSchema, TakesAnnotationsAndWhatAnAuthorMarksAsHisOwn) {
  EXPECT_TRUE(compile_tool_schema(*parse_json(
      R"({"type":"object","x-origin":"crm","properties":{"a":{"format":"date","x-unit":"s"}}})")));
}

TEST(Schema, ErrorsSayWhatWasExpectedAndWhatCame) {
  const auto found = compiled(R"({"properties":{"a":{"type":"integer"},"b":{"pattern":"^x"}},
                                  "required":["c"]})")
                         .validate(*parse_json(R"({"a":"5","b":"y"})"));
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(describe(found[0]), "/c is missing");
  EXPECT_EQ(describe(found[1]), "/a: expected integer, got string \"5\"");
  EXPECT_EQ(describe(found[2]), "/b: expected text that matches ^x, got \"y\"");
}

TEST(Schema, TheSameMistakeFoundTwiceIsToldOnce) {
  EXPECT_EQ(errors(R"({"allOf":[{"type":"string"},{"type":"string"}]})", "5"), Errors{"type "});
}

TEST(Schema, MultiplesAreJudgedOnDecimals) {
  EXPECT_EQ(errors(R"({"multipleOf":0.1})", "0.3"), Errors{});
  EXPECT_EQ(errors(R"({"multipleOf":0.01})", "19.99"), Errors{});
  EXPECT_EQ(errors(R"({"multipleOf":0.1})", "0.35"), Errors{"multipleOf "});
  EXPECT_EQ(errors(R"({"multipleOf":1e-8})", "1e300"), Errors{});
  EXPECT_EQ(errors(R"({"multipleOf":3})", "18446744073709551615"), Errors{});
}

TEST(Schema, NumbersAreComparedExactly) {
  EXPECT_EQ(errors(R"({"maximum":9007199254740992})", "9007199254740993"), Errors{"maximum "});
  EXPECT_EQ(errors(R"({"const":1})", "1.0"), Errors{});
  EXPECT_EQ(errors(R"({"const":true})", "1"), Errors{"const "});
  EXPECT_EQ(errors(R"({"uniqueItems":true})", "[1,1.0]"), Errors{"uniqueItems "});
  EXPECT_EQ(errors(R"({"uniqueItems":true})", "[1,true,\"1\",[1],{\"a\":1}]"), Errors{});
}

TEST(Schema, ATypoIsRefusedWithItsPlace) {
  EXPECT_THAT(refusal(R"({"properties":{"a":{"type":"strng"}}})"),
              HasSubstr("at /properties/a: \"type\" is \"strng\""));
  EXPECT_THAT(refusal(R"({"required":"path"})"), HasSubstr("\"required\" must be a list of names"));
  EXPECT_THAT(refusal(R"({"$defs":{"x":{"minLength":-1}}})"), HasSubstr("at /$defs/x"));
  EXPECT_THAT(refusal(R"({"multipleOf":0})"), HasSubstr("multipleOf"));
  EXPECT_THAT(refusal(R"({"anyOf":[]})"), HasSubstr("anyOf"));
  EXPECT_THAT(refusal(R"({"items":[{}]})"), HasSubstr("prefixItems"));
  EXPECT_THAT(refusal(R"({"properties":{"a":1}})"), HasSubstr("at /properties/a"));
  EXPECT_THAT(refusal("5"), HasSubstr("at the top"));
}

TEST(Schema, AReferenceToNothingIsRefusedAndNothingIsFetched) {
  EXPECT_THAT(refusal(R"({"properties":{"a":{"$ref":"#/$defs/b"}}})"),
              HasSubstr("at /properties/a: the reference \"#/$defs/b\" leads nowhere"));
  EXPECT_THAT(refusal(R"({"$ref":"https://example.com/other.json"})"),
              HasSubstr("nothing is fetched"));
  EXPECT_THAT(refusal(R"({"$ref":"#missing"})"), HasSubstr("no anchor"));
  EXPECT_THAT(refusal(R"({"$ref":"#/title","title":"x"})"), HasSubstr("is no schema"));
  EXPECT_THAT(refusal(R"({"$schema":"https://example.com/mine"})"), HasSubstr("$schema"));
}

TEST(Schema, ARegisteredDocumentMayBeReferredTo) {
  SchemaDocuments documents;
  documents.add("https://example.com/point", *parse_json(R"({"type":"object","required":["x"]})"));
  const auto schema = Schema::compile(
      *parse_json(R"({"items":{"$ref":"https://example.com/point"}})"), {.documents = &documents});
  ASSERT_TRUE(schema) << schema.error().sentence;
  EXPECT_TRUE(schema->validate(*parse_json(R"([{"x":1}])")).empty());
  EXPECT_EQ(schema->validate(*parse_json(R"([{"y":1}])")).front().path, "/0/x");
}

TEST(Schema, ARecursionThatConsumesNothingIsRefused) {
  EXPECT_THAT(refusal(R"({"$ref":"#"})"), HasSubstr("refers to itself"));
  EXPECT_THAT(refusal(R"({"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/b"}]},
                                   "b":{"not":{"$ref":"#/$defs/a"}}}})"),
              HasSubstr("at /$defs/"));
  EXPECT_EQ(errors(R"({"properties":{"next":{"$ref":"#"}},"required":["v"]})",
                   R"({"v":1,"next":{"v":2,"next":{}}})"),
            Errors{"required /next/next/v"});
}

TEST(Schema, CombinationsWithoutMeasureAreRefused) {
  std::string defs;
  for (int i = 0; i < 40; ++i) {
    const std::string next = "{\"$ref\":\"#/$defs/d" + std::to_string(i + 1) + "\"}";
    defs += "\"d" + std::to_string(i) + "\":{\"anyOf\":[" + next + "," + next + "]},";
  }
  EXPECT_THAT(refusal("{\"$ref\":\"#/$defs/d0\",\"$defs\":{" + defs + "\"d40\":{}}}"),
              HasSubstr("too many"));
}

TEST(Schema, ThousandsOfReferencesAreCompiledWithoutDeepRecursion) {
  std::string defs = "\"d0\":{\"type\":\"string\"}";
  for (int i = 1; i < 5000; ++i) {
    defs += ",\"d" + std::to_string(i) + "\":{\"items\":{\"$ref\":\"#/$defs/d" +
            std::to_string(i - 1) + "\"}}";
  }
  EXPECT_EQ(errors("{\"$ref\":\"#/$defs/d2\",\"$defs\":{" + defs + "}}", "[[5]]"),
            Errors{"type /0/0"});
  std::string chain = "\"d0\":{}";
  for (int i = 1; i < 5000; ++i) {
    chain +=
        ",\"d" + std::to_string(i) + "\":{\"$ref\":\"#/$defs/d" + std::to_string(i - 1) + "\"}";
  }
  EXPECT_THAT(refusal("{\"$defs\":{" + chain + "}}"), HasSubstr("too many"));
}

/// `open` n times, then 5, then `close` n times.
std::string nested(int levels, const std::string& open, const std::string& close) {
  std::string text;
  for (int i = 0; i < levels; ++i) text += open;
  text += "5";
  for (int i = 0; i < levels; ++i) text += close;
  return text;
}

TEST(Schema, RecursiveAlternativesDoNotMultiply) {
  const char* schema = R"({"anyOf":[
      {"type":"object","properties":{"a":{"$ref":"#"}},"required":["x"]},
      {"type":"object","properties":{"a":{"$ref":"#"}},"required":["y"]},
      {"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]},
      {"type":"string"}]})";
  EXPECT_FALSE(errors(schema, nested(120, "{\"a\":", "}")).empty());
  const char* every = R"({"allOf":[{"properties":{"a":{"$ref":"#"}}},
                                   {"properties":{"a":{"$ref":"#"}}},{"type":"object"}]})";
  EXPECT_EQ(errors(every, nested(120, "{\"a\":", "}")).size(), 1U);
}

TEST(Schema, TheNearestAlternativeOfARecursiveOneIsTraced) {
  const auto found = compiled(R"({"oneOf":[
      {"type":"object","properties":{"not":{"$ref":"#"}},"required":["not"],"additionalProperties":false},
      {"type":"object","properties":{"var":{"type":"string"}},"required":["var"],"additionalProperties":false}]})")
                         .validate(*parse_json(R"({"not":{"not":{"var":5}}})"));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(describe(found[0]), HasSubstr("/not/not/var: expected string, got number 5"));
}

TEST(Schema, UnevaluatedMembersAreThoseThatNoKeywordJudged) {
  const char* schema = R"({"allOf":[{"properties":{"a":{}}}],"if":{"required":["b"]},
      "then":{"properties":{"b":{}}},"unevaluatedProperties":false})";
  EXPECT_EQ(errors(schema, R"({"a":1,"b":2})"), Errors{});
  EXPECT_EQ(errors(schema, R"({"a":1,"c":2})"), Errors{"unevaluatedProperties /c"});
  EXPECT_EQ(
      errors(R"({"prefixItems":[{}],"contains":{"const":7},"unevaluatedItems":false})", "[1,7,2]"),
      Errors{"unevaluatedItems /2"});
}

TEST(Schema, ReferencesFindAnchorsIdsAndEscapedPointers) {
  EXPECT_EQ(errors(R"({"$ref":"#n","$defs":{"a/b%":{"$anchor":"n","type":"null"}}})", "1"),
            Errors{"type "});
  EXPECT_EQ(errors(R"({"$ref":"#/$defs/a~1b%25","$defs":{"a/b%":{"type":"null"}}})", "1"),
            Errors{"type "});
  EXPECT_EQ(errors(R"({"$id":"https://h/x/y","items":{"$ref":"z"},
                       "$defs":{"z":{"$id":"../x/z","type":"null"}}})",
                   "[1]"),
            Errors{"type /0"});
  EXPECT_THAT(refusal(R"({"$defs":{"a":{"$anchor":"n"},"b":{"$anchor":"n"}}})"),
              HasSubstr("twice"));
}

TEST(Schema, TheMetaSchemasAreAtHand) {
  const auto meta = compiled(R"({"$ref":"https://json-schema.org/draft/2020-12/schema"})");
  EXPECT_TRUE(meta.validate(*parse_json(R"({"properties":{"a":{"type":"string"}}})")).empty());
  EXPECT_FALSE(meta.validate(*parse_json(R"({"properties":{"a":{"type":"strng"}}})")).empty());
  EXPECT_FALSE(compiled(R"({"$ref":"http://json-schema.org/draft-07/schema#"})")
                   .validate(*parse_json(R"({"required":"path"})"))
                   .empty());
}

TEST(SchemaDraft7, AReferenceHidesWhatStandsBesideIt) {
  EXPECT_EQ(errors(R"({"$schema":"http://json-schema.org/draft-07/schema#","definitions":{"a":{}},
                       "properties":{"p":{"$ref":"#/definitions/a","type":"string"}}})",
                   R"({"p":5})"),
            Errors{});
  EXPECT_EQ(errors(R"({"definitions":{"a":{}},
                       "properties":{"p":{"$ref":"#/definitions/a","type":"string"}}})",
                   R"({"p":5})"),
            Errors{"type /p"});
}

TEST(SchemaDraft7, ItemsMayBeAListWithARest) {
  const std::string schema = R"({"$schema":"http://json-schema.org/draft-07/schema#",
      "items":[{"type":"string"},{"type":"number"}],"additionalItems":false})";
  EXPECT_EQ(errors(schema, R"(["a",1])"), Errors{});
  EXPECT_EQ(errors(schema, R"([1,1,1])"), (Errors{"type /0", "additionalItems /2"}));
  EXPECT_EQ(errors(R"({"$schema":"http://json-schema.org/draft-07/schema#",
                       "items":{"type":"string"},"additionalItems":false})",
                   R"(["a","b"])"),
            Errors{});
}

TEST(SchemaDraft7, DependenciesAreNamesOrASchema) {
  const std::string schema = R"({"$schema":"http://json-schema.org/draft-07/schema#",
      "dependencies":{"a":["b"],"c":{"required":["d"]}}})";
  EXPECT_EQ(errors(schema, R"({"a":1})"), Errors{"dependentRequired /b"});
  EXPECT_EQ(errors(schema, R"({"c":1})"), Errors{"required /d"});
}

TEST(SchemaDraft7, KeywordsOfLaterDraftsJudgeNothing) {
  EXPECT_EQ(errors(R"({"$schema":"http://json-schema.org/draft-07/schema#","prefixItems":[false],
                       "unevaluatedProperties":false,"dependentRequired":{"a":["b"]},
                       "contains":{},"minContains":5})",
                   R"([1])"),
            Errors{});
}

TEST(SchemaDraft7, AnIdWithAFragmentIsAnAnchor) {
  EXPECT_EQ(errors(R"({"$schema":"http://json-schema.org/draft-07/schema#","$ref":"#n",
                       "definitions":{"a":{"$id":"#n","type":"null"}}})",
                   "5"),
            Errors{"type "});
}

}  // namespace
}  // namespace plumb
