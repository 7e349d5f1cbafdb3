#include "core/endpoint/retry.hpp"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plumb {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

RequestAttempt answer() { return {.answer = ChatResponse{}, .in_flight = 5ms}; }
RequestAttempt fault(Fault::Kind kind, int status = 0, std::string sentence = "no") {
  return {.answer = std::unexpected(
              Fault{.kind = kind, .status = status, .sentence = std::move(sentence)})};
}

/// Plays prepared attempts; the last one again and again.
class Script {
 public:
  explicit Script(std::vector<RequestAttempt> attempts) : attempts_(std::move(attempts)) {}
  RequestAttempt operator()() { return attempts_[std::min(played++, attempts_.size() - 1)]; }
  std::size_t played = 0;

 private:
  std::vector<RequestAttempt> attempts_;
};

class RetryTest : public ::testing::Test {
 protected:
  ChatReply run(Script& script) { return with_retries(policy, waiter, std::ref(script)); }
  ChatReply run(std::vector<RequestAttempt> attempts) {
    Script script(std::move(attempts));
    return run(script);
  }
  std::stop_source stop;
  Waiter waiter{real_clock(), stop.get_token()};
  RetryPolicy policy{.random = [] { return 0.0; }};
};

TEST_F(RetryTest, PassingFaultsAreTriedAgainAndNamedInTheCost) {
  for (const RequestAttempt& first :
       {fault(Fault::Kind::connect), fault(Fault::Kind::broken), fault(Fault::Kind::no_answer),
        fault(Fault::Kind::http_status, 408), fault(Fault::Kind::http_status, 429),
        fault(Fault::Kind::http_status, 500), fault(Fault::Kind::http_status, 502),
        fault(Fault::Kind::http_status, 503), fault(Fault::Kind::http_status, 504),
        fault(Fault::Kind::stream_error)}) {
    const ChatReply reply = run({first, answer()});
    EXPECT_TRUE(reply.answer) << fault_name(first.answer.error().kind)
                              << first.answer.error().status;
    EXPECT_EQ(reply.cost.attempts, 2);
    EXPECT_EQ(reply.cost.faults.size(), 1U);
    EXPECT_EQ(reply.cost.in_flight, 5ms);
  }
}

TEST_F(RetryTest, WhatTheServerRefusesForGoodIsAskedOnce) {
  for (const int status : {400, 401, 404, 413, 422}) {
    const ChatReply reply = run({fault(Fault::Kind::http_status, status), answer()});
    ASSERT_FALSE(reply.answer);
    EXPECT_TRUE(reply.answer.error().deterministic);
    EXPECT_EQ(reply.cost.attempts, 1);
  }
  EXPECT_EQ(run({fault(Fault::Kind::not_a_stream), answer()}).cost.attempts, 1);
  EXPECT_EQ(run({fault(Fault::Kind::cut_off), answer()}).cost.attempts, 1);
}

TEST_F(RetryTest, AttemptsAreBounded) {
  const ChatReply reply = run({fault(Fault::Kind::http_status, 503)});
  ASSERT_FALSE(reply.answer);
  EXPECT_EQ(reply.cost.attempts, 3);
  EXPECT_EQ(reply.cost.faults.size(), 3U);
  EXPECT_EQ(reply.cost.in_flight, Duration::zero());
  EXPECT_FALSE(reply.answer.error().deterministic);
  EXPECT_THAT(reply.answer.error().sentence, HasSubstr("gave up after 3 attempts"));
}

TEST_F(RetryTest, TheSame500EachTimeIsTheServersAnswerToThisRequest) {
  EXPECT_TRUE(run({fault(Fault::Kind::http_status, 500, "Jinja")}).answer.error().deterministic);
  EXPECT_FALSE(
      run({fault(Fault::Kind::http_status, 500, "a"), fault(Fault::Kind::http_status, 500, "b")})
          .answer.error()
          .deterministic);
  EXPECT_FALSE(run({fault(Fault::Kind::connect), fault(Fault::Kind::http_status, 500, "b")})
                   .answer.error()
                   .deterministic);
  policy.attempts = 1;
  EXPECT_FALSE(run({fault(Fault::Kind::http_status, 500, "Jinja")}).answer.error().deterministic);
}

TEST_F(RetryTest, AnIdleTimeoutIsTriedAgainOnceOnly) {
  RequestAttempt silent = fault(Fault::Kind::broken);
  silent.fell_silent = true;
  policy.attempts = 10;
  EXPECT_EQ(run({silent}).cost.attempts, 2);
}

TEST_F(RetryTest, BytesAndTokensOfAnyAttemptAreRemembered) {
  RequestAttempt first = fault(Fault::Kind::broken);
  first.answer.error().any_byte = true;
  first.answer.error().any_token = true;
  const ChatReply reply = run({first, fault(Fault::Kind::connect)});
  EXPECT_TRUE(reply.answer.error().any_byte);
  EXPECT_TRUE(reply.answer.error().any_token);
}

TEST_F(RetryTest, RetryAfterIsHonouredAndCountedAsWaiting) {
  RequestAttempt busy = fault(Fault::Kind::http_status, 429);
  busy.retry_after = 30ms;
  const ChatReply reply = run({busy, answer()});
  EXPECT_TRUE(reply.answer);
  EXPECT_GE(reply.cost.waited + reply.cost.in_flight, 30ms);
}

