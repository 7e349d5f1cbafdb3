#include "core/run/pressure.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_endpoint.hpp"

namespace plumb {
namespace {

using testing::HasSubstr;

Entrant entrant_with_window(std::int64_t window, double fill) {
  Entrant entrant{
      .contestant = {.name = "a", .url = "http://127.0.0.1:1/v1", .context_fill = fill}};
  entrant.card.emplace();
  if (window > 0) entrant.card->server.facts["window"] = {window, "/v1/models"};
  return entrant;
}

TEST(FillWindow, IsTheSmallestThatIsKnown) {
  Entrant entrant = entrant_with_window(32'768, 0.75);
  const auto found = [&] { return *fill_window(entrant.contestant, *entrant.card); };
  EXPECT_EQ(found().tokens, 32'768);
  EXPECT_EQ(found().basis, "declared");
  entrant.card->findings.push_back({"kv_capacity", Basis::declared, 20'000, ""});
  EXPECT_EQ(found().tokens, 20'000);
  EXPECT_EQ(found().basis, "kv_cache");
  entrant.card->findings.push_back({"window", Basis::measured, {{"effective", 8192}}, ""});
  EXPECT_EQ(found().tokens, 8192);
  EXPECT_EQ(found().basis, "measured");
  entrant.contestant.context = 4096;
  EXPECT_EQ(found().basis, "given");
  entrant.contestant.context = 30'000;
  EXPECT_EQ(found().basis, "measured");
  entrant.card->findings.pop_back();
  EXPECT_EQ(found().tokens, 30'000);
}

TEST(FillWindow, ThatNobodyKnowsIsAskedFor) {
  Entrant entrant = entrant_with_window(0, 0.75);
  const Status refused = check_fill(entrant.contestant, *entrant.card);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().sentence, HasSubstr("context=TOKENS"));
  entrant.contestant.context = 32'768;
  EXPECT_TRUE(check_fill(entrant.contestant, *entrant.card));
  EXPECT_TRUE(check_fill({.name = "b"}, {}));
}

TEST(Pressure, KeepsRoomForWhatTheTaskNeeds) {
  const Entrant entrant = entrant_with_window(32'768, 0.9);
  Task task;
  task.expected_turns = 5;
  const FillPlan plan = pressure_on(entrant, task, 1).fill;
  EXPECT_EQ(plan.reserve, 5 * 800);
  task.needs_context = 12'288;
  EXPECT_EQ(pressure_on(entrant, task, 1).fill.reserve, 12'288 - 1500);
  EXPECT_EQ(opening_tokens(entrant, task), 32'768 - (12'288 - 1500));
  EXPECT_EQ(pressure_on(Entrant{}, task, 1).fill.asked, 0);
}

TEST(Pressure, LetsAServerReadForAsLongAsItNeeds) {
  Entrant entrant = entrant_with_window(100'000, 0.9);
  EXPECT_EQ(patience_for_filler(entrant.contestant, *entrant.card, 0.9), 120);
  entrant.card->pace = Pace{.cold_ms_per_token = 2};
  EXPECT_EQ(patience_for_filler(entrant.contestant, *entrant.card, 0.9), 30 + 2 * 180);
}

TEST(Pressure, TellsWhatTrialsHoldAtOnce) {
  const Entrant entrant = entrant_with_window(10'000, 0.5);
  Bench bench{.concurrency = 4};
  const Json told = pressure_json(entrant.contestant, entrant.card, bench);
  EXPECT_EQ(told["tokens_at_once"], 20'000);
  EXPECT_EQ(told["window_basis"], "declared");
  EXPECT_TRUE(told["sweep"].is_null());
  EXPECT_TRUE(pressure_json({.name = "b"}, std::nullopt, bench).is_null());
}

TEST(FillerWeight, IsWhatTheServerCountsMoreForMoreOfIt) {
  const auto counted = [](std::int64_t tokens) {
    ChatResponse response{.message = {.text = "ok"}};
    response.usage.prompt_tokens = tokens;
    return test::reply_of(std::move(response));
  };
  test::FakeEndpoint endpoint({counted(300), counted(300 + 47 * 1024 / 4)});
  Waiter waiter(real_clock(), {});
  Entrant entrant = entrant_with_window(100'000, 0.5);
  weigh_filler(endpoint, waiter, entrant.contestant, *entrant.card);
  Task task;
  EXPECT_DOUBLE_EQ(pressure_on(entrant, task, 1).fill.bytes_per_token, 4);
  EXPECT_EQ(entrant.card->find("filler_weight")->basis, Basis::measured);
}

TEST(FillerWeight, IsAssumedWhereNobodyCounts) {
  test::FakeEndpoint endpoint({test::text("ok")});
  Waiter waiter(real_clock(), {});
  Entrant entrant = entrant_with_window(100'000, 0.5);
  weigh_filler(endpoint, waiter, entrant.contestant, *entrant.card);
  EXPECT_EQ(entrant.card->find("filler_weight")->basis, Basis::unknown);
  Task task;
  EXPECT_GT(pressure_on(entrant, task, 1).fill.bytes_per_token, 2);
}

}  // namespace
}  // namespace plumb
