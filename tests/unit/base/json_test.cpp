#include "core/base/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/text.hpp"

namespace plumb {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string nested_arrays(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}
std::string nested_objects(std::size_t depth) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += "{\"a\":";
  return text + "1" + std::string(depth, '}');
}

TEST(Json, ReadsEveryKindOfValue) {
  const auto value = parse_json(R"( {"n":null,"b":true,"i":-3,"u":18446744073709551615,)"
                                R"("f":0.5,"s":"\u00e4\ud83d\ude42","a":[1,[],{}]} )");
  ASSERT_TRUE(value);
  EXPECT_EQ((*value)["u"].get<std::uint64_t>(), 18446744073709551615U);
  EXPECT_EQ((*value)["s"], "\xC3\xA4\xF0\x9F\x99\x82");
  EXPECT_EQ((*value)["a"].dump(), "[1,[],{}]");
}

TEST(Json, TheDepthCapIsTheLastDepthThatIsRead) {
  for (const auto& nested : {nested_arrays, nested_objects}) {
    EXPECT_TRUE(parse_json(nested(kMaxJsonDepth)));
    const auto refused = parse_json(nested(kMaxJsonDepth + 1));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::limit);
  }
  EXPECT_TRUE(parse_json("1", 0));
  EXPECT_FALSE(parse_json("[]", 0));
  EXPECT_TRUE(parse_json("[[],[],[[]]]", 3));
  EXPECT_FALSE(parse_json("[[],[],[[[]]]]", 3));
}

TEST(Json, AHundredThousandLevelsAreRefusedWhileTheyAreRead) {
  for (const std::string& text :
       {nested_arrays(100'000), nested_objects(100'000), std::string(100'000, '[')}) {
    const auto refused = parse_json(text);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::limit);
    EXPECT_THAT(refused.error().sentence, HasSubstr("128"));
  }
}

TEST(Json, EveryPrefixOfADocumentIsRefused) {
  const std::string whole = R"({"a":[1.5e3,"\u00e4x",true,null],"b":{"c":-2}})";
  ASSERT_TRUE(parse_json(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto refused = parse_json(whole.substr(0, size));
    ASSERT_FALSE(refused) << size;
    EXPECT_EQ(refused.error().code, Code::protocol);
  }
}

TEST(Json, WhatFollowsTheValueIsRefused) {
  for (const char* text : {"{} x", "1 2", "[1],", "{\"a\":1}{\"b\":2}"}) {
    EXPECT_FALSE(parse_json(text)) << text;
  }
}

TEST(Json, TheLastOfTwoEqualKeysWins) {
  EXPECT_EQ(parse_json(R"({"a":{"deep":[1]},"a":2})").value()["a"], 2);
}

TEST(Json, InvalidUtf8IsRefusedWithASentenceThatIsText) {
  for (const char* bytes :
       {"\"\xFF\"", "\"\xC0\xAF\"", "\"\xED\xA0\x80\"", "{\"\x80\":1}", "\"\xE2\x82\""}) {
    const auto refused = parse_json(bytes);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::protocol);
    EXPECT_TRUE(is_valid_utf8(refused.error().sentence));
  }
}

TEST(Json, ASentenceNamesThePlaceAndTheReasonOnly) {
  const auto refused = parse_json("{\"a\":}");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().sentence, StartsWith("not JSON at byte 6: "));
  EXPECT_THAT(refused.error().sentence, HasSubstr("unexpected '}'"));
  const auto overflow = parse_json("[1e999]");
  ASSERT_FALSE(overflow);
  EXPECT_THAT(overflow.error().sentence, Not(HasSubstr("json.exception")));
}

TEST(Json, ASentenceAboutMegabytesIsShort) {
  const auto refused = parse_json("\"" + std::string(1 << 20, 'x'));
  ASSERT_FALSE(refused);
  EXPECT_LT(refused.error().sentence.size(), 500U);
}

TEST(Json, ASentenceCarriesNoEscapeSequence) {
  const auto refused = parse_json("\"\x1B[2J\xC2\x9B\"");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().sentence, printable(refused.error().sentence));
}

TEST(Json, DumpReplacesWhatIsNoText) {
  EXPECT_EQ(dump_json(Json("a\xFF")), "\"a\xEF\xBF\xBD\"");
  EXPECT_EQ(dump_json(Json({{"b", 1}, {"a", 2}})), R"({"a":2,"b":1})");
  EXPECT_EQ(dump_json(Json::array({1}), 2), "[\n  1\n]");
}

TEST(JsonOr, FallsBackWhenTheMemberIsAbsentOrOfAnotherKind) {
  const Json object = {{"text", "x"}, {"number", 3}, {"flag", true}};
  EXPECT_EQ(json_or(object, "text", "-"), "x");
  EXPECT_EQ(json_or(object, "number", "-"), "-");
  EXPECT_EQ(json_or(object, "number", 0), 3);
  EXPECT_EQ(json_or(object, "number", 0.0), 3.0);
  EXPECT_EQ(json_or(object, "flag", 7), 7);
  EXPECT_EQ(json_or(object, "flag", false), true);
  EXPECT_EQ(json_or(object, "gone", false), false);
  EXPECT_EQ(json_or(Json::array(), "text", "-"), "-");
  EXPECT_EQ(json_or(Json(), "text", "-"), "-");
}

TEST(JsonOr, ANumberThatTheTypeCannotHoldIsOfAnotherKind) {
  const auto object = parse_json(R"({"huge":1e300,"tiny":-1e300,"most":18446744073709551615,)"
                                 R"("minus":-1,"edge":9223372036854775808.0,"share":2.75})");
  ASSERT_TRUE(object);
  EXPECT_EQ(json_or(*object, "huge", std::int64_t{7}), 7);
  EXPECT_EQ(json_or(*object, "tiny", std::int64_t{7}), 7);
  EXPECT_EQ(json_or(*object, "most", std::int64_t{7}), 7);
  EXPECT_EQ(json_or(*object, "edge", std::int64_t{7}), 7);
  EXPECT_EQ(json_or(*object, "minus", 7U), 7U);
  EXPECT_EQ(json_or(*object, "most", std::uint64_t{7}), 18446744073709551615U);
  EXPECT_EQ(json_or(*object, "share", 7), 2);
  EXPECT_EQ(json_or(*object, "huge", 7.0), 1e300);
}

}  // namespace
}  // namespace plumb
