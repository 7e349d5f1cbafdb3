// The other protocols over real HTTP: what is asked, and what is made of answers and faults.
#include <cstdlib>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/json.hpp"
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

std::string event(std::string_view type, std::string_view json) {
  return fmt::format("event: {}\ndata: {}\n\n", type, json);
}

const std::string kResponsesAnswer =
    event("response.created",
          R"({"type":"response.created","response":{"status":"in_progress","output":[]}})") +
    event("response.output_text.delta",
          "{\"type\":\"response.output_text.delta\",\"delta\":\"gr\xC3\xBC\xC3\x9F\"}") +
    event(
        "response.completed",
        R"({"type":"response.completed","response":{"status":"completed","usage":{"output_tokens":3}}})");
const std::string kMessagesAnswer =
    event(
        "message_start",
        R"({"type":"message_start","message":{"model":"m","usage":{"input_tokens":4,"output_tokens":1}}})") +
    event("content_block_delta",
          "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\","
          "\"text\":\"gr\xC3\xBC\xC3\x9F\"}}") +
    event(
        "message_delta",
        R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}})") +
    event("message_stop", R"({"type":"message_stop"})");

class Protocols : public ::testing::TestWithParam<const char*> {
 protected:
  [[nodiscard]] bool messages() const { return std::string_view(GetParam()) == "messages"; }
  [[nodiscard]] const std::string& answer() const {
    return messages() ? kMessagesAnswer : kResponsesAnswer;
  }
  /// The first events of an answer, without its end.
  [[nodiscard]] std::string half() const {
    return answer().substr(
        0, answer().find(messages() ? "event: message_delta" : "event: response.completed"));
  }
  ChatReply ask(const RawServer& server) {
    contestant.name = "c";
    contestant.url = server.url();
    contestant.api = GetParam();
    auto endpoint = make_endpoint(contestant, *client, book, [] { return 0.0; });
    EXPECT_TRUE(endpoint);
    const std::vector<Message> history = {{.role = Role::user, .text = "hi"}};
    return (*endpoint)->chat({.messages = history}, waiter);
  }
  ChatReply ask(const std::string& bytes) {
    RawServer server([&](RawConnection& connection, const RawRequest&) { connection.send(bytes); });
    return ask(server);
  }
  Contestant contestant{.attempts = 1};
  ServerBook book;
  std::unique_ptr<HttpClient> client = std::move(*make_http_client(real_clock()));
  Waiter waiter{real_clock(), {}};
};

INSTANTIATE_TEST_SUITE_P(All, Protocols, ::testing::Values("responses", "messages"));

TEST_P(Protocols, AGoodAnswerIsReadAndTheRequestIsRight) {
  ::setenv("PLUMB_TEST_KEY", "sk-test-key", 1);
  contestant.key_env = "PLUMB_TEST_KEY";
  contestant.model = "m";
  RawServer server([&](RawConnection& connection, const RawRequest&) {
    connection.send(sse_head() + chunk(answer()) + std::string(kLastChunk));
  });
  const ChatReply reply = ask(server);
  ASSERT_TRUE(reply.answer) << reply.answer.error().sentence;
  EXPECT_EQ(reply.answer->message.text, "gr\xC3\xBC\xC3\x9F");
  EXPECT_EQ(reply.answer->usage.completion_tokens, 3);
  const RawRequest request = server.requests().at(0);
  EXPECT_EQ(request.path, messages() ? "/v1/messages" : "/v1/responses");
  EXPECT_EQ(request.headers.contains("x-api-key"), messages());
  EXPECT_EQ(request.headers.at("authorization"), "Bearer sk-test-key")
      << "also where vLLM is asked";
  const Json body = *parse_json(request.body);
  EXPECT_EQ(body["model"], "m");
  EXPECT_EQ(body["stream"], true);
}

TEST_P(Protocols, ChunksCutInsideACharacterMakeWholeText) {
  RawServer server([&](RawConnection& connection, const RawRequest&) {
    connection.send(sse_head());
    for (const char c : answer()) connection.send(chunk({&c, 1}));
    connection.send(kLastChunk);
  });
  EXPECT_EQ(ask(server).answer->message.text, "gr\xC3\xBC\xC3\x9F");
}

TEST_P(Protocols, TheLastEventCountsThoughTheConnectionStaysOpen) {
  RawServer server([&](RawConnection& connection, const RawRequest&) {
    connection.send(sse_head() + chunk(answer()));
    connection.wait_closed();
  });
  EXPECT_TRUE(ask(server).answer);
}

TEST_P(Protocols, AnAnswerWithoutItsEndIsBroken) {
  for (const std::string& rest : {std::string(), std::string(kLastChunk)}) {
    const ChatReply reply = ask(sse_head() + chunk(half()) + rest);
    ASSERT_FALSE(reply.answer);
    EXPECT_EQ(reply.answer.error().kind, Fault::Kind::broken);
    EXPECT_TRUE(reply.answer.error().any_token);
  }
}

TEST_P(Protocols, AnErrorInsideTheStreamIsTheServersWord) {
  const ChatReply reply =
      ask(sse_head() + chunk(half()) +
          chunk(event(
              "error",
              R"({"type":"error","error":{"type":"invalid_request_error","message":"too odd"}})")) +
          std::string(kLastChunk));
  ASSERT_FALSE(reply.answer);
  EXPECT_EQ(reply.answer.error().kind, Fault::Kind::stream_error);
  EXPECT_THAT(reply.answer.error().sentence, HasSubstr("too odd"));
  EXPECT_TRUE(reply.answer.error().deterministic);
}

TEST_P(Protocols, AnOverloadedServerIsAskedAgain) {
  std::atomic<int> asked = 0;
  RawServer server([&](RawConnection& connection, const RawRequest&) {
    connection.send(asked++ == 0
                        ? http_response(529, "application/json",
                                        R"({"type":"error","error":{"type":"overloaded_error"}})")
                        : sse_head() + chunk(answer()) + std::string(kLastChunk));
  });
  contestant.attempts = 3;
  const ChatReply reply = ask(server);
  ASSERT_TRUE(reply.answer) << reply.answer.error().sentence;
  EXPECT_EQ(reply.cost.attempts, 2);
}

TEST_P(Protocols, APageIsNoAnswer) {
  const ChatReply reply = ask(http_response(200, "text/html", "<html>Welcome"));
  ASSERT_FALSE(reply.answer);
  EXPECT_EQ(reply.answer.error().kind, Fault::Kind::not_a_stream);
  EXPECT_THAT(reply.answer.error().sentence, HasSubstr(GetParam()));
  EXPECT_THAT(
      ask(http_response(200, "application/json", R"({"choices":[]})")).answer.error().sentence,
      HasSubstr("something else"));
}

TEST(ProtocolNames, AnUnknownOneIsAConfigurationError) {
  const auto client = std::move(*make_http_client(real_clock()));
  const ServerBook book;
  const auto endpoint =
      make_endpoint({.name = "c", .url = "http://h", .api = "grpc"}, *client, book);
  ASSERT_FALSE(endpoint);
  EXPECT_THAT(endpoint.error().sentence, HasSubstr("chat, responses or messages"));
}

}  // namespace
}  // namespace plumb
