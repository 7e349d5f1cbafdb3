#include "plugins/reporters/sweep.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plumb {
namespace {

using testing::HasSubstr;
using testing::Not;

Json point(double value, const Json& difference, const Json& reached = nullptr) {
  Json made = {{"value", value}, {"difference", nullptr}, {"reached", nullptr}};
  if (difference.is_number()) {
    made["difference"] = {{"difference", difference}, {"low", -0.5}, {"high", 0.1}};
  }
  if (reached.is_number()) made["reached"] = {{"median", reached}};
  return made;
}

/// A sweep over 0, 0.1 and 0.2 that was compared up to 0.1.
Json unbroken() {
  return {{"contestant", "a"},
          {"key", "tool_error_rate"},
          {"points", {point(0, nullptr), point(0.1, -0.05), point(0.2, nullptr)}},
          {"breaks_at", nullptr},
          {"compared_to", 0.1},
          {"room", 0.8},
          {"detectable_drop", 0.25}};
}

TEST(SweepSentence, NamesTheLastValueThatWasCompared) {
  EXPECT_EQ(sweep_sentence(unbroken()),
            "not shown to break up to tool_error_rate 0.1, with nothing to compare at 0.2; a drop "
            "of 25 points or more would have been seen");
  Json nothing = unbroken();
  nothing["compared_to"] = nullptr;
  EXPECT_EQ(sweep_sentence(nothing),
            "nothing can be held against tool_error_rate 0: no task has scored trials at both");
}

TEST(SweepSentence, TellsNoRoomToFallFromTooFewTrials) {
  Json sweep = unbroken();
  sweep["detectable_drop"] = nullptr;
  EXPECT_THAT(
      sweep_sentence(sweep),
      HasSubstr("with so few trials not even a fall from 80.0 % to 0 would have been seen"));
  sweep["room"] = 0;
  EXPECT_THAT(sweep_sentence(sweep), HasSubstr("there was no room to fall: nothing passes at 0"));
  EXPECT_THAT(sweep_sentence(sweep), Not(HasSubstr("trials not even")));
}

TEST(SweepSentence, OfAWindowNamesWhatWasReached) {
  Json sweep = unbroken();
  sweep["key"] = "context_fill";
  sweep["points"] = {point(0, nullptr, 0.04), point(0.9, -0.3, 0.59)};
  sweep["compared_to"] = 0.9;
  EXPECT_THAT(sweep_sentence(sweep),
              HasSubstr("not shown to break up to context_fill 0.9 (reached 0.59); "));
  sweep["breaks_at"] = 0.9;
  EXPECT_THAT(sweep_sentence(sweep), HasSubstr("breaks at context_fill 0.9 (reached 0.59): -30.0"));
  sweep["points"] = {point(0, nullptr), point(0.9, -0.3)};
  EXPECT_THAT(sweep_sentence(sweep), HasSubstr("0.9 (what was reached is not known): "));
}

}  // namespace
}  // namespace plumb
