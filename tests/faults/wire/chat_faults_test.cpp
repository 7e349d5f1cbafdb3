// The chat endpoint against servers that break, lie, stall and flood, over real HTTP.
#include <sys/resource.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <latch>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/endpoint/in_flight.hpp"
#include "core/endpoint/retry.hpp"
#include "plugins/endpoints/http_endpoint.hpp"
#include "tests/support/raw_server.hpp"

namespace plumb {
namespace {

using test::chunk;
using test::http_response;
using test::kLastChunk;
using test::RawConnection;
using test::RawRequest;
using test::RawServer;
using test::sse_head;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

std::string event(std::string_view json) { return fmt::format("data: {}\n\n", json); }
std::string text_event(std::string_view text) {
  return event(fmt::format(R"({{"choices":[{{"index":0,"delta":{{"content":"{}"}}}}]}})", text));
}
const std::string kDone = "data: [DONE]\n\n";

/// A whole good answer.
std::string good(std::string_view text) {
  return sse_head() + chunk(text_event(text)) + chunk(kDone) + std::string(kLastChunk);
}

class ChatFaults : public ::testing::Test {
 protected:
  ChatReply ask(const RawServer& server, Duration allowed = std::chrono::hours(1)) {
    contestant.name = "c";
    contestant.url = server.url();
    auto endpoint = make_endpoint(contestant, *client, book, [] { return 0.0; });
    EXPECT_TRUE(endpoint);
    const std::vector<Message> messages = {{.role = Role::user, .text = "hi"}};
    return (*endpoint)->chat({.messages = messages, .trial_header = trial, .allowed = allowed},
                             waiter);
  }
  /// The reply to one response that is always these bytes.
  ChatReply ask(const std::string& bytes) {
    RawServer server([&](RawConnection& connection, const RawRequest&) { connection.send(bytes); });
    return ask(server);
  }
  Contestant contestant{.attempts = 1};
  std::string trial;
  std::stop_source stop;
  ServerBook book;
  std::unique_ptr<HttpClient> client = std::move(*make_http_client(real_clock()));
  Waiter waiter{real_clock(), stop.get_token()};
};

#define EXPECT_FAULT(reply, expected, words)                                               \
  do {                                                                                     \
    ASSERT_FALSE((reply).answer);                                                          \
    EXPECT_EQ(fault_name((reply).answer.error().kind), fault_name(Fault::Kind::expected)); \
    EXPECT_THAT((reply).answer.error().sentence, HasSubstr(words));                        \
  } while (false)

TEST_F(ChatFaults, AGoodAnswerIsReadAndTheRequestIsRight) {
  ::setenv("PLUMB_TEST_KEY", "sk-test-key", 1);
  contestant.key_env = "PLUMB_TEST_KEY";
  contestant.headers = {{"X-Extra", "1"}};
  trial = R"({"trial":1})";
  RawServer server(
      [](RawConnection& connection, const RawRequest&) { connection.send(good("Hello")); });
  const ChatReply reply = ask(server);
  ASSERT_TRUE(reply.answer) << reply.answer.error().sentence;
  EXPECT_EQ(reply.answer->message.text, "Hello");
  const ResponseTimes& times = reply.answer->times;
  EXPECT_LE(times.sent, *times.first_byte);
  EXPECT_LE(*times.first_byte, *times.first_text);
  EXPECT_LE(*times.last_token, times.ended);
  const RawRequest request = server.requests().at(0);
  EXPECT_EQ(request.path, "/v1/chat/completions");
  EXPECT_EQ(request.headers.at("authorization"), "Bearer sk-test-key");
  EXPECT_EQ(request.headers.at("x-extra"), "1");
  EXPECT_EQ(request.headers.at("x-plumbline-trial"), trial);
}

TEST_F(ChatFaults, NoTrialHeaderGoesToARealServer) {
  RawServer server(
      [](RawConnection& connection, const RawRequest&) { connection.send(good("x")); });
  ASSERT_TRUE(ask(server).answer);
  EXPECT_FALSE(server.requests().at(0).headers.contains("x-plumbline-trial"));
  EXPECT_FALSE(server.requests().at(0).headers.contains("authorization"));
}

TEST_F(ChatFaults, ChunksCutInsideACharacterMakeWholeText) {
  const std::string bytes = text_event("gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80") + kDone;
  RawServer server([&](RawConnection& connection, const RawRequest&) {
    connection.send(sse_head());
    for (const char c : bytes) connection.send(chunk({&c, 1}));
    connection.send(kLastChunk);
  });
  EXPECT_EQ(ask(server).answer->message.text, "gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80");
}

TEST_F(ChatFaults, InvalidUtf8IsReplacedInText) {
  EXPECT_EQ(ask(good("a\xFF\xC3z")).answer->message.text, "a\xEF\xBF\xBD\xEF\xBF\xBDz");
}

TEST_F(ChatFaults, ADisconnectInTheMiddleIsNoAnswerOfTheModel) {
  const ChatReply reply = ask(sse_head() + chunk(text_event("half an ans")));
  EXPECT_FAULT(reply, broken, "broke inside the answer");
  EXPECT_TRUE(reply.answer.error().any_byte);
  EXPECT_TRUE(reply.answer.error().any_token);
}

TEST_F(ChatFaults, AStreamThatEndsProperlyButWithoutItsTerminatorIsBroken) {
  EXPECT_FAULT(ask(sse_head() + chunk(text_event("half")) + std::string(kLastChunk)), broken,
               "without a terminator");
}

TEST_F(ChatFaults, AFinishReasonAndAProperEndStandForTheTerminator) {
  const std::string finish =
      event(R"({"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]})");
  EXPECT_TRUE(ask(sse_head() + chunk(finish) + std::string(kLastChunk)).answer);
  EXPECT_FAULT(ask(sse_head() + chunk(finish)), broken, "broke");
}

