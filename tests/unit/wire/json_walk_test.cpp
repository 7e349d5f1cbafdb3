#include "core/wire/json_walk.hpp"

#include <gtest/gtest.h>

namespace plumb {
namespace {

/// Writes down what it is told: "path[positions]=text".
class Notes final : public JsonListener {
 public:
  explicit Notes(std::string captured = "-") : captured_(std::move(captured)) {}
  void on_value(const JsonPlace& place, const JsonScalar& scalar) override {
    std::string line(place.path);
    for (const std::size_t position : place.positions) line += "@" + std::to_string(position);
    lines.push_back(line + "=" + std::string(scalar.text));
  }
  bool wants_text(const JsonPlace& place) override { return place.path == captured_; }
  std::vector<std::string> lines;

 private:
  std::string captured_;
};

using Lines = std::vector<std::string>;

TEST(JsonWalk, ValuesAreToldWithTheirPlace) {
  Notes notes;
  ASSERT_TRUE(walk_json(R"({"a":{"b":1},"c":[true,{"d":"x"},[null,2.50]],"e":-3})", notes));
  EXPECT_EQ(notes.lines, (Lines{"a.b=1", "c[]@0=true", "c[].d@1=x", "c[][]@2@0=null",
                                "c[][]@2@1=2.50", "e=-3"}));
}

TEST(JsonWalk, AWantedSubtreeIsToldAsItsText) {
  Notes notes("x[].arguments");
  ASSERT_TRUE(walk_json(
      R"({"x":[{"arguments":{"p":["a\"b",{}],"q":1.5},"n":"f"},{"arguments":[1]}]})", notes));
  EXPECT_EQ(notes.lines, (Lines{R"(x[].arguments@0={"p":["a\"b",{}],"q":1.5})", "x[].n@0=f",
                                "x[].arguments@1=[1]"}));
}

TEST(JsonWalk, ANameWithPunctuationForgesNoPath) {
  Notes notes;
  ASSERT_TRUE(walk_json(R"({"choices[].delta.content":"x"})", notes));
  EXPECT_EQ(notes.lines, (Lines{"?=x"}));
}

TEST(JsonWalk, BytesThatAreNotUtf8PassThroughUnchanged) {
  const std::string bad = "ok \xC3 \xFF\x80 \xEF\xBF\xBD \xF4\x8F\xBF\xBF \xE2\x82";
  Notes notes;
  ASSERT_TRUE(walk_json("{\"a\":\"" + bad + "\"}", notes));
  EXPECT_EQ(notes.lines, (Lines{"a=" + bad}));
}

TEST(JsonWalk, NestingBeyondTheCapIsRefusedWithoutHarm) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  Notes notes;
  const auto status = walk_json(deep, notes);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::limit);
  Notes capturing("");
  EXPECT_FALSE(walk_json(deep, capturing));
}

TEST(JsonWalk, EscapesBecomeTheirCharacters) {
  Notes notes;
  ASSERT_TRUE(walk_json(R"({"\u0061\n":"\"\\\/\b\f\r\t \u00e9\u20ac\ud83d\ude00 end"})", notes));
  EXPECT_EQ(notes.lines, (Lines{"a\n=\"\\/\b\f\r\t \u00e9\u20ac\U0001F600 end"}));
}

TEST(JsonWalk, HalfOfASurrogatePairIsShownAsUnknown) {
  Notes notes;
  ASSERT_TRUE(
      walk_json(R"(["\ud83d end","\ude00\ud83d","\ud83d\u0061","\ud83d\ud83d\ude00"])", notes));
  EXPECT_EQ(notes.lines, (Lines{"[]@0=\uFFFD end", "[]@1=\uFFFD\uFFFD", "[]@2=\uFFFDa",
                                "[]@3=\uFFFD\U0001F600"}));
}

TEST(JsonWalk, NumbersAreToldAsTheyWereWritten) {
  Notes notes;
  ASSERT_TRUE(walk_json("[-0, 1e999, 1.50, 9223372036854775807, 9223372036854775808]", notes));
  EXPECT_EQ(notes.lines, (Lines{"[]@0=-0", "[]@1=1e999", "[]@2=1.50", "[]@3=9223372036854775807",
                                "[]@4=9223372036854775808"}));
}

TEST(JsonWalk, AWantedSubtreeKeepsTheBytesThatTheServerSent) {
  Notes notes("a");
  ASSERT_TRUE(walk_json("{\"a\" : { \"x\" : \"\\u00e9 \xFF\" , \"x\":1 } }", notes));
  EXPECT_EQ(notes.lines, (Lines{"a={ \"x\" : \"\\u00e9 \xFF\" , \"x\":1 }"}));
}

TEST(JsonWalk, WhatIsNotJsonIsAnError) {
  for (const std::string_view text :
       {"",         "{",        "{\"a\":}",  "<html>",        "{} trailing",
        "\xFF\xFE", "[1,]",     "{\"a\" 1}", "{a:1}",         "[01]",
        "[-]",      "[1.]",     "[.5]",      "[1e]",          "[+1]",
        "[nul]",    "[\"\n\"]", "[\"\\x\"]", "[\"\\u12g4\"]", "[\"\\u00",
        "\"",       "\"\\",     "[1 2]",     "{\"a\":1,}",    "]",
        "{]"}) {
    Notes notes;
    const auto status = walk_json(text, notes);
    ASSERT_FALSE(status) << text;
    EXPECT_EQ(status.error().code, Code::protocol);
  }
  Notes notes;
  EXPECT_FALSE(walk_json(std::string_view("{}\0 more", 8), notes));
}

}  // namespace
}  // namespace plumb
