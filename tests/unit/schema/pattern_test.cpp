#include "core/schema/pattern.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plumb {
namespace {

using ::testing::HasSubstr;

bool matches(const char* pattern, const char* text) {
  const auto made = Pattern::compile(pattern);
  EXPECT_TRUE(made) << pattern << ": " << (made ? "" : made.error().sentence);
  return made && made->found_in(text);
}

std::string refusal(const std::string& pattern) {
  const auto made = Pattern::compile(pattern);
  EXPECT_FALSE(made) << pattern;
  return made ? "" : made.error().sentence;
}

TEST(Pattern, MatchesAnywhereUnlessAnchored) {
  EXPECT_TRUE(matches("b", "abc"));
  EXPECT_FALSE(matches("^b", "abc"));
  EXPECT_FALSE(matches("^abc$", "abc\n"));
}

TEST(Pattern, ClassesMeanWhatEcmaSays) {
  EXPECT_TRUE(matches(R"(^\s$)", "\xC2\xA0"));
  EXPECT_TRUE(matches(R"(^\s$)", "\xEF\xBB\xBF"));
  EXPECT_FALSE(matches(R"(^\S$)", "\xE2\x80\xA9"));
  EXPECT_TRUE(matches(R"(^[\s\d]+$)", "1\v2"));
  EXPECT_TRUE(matches(R"(^[^\s]$)", "x"));
  EXPECT_FALSE(matches(R"(^\d$)", "\xE0\xA7\xAA"));
  EXPECT_FALSE(matches("^.$", "\r"));
  EXPECT_TRUE(matches("^.$", "\xF0\x9F\x98\x80"));
  EXPECT_TRUE(matches("[[:]", "["));
  EXPECT_FALSE(matches("^[]", "x"));
  EXPECT_TRUE(matches("^[^]$", "\n"));
}

TEST(Pattern, EscapesMeanWhatEcmaSays) {
  EXPECT_TRUE(matches(R"(^\cC$)", "\x03"));
  EXPECT_TRUE(matches(R"(^A\x42$)", "AB"));
  EXPECT_TRUE(matches(R"(^\ud83d\udc32\u{1F600}$)", "\xF0\x9F\x90\xB2\xF0\x9F\x98\x80"));
  EXPECT_TRUE(matches(R"(^\p{Letter}\p{Script=Greek}\p{Lu}$)",
                      "\xC3\xA9\xCE\xB1"
                      "A"));
  EXPECT_TRUE(matches(R"(^a\/b\-c\.d$)", "a/b-c.d"));
  EXPECT_TRUE(matches(R"(^[\b]$)", "\b"));
  EXPECT_TRUE(matches(R"(^(?<year>\d{4})-(?:\d\d)$)", "2024-05"));
}

TEST(Pattern, WhatNeedsMoreThanLinearTimeIsRefused) {
  for (const char* pattern : {"(?=a)b", "(?!a)b", "(?<=a)b", "(?<!a)b"}) {
    EXPECT_THAT(refusal(pattern), HasSubstr("looks ahead or behind")) << pattern;
  }
  EXPECT_THAT(refusal(R"((a)\1)"), HasSubstr("refers back"));
  EXPECT_THAT(refusal(R"((?<n>a)\k<n>)"), HasSubstr("refers back"));
}

TEST(Pattern, WhatIsNoExpressionOrTooLargeIsRefused) {
  for (const char* pattern : {"(", "[a", "a**", "*", "\\", R"(\Q)", R"(\p{Nonsense})", R"(\p{^Lu})",
                              "a{,3}", R"(\ud83d)", "(?i)a", "a{2,1}"}) {
    EXPECT_FALSE(Pattern::compile(pattern)) << pattern;
  }
  EXPECT_THAT(refusal("((a{100}){100}){100}"), HasSubstr("cannot be used"));
  EXPECT_THAT(refusal(std::string(100'000, 'a')), HasSubstr("longer than"));
}

}  // namespace
}  // namespace plumb
