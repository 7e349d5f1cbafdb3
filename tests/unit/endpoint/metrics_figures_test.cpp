#include "core/endpoint/metrics_figures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/endpoint/in_flight.hpp"
#include "core/endpoint/server_book.hpp"

namespace plumb {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// A server with a sample each second, whose figures a test changes as it goes.
class FiguresTest : public ::testing::Test {
 protected:
  FiguresTest() {
    now_.at = Instant(1000s);
    now_.running = 0;
    now_.waiting = 0;
    now_.generation_tokens = 5000;
  }
  void sample(int ours) {
    figures_.add(now_, {ours, ours});
    now_.at += 1s;
  }
  /// One second in which so many requests ran to its end and so many tokens were generated.
  void second(double running, double tokens, int ours) {
    now_.running = running;
    *now_.generation_tokens += tokens;
    sample(ours);
  }
  std::vector<std::string> alarm_ids() const {
    std::vector<std::string> ids;
    for (const Json& alarm : figures_.alarms("a", client_, nullptr)) {
      ids.push_back(alarm.at("id"));
      EXPECT_EQ(alarm.at("contestant"), "a");
      EXPECT_TRUE(alarm.at("task").is_null());
      for (const char* key : {"sentence", "evidence", "remedy"}) {
        EXPECT_FALSE(alarm.at(key).get<std::string>().empty()) << ids.back() << " " << key;
      }
    }
    return ids;
  }
  Json json() const { return figures_.to_json(client_); }

