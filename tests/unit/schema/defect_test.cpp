#include "core/schema/defect.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace plumb {
namespace {

TEST(Defects, EveryNameReadsBack) {
  std::set<std::string> names;
  for (int i = 0; i <= static_cast<int>(Defect::repeat_loop); ++i) {
    const auto defect = static_cast<Defect>(i);
    EXPECT_EQ(defect_from(defect_name(defect)), defect);
    EXPECT_TRUE(names.insert(defect_name(defect)).second);
  }
  EXPECT_FALSE(defect_from("nothing"));
  for (int i = 0; i <= static_cast<int>(Attribution::undetermined); ++i) {
    const auto attribution = static_cast<Attribution>(i);
    EXPECT_EQ(attribution_from(attribution_name(attribution)), attribution);
  }
  for (int i = 0; i <= static_cast<int>(Aftermath::fatal); ++i) {
    const auto aftermath = static_cast<Aftermath>(i);
    EXPECT_EQ(aftermath_from(aftermath_name(aftermath)), aftermath);
  }
}

TEST(Defects, WhatStandsAroundACallDoesNotSpoilIt) {
  EXPECT_TRUE(spoils_call(Defect::leaked_text));
  EXPECT_TRUE(spoils_call(Defect::extra_property));
  for (const Defect defect : {Defect::missing_id, Defect::duplicate_id, Defect::index_collision,
                              Defect::finish_reason_mismatch, Defect::repeat_loop}) {
    EXPECT_FALSE(spoils_call(defect)) << defect_name(defect);
  }
}

}  // namespace
}  // namespace plumb
