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

TEST(Asked, IsWhatTheProbeLeftOfTheIdentity) {
  Entrant entrant;
  EXPECT_EQ(asked_json(entrant), nullptr) << "nobody was asked yet";
  entrant.contestant.name = "x";
  entrant.contestant.sampling.top_k = 20;
  entrant.card.emplace().unsent = {"top_k", "min_p"};
  entrant.contestant.dialect.merge_roles = true;
  const Json asked = asked_json(entrant);
  EXPECT_EQ(asked["merge_roles"], true);
  EXPECT_EQ(asked["sampling"]["top_k"], nullptr);
  EXPECT_EQ(asked["sampling"]["min_p"], nullptr);
  EXPECT_EQ(asked["sampling"]["top_p"], 0.95);
  EXPECT_EQ(contestant_plan(entrant.contestant, entrant, {})["asked"], asked);
}

}  // namespace
}  // namespace plumb