TEST_F(ChatFaults, ATerminatorCountsThoughTheConnectionStaysOpen) {
  RawServer server([](RawConnection& connection, const RawRequest&) {
    connection.send(sse_head() + chunk(text_event("x")) + chunk(kDone));
    connection.wait_closed();
  });
  EXPECT_TRUE(ask(server).answer);
}

TEST_F(ChatFaults, ATerminatorAloneIsNoAnswerOfTheModel) {
  const std::string role = event(R"({"choices":[{"delta":{"role":"assistant","content":""}}]})");
  for (const std::string& nothing : {std::string(), role}) {
    const ChatReply reply = ask(sse_head() + chunk(nothing + kDone) + std::string(kLastChunk));
    EXPECT_FAULT(reply, broken, "without a token, a finish reason or usage");
  }
}

TEST_F(ChatFaults, AFinishOrUsageBeforeTheTerminatorMakesAnEmptyAnswer) {
  for (const char* last : {R"({"choices":[{"delta":{},"finish_reason":"stop"}]})",
                           R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":0}})"}) {
    const ChatReply reply = ask(sse_head() + chunk(event(last) + kDone) + std::string(kLastChunk));
    ASSERT_TRUE(reply.answer) << last;
    EXPECT_FALSE(reply.answer->has_token());
  }
}

TEST_F(ChatFaults, AnAnswerThatTheServerCannotReadIsAskedForOnce) {
  book = ServerBook::load(server_book_folder()).value_or(ServerBook());
  contestant.attempts = 3;
  const std::string error =
      R"({"error":{"code":500,"message":"The model produced output that does not match the )"
      R"(expected peg-native format","type":"server_error"}})";
  for (const std::string& bytes :
       {sse_head() + chunk(text_event("so far")) + chunk(event(error)) + std::string(kLastChunk),
        http_response(500, "application/json", error)}) {
    const ChatReply reply = ask(bytes);
    ASSERT_FALSE(reply.answer);
    EXPECT_TRUE(reply.answer.error().unparsed);
    EXPECT_THAT(reply.answer.error().sentence, HasSubstr("the expected peg-native format"));
    EXPECT_EQ(reply.cost.attempts, 1);
    EXPECT_GT(reply.cost.in_flight, Duration::zero());
    if (reply.answer.error().any_token) {
      EXPECT_EQ(reply.answer.error().partial.message.text, "so far");
    }
  }
}

TEST_F(ChatFaults, AServerThatLoadsItsModelIsWaitedForWhateverTheAttempts) {
  book = ServerBook::load(server_book_folder()).value_or(ServerBook());
  std::atomic<int> asked = 0;
  RawServer server([&](RawConnection& connection, const RawRequest&) {
    connection.send(
        asked++ == 0
            ? http_response(503, "application/json",
                            R"({"error":{"message":"Loading model","type":"unavailable_error"}})")
            : good("ok"));
  });
  const ChatReply reply = ask(server);
  ASSERT_TRUE(reply.answer) << reply.answer.error().sentence;
  EXPECT_EQ(reply.cost.attempts, 1);
  EXPECT_EQ(reply.cost.faults.size(), 1U);
  EXPECT_GT(reply.cost.waited, Duration::zero());
}

