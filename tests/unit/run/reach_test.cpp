#include "core/run/reach.hpp"

#include <gmock/gmock.h>

#include "tests/support/fake_endpoint.hpp"

namespace plumb {
namespace {

using std::chrono::hours;
using testing::HasSubstr;

const auto kNobody = [] { return std::unexpected(Fault{.kind = Fault::Kind::connect}); };

TrialRecord record(Outcome outcome, Reason reason, Blame blame, int turns = 0) {
  TrialRecord record;
  record.verdict.outcome = outcome;
  record.verdict.reason = reason;
  record.verdict.blame = blame;
  record.turns = turns;
  return record;
}

TEST(BareRequest, TellsWhetherAnybodyIsThere) {
  Waiter waiter(real_clock(), {});
  test::FakeEndpoint somebody({test::text("ready")});
  EXPECT_TRUE(bare_request(somebody, waiter).any_token);
  EXPECT_TRUE(somebody.seen.at(0).trial_header.empty());
  test::FakeEndpoint silent({test::text("")});
  EXPECT_TRUE(bare_request(silent, waiter).any_byte);
  EXPECT_FALSE(bare_request(silent, waiter).any_token);
  test::FakeEndpoint nobody({test::fault({.kind = Fault::Kind::connect, .sentence = "refused"})});
  const BareAnswer answer = bare_request(nobody, waiter);
  EXPECT_FALSE(answer.any_byte);
  EXPECT_EQ(answer.sentence, "refused");
}

TEST(BareRequest, IsMadeOnlyWhereNoTokenCame) {
  EXPECT_TRUE(
      wants_bare_request(record(Outcome::invalid, Reason::never_reached, Blame::transport)));
  EXPECT_TRUE(
      wants_bare_request(record(Outcome::invalid, Reason::endpoint_error, Blame::server, 3)));
  EXPECT_TRUE(wants_bare_request(record(Outcome::failed, Reason::gave_up, Blame::undetermined, 1)));
  EXPECT_FALSE(wants_bare_request(record(Outcome::failed, Reason::gave_up, Blame::model, 1)));
  EXPECT_FALSE(wants_bare_request(record(Outcome::passed, Reason::none, Blame::none, 1)));
  EXPECT_FALSE(wants_bare_request(record(Outcome::invalid, Reason::sandbox_error, Blame::sandbox)));
}

TEST(BareRequest, DecidesTheBlame) {
  const auto blame = [](Reason reason, const BareAnswer& answer) {
    TrialRecord tried = record(Outcome::invalid, reason, Blame::undetermined);
    blame_by_bare_request(tried, answer);
    EXPECT_EQ(tried.events.back()["type"], "note");
    return tried.verdict.blame;
  };
  EXPECT_EQ(blame(Reason::gave_up, {true, true, ""}), Blame::model);
  EXPECT_EQ(blame(Reason::gave_up, {true, false, ""}), Blame::server);
  EXPECT_EQ(blame(Reason::endpoint_error, {true, true, ""}), Blame::undetermined);
  EXPECT_EQ(blame(Reason::endpoint_error, {true, false, ""}), Blame::server);
  EXPECT_EQ(blame(Reason::never_reached, {false, false, ""}), Blame::transport);
}

TEST(WasAnswered, IsNotClaimedByATrialThatNeverAsked) {
  EXPECT_FALSE(was_answered(record(Outcome::invalid, Reason::sandbox_error, Blame::sandbox)));
  EXPECT_FALSE(was_answered(record(Outcome::invalid, Reason::task_error, Blame::task)));
  EXPECT_FALSE(was_answered(record(Outcome::invalid, Reason::never_reached, Blame::transport)));
  EXPECT_TRUE(was_answered(record(Outcome::invalid, Reason::endpoint_error, Blame::server)));
  EXPECT_TRUE(was_answered(record(Outcome::invalid, Reason::sandbox_error, Blame::sandbox, 1)));
}

const Fault kLoading{
    .kind = Fault::Kind::http_status, .status = 503, .any_byte = true, .loading = true};

TEST(BareRequest, DoesNotWaitForAServerThatLoads) {
  Waiter waiter(real_clock(), {});
  test::FakeEndpoint endpoint({test::fault(kLoading)});
  EXPECT_TRUE(bare_request(endpoint, waiter).loading);
  EXPECT_EQ(endpoint.seen.at(0).loading_patience, Duration::zero());
}

TEST(Loading, IsWaitedForAndToldOnce) {
  Waiter waiter(real_clock(), {});
  test::FakeEndpoint endpoint;
  endpoint.on_models = [&]() -> std::expected<std::vector<ServedModel>, Fault> {
    if (endpoint.models_asked < 2) return std::unexpected(kLoading);
    return std::vector<ServedModel>{{.id = "m"}};
  };
  int told = 0;
  const auto models = models_once_loaded(endpoint, waiter, [&] { ++told; });
  ASSERT_TRUE(models);
  EXPECT_EQ(models->size(), 1U);
  EXPECT_EQ(told, 1);
}

TEST(Loading, IsNotWaitedForPastAStop) {
  std::stop_source stop;
  Waiter waiter(real_clock(), stop.get_token());
  test::FakeEndpoint endpoint;
  endpoint.on_models = [] { return std::unexpected(kLoading); };
  EXPECT_FALSE(models_once_loaded(endpoint, waiter, [&] { stop.request_stop(); }));
  EXPECT_EQ(endpoint.models_asked, 1);
}

TEST(Recovery, AServerThatLoadsIsGivenTheTimeForThat) {
  test::FakeEndpoint endpoint;
  endpoint.on_models = [&]() -> std::expected<std::vector<ServedModel>, Fault> {
    if (endpoint.models_asked < 2) return std::unexpected(kLoading);
    return std::vector<ServedModel>{};
  };
  EXPECT_TRUE(wait_for_recovery(endpoint, std::chrono::milliseconds(1), {}));
  EXPECT_EQ(endpoint.models_asked, 2) << "loading is no answer, and no silence either";
}

TEST(Recovery, AnyByteIsOne) {
  test::FakeEndpoint endpoint;
  endpoint.on_models = [] {
    return std::unexpected(
        Fault{.kind = Fault::Kind::http_status, .status = 404, .any_byte = true});
  };
  EXPECT_TRUE(wait_for_recovery(endpoint, hours(1), {}));
  EXPECT_EQ(endpoint.models_asked, 1);
}

TEST(Recovery, IsWaitedForUntilItComes) {
  test::FakeEndpoint endpoint;
  endpoint.on_models = [&]() -> std::expected<std::vector<ServedModel>, Fault> {
    if (endpoint.models_asked < 2) return std::unexpected(Fault{.kind = Fault::Kind::connect});
    return std::vector<ServedModel>{};
  };
  EXPECT_TRUE(wait_for_recovery(endpoint, hours(1), {}));
  EXPECT_EQ(endpoint.models_asked, 2);
}

TEST(Recovery, IsNotAwaitedWithoutPatience) {
  test::FakeEndpoint endpoint;
  endpoint.on_models = kNobody;
  EXPECT_FALSE(wait_for_recovery(endpoint, Duration::zero(), {}));
}

TEST(Recovery, AStopEndsTheWait) {
  test::FakeEndpoint endpoint;
  std::stop_source stop;
  endpoint.on_models = [&] {
    stop.request_stop();
    return std::unexpected(Fault{.kind = Fault::Kind::cancelled});
  };
  EXPECT_FALSE(wait_for_recovery(endpoint, hours(1), stop.get_token()));
}

}  // namespace
}  // namespace plumb
