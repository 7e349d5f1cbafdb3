#include <gmock/gmock.h>

#include "tests/unit/script/script_support.hpp"

namespace plumb {
namespace {

using testing::HasSubstr;

class LuaJson : public test::ScriptTest {
 protected:
  /// Through Lua and back.
  Json through(const Json& json) {
    Json back;
    const Status status = lua_->protect([&](lua_State* state) {
      push_json(state, json);
      back = to_json(state, -1).value();
    });
    EXPECT_TRUE(status) << status.error().sentence;
    return back;
  }
};

TEST_F(LuaJson, EveryKindOfValueComesBackAsItself) {
  for (const char* text :
       {R"({"a":[],"b":{},"c":[[],{}],"d":null})", R"([1,2.5,-3,true,false])",
        R"(["",{"":1},null])", "[null]", "9223372036854775807", "null", "\"x\""}) {
    const Json json = *parse_json(text);
    EXPECT_EQ(through(json), json) << text;
  }
}

TEST_F(LuaJson, BytesComeBackAsTheyAre) {
  const std::string bytes("a\0b\xFF", 4);
  EXPECT_EQ(through(Json(bytes)), Json(bytes));
}

TEST_F(LuaJson, AnIntegerBeyond63BitsBecomesAFloat) {
  EXPECT_EQ(through(Json(std::uint64_t{1} << 63)), Json(9223372036854775808.0));
}

TEST_F(LuaJson, AnEmptyTableIsAnObjectUnlessItIsMarked) {
  EXPECT_EQ(*value("return {}"), Json::object());
  EXPECT_EQ(*value("return json.array {}"), Json::array());
  EXPECT_EQ(*value("return json.array()"), Json::array());
  EXPECT_EQ(*value("return json.decode('[]')"), Json::array());
}

TEST_F(LuaJson, ADecodedNullEqualsNullAndIsWrittenAsNull) {
  EXPECT_EQ(*value("return { json.decode('[null]')[1] == null, null }"), Json({true, nullptr}));
  EXPECT_EQ(*value("return json.encode { a = null }"), Json(R"({"a":null})"));
  EXPECT_EQ(*value("return tostring(null)"), Json("null"));
}

TEST_F(LuaJson, TextThatIsNoJsonDecodesToNilAndASentence) {
  EXPECT_EQ(*value("local v, why = json.decode('{') return { v == nil, #why > 5 }"),
            Json({true, true}));
  EXPECT_TRUE(run("assert(json.decode(('['):rep(100000)) == nil)"));
}

TEST_F(LuaJson, WhatHasNoJsonIsNamedWithItsPath) {
  const std::pair<const char*, const char*> cases[] = {
      {"return { a = { print } }", "a[1] is a function"},
      {"return { a = { b = 0/0 } }", "a.b is not a finite number"},
      {"return { 1, 2, x = 3 }", "mixes a list with named keys"},
      {"return { [true] = 1 }", "has a key that is neither"},
      {"return { [1.5] = 1 }", "has a key that is neither"},
      {"local t = {} t.t = t return t", "nested too deeply (or refers to itself)"},
      {"local t = json.array() t[1] = t return t", "nested too deeply (or refers to itself)"},
      {"local t = {} for _ = 1, 200 do t = { t } end return t", "nested too deeply"},
  };
  for (const auto& [text, sentence] : cases) {
    const auto json = value(text);
    ASSERT_FALSE(json) << text;
    EXPECT_EQ(json.error().code, Code::config);
    EXPECT_THAT(json.error().sentence, HasSubstr(sentence)) << text;
  }
}

TEST_F(LuaJson, TheDeepestThatIsReadCanBeWritten) {
  EXPECT_TRUE(value("local t = 1 for _ = 1, 120 do t = { t } end return t"));
}

TEST_F(LuaJson, AListThatHoldsItselfManyTimesEndsInASentence) {
  const auto json = value("local t = { 'x' } for _ = 1, 60 do t = { t, t } end return t");
  ASSERT_FALSE(json);
  EXPECT_THAT(json.error().sentence, HasSubstr("too many values"));
}

TEST_F(LuaJson, EncodingFailsAtTheLineThatAskedForIt) {
  EXPECT_THAT(error_of("local x = 1\njson.encode(print)").sentence,
              HasSubstr("pack/main.lua:2: json.encode: the value is a function"));
}

}  // namespace
}  // namespace plumb
