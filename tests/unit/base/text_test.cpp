#include "core/base/text.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace plumb {
namespace {

using namespace std::string_literals;

const std::string kReplaced = "\xEF\xBF\xBD";

TEST(Utf8, EveryLengthOfCharacterIsValidUpToTheLastOne) {
  for (const auto* text :
       {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_valid_utf8(text)) << printable(text);
    EXPECT_EQ(valid_utf8(text), text);
  }
  EXPECT_TRUE(is_valid_utf8("a\0b"s));
}

TEST(Utf8, OverlongFormsAreInvalid) {
  for (const auto* text : {"\xC0\xAF", "\xC1\xBF", "\xE0\x80\xAF", "\xE0\x9F\xBF",
                           "\xF0\x80\x80\xAF", "\xF0\x8F\xBF\xBF"}) {
    EXPECT_FALSE(is_valid_utf8(text));
  }
}

TEST(Utf8, SurrogatesAndWhatLiesBeyondUnicodeAreInvalid) {
  for (const auto* text :
       {"\xED\xA0\x80", "\xED\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF"}) {
    EXPECT_FALSE(is_valid_utf8(text));
  }
}

TEST(Utf8, ATruncatedCharacterIsInvalid) {
  for (const auto* text : {"\xC3", "\xE2\x82", "\xF0\x9F\x98", "\x80", "ab\xE2"}) {
    EXPECT_FALSE(is_valid_utf8(text));
  }
}

TEST(Utf8, OnlyTheInvalidBytesAreReplaced) {
  EXPECT_EQ(valid_utf8("a\xFF"
                       "b"),
            "a" + kReplaced + "b");
  EXPECT_EQ(valid_utf8("\xE2\x82"
                       "x\xC3\xA4"),
            kReplaced + kReplaced + "x\xC3\xA4");
  EXPECT_TRUE(is_valid_utf8(valid_utf8("\xED\xA0\x80\xC0\xAF\xF8")));
}

TEST(CutMiddle, TextThatFitsStaysAsItIs) {
  EXPECT_EQ(cut_middle("", 0, 0), "");
  EXPECT_EQ(cut_middle("abcdef", 3, 3), "abcdef");
  EXPECT_EQ(cut_middle("abcdef", std::numeric_limits<std::size_t>::max(), 2), "abcdef");
}

TEST(CutMiddle, TheCutIsNamedWithItsSize) {
  EXPECT_EQ(cut_middle("abcdefghij", 3, 2), "abc\n[... 5 bytes cut ...]\nij");
  EXPECT_EQ(cut_middle("abcdefghij", 0, 0), "\n[... 10 bytes cut ...]\n");
}

TEST(CutMiddle, NoCharacterIsCutInTwo) {
  // Ten characters of three bytes: neither 4 nor 26 is a border.
  std::string text;
  for (int i = 0; i < 10; ++i) text += "\xE2\x82\xAC";
  EXPECT_EQ(cut_middle(text, 4, 4), "\xE2\x82\xAC\n[... 24 bytes cut ...]\n\xE2\x82\xAC");
}

TEST(CutMiddle, BytesThatAreNoTextKeepTheirHeadAndTail) {
  const std::string bytes(1000, '\x80');
  const std::string cut = cut_middle(bytes, 100, 100);
  EXPECT_GE(cut.find('\n'), 97U);
  EXPECT_GE(cut.size() - cut.rfind('\n') - 1, 97U);
}

TEST(Shortened, EndsAtACharacterBorderAndSaysThatItCut) {
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("abcd", 3), "abc...");
  EXPECT_EQ(shortened("a\xE2\x82\xAC"
                      "b",
                      3),
            "a...");
  EXPECT_EQ(shortened("\xE2\x82\xAC", 0), "...");
}

TEST(Printable, EscapeSequencesBecomeVisible) {
  EXPECT_EQ(printable("\x1B[2Jgone\x07"), "\\x1b[2Jgone\\x07");
  EXPECT_EQ(printable("a\0b\x7F"s), "a\\x00b\\x7f");
  EXPECT_EQ(printable("safe\rfake"), "safe\\x0dfake");
}

TEST(Printable, TheControlsBeyondAsciiBecomeVisible) {
  EXPECT_EQ(printable("\xC2\x9B"
                      "2J"),
            "\\x9b2J");
  EXPECT_EQ(printable("\xC2\x80\xC2\x9F\xC2\xA0"), "\\x80\\x9f\xC2\xA0");
}

TEST(Printable, CharactersThatReorderALineBecomeVisible) {
  EXPECT_EQ(printable("a\xE2\x80\xAE"
                      "b"),
            "a\\u202eb");
  EXPECT_EQ(printable("\xE2\x81\xA6\xE2\x81\xA9\xE2\x80\xA8"), "\\u2066\\u2069\\u2028");
}

TEST(Printable, NewlinesStayOnlyWhereTheyAreWanted) {
  EXPECT_EQ(printable("a\n\tb"), "a\\n\\tb");
  EXPECT_EQ(printable("a\n\tb", true), "a\n\tb");
  EXPECT_EQ(printable("a\r\nb", true), "a\\x0d\nb");
}

TEST(Printable, OrdinaryTextAndInvalidBytesStayReadable) {
  EXPECT_EQ(printable("gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x99\x82"),
            "gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x99\x82");
  EXPECT_EQ(printable("\xC2"), kReplaced);
  EXPECT_EQ(printable("\x9B"), kReplaced);
}

