#include "core/run/entrant.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plumb {
namespace {

using testing::HasSubstr;

Entrant entrant_with(const Finding& finding) {
  Entrant entrant;
  entrant.card.emplace();
  entrant.card->findings.push_back(finding);
  return entrant;
}

TEST(UnmetNeed, IsNothingWhereNothingWasProbed) {
  Task task;
  task.needs_context = 1'000'000;
  task.needs_vision = true;
  EXPECT_FALSE(unmet_need(Entrant{}, task));
}

TEST(UnmetNeed, OfContextIsMeasuredBeforeItIsDeclared) {
  Task task;
  task.needs_context = 8192;
  Entrant entrant = entrant_with({"window", Basis::measured, {{"effective", 4096}}, "cut to 4096"});
  entrant.card->server.facts["window"] = {32768, "/v1/models"};
  const auto cut = unmet_need(entrant, task);
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->reason, Reason::context_floor);
  EXPECT_THAT(cut->sentence, HasSubstr("cut to 4096"));

  entrant.card->findings.clear();
  EXPECT_FALSE(unmet_need(entrant, task));
  entrant.card->server.facts["window"] = {4096, "/v1/models"};
  EXPECT_THAT(unmet_need(entrant, task)->sentence, HasSubstr("declares 4096"));
}

TEST(UnmetNeed, OfEyesAndOfSeveralCallsIsWhatTheProbeDidNotSee) {
  Task task;
  task.needs_vision = true;
  EXPECT_EQ(unmet_need(entrant_with({"vision", Basis::measured, false, "refused"}), task)->reason,
            Reason::no_vision);
  EXPECT_FALSE(unmet_need(entrant_with({"vision", Basis::measured, true, "seen"}), task));
  EXPECT_FALSE(unmet_need(entrant_with({"vision", Basis::unknown, nullptr, "no answer"}), task));
  task = {};
  task.needs_parallel_calls = true;
  EXPECT_EQ(
      unmet_need(entrant_with({"parallel_calls", Basis::measured, false, "one"}), task)->reason,
      Reason::no_parallel_calls);
}

TEST(UnmetNeed, OfToolsIsAServerThatRefusesThem) {
  Task task;
  const Entrant entrant = entrant_with({"tool_calls", Basis::measured, "refused", "HTTP 400"});
  EXPECT_FALSE(unmet_need(entrant, task));
  task.tools.push_back({.name = "shell"});
  EXPECT_EQ(unmet_need(entrant, task)->reason, Reason::no_tools);
}

}  // namespace
}  // namespace plumb
