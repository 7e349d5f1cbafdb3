#include <dirent.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <latch>
#include <map>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "core/base/text.hpp"
#include "core/wire/http.hpp"
#include "tests/support/raw_server.hpp"

namespace plumb {
namespace {

using test::RawConnection;
using test::RawRequest;
using test::RawServer;
using namespace std::chrono_literals;

class Collector final : public HttpSink {
 public:
  explicit Collector(std::size_t most = SIZE_MAX) : most_(most) {}
  void on_head(int status,
               const std::vector<std::pair<std::string, std::string>>& headers) override {
    ++heads;
    head_status = status;
    for (const auto& [name, value] : headers) head[name] = value;
  }
  bool on_body(std::string_view bytes, Instant) override {
    body += bytes;
    return body.size() < most_;
  }
  int heads = 0;
  int head_status = 0;
  std::map<std::string, std::string> head;
  std::string body;

 private:
  std::size_t most_;
};

class HttpClientTest : public ::testing::Test {
 protected:
  HttpOutcome run(HttpRequest request, HttpSink& sink) {
    const auto exchange = client->start(std::move(request), sink, waiter.wake());
    EXPECT_EQ(waiter.wait([&] { return exchange->done(); }, kNever), Waiter::End::ready);
    return exchange->outcome();
  }
  std::unique_ptr<HttpClient> client = std::move(*make_http_client(real_clock()));
  Waiter waiter{real_clock(), {}};
};

TEST_F(HttpClientTest, AResponseArrivesWithItsHeadAndBody) {
  RawServer server([](RawConnection& connection, const RawRequest&) {
    connection.send("HTTP/1.1 100 Continue\r\n\r\n");
    connection.send(test::http_response(200, "text/plain", "hello", "X-Thing:  A b \r\n"));
  });
  Collector sink;
  const auto outcome = run({.url = server.url() + "/x?y=1",
                            .headers = {{"X-Mine", "1"}, {"X-Empty", ""}},
                            .body = "ask"},
                           sink);
  EXPECT_EQ(outcome.end, HttpEnd::complete) << outcome.detail;
  EXPECT_EQ(outcome.status, 200);
  EXPECT_TRUE(outcome.any_byte);
  EXPECT_EQ(sink.heads, 1);
  EXPECT_EQ(sink.head["x-thing"], "A b");
  EXPECT_EQ(sink.body, "hello");
  const RawRequest request = server.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/x?y=1");
  EXPECT_EQ(request.body, "ask");
  EXPECT_EQ(request.headers.at("x-mine"), "1");
  EXPECT_TRUE(request.headers.contains("x-empty"));
  EXPECT_FALSE(request.headers.contains("expect"));
}

TEST_F(HttpClientTest, ARefusedConnectionIsNoAnswerOfAnybody) {
  int port = 0;
  {
    port = RawServer([](RawConnection&, const RawRequest&) {}).port();
  }
  Collector sink;
  const auto outcome = run({.url = "http://127.0.0.1:" + std::to_string(port)}, sink);
  EXPECT_EQ(outcome.end, HttpEnd::connect_failed);
  EXPECT_FALSE(outcome.any_byte);
  EXPECT_FALSE(outcome.detail.empty());
}

TEST_F(HttpClientTest, OtherSchemesAreRefused) {
  Collector sink;
  EXPECT_EQ(run({.method = "GET", .url = "file:///etc/passwd"}, sink).end, HttpEnd::connect_failed);
  EXPECT_EQ(sink.body, "");
}

TEST_F(HttpClientTest, ARedirectIsNotFollowed) {
  RawServer server([](RawConnection& connection, const RawRequest&) {
    connection.send(test::http_response(302, "", "", "Location: /elsewhere\r\n"));
  });
  Collector sink;
  EXPECT_EQ(run({.url = server.url()}, sink).status, 302);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(HttpClientTest, AConnectionThatEndsInsideTheAnswerIsBroken) {
  RawServer server([](RawConnection& connection, const RawRequest& request) {
    if (request.path == "/reset") connection.reset_on_close();
    if (request.path == "/nothing") return;
    connection.send(test::sse_head() + test::chunk("half"));
  });
  Collector half;
  EXPECT_EQ(run({.url = server.url() + "/half"}, half).end, HttpEnd::broken);
  EXPECT_EQ(half.body, "half");
  Collector reset;
  EXPECT_EQ(run({.url = server.url() + "/reset"}, reset).end, HttpEnd::broken);
  Collector nothing;
  const auto outcome = run({.url = server.url() + "/nothing"}, nothing);
  EXPECT_EQ(outcome.end, HttpEnd::broken);
  EXPECT_FALSE(outcome.any_byte);
}

TEST_F(HttpClientTest, SilenceEndsByTheIdleTimeout) {
  RawServer server([](RawConnection& connection, const RawRequest& request) {
    if (request.path != "/mute") connection.send(test::sse_head() + test::chunk("x"));
    connection.wait_closed();
  });
  Collector sink;
  const auto outcome = run({.url = server.url(), .idle_timeout = 200ms}, sink);
  EXPECT_EQ(outcome.end, HttpEnd::idle_timeout);
  EXPECT_GE(outcome.ended - outcome.sent, 200ms);
  EXPECT_TRUE(outcome.any_byte);
  Collector mute;
  const auto silent = run({.url = server.url() + "/mute", .idle_timeout = 100ms}, mute);
  EXPECT_EQ(silent.end, HttpEnd::idle_timeout);
  EXPECT_FALSE(silent.any_byte);
}

TEST_F(HttpClientTest, ADripThatNeverEndsEndsByTheTotalTimeout) {
  RawServer server([](RawConnection& connection, const RawRequest&) {
    connection.send(test::sse_head());
    while (connection.send(test::chunk(std::string(10'000, 'x')))) {
    }
  });
  Collector sink;
  const auto outcome =
      run({.url = server.url(), .idle_timeout = 10s, .total_timeout = 150ms}, sink);
  EXPECT_EQ(outcome.end, HttpEnd::total_timeout);
}

TEST_F(HttpClientTest, ASinkThatHadEnoughEndsTheTransfer) {
  RawServer server([](RawConnection& connection, const RawRequest&) {
    connection.send(test::sse_head());
    while (connection.send(test::chunk(std::string(10'000, 'x')))) {
    }
  });
  Collector sink(50'000);
  EXPECT_EQ(run({.url = server.url()}, sink).end, HttpEnd::sink_stopped);
  EXPECT_LT(sink.body.size(), 100'000U);
}

TEST_F(HttpClientTest, AHeaderBombIsRefused) {
  RawServer server([](RawConnection& connection, const RawRequest& request) {
    connection.send("HTTP/1.1 200 OK\r\n");
    const std::string line = request.path == "/interim"
                                 ? "\r\nHTTP/1.1 100 Continue\r\n"
                                 : "X-Bomb: " + std::string(1000, 'b') + "\r\n";
    if (request.path == "/interim") connection.send("\r\n");
    while (connection.send(line)) {
    }
  });
  Collector sink;
  const auto outcome = run({.url = server.url()}, sink);
  EXPECT_EQ(outcome.end, HttpEnd::broken);
  EXPECT_NE(outcome.detail.find("headers"), std::string::npos) << outcome.detail;
  EXPECT_EQ(sink.heads, 0);
}

TEST_F(HttpClientTest, GarbageInsteadOfHttpIsBroken) {
  RawServer server([](RawConnection& connection, const RawRequest&) {
    connection.send("\x00\x01\x02SSH-2.0-OpenSSH_9.2\r\n\r\n");
  });
  Collector sink;
  EXPECT_EQ(run({.url = server.url()}, sink).end, HttpEnd::broken);
}

TEST_F(HttpClientTest, ADestroyedExchangeCallsItsSinkNoMore) {
  std::latch started(1);
  RawServer server([&](RawConnection& connection, const RawRequest&) {
    connection.send(test::sse_head() + test::chunk("x"));
    started.count_down();
    while (connection.send(test::chunk("y"))) {
    }
  });
  for (int round = 0; round < 20; ++round) {
    auto sink = std::make_unique<Collector>();
    auto exchange = client->start({.url = server.url()}, *sink, waiter.wake());
    started.wait();
    exchange.reset();
    sink.reset();  // a late call would be a use after free, which the sanitizers see
  }
  Collector sink(1);
  EXPECT_EQ(run({.url = server.url()}, sink).end, HttpEnd::sink_stopped);
}

TEST_F(HttpClientTest, TheEndOfTheClientEndsWhatStillRuns) {
  RawServer server([](RawConnection& connection, const RawRequest&) { connection.wait_closed(); });
  Collector sink;
  auto exchange = client->start({.url = server.url()}, sink, waiter.wake());
  server.wait_for_requests(1);
  client.reset();
  ASSERT_TRUE(exchange->done());
  EXPECT_EQ(exchange->outcome().end, HttpEnd::cancelled);
}

TEST_F(HttpClientTest, TwoHundredStreamsRunAtOnce) {
  constexpr std::size_t kStreams = 200;
  std::latch all(kStreams);
  RawServer server([&](RawConnection& connection, const RawRequest& request) {
    connection.send(test::sse_head() + test::chunk("begin "));
    all.arrive_and_wait();  // passes only when all streams are open together
    for (int i = 0; i < 20; ++i) connection.send(test::chunk(request.path));
    connection.send(test::kLastChunk);
  });
  std::vector<Collector> sinks(kStreams);
  std::vector<std::unique_ptr<HttpExchange>> exchanges;
  for (std::size_t i = 0; i < kStreams; ++i) {
    exchanges.push_back(
        client->start({.url = server.url() + "/" + std::to_string(i)}, sinks[i], waiter.wake()));
  }
  const auto done = [&] {
    return std::ranges::all_of(exchanges, [](const auto& exchange) { return exchange->done(); });
  };
  ASSERT_EQ(waiter.wait(done, kNever), Waiter::End::ready);
  for (std::size_t i = 0; i < kStreams; ++i) {
    EXPECT_EQ(exchanges[i]->outcome().end, HttpEnd::complete) << exchanges[i]->outcome().detail;
    std::string expected = "begin ";
    for (int k = 0; k < 20; ++k) expected += "/" + std::to_string(i);
    EXPECT_EQ(sinks[i].body, expected);
  }
}

/// Descriptors of this process without close-on-exec, but for the standard streams.
std::set<std::string> inheritable_descriptors() {
  std::set<std::string> found;
  DIR* const folder = ::opendir("/proc/self/fd");
  while (const dirent* entry = ::readdir(folder)) {
    std::ifstream info("/proc/self/fdinfo/" + std::string(entry->d_name));
    std::string word;
    while (info >> word && word != "flags:") {
    }
    if (!(info >> word) || std::atoi(entry->d_name) <= 2) continue;
    const bool close_on_exec = (std::strtol(word.c_str(), nullptr, 8) & 02000000) != 0;
    if (!close_on_exec) found.insert(entry->d_name);
  }
  ::closedir(folder);
  return found;
}

TEST(HttpClientDescriptors, AreAllCloseOnExec) {
  const auto before = inheritable_descriptors();
  auto client = std::move(*make_http_client(real_clock()));
  Waiter waiter(real_clock(), {});
  RawServer server([](RawConnection& connection, const RawRequest&) { connection.wait_closed(); });
  Collector sink;
  const auto exchange = client->start({.url = server.url()}, sink, waiter.wake());
  server.wait_for_requests(1);
  EXPECT_EQ(inheritable_descriptors(), before);
}

}  // namespace
}  // namespace plumb