TEST(Split, KeepsEmptyParts) {
  EXPECT_EQ(split("", ','), std::vector<std::string>({""}));
  EXPECT_EQ(split("a,,b,", ','), std::vector<std::string>({"a", "", "b", ""}));
  EXPECT_EQ(join(split("a,,b,", ','), ","), "a,,b,");
}

TEST(Trimmed, TakesBlanksFromBothEnds) {
  EXPECT_EQ(trimmed(" \t a b\r\n"), "a b");
  EXPECT_EQ(trimmed(" \n"), "");
}

TEST(Glob, MatchesTheWholeName) {
  EXPECT_TRUE(glob_match("starter/*", "starter/rename"));
  EXPECT_TRUE(glob_match("", ""));
  EXPECT_TRUE(glob_match("**", ""));
  EXPECT_TRUE(glob_match("a?c", "abc"));
  EXPECT_TRUE(glob_match("*a*b", "xxaayyab"));
  EXPECT_FALSE(glob_match("a?c", "ac"));
  EXPECT_FALSE(glob_match("abc", "abcd"));
  EXPECT_FALSE(glob_match("", "a"));
  EXPECT_FALSE(glob_match("a*b", "abc"));
}

TEST(Glob, NoOtherCharacterIsSpecial) {
  EXPECT_TRUE(glob_match("[a].\\", "[a].\\"));
  EXPECT_FALSE(glob_match("[a]", "a"));
  EXPECT_TRUE(glob_match("*", "a/b"));
  EXPECT_TRUE(glob_match("a*", "a*b"));
}

TEST(Glob, ManyStarsAreNoBurden) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(glob_match(pattern + "b", std::string(5000, 'a')));
}

TEST(Numbers, AreReadWholeOrNotAtAll) {
  EXPECT_EQ(parse_int("-12"), -12);
  EXPECT_EQ(parse_int("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  for (const auto* text : {"", " 1", "1 ", "1.0", "0x10", "9223372036854775808", "+1"}) {
    EXPECT_EQ(parse_int(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_number("0.25"), 0.25);
  for (const auto* text : {"", "nan", "inf", "1e999", "0.7x"}) {
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
  }
}

TEST(HumanSeconds, ChoosesTheUnitAPersonWould) {
  EXPECT_EQ(human_seconds(0), "0 ms");
  EXPECT_EQ(human_seconds(0.85), "850 ms");
  EXPECT_EQ(human_seconds(12.34), "12.3 s");
  EXPECT_EQ(human_seconds(250), "4 min 10 s");
  EXPECT_EQ(human_seconds(7500), "2 h 05 min");
}

TEST(HumanSeconds, RoundingNeverFillsAUnitToTheBrim) {
  EXPECT_EQ(human_seconds(0.9996), "1.0 s");
  EXPECT_EQ(human_seconds(99.96), "1 min 40 s");
  EXPECT_EQ(human_seconds(119.7), "2 min 00 s");
  EXPECT_EQ(human_seconds(3599.6), "1 h 00 min");
}

TEST(HumanSeconds, AnEstimateWithoutAnEndIsSaidToBeUnknown) {
  EXPECT_EQ(human_seconds(std::numeric_limits<double>::infinity()), "unknown");
  EXPECT_EQ(human_seconds(std::numeric_limits<double>::quiet_NaN()), "unknown");
}

TEST(Nearest, FindsASlipOfThePenAndNothingElse) {
  const std::vector<std::string> known = {"temperature", "max_tokens", "seed"};
  EXPECT_EQ(nearest("temprature", known), "temperature");
  EXPECT_EQ(nearest("Max_Tokens", known), "max_tokens");
  EXPECT_EQ(nearest("sed", known), "seed");
  EXPECT_EQ(nearest("colour", known), std::nullopt);
  EXPECT_EQ(nearest("seed", {}), std::nullopt);
  EXPECT_EQ(did_you_mean("sed", known), " (did you mean \"seed\"?)");
  EXPECT_EQ(did_you_mean("colour", known), "");
}

TEST(Nearest, AWordOfMegabytesIsNotComparedLetterByLetter) {
  const std::vector<std::string> known(100, std::string(1000, 'a'));
  EXPECT_EQ(nearest(std::string(std::size_t{8} << 20, 'a'), known), std::nullopt);
}

TEST(RedactedUrl, LosesWhateverMayBeASecret) {
  EXPECT_EQ(redacted_url("http://me:secret@host:8000/v1?key=abc#x"), "http://host:8000/v1");
  EXPECT_EQ(redacted_url("http://token@host"), "http://host");
  EXPECT_EQ(redacted_url("http://a@b:p@ss@host/v1"), "http://host/v1");
  EXPECT_EQ(redacted_url("me:secret@host/v1"), "host/v1");
}

TEST(RedactedUrl, KeepsWhatIsNone) {
  EXPECT_EQ(redacted_url("http://127.0.0.1:8000/v1"), "http://127.0.0.1:8000/v1");
  EXPECT_EQ(redacted_url("http://host/models/@latest"), "http://host/models/@latest");
  EXPECT_EQ(redacted_url("standin:skill=0.8"), "standin:skill=0.8");
  EXPECT_EQ(redacted_url(""), "");
}

}  // namespace
}  // namespace plumb