TEST_F(ChatFaults, AServerThatSendsNothingButCommentsIsLeft) {
  RawServer server([](RawConnection& connection, const RawRequest&) {
    connection.send(sse_head());
    while (connection.send(chunk(": ping\n\n"))) {
    }
  });
  contestant.idle_timeout_s = 0.1;
  EXPECT_FAULT(ask(server), broken, "sent nothing but comments for 500 ms");
}

TEST_F(ChatFaults, AServerThatAcceptsAndSaysNothingGaveNoByte) {
  RawServer server([](RawConnection& connection, const RawRequest&) { connection.wait_closed(); });
  contestant.idle_timeout_s = 0.2;
  contestant.attempts = 3;
  const ChatReply reply = ask(server);
  EXPECT_FAULT(reply, no_answer, "sent nothing for 200 ms");
  EXPECT_FALSE(reply.answer.error().any_byte);
  EXPECT_EQ(reply.cost.attempts, 2);
}

TEST_F(ChatFaults, AStallInsideTheAnswerIsBroken) {
  RawServer server([](RawConnection& connection, const RawRequest&) {
    connection.send(sse_head() + chunk(text_event("thinking about i")));
    connection.wait_closed();
  });
  contestant.idle_timeout_s = 0.2;
  EXPECT_FAULT(ask(server), broken, "sent nothing for 200 ms");
}

TEST_F(ChatFaults, BusyServersAreAskedAgain) {
  for (const std::string& busy :
       {http_response(429, "application/json", R"({"error":{"message":"slow down"}})",
                      "Retry-After: 0\r\n"),
        http_response(503, "application/json",
                      R"({"error":{"code":503,"message":"Loading model"}})")}) {
    std::atomic<int> asked = 0;
    RawServer server([&](RawConnection& connection, const RawRequest&) {
      connection.send(asked++ == 0 ? busy : good("ok"));
    });
    contestant.attempts = 3;
    const ChatReply reply = ask(server);
    ASSERT_TRUE(reply.answer) << reply.answer.error().sentence;
    EXPECT_EQ(reply.cost.attempts, 2);
    EXPECT_EQ(reply.cost.faults.size(), 1U);
  }
}

TEST_F(ChatFaults, WhoWaitsToTryAgainHasNothingInFlight) {
  std::atomic<int> asked = 0;
  RawServer server([&](RawConnection& connection, const RawRequest&) {
    connection.send(asked++ == 0 ? http_response(503, "", "") : good("hi"));
  });
  contestant.attempts = 2;
  contestant.url = server.url();
  InFlight in_flight;
  std::vector<int> between;
  const auto endpoint = make_endpoint(contestant, *client, book, [&] {
    between.push_back(in_flight.now());  // the backoff is being drawn
    return 0.0;
  });
  std::vector<int> at_attempts;
  const std::vector<Message> messages = {{.role = Role::user, .text = "hi"}};
  const auto reply =
      counted(**endpoint, in_flight)
          ->chat({.messages = messages,
                  .on_attempt = [&](bool) { at_attempts.push_back(in_flight.now()); }},
                 waiter);
  EXPECT_TRUE(reply.answer);
  EXPECT_EQ(between, std::vector<int>{0});
  EXPECT_EQ(at_attempts, (std::vector<int>{1, 0, 1, 0}));
}

TEST_F(ChatFaults, WhatTheServerCannotDoIsNotAskedAgain) {
  contestant.attempts = 3;
  for (const int status : {501, 505}) {
    const ChatReply reply = ask(http_response(status, "", ""));
    EXPECT_EQ(reply.cost.attempts, 1) << status;
    EXPECT_TRUE(reply.answer.error().deterministic) << status;
  }
  EXPECT_FALSE(is_passing(400));
  for (const int status : {408, 425, 429, 500, 507, 529}) EXPECT_TRUE(is_passing(status)) << status;
}

TEST_F(ChatFaults, ARefusalNamesTheServersWordsAndNotTheKey) {
  ::setenv("PLUMB_TEST_KEY", "sk-very-secret", 1);
  contestant.key_env = "PLUMB_TEST_KEY";
  contestant.attempts = 3;
  const ChatReply reply = ask(
      http_response(401, "application/json", R"({"error":{"message":"bad key sk-very-secret!"}})"));
  EXPECT_FAULT(reply, http_status, "HTTP 401: bad key [secret]!");
  EXPECT_EQ(reply.answer.error().status, 401);
  EXPECT_TRUE(reply.answer.error().deterministic);
  EXPECT_EQ(reply.cost.attempts, 1);
}

