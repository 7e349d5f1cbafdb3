#include "core/trial/verdict.hpp"

#include <gtest/gtest.h>

#include <set>

namespace plumb {
namespace {

TEST(Verdict, EveryNameReadsBackAsItself) {
  for (int i = 0; i <= static_cast<int>(Outcome::skipped); ++i) {
    const auto outcome = static_cast<Outcome>(i);
    EXPECT_EQ(outcome_from(outcome_name(outcome)), outcome) << outcome_name(outcome);
  }
  std::set<std::string> names;
  for (int i = 0; i <= static_cast<int>(Reason::ruler_broken); ++i) {
    const auto reason = static_cast<Reason>(i);
    EXPECT_EQ(reason_from(reason_name(reason)), reason) << reason_name(reason);
    names.insert(reason_name(reason));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Reason::ruler_broken) + 1);
  for (int i = 0; i <= static_cast<int>(Blame::undetermined); ++i) {
    const auto blame = static_cast<Blame>(i);
    EXPECT_EQ(blame_from(blame_name(blame)), blame) << blame_name(blame);
  }
}

TEST(Verdict, AnUnknownNameIsNothing) {
  EXPECT_FALSE(outcome_from("won"));
  EXPECT_FALSE(reason_from(""));
  EXPECT_FALSE(blame_from("Model"));
}

TEST(Verdict, TheNearMissIsTheShareOfChecksThatHold) {
  Verdict verdict;
  EXPECT_EQ(verdict.share_held(), 0);
  verdict.checks = {
      {.name = "a", .holds = true}, {.name = "b"}, {.name = "c", .holds = true}, {.name = "d"}};
  EXPECT_EQ(verdict.share_held(), 0.5);
}

}  // namespace
}  // namespace plumb
