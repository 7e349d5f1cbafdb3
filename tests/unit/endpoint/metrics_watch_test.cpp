#include "core/endpoint/metrics_watch.hpp"

#include <atomic>
#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/wire/http.hpp"
#include "tests/support/fake_endpoint.hpp"
#include "tests/support/raw_server.hpp"

namespace plumb {
namespace {

using namespace std::chrono_literals;
/// Fetches over real HTTP, and can do nothing else.
class FetchEndpoint final : public Endpoint {
 public:
  explicit FetchEndpoint(std::string root) : root_(std::move(root)) {}
  ChatReply chat(const ChatRequest&, Waiter&) override {
    return {.answer = std::unexpected(Fault{})};
  }
  std::expected<std::vector<ServedModel>, Fault> models(Waiter&) override {
    return std::vector<ServedModel>{};
  }
  std::expected<PlainReply, Fault> fetch(const PlainRequest& request, Waiter& waiter) override {
    struct Sink : HttpSink {
      void on_head(int, const std::vector<std::pair<std::string, std::string>>& all) override {
        headers = all;
      }
      bool on_body(std::string_view bytes, Instant) override {
        body += bytes;
        return true;
      }
      std::vector<std::pair<std::string, std::string>> headers;
      std::string body;
    } sink;
    const auto exchange =
        client_->start({.method = "GET", .url = root_ + request.target}, sink, waiter.wake());
    if (waiter.wait([&] { return exchange->done(); }, kNever) != Waiter::End::ready) {
      return std::unexpected(Fault{.kind = Fault::Kind::cancelled, .sentence = "stopped"});
    }
    const HttpOutcome outcome = exchange->outcome();
    if (outcome.end != HttpEnd::complete) {
      return std::unexpected(Fault{.kind = Fault::Kind::connect, .sentence = "cannot reach it"});
    }
    return PlainReply{outcome.status, "text/plain", sink.body, sink.headers};
  }

 private:
  std::string root_;
  std::unique_ptr<HttpClient> client_ = std::move(*make_http_client(real_clock()));
};

std::string page(int n) {
  return "vllm:num_requests_running 2\nvllm:num_requests_waiting " + std::to_string(n) +
         "\nvllm:generation_tokens_total " + std::to_string(100 * n) + "\n";
}

class WatchTest : public ::testing::Test {
 protected:
  MetricsSource source() const { return {"/metrics", {book_.find("vllm")}}; }
  static MetricsWatch::Options often() { return {.interval = 1ms, .longest_pause = 1ms}; }

  ServerBook book_ = ServerBook::load(server_book_folder()).value_or(ServerBook());
  std::atomic<int> asked_ = 0;
};

TEST_F(WatchTest, ItReadsAtOnceAgainAndAgainAndALastTime) {
  test::RawServer server([this](test::RawConnection& connection, const test::RawRequest&) {
    connection.send(test::http_response(200, "text/plain", page(++asked_)));
  });
  FetchEndpoint endpoint(server.url());
  MetricsWatch watch(endpoint, source(), [] { return 2; }, real_clock(), often());
  server.wait_for_requests(5);
  const ServerFigures figures = watch.finish();
  EXPECT_GE(figures.samples(), 5);
  EXPECT_EQ(figures.failed(), 0);
  EXPECT_EQ(watch.kind(), book_.find("vllm"));
  // A question that the end cut short was asked again.
  const Json json = figures.to_json({});
  EXPECT_EQ(json.at("queue").at("max"), asked_.load());
  EXPECT_EQ(json.at("throughput").at("server_tokens"), 100 * (asked_ - 1));
}

TEST_F(WatchTest, TheLastSampleIsTakenEvenWhereTheNextWasFarAway) {
  test::RawServer server([this](test::RawConnection& connection, const test::RawRequest&) {
    connection.send(test::http_response(200, "text/plain", page(++asked_)));
  });
  FetchEndpoint endpoint(server.url());
  std::promise<void> first;
  std::atomic<int> counted = 0;
  MetricsWatch watch(endpoint, source(),
                     [&] {
                       if (++counted == 2) first.set_value();  // behind the first answer
                       return 0;
                     },
                     real_clock(), {.interval = 1h});
  first.get_future().wait();
  EXPECT_EQ(watch.finish().samples(), 2);
}

TEST_F(WatchTest, AServerThatNeverAnswersDoesNotHoldUpTheEnd) {
  test::RawServer server(
      [](test::RawConnection& connection, const test::RawRequest&) { connection.wait_closed(); });
  FetchEndpoint endpoint(server.url());
  auto watch = std::make_unique<MetricsWatch>(endpoint, source(), [] { return 0; });
  server.wait_for_requests(1);
  watch.reset();  // returns although the answer never comes
}

TEST_F(WatchTest, APageThatIsNoMetricsIsAFactAndNotAnError) {
  test::RawServer server([](test::RawConnection& connection, const test::RawRequest&) {
    connection.send(test::http_response(200, "text/html", "<!doctype html><html>hello</html>"));
  });
  FetchEndpoint endpoint(server.url());
  MetricsWatch watch(endpoint, source(), [] { return 0; }, real_clock(), often());
  server.wait_for_requests(3);
  const ServerFigures figures = watch.finish();
  EXPECT_EQ(figures.samples(), 0);
  EXPECT_GE(figures.failed(), 2);
  EXPECT_FALSE(watch.latest());
  const Json alarms = figures.alarms("a", {}, nullptr);
  ASSERT_EQ(alarms.size(), 1U);
  EXPECT_EQ(alarms.at(0).at("id"), "metrics_off");
  EXPECT_EQ(alarms.at(0).at("evidence"), "no metrics: that is a page (/metrics)");
}

/// A clock that a test moves; waits on it end when the waiter's stop comes.
class StillClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return Instant(Duration(now_ns)); }
  [[nodiscard]] std::int64_t unix_ms() const override { return 0; }
  std::atomic<std::int64_t> now_ns = 0;
};