TEST_F(RetryTest, AServerThatAsksForTooLongIsGivenUpWithASentence) {
  RequestAttempt busy = fault(Fault::Kind::http_status, 429);
  busy.retry_after = 3600s;
  const ChatReply reply = run({busy, answer()});
  ASSERT_FALSE(reply.answer);
  EXPECT_EQ(reply.cost.attempts, 1);
  EXPECT_THAT(reply.answer.error().sentence, HasSubstr("1 h 00 min"));
}

TEST_F(RetryTest, BackoffGrowsWithJitterUpToItsCap) {
  policy.attempts = 5;
  policy.base = 4ms;
  policy.cap = 10ms;
  policy.random = [] { return 1.0; };
  const Instant before = waiter.now();
  run({fault(Fault::Kind::connect)});
  EXPECT_GE(waiter.now() - before, 4ms + 8ms + 10ms + 10ms);
}

TEST_F(RetryTest, TheSame500ThreeTimesIsNotAskedAFourthTime) {
  policy.attempts = 10;
  const ChatReply reply = run({fault(Fault::Kind::http_status, 500, "Jinja")});
  EXPECT_EQ(reply.cost.attempts, 3);
  EXPECT_TRUE(reply.answer.error().deterministic);
  EXPECT_THAT(reply.answer.error().sentence, HasSubstr("the same error 3 times"));
}

TEST_F(RetryTest, TheWholeOfItIsBoundedInTime) {
  policy.attempts = 10;
  policy.base = 3600s;
  policy.cap = 3600s;
  policy.random = [] { return 1.0; };
  const ChatReply reply = run({fault(Fault::Kind::connect)});
  EXPECT_EQ(reply.cost.attempts, 1);
  EXPECT_THAT(reply.answer.error().sentence, HasSubstr("more than 10 min"));
}

RequestAttempt loading() {
  RequestAttempt attempt = fault(Fault::Kind::http_status, 503, "Loading model");
  attempt.answer.error().loading = true;
  attempt.answer.error().any_byte = true;
  return attempt;
}

TEST_F(RetryTest, AServerThatLoadsItsModelIsWaitedForBesideAllAttempts) {
  policy.attempts = 1;
  policy.base = 1ms;
  const ChatReply reply = run({loading(), loading(), loading(), loading(), answer()});
  EXPECT_TRUE(reply.answer);
  EXPECT_EQ(reply.cost.attempts, 1);
  EXPECT_EQ(reply.cost.faults, std::vector<std::string>{"Loading model"});
  EXPECT_EQ(reply.cost.in_flight, 5ms);
}

TEST_F(RetryTest, LoadingHasItsOwnPatience) {
  policy.base = 1ms;
  policy.loading_patience = 10ms;
  policy.longest = Duration::zero();
  const ChatReply reply = run({loading()});
  ASSERT_FALSE(reply.answer);
  EXPECT_TRUE(reply.answer.error().loading);
  EXPECT_TRUE(reply.answer.error().any_byte);
  EXPECT_FALSE(reply.answer.error().deterministic);
  EXPECT_THAT(reply.answer.error().sentence, HasSubstr("still loading after 10 ms"));
  EXPECT_GE(reply.cost.waited, 10ms);
}

TEST_F(RetryTest, WhatTheServerCouldNotReadIsNotAskedForAgain) {
  RequestAttempt unread = fault(Fault::Kind::stream_error, 500);
  unread.answer.error().unparsed = true;
  unread.in_flight = 7ms;
  const ChatReply reply = run({unread, answer()});
  ASSERT_FALSE(reply.answer);
  EXPECT_EQ(reply.cost.attempts, 1);
  EXPECT_EQ(reply.cost.in_flight, 7ms) << "the model was at work";
}

TEST_F(RetryTest, AStopEndsTheWaiting) {
  policy.base = 3600s;
  policy.cap = 3600s;
  policy.longest = 7200s;
  policy.random = [] { return 1.0; };
  RequestAttempt failed = fault(Fault::Kind::connect);
  const ChatReply reply = with_retries(policy, waiter, [&] {
    stop.request_stop();
    return failed;
  });
  ASSERT_FALSE(reply.answer);
  EXPECT_EQ(reply.answer.error().kind, Fault::Kind::cancelled);
}

TEST(ParseRetryAfter, ReadsSecondsAndDates) {
  EXPECT_EQ(parse_retry_after("0", 0), 0s);
  EXPECT_EQ(parse_retry_after(" 7 ", 0), 7s);
  EXPECT_EQ(parse_retry_after("1.5", 0), 1500ms);
  // 2015-10-21T07:28:00Z
  EXPECT_EQ(parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT", 1445412470'000), 10s);
  EXPECT_EQ(parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT", 1545412470'000), 0s);
  EXPECT_FALSE(parse_retry_after("", 0));
  EXPECT_FALSE(parse_retry_after("soon", 0));
  EXPECT_FALSE(parse_retry_after("-5", 0));
}

}  // namespace
}  // namespace plumb
