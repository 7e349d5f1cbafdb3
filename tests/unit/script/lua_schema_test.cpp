#include <gmock/gmock.h>

#include "tests/unit/script/script_support.hpp"

namespace plumb {
namespace {

using testing::HasSubstr;

class LuaSchema : public test::ScriptTest {};

TEST_F(LuaSchema, AValueThatFitsHasNoErrors) {
  const auto count = value(R"(return #schema.errors({ id = 1, tags = { "a" } }, {
    type = "object", required = { "id" },
    properties = { id = { type = "integer" }, tags = { type = "array", items = { type = "string" } } } }))");
  ASSERT_TRUE(count) << count.error().sentence;
  EXPECT_EQ(*count, Json(0));
}

TEST_F(LuaSchema, ErrorsAreDataAndASentence) {
  const auto errors =
      value(R"(return schema.errors(json.decode('{"id":"x","list":[]}'), { type = "object",
        properties = { id = { type = "integer" }, list = { type = "array", minItems = 1 } } }))");
  ASSERT_TRUE(errors) << errors.error().sentence;
  ASSERT_EQ(errors->size(), 2U);
  EXPECT_EQ((*errors)[0], *parse_json(R"({"path":"/id","keyword":"type","expected":"integer",
      "got":"string \"x\"","sentence":"/id: expected integer, got string \"x\""})"));
  EXPECT_EQ((*errors)[1]["keyword"], "minItems");
}

TEST_F(LuaSchema, ASchemaThatIsNoneIsMisuse) {
  const Error error = error_of(R"(return schema.errors({}, { type = "objekt" }))");
  EXPECT_EQ(error.code, Code::config);
  EXPECT_THAT(error.sentence, HasSubstr("main.lua:1:"));
  EXPECT_THAT(error.sentence, HasSubstr("did you mean \"object\"?"));
  EXPECT_THAT(error_of("schema.errors({}, { typ = \"object\" })").sentence, HasSubstr("\"typ\""));
  EXPECT_THAT(error_of("schema.errors({ f = print }, {})").sentence, HasSubstr("function"));
}

}  // namespace
}  // namespace plumb