TEST_F(ChatFaults, WhatIsNoStreamIsSaidSo) {
  EXPECT_FAULT(ask(http_response(200, "text/html", "<html>Welcome to nginx")), not_a_stream,
               "Welcome to nginx");
  EXPECT_FAULT(ask(http_response(200, "text/event-stream", "")), not_a_stream, "an empty body");
  EXPECT_FAULT(ask(http_response(200, "", "")), not_a_stream, "an empty body");
  EXPECT_FAULT(ask(http_response(200, "application/json", "")), not_a_stream, "an empty body");
  EXPECT_FAULT(ask(http_response(200, "application/json", R"({"hello":1})")), not_a_stream,
               "hello");
  EXPECT_FAULT(ask(http_response(200, "text/plain", "Ollama is running")), not_a_stream,
               "Ollama is running");
  EXPECT_FAULT(ask(http_response(302, "", "", "Location: /x\r\n")), http_status,
               "redirects are not followed");
}

TEST_F(ChatFaults, AServerThatIgnoresStreamingIsUnderstood) {
  const ChatReply reply = ask(
      http_response(200, "application/json", R"({"choices":[{"message":{"content":"whole"}}]})"));
  ASSERT_TRUE(reply.answer) << reply.answer.error().sentence;
  EXPECT_EQ(reply.answer->message.text, "whole");
}

TEST_F(ChatFaults, ErrorsInsideTheStreamAreTheServersWords) {
  const std::string begin = sse_head() + chunk(text_event("x"));
  const ChatReply passing =
      ask(begin + chunk(event(R"({"error":{"message":"engine died","code":500}})")) +
          std::string(kLastChunk));
  EXPECT_FAULT(passing, stream_error, "engine died");
  EXPECT_FALSE(passing.answer.error().deterministic);
  const ChatReply refusal =
      ask(begin + chunk(event(R"({"error":{"message":"too long","code":400}})")) +
          std::string(kLastChunk));
  EXPECT_FAULT(refusal, stream_error, "too long");
  EXPECT_TRUE(refusal.answer.error().deterministic);
  EXPECT_FAULT(ask(begin + chunk("{\"error\":\"unframed\"}\n") + std::string(kLastChunk)),
               stream_error, "unframed");
}