TEST_F(WatchTest, TheNewestSampleIsGivenOnlyWhileItIsFresh) {
  StillClock clock;
  test::FakeEndpoint endpoint;
  endpoint.on_fetch = [](const PlainRequest&) {
    return PlainReply{.status = 200, .body = page(7)};
  };
  MetricsWatch watch(endpoint, source(), [] { return 0; }, clock, {.interval = 1h});
  std::optional<MetricsSample> latest;
  while (!(latest = watch.latest())) std::this_thread::yield();
  EXPECT_EQ(latest->waiting, 7);
  clock.now_ns = Duration(6h).count();
  EXPECT_FALSE(watch.latest());
}

TEST(WatchPause, APageThatCannotBeHadIsAskedForEverLessOften) {
  const MetricsWatch::Options options{.interval = 1s, .longest_pause = 60s};
  EXPECT_EQ(pause_after(0, options), 1s);
  EXPECT_EQ(pause_after(1, options), 2s);
  EXPECT_EQ(pause_after(5, options), 32s);
  EXPECT_EQ(pause_after(6, options), 60s);
  EXPECT_EQ(pause_after(1'000'000, options), 60s);
  EXPECT_EQ(pause_after(1, {.interval = 90s, .longest_pause = 60s}), 90s);
}

TEST_F(WatchTest, AStartHeaderTellsARestartWhereThePageDoesNot) {
  test::RawServer server([this](test::RawConnection& connection, const test::RawRequest&) {
    const bool later = ++asked_ > 2;
    connection.send(test::http_response(
        200, "text/plain", "llamacpp:requests_processing 0\nllamacpp:tokens_predicted_total 5\n",
        later ? "Process-Start-Time-Unix: 99165794507\r\n"
              : "Process-Start-Time-Unix: 12165794507\r\n"));
  });
  FetchEndpoint endpoint(server.url());
  MetricsWatch watch(
      endpoint, {"/metrics", {book_.find("llama_server")}}, [] { return 0; }, real_clock(),
      often());
  server.wait_for_requests(4);
  EXPECT_EQ(watch.finish().to_json({}).at("restarts"), 1);
}

TEST_F(WatchTest, TheSourceIsTheContestantsOwnElseThatOfTheKind) {
  Contestant contestant;
  EXPECT_EQ(metrics_source(contestant, "vllm", book_)->target, "/metrics");
  EXPECT_FALSE(metrics_source(contestant, "ollama", book_));
  EXPECT_FALSE(metrics_source(contestant, "", book_));
  contestant.metrics_url = "http://other:9000/metrics";
  EXPECT_EQ(metrics_source(contestant, "vllm", book_)->target, "http://other:9000/metrics");
  EXPECT_EQ(metrics_source(contestant, "vllm", book_)->kinds.size(), 1U);
  EXPECT_EQ(metrics_source(contestant, "", book_)->kinds.size(), 3U);
}

TEST_F(WatchTest, AServerOfUnknownKindIsKnownByTheNamesOnItsPage) {
  test::RawServer server([this](test::RawConnection& connection, const test::RawRequest&) {
    connection.send(test::http_response(200, "text/plain", page(++asked_)));
  });
  FetchEndpoint endpoint(server.url());
  Contestant contestant;
  contestant.metrics_url = "/metrics";
  MetricsWatch watch(
      endpoint, *metrics_source(contestant, "", book_), [] { return 0; }, real_clock(), often());
  server.wait_for_requests(2);
  EXPECT_GE(watch.finish().samples(), 2);
  ASSERT_NE(watch.kind(), nullptr);
  EXPECT_EQ(watch.kind()->name, "vllm");
}

}  // namespace
}  // namespace plumb