  MetricsSample now_;
  ServerFigures figures_;
  ClientFigures client_;
};

TEST_F(FiguresTest, IdleTimeIsNotInTheThroughput) {
  second(0, 0, 0);
  second(2, 30, 2);  // began somewhere in this second
  second(2, 60, 2);
  second(2, 64, 2);
  second(0, 20, 0);
  for (int i = 0; i < 100; ++i) second(0, 0, 0);
  EXPECT_DOUBLE_EQ(figures_.in_flight_tok_s().value_or(0), 62);
  const Json throughput = json().at("throughput");
  EXPECT_EQ(throughput.at("server_tokens"), 174);
  EXPECT_EQ(throughput.at("server_busy_s"), 2);
  EXPECT_EQ(throughput.at("counter_moves"), "live");
}

TEST_F(FiguresTest, ACounterThatMovesAtCompletionIsDividedByTheWholeBusyTime) {
  now_.generation_at_completion = true;
  second(0, 0, 0);
  second(1, 0, 1);
  second(1, 0, 1);
  second(1, 0, 1);
  second(0, 120, 0);
  EXPECT_DOUBLE_EQ(figures_.in_flight_tok_s().value_or(0), 30);
  EXPECT_EQ(json().at("throughput").at("counter_moves"), "at completion");
}

TEST_F(FiguresTest, AGapBetweenSamplesSaysNothingAboutTheRate) {
  second(1, 0, 1);
  second(1, 50, 1);
  now_.at += 60s;
  second(1, 50, 1);
  second(1, 50, 1);
  EXPECT_DOUBLE_EQ(figures_.in_flight_tok_s().value_or(0), 50);
}

TEST_F(FiguresTest, AFallOfTheCountersIsAResetAndKeepsWhatWasCountedBehindIt) {
  second(1, 0, 1);
  second(1, 50, 1);
  now_.generation_tokens = 20;
  second(1, 0, 1);
  second(1, 50, 1);
  EXPECT_EQ(json().at("throughput").at("server_tokens"), 120);
  EXPECT_DOUBLE_EQ(figures_.in_flight_tok_s().value_or(0), 50);
  EXPECT_EQ(json().at("counter_resets"), 1);
  EXPECT_THAT(alarm_ids(), ElementsAre("counter_reset"));
}

TEST_F(FiguresTest, ANewStartTimeIsARestartAndTheFallThatComesWithItNoOtherAlarm) {
  now_.process_start_s = 1.7e9;
  second(1, 0, 1);
  second(1, 50, 1);
  now_.process_start_s = 1.7e9 + 3600;
  now_.generation_tokens = 0;
  second(1, 10, 1);
  EXPECT_EQ(json().at("restarts"), 1);
  EXPECT_EQ(json().at("counter_resets"), 0);
  EXPECT_THAT(alarm_ids(), ElementsAre("server_restarted"));
}

TEST_F(FiguresTest, MoreThanOursForSeveralSamplesIsForeignTraffic) {
  second(4, 10, 2);
  second(4, 10, 2);
  second(3, 10, 2);
  second(4, 10, 2);
  EXPECT_THAT(alarm_ids(), IsEmpty());
  second(5, 10, 2);
  second(4, 10, 2);
  EXPECT_THAT(alarm_ids(), ElementsAre("foreign_traffic"));
  const Json alarm = figures_.alarms("a", client_, nullptr).at(0);
  EXPECT_THAT(alarm.at("evidence").get<std::string>(), HasSubstr("3 of 6 samples"));
  EXPECT_THAT(alarm.at("evidence").get<std::string>(), HasSubstr("up to 3 more"));
}

TEST_F(FiguresTest, WhatWaitsInTheServersQueueHasArrived) {
  now_.waiting = 6;
  for (int i = 0; i < 20; ++i) second(2, 10, 8);
  EXPECT_THAT(alarm_ids(), IsEmpty());
  EXPECT_EQ(json().at("queue").at("max"), 6);
  EXPECT_EQ(json().at("queue").at("mean"), 6);
}

TEST_F(FiguresTest, FewerThanOursForLongIsMissingTraffic) {
  for (int i = 0; i < 9; ++i) second(2, 10, 8);
  EXPECT_THAT(alarm_ids(), IsEmpty());
  second(2, 10, 8);
  EXPECT_THAT(alarm_ids(), ElementsAre("missing_traffic"));
}

TEST_F(FiguresTest, AnIdleServerMissesEvenOneRequest) {
  for (int i = 0; i < 10; ++i) second(0, 0, 1);
  EXPECT_THAT(alarm_ids(), ElementsAre("missing_traffic"));
}

TEST_F(FiguresTest, RequestsThatComeAndGoAreNeitherForeignNorMissing) {
  for (int i = 0; i < 100; ++i) second(i % 2 == 0 ? 3 : 1, 10, i % 2 == 0 ? 1 : 3);
  EXPECT_THAT(alarm_ids(), IsEmpty());
}

TEST_F(FiguresTest, SpeculationIsCountedOverTheWatchAndNotSinceTheServersStart) {
  now_.drafts = 1000;
  now_.draft_tokens = 3000;
  now_.draft_accepted = 100;
  now_.accepted_per_pos = {70, 20, 10};
  second(1, 0, 1);
  now_.drafts = 1100;
  now_.draft_tokens = 3300;
  now_.draft_accepted = 280;
  now_.accepted_per_pos = {160, 80, 40};
  second(1, 10, 1);
  const Json speculation = json().at("speculation");
  EXPECT_DOUBLE_EQ(speculation.at("acceptance"), 0.6);
  EXPECT_DOUBLE_EQ(speculation.at("mean_length"), 2.8);
  EXPECT_EQ(speculation.at("per_position"), Json({0.9, 0.6, 0.3}));
}

TEST_F(FiguresTest, WithoutCountersTheServersOwnRatesStand) {
  now_.draft_acceptance = 0.7;
  now_.accepted_length = 3.1;
  now_.prefix_hit_rate = 0.5;
  second(1, 0, 1);
  EXPECT_EQ(json().at("speculation").at("acceptance"), 0.7);
  EXPECT_EQ(json().at("speculation").at("mean_length"), 3.1);
  EXPECT_EQ(json().at("prefix_cache").at("hit_rate"), 0.5);
}

TEST_F(FiguresTest, TheHitRateIsOfTheTokensOfTheWatch) {
  now_.prefix_queries = 10'000;
  now_.prefix_hits = 0;
  second(1, 0, 1);
  now_.prefix_queries = 11'000;
  now_.prefix_hits = 750;
  second(1, 10, 1);
  EXPECT_DOUBLE_EQ(json().at("prefix_cache").at("hit_rate"), 0.75);
}

TEST_F(FiguresTest, ACacheThatIsOffAndPreemptionsAreNamedWithTheServersOwnRemedy) {
  const auto book = ServerBook::load(server_book_folder());
  ASSERT_TRUE(book);
  now_.prefix_caching = false;
  now_.preemptions = 3;
  now_.kv_usage = 0.99;
  now_.kv_capacity_tokens = 120'000;
  second(1, 0, 1);
  now_.preemptions = 5;
  second(1, 10, 1);
  EXPECT_THAT(alarm_ids(), ElementsAre("prefix_cache_off", "preemptions"));
  const Json alarms = figures_.alarms("a", client_, book->find("vllm"));
  EXPECT_THAT(alarms.at(0).at("remedy").get<std::string>(), HasSubstr("--enable-prefix-caching"));
  EXPECT_THAT(alarms.at(1).at("evidence").get<std::string>(), HasSubstr("99 % full"));
  EXPECT_EQ(json().at("preemptions"), 2);
  EXPECT_EQ(json().at("kv").at("capacity_tokens"), 120'000);
}

TEST_F(FiguresTest, WhatTheServerSaidBeforehandStandsWhereItsMetricsAreSilent) {
  figures_.declare_prefix_caching(false);
  second(1, 0, 1);
  EXPECT_EQ(json().at("prefix_cache").at("on"), false);
  EXPECT_THAT(alarm_ids(), ElementsAre("prefix_cache_off"));
  now_.prefix_caching = true;
  second(1, 0, 1);
  EXPECT_THAT(alarm_ids(), IsEmpty());
}

TEST_F(FiguresTest, ClientAndServerAgreeWithinTheTolerance) {
  for (int i = 0; i <= 100; ++i) second(1, i == 0 ? 0 : 50, 1);
  client_ = {.answers = 10, .completion_tokens = 4900, .busy_s = 100};
  EXPECT_NEAR(figures_.disagreement(client_).value_or(1), 0.02, 1e-9);
  EXPECT_THAT(alarm_ids(), IsEmpty());
  client_.completion_tokens = 4700;
  EXPECT_THAT(alarm_ids(), ElementsAre("throughput_disagrees"));
}

TEST_F(FiguresTest, EqualTokensOverAnotherTimeDisagreeToo) {
  for (int i = 0; i <= 100; ++i) second(1, i == 0 ? 0 : 50, 1);
  client_ = {.answers = 10, .completion_tokens = 5000, .busy_s = 150};
  EXPECT_THAT(alarm_ids(), ElementsAre("throughput_disagrees"));
}

TEST_F(FiguresTest, GapsThatOnlyWeSeeAreNoDisagreement) {
  for (int i = 0; i <= 100; ++i) second(1, i == 0 ? 0 : 50, 1);
  client_ = {.answers = 500, .completion_tokens = 5000, .busy_s = 60};
  EXPECT_THAT(alarm_ids(), IsEmpty());
}

TEST_F(FiguresTest, TokensOfAnswersThatWereCutOffExplainADifference) {
  for (int i = 0; i <= 100; ++i) second(1, i == 0 ? 0 : 50, 1);
  client_ = {.answers = 9, .uncounted = 1, .completion_tokens = 4000, .busy_s = 80};
  EXPECT_THAT(alarm_ids(), IsEmpty());
}

TEST_F(FiguresTest, WithoutASampleThereIsNoFigureAndOneAlarm) {
  EXPECT_THAT(alarm_ids(), IsEmpty());
  figures_.add_failure("no metrics: that is a page");
  EXPECT_THAT(alarm_ids(), ElementsAre("metrics_off"));
  EXPECT_EQ(json().at("failed_share"), 1);
  EXPECT_TRUE(json().at("throughput").at("server_tok_s").is_null());
  EXPECT_TRUE(json().at("preemptions").is_null());
}

TEST_F(FiguresTest, SamplesThatFailedAreCountedAndDoNotStopTheOthers) {
  second(1, 0, 1);
  figures_.add_failure("timeout");
  second(1, 50, 1);
  second(1, 50, 1);
  EXPECT_EQ(json().at("failed_share"), 0.25);
  EXPECT_THAT(alarm_ids(), Not(Contains("metrics_off")));
}

TEST(InFlightTest, TimeInFlightIsTheUnionOfTheRequests) {
  InFlight in_flight;
  const auto at = [](int s) { return Instant(std::chrono::seconds(s)); };
  in_flight.end(at(20), at(30), 100);
  in_flight.end(at(10), at(15), 50);
  in_flight.end(at(14), at(21), 30);
  const ClientFigures figures = in_flight.figures();
  EXPECT_EQ(figures.busy_s, 20);
  EXPECT_EQ(figures.completion_tokens, 180);
  EXPECT_EQ(figures.tok_s(), 9);
  EXPECT_DOUBLE_EQ(figures.mean_in_flight, 1.1);
  in_flight.end(at(40), at(41), std::nullopt);
  EXPECT_EQ(in_flight.figures().uncounted, 1);
  EXPECT_EQ(in_flight.figures().busy_s, 21);
  EXPECT_EQ(ClientFigures().tok_s(), std::nullopt);
}

/// Completes everything with seven tokens, or fails.
class RawOnly final : public Endpoint {
 public:
  explicit RawOnly(const InFlight& in_flight) : in_flight_(in_flight) {}
  ChatReply chat(const ChatRequest&, Waiter&) override {
    return {.answer = std::unexpected(Fault()), .cost = {}};
  }
  std::expected<std::optional<RawCompletion>, Fault> complete_raw(const ChatRequest&,
                                                                  Waiter&) override {
    seen_in_flight = in_flight_.now();
    if (fails) return std::unexpected(Fault());
    if (absent) return std::nullopt;
    RawCompletion raw;
    raw.usage.completion_tokens = 7;
    return raw;
  }
  std::expected<std::vector<ServedModel>, Fault> models(Waiter&) override {
    return std::unexpected(Fault());
  }
  std::expected<PlainReply, Fault> fetch(const PlainRequest&, Waiter&) override {
    return std::unexpected(Fault());
  }

  bool fails = false;
  bool absent = false;
  int seen_in_flight = 0;

 private:
  const InFlight& in_flight_;
};

TEST(InFlightTest, ARawCompletionIsTrafficOfOurs) {
  InFlight in_flight;
  RawOnly server(in_flight);
  const auto endpoint = counted(server, in_flight);
  Waiter waiter(real_clock(), {});
  ASSERT_TRUE(endpoint->complete_raw({}, waiter));
  EXPECT_EQ(server.seen_in_flight, 1);
  EXPECT_EQ(in_flight.now(), 0);
  EXPECT_EQ(in_flight.figures().completion_tokens, 7);
  EXPECT_EQ(in_flight.figures().answers, 1);
  server.absent = true;
  ASSERT_TRUE(endpoint->complete_raw({}, waiter));
  EXPECT_EQ(in_flight.figures().uncounted, 0);
  server.fails = true;
  ASSERT_FALSE(endpoint->complete_raw({}, waiter));
  EXPECT_EQ(in_flight.figures().uncounted, 1);
  EXPECT_EQ(in_flight.now(), 0);
}

}  // namespace
}  // namespace plumb
