#include "core/run/preparation.hpp"

#include <gtest/gtest.h>

namespace plumb {
namespace {

/// A run whose contestant "x" was probed with this result of "reachable".
RunInfo run_that_reached(const Json& reachable) {
  CapabilityCard card{.contestant = "x"};
  card.findings.push_back({"reachable", Basis::measured, reachable, "asked for its models"});
  RunInfo run;
  run.plan["contestants"] = {{{"name", "x"}, {"probe", to_json(card)}}};
  return run;
}

TEST(StoredCard, IsThatOfAContestantThatWasReached) {
  EXPECT_TRUE(stored_card(run_that_reached(true), "x"));
  EXPECT_FALSE(stored_card(run_that_reached(true), "y"));
  EXPECT_FALSE(stored_card(std::nullopt, "x"));
}

TEST(StoredCard, IsNoneWhereTheServerWasNotThere) {
  EXPECT_FALSE(stored_card(run_that_reached(false), "x"))
      << "it may be there now, and everything was left unknown then";
  RunInfo before_the_probe;
  before_the_probe.plan["contestants"] = {{{"name", "x"}, {"probe", nullptr}}};
  EXPECT_FALSE(stored_card(before_the_probe, "x"));
}

}  // namespace
}  // namespace plumb
