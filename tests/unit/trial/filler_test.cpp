#include "core/trial/filler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/text.hpp"

namespace plumb {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

/// The text without the mark at the head of each piece.
std::string without_marks(const std::string& text) {
  std::string kept;
  std::string paragraph;
  bool at_head = true;
  for (const std::string& line : split(text, '\n')) {
    kept += at_head && line.size() > 9 ? line.substr(9) : line;
    kept += '\n';
    at_head = line.empty();
  }
  return kept;
}

TEST(Filler, IsTheSameForTheSameSeedsAndAsLongAsAsked) {
  const std::string text = filler_text(7, 1, 20'000);
  EXPECT_EQ(text, filler_text(7, 1, 20'000));
  EXPECT_LE(text.size(), 20'000U);
  EXPECT_GE(text.size(), 19'997U);
  EXPECT_TRUE(is_valid_utf8(text));
  EXPECT_EQ(filler_text(7, 1, 0), "");
  for (std::size_t bytes = 1; bytes < 3000; bytes += 7) {
    EXPECT_TRUE(is_valid_utf8(filler_text(7, 1, bytes))) << bytes;
  }
}

TEST(Filler, OfAnotherSaltTellsTheSameAndBeginsDifferently) {
  const std::string one = filler_text(7, 1, 4000);
  const std::string other = filler_text(7, 2, 4000);
  EXPECT_NE(one.substr(0, 8), other.substr(0, 8));
  EXPECT_EQ(without_marks(one), without_marks(other));
  EXPECT_NE(without_marks(one), without_marks(filler_text(8, 1, 4000)));
}

TEST(Filler, GoesOnWhereAShorterOneEnds) {
  EXPECT_TRUE(filler_text(7, 1, 9000).starts_with(filler_text(7, 1, 5000)));
}

TEST(Filler, IsVaried) {
  const std::string text = filler_text(3, 1, 60'000);
  for (const char* kind : {"log of ", "Subject: ", "day,place,object", "def level_", "\"shelf\"",
                           "Crossings, valid from", "Notes on "}) {
    EXPECT_THAT(text, HasSubstr(kind));
  }
  const auto beyond_latin = [](unsigned char c) { return c >= 0xCE; };
  EXPECT_TRUE(std::ranges::any_of(text, beyond_latin));
}

TEST(Filler, AsksForNothingAndCallsNothing) {
  for (std::uint64_t material = 0; material < 20; ++material) {
    const std::string text = lower(filler_text(material, 1, 40'000));
    for (const char* words : {"<tool", "tool_call", "[tool", "<function", "\"arguments\"",
                              "\"parameters\"", "please", "you must", "you should", "ignore ",
                              "instruction", "assistant", "/work", "system prompt"}) {
      EXPECT_THAT(text, Not(HasSubstr(words)));
    }
  }
}

TEST(Filling, TakesWhatIsAskedForAndLeavesRoomForTheTask) {
  const FillPlan plan{.asked = 0.5, .window = 10'000, .bytes_per_token = 4, .reserve = 1000};
  const Filling half = make_filling(plan, 7, 4000);
  EXPECT_NEAR(static_cast<double>(half.tokens), 5000 - 1000, 120);
  EXPECT_NEAR(static_cast<double>(half.bytes), 4.0 * static_cast<double>(half.tokens), 4);
  EXPECT_FALSE(half.cut);

  FillPlan full = plan;
  full.asked = 0.95;
  const Filling cut = make_filling(full, 7, 4000);
  EXPECT_TRUE(cut.cut);
  EXPECT_NEAR(static_cast<double>(cut.tokens), 10'000 - 1000 - 1000, 120);

  full.reserve = 20'000;
  EXPECT_EQ(make_filling(full, 7, 4000).bytes, 0);
}

TEST(Filling, StandsBeforeTheTaskAndSaysWhatItIs) {
  const std::string text =
      with_filler({.material = 7, .salt = 1, .bytes = 3000}, "Count the words.");
  EXPECT_THAT(text, HasSubstr("nothing to do with the task"));
  EXPECT_THAT(text, EndsWith("This is the task:\n\nCount the words."));
  EXPECT_EQ(with_filler({}, "Count the words."), "Count the words.");
  const std::string other =
      with_filler({.material = 7, .salt = 2, .bytes = 3000}, "Count the words.");
  EXPECT_NE(text.substr(0, 8), other.substr(0, 8));
}

TEST(Filling, SurvivesTheStore) {
  const Filling filling{.material = 7,
                        .salt = 99,
                        .bytes = 400,
                        .tokens = 100,
                        .window = 1000,
                        .asked = 0.5,
                        .cut = true};
  EXPECT_EQ(to_json(filling_from_json(to_json(filling))), to_json(filling));
  EXPECT_EQ(filling_from_json("nonsense").bytes, 0);
}

}  // namespace
}  // namespace plumb