TEST_F(ChatFaults, EndlessTextIsCutAndNamedAndMemoryStaysBounded) {
  std::atomic<std::size_t> sent = 0;
  RawServer server([&](RawConnection& connection, const RawRequest&) {
    const std::string piece = chunk(text_event(std::string(100'000, 'x')));
    connection.send(sse_head());
    for (int i = 0; i < 2000 && connection.send(piece); ++i) sent += 100'000;
  });
  const ChatReply reply = ask(server);
  ASSERT_TRUE(reply.answer) << reply.answer.error().sentence;
  EXPECT_TRUE(reply.answer->oversize);
  EXPECT_EQ(reply.answer->finish, Finish::length);
  EXPECT_EQ(reply.answer->message.text.size(), kMaxResponseText);
  EXPECT_LT(sent, 100'000'000U);
}

TEST_F(ChatFaults, FloodsOfOtherKindsAreRefusedWithinBounds) {
  for (const char* type : {"text/event-stream", "application/json", "text/html"}) {
    std::atomic<std::size_t> sent = 0;
    RawServer server([&](RawConnection& connection, const RawRequest&) {
      const std::string piece(100'000, 'x');
      connection.send(test::http_head(200, type) + "data: ");
      for (int i = 0; i < 2000 && connection.send(piece); ++i) sent += 100'000;
    });
    EXPECT_FAULT(ask(server), not_a_stream, "answered a chat completion with");
    EXPECT_LT(sent, 100'000'000U) << type;
  }
}

TEST_F(ChatFaults, JsonThatIsNestedTooDeepIsRefused) {
  EXPECT_FAULT(ask(sse_head() + chunk(event("{\"choices\":" + std::string(100'000, '['))) +
                   std::string(kLastChunk)),
               not_a_stream, "nested deeper");
  EXPECT_FAULT(ask(http_response(200, "application/json", std::string(100'000, '['))), not_a_stream,
               "nested deeper");
  EXPECT_FAULT(ask(http_response(500, "application/json", std::string(100'000, '['))), http_status,
               "HTTP 500");
}

TEST_F(ChatFaults, AHeaderBombIsRefused) {
  RawServer server([](RawConnection& connection, const RawRequest&) {
    connection.send("HTTP/1.1 200 OK\r\n");
    while (connection.send("X-Bomb: " + std::string(1000, 'b') + "\r\n")) {
    }
  });
  EXPECT_FAULT(ask(server), broken, "headers are larger");
}

TEST_F(ChatFaults, NobodyAtHomeIsAConnectFault) {
  contestant.url = "http://127.0.0.1:1";
  auto endpoint = make_endpoint(contestant, *client, book);
  const ChatReply reply = (*endpoint)->chat({}, waiter);
  EXPECT_FAULT(reply, connect, "cannot reach http://127.0.0.1:1/v1");
  EXPECT_FALSE(reply.answer.error().any_byte);
}

TEST_F(ChatFaults, AStopEndsARunningAnswer) {
  RawServer server([](RawConnection& connection, const RawRequest&) { connection.wait_closed(); });
  std::jthread stopper([&] {
    server.wait_for_requests(1);
    stop.request_stop();
  });
  contestant.attempts = 3;
  EXPECT_FAULT(ask(server), cancelled, "stopped");
}

TEST_F(ChatFaults, TheTrialsTimeRunningOutLeavesWhatHadCome) {
  RawServer server([](RawConnection& connection, const RawRequest&) {
    connection.send(sse_head() + chunk(text_event("so far")));
    connection.wait_closed();
  });
  contestant.attempts = 3;
  const ChatReply reply = ask(server, 300ms);
  EXPECT_FAULT(reply, cut_off, "cut off");
  EXPECT_EQ(reply.answer.error().partial.message.text, "so far");
  EXPECT_TRUE(reply.answer.error().any_token);
  EXPECT_EQ(reply.cost.attempts, 1);
  EXPECT_GE(reply.cost.in_flight, 300ms);
}

TEST_F(ChatFaults, TwoHundredTrialsAskAtOnce) {
  constexpr int kTrials = 200;
  std::latch all(kTrials);
  RawServer server([&](RawConnection& connection, const RawRequest&) {
    connection.send(sse_head());
    all.arrive_and_wait();
    for (int i = 0; i < 10; ++i) connection.send(chunk(text_event("ab ")));
    connection.send(chunk(kDone) + std::string(kLastChunk));
  });
  contestant.url = server.url();
  auto endpoint = make_endpoint(contestant, *client, book);
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> trials;
    for (int i = 0; i < kTrials; ++i) {
      trials.emplace_back([&] {
        Waiter own(real_clock(), {});
        const ChatReply reply = (*endpoint)->chat({}, own);
        right += reply.answer && reply.answer->message.text.size() == 30 ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(right, kTrials);
}

TEST_F(ChatFaults, ModelsAreListed) {
  RawServer server([](RawConnection& connection, const RawRequest&) {
    connection.send(http_response(
        200, "application/json",
        R"({"data":[{"id":"a","max_model_len":4096},{"id":"b","meta":{"n_ctx_train":9}},{"x":1},7]})"));
  });
  contestant.url = server.url() + "/v1/";
  const auto models = (*make_endpoint(contestant, *client, book))->models(waiter);
  ASSERT_TRUE(models);
  ASSERT_EQ(models->size(), 2U);
  EXPECT_EQ(models->at(0).id, "a");
  EXPECT_EQ(models->at(1).id, "b");
  EXPECT_EQ(server.requests().at(0).method, "GET");
  EXPECT_EQ(server.requests().at(0).path, "/v1/models");
}

TEST_F(ChatFaults, AListOfModelsThatIsNoneIsAFault) {
  for (const std::string& bytes :
       {http_response(200, "text/html", "<html>"), http_response(404, "", "gone"),
        http_response(200, "application/json", std::string(100'000, '['))}) {
    RawServer server([&](RawConnection& connection, const RawRequest&) { connection.send(bytes); });
    contestant.url = server.url();
    const auto models = (*make_endpoint(contestant, *client, book))->models(waiter);
    ASSERT_FALSE(models);
    EXPECT_TRUE(models.error().any_byte);
  }
}

TEST_F(ChatFaults, AMissingKeyOrAKeyOfOursIsAConfigurationError) {
  ::unsetenv("PLUMB_TEST_MISSING");
  contestant.name = "mine";
  contestant.key_env = "PLUMB_TEST_MISSING";
  const auto keyless = make_endpoint(contestant, *client, book);
  ASSERT_FALSE(keyless);
  EXPECT_EQ(keyless.error().code, Code::config);
  EXPECT_THAT(keyless.error().sentence, HasSubstr("PLUMB_TEST_MISSING"));
  contestant.key_env = "";
  contestant.extra_body = {{"stream", false}};
  const auto broken = make_endpoint(contestant, *client, book);
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().sentence, HasSubstr("\"stream\""));
}

}  // namespace
}  // namespace plumb
