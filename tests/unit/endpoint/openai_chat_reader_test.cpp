#include <gtest/gtest.h>

#include "plugins/endpoints/openai_chat.hpp"
#include "plugins/endpoints/server_error.hpp"
#include "tests/unit/endpoint/reader_support.hpp"

namespace plumb {
namespace {

class ChatReaderTest : public test::ReaderTest {
 protected:
  ChatReaderTest() : ReaderTest(chat_protocol()) {}
  void data(const std::vector<std::string>& objects) { read(framed(objects) + "data: [DONE]\n\n"); }
  void delta(const std::vector<std::string>& deltas) {
    std::vector<std::string> objects;
    for (const std::string& one : deltas)
      objects.push_back(R"({"choices":[{"index":0,"delta":)" + one + "}]}");
    data(objects);
  }
};

TEST_F(ChatReaderTest, TextReasoningUsageModelAndFinishAreRead) {
  data(
      {R"({"model":"m","choices":[{"delta":{"role":"assistant","content":null}}]})",
       R"({"choices":[{"delta":{"reasoning":"hm"}}]})",
       R"({"choices":[{"delta":{"reasoning_content":"hm"}}]})",
       R"({"choices":[{"delta":{"content":"Hel"}}]})",
       R"({"choices":[{"delta":{"content":"lo"},"finish_reason":"stop"}]})",
       R"({"choices":[],"error":null,"usage":{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}})"});
  EXPECT_TRUE(stream.terminated());
  EXPECT_FALSE(stream.error_event());
  const ChatResponse got = response();
  EXPECT_EQ(got.message.text, "Hello");
  EXPECT_EQ(got.message.reasoning, "hm");
  EXPECT_EQ(got.usage.prompt_tokens, 10);
  EXPECT_EQ(got.usage.completion_tokens, 5);
  EXPECT_EQ(got.usage.cached_tokens, 4);
  EXPECT_EQ(got.usage.reasoning_tokens, 2);
  EXPECT_EQ(got.model_as_served, "m");
  EXPECT_EQ(got.finish, Finish::stop);
}

TEST_F(ChatReaderTest, CallsInPiecesAreReadWhateverTheOrderOfTheirFields) {
  delta(
      {R"({"tool_calls":[{"function":{"arguments":"","name":"shell"},"id":"call_1","index":0}]})",
       R"({"tool_calls":[{"index":0,"id":null,"function":{"name":null,"arguments":"{\"a\":"}}]})",
       R"({"tool_calls":[{"function":{"arguments":"1}"},"index":0},{"index":1,"id":"call_2","function":{"name":"f","arguments":"{}"}}]})"});
  const auto calls = response().message.calls;
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[0].id, "call_1");
  EXPECT_EQ(calls[0].arguments, "{\"a\":1}");
  EXPECT_EQ(calls[1].name, "f");
}

TEST_F(ChatReaderTest, WholeCallsThatAllHaveIndexZeroStayApart) {
  delta({R"({"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]})",
         R"({"tool_calls":[{"index":0,"id":"b","function":{"name":"f","arguments":"{}"}}]})"});
  EXPECT_EQ(response().message.calls.size(), 2U);
}

TEST_F(ChatReaderTest, ArgumentsThatComeAsAnObjectAreWrittenOutAndMarked) {
  delta(
      {R"({"tool_calls":[{"index":0,"function":{"name":"f","arguments":{"p":["x\ny",1.50],"q":{}}}}]})"});
  const auto calls = response().message.calls;
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].arguments, R"({"p":["x\ny",1.50],"q":{}})");
  EXPECT_TRUE(calls[0].arguments_as_value);
}

TEST_F(ChatReaderTest, ContentInPartsIsRead) {
  delta(
      {R"({"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"hi"}]})"});
  const auto message = response().message;
  EXPECT_EQ(message.text, "hi");
  EXPECT_EQ(message.reasoning, "hm");
}

TEST_F(ChatReaderTest, AWholeAnswerIsReadByTheSameRules) {
  read(
      R"({"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"x","tool_calls":[
       {"index":3,"id":"a","function":{"name":"f","arguments":"{}"}},{"index":3,"id":"a","function":{"name":"g","arguments":"{}"}}]},
       "finish_reason":"tool_calls"}],"usage":{"completion_tokens":9}})",
      "application/json; charset=utf-8");
  EXPECT_TRUE(stream.saw_answer());
  const ChatResponse got = response();
  EXPECT_EQ(got.message.calls.size(), 2U);
  EXPECT_EQ(got.usage.completion_tokens, 9);
}

TEST_F(ChatReaderTest, ErrorsInsideTheStreamAreSeenInAllTheirShapes) {
  for (const char* bytes :
       {"data: {\"error\":{\"message\":\"boom\",\"code\":500}}\n\n",
        "data: {\"error\":\"boom\"}\n\n", "data: {\"object\":\"error\",\"message\":\"boom\"}\n\n",
        "{\"error\":\"boom\"}\n", "{ \"error\": \"boom\"}",
        "error: {\"code\":500,\"message\":\"boom\"}\n\n"}) {
    Wake bell;
    ResponseStream one(chat_protocol(), bell);
    one.on_head(200, {{"content-type", "text/event-stream"}});
    if (one.on_body("data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n", Instant{}) &&
        one.on_body(bytes, Instant{})) {
      one.finish();
    }
    ASSERT_TRUE(one.error_event()) << bytes;
    EXPECT_EQ(read_server_error(*one.error_event(), {}).message, "boom") << bytes;
  }
}

TEST_F(ChatReaderTest, HostileEventsAreGarbageAndNothingWorse) {
  const std::string deep = std::string(100'000, '[');
  for (const std::string& object :
       {deep, "{\"choices\":" + deep, std::string("{"), std::string("nonsense")}) {
    Wake bell;
    ResponseStream one(chat_protocol(), bell);
    one.on_head(200, {});
    EXPECT_FALSE(one.on_body("data: " + object + "\n\n", Instant{}));
    EXPECT_TRUE(one.garbage());
  }
}

TEST_F(ChatReaderTest, NamesThatLookLikePathsForgeNothing) {
  data({R"({"choices[].delta.content":"x","choices":[{"delta.content":"y"}]})"});
  EXPECT_EQ(response().message.text, "");
}

TEST_F(ChatReaderTest, OtherChoicesThanTheFirstAreNotMixedIn) {
  data(
      {R"({"choices":[{"delta":{"content":"a"}},{"delta":{"content":"b","tool_calls":[{"function":{"name":"f"}}]}}]})"});
  EXPECT_EQ(response().message.text, "a");
}

TEST_F(ChatReaderTest, WhatTheServerTimedIsKept) {
  data(
      {R"({"choices":[{"delta":{"content":"x"}}]})",
       R"({"choices":[],"usage":{"prompt_tokens":20},"timings":{"cache_n":12,"prompt_n":8,"prompt_ms":30.5,
            "predicted_n":4,"predicted_ms":80,"predicted_per_second":50.0,"draft_n":6,"draft_n_accepted":3}})"});
  const ChatResponse got = response();
  EXPECT_EQ(got.usage.cached_tokens, 12);
  EXPECT_EQ(got.server.prefill_ms, 30.5);
  EXPECT_EQ(got.server.decode_ms, 80);
  EXPECT_EQ(got.server.draft_tokens, 6);
  EXPECT_EQ(got.server.draft_accepted, 3);
  EXPECT_FALSE(got.server.queue_ms);
}

TEST_F(ChatReaderTest, WhatTheServerMeasuredOfTheRequestIsKept) {
  data({R"({"choices":[],"usage":{"prompt_tokens":20},"metrics":{"time_to_first_token_ms":500.0,
            "generation_time_ms":1000.0,"queue_time_ms":5,"mean_itl_ms":null}})"});
  const ChatResponse got = response();
  EXPECT_EQ(got.server.prefill_ms, 500);
  EXPECT_EQ(got.server.decode_ms, 1000);
  EXPECT_EQ(got.server.queue_ms, 5);
}

TEST_F(ChatReaderTest, HostileFiguresAreUnknown) {
  data(
      {R"({"choices":[],"usage":{"prompt_tokens":-1,"completion_tokens":1.5,"prompt_tokens_details":7},
            "timings":{"prompt_ms":-5,"predicted_ms":"x","draft_n":1e300,"cache_n":-3},"metrics":[{"queue_time_ms":1}]})"});
  const ChatResponse got = response();
  EXPECT_FALSE(got.usage.prompt_tokens);
  EXPECT_FALSE(got.usage.completion_tokens);
  EXPECT_FALSE(got.usage.cached_tokens);
  EXPECT_FALSE(got.server.prefill_ms);
  EXPECT_FALSE(got.server.decode_ms);
  EXPECT_FALSE(got.server.draft_tokens);
  EXPECT_FALSE(got.server.queue_ms);
}

TEST_F(ChatReaderTest, OfUsageInEveryChunkTheLastOneCounts) {
  data(
      {R"({"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":9,"completion_tokens":1}})",
       R"({"choices":[{"delta":{"content":"b"}}],"usage":{"prompt_tokens":9,"completion_tokens":2}})",
       R"({"choices":[{"delta":{},"finish_reason":"stop"}],"usage":null})",
       R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3}})"});
  EXPECT_EQ(response().usage.completion_tokens, 3);
}

TEST_F(ChatReaderTest, CommentsAreNoAnswer) {
  read(
      ": PROCESSING\n\n: PROCESSING\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n"
      ":\n\ndata: [DONE]\n\n");
  EXPECT_TRUE(stream.terminated());
  EXPECT_EQ(response().message.text, "x");
}

TEST_F(ChatReaderTest, AnAbortIsAnErrorOfTheServers) {
  data({R"({"choices":[{"delta":{"content":"x"}}]})",
        R"({"choices":[{"delta":{},"finish_reason":"abort"}]})"});
  EXPECT_TRUE(stream.error_event());
}

TEST_F(ChatReaderTest, ATruncatedCallIsCutWhateverTheServerCallsIt) {
  data(
      {R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":\"lo"}}]}}]})",
       R"({"choices":[{"delta":{},"finish_reason":"tool_calls"}]})",
       R"({"choices":[],"usage":{"completion_tokens":32}})"});
  const ChatResponse got = stream.assembler().take(32);
  EXPECT_EQ(got.finish, Finish::length);
  EXPECT_EQ(got.finish_as_sent, "tool_calls");
}

TEST_F(ChatReaderTest, AnEmptyListOfCallsIsNone) {
  data({R"({"choices":[{"delta":{"content":"x","tool_calls":[]},"finish_reason":"tool_calls"}]})"});
  const ChatResponse got = response();
  EXPECT_TRUE(got.message.calls.empty());
  EXPECT_EQ(got.finish, Finish::stop);
}

TEST_F(ChatReaderTest, ACallIsOneWhateverTheServersReasonToStop) {
  data(
      {R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}]})"});
  EXPECT_EQ(response().finish, Finish::tool_calls);
}

TEST_F(ChatReaderTest, WholeCallsInOneChunkStayApart) {
  delta(
      {R"({"tool_calls":[{"id":"a","index":0,"type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},
                           {"id":"b","index":1,"type":"function","function":{"name":"f","arguments":"{\"x\":2}"}}]})"});
  const auto calls = response().message.calls;
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[1].arguments, "{\"x\":2}");
}

TEST_F(ChatReaderTest, ALongFirstReadIsStillAStream) {
  const std::string text(10'000, 'x');
  read("data: {\"choices\":[{\"delta\":{\"content\":\"" + text +
       "\"},\"finish_reason\":\"stop\"}]}\n\n");
  EXPECT_FALSE(stream.body_too_large());
  EXPECT_TRUE(stream.assembler().has_finish());
}

TEST(ResponseStream, AnEndlessStreamOfNothingEnds) {
  for (const char* piece :
       {": still here\n\n", "data: {\"choices\":[{\"delta\":{\"content\":\"\"}}]}\n\n", "\n",
        "x: y\n"}) {
    Wake bell;
    ResponseStream stream(chat_protocol(), bell, 10'000);
    stream.on_head(200, {{"content-type", "text/event-stream"}});
    std::size_t sent = 0;
    while (stream.on_body(piece, Instant{}) && sent < 20'000)
      sent += std::string_view(piece).size();
    EXPECT_LE(sent, 10'000U) << piece;
    ASSERT_TRUE(stream.garbage()) << piece;
    EXPECT_NE(stream.garbage()->find("more than 10000 bytes"), std::string::npos);
  }
}

TEST(ResponseStream, CommentsAreLifeForAWhileOnly) {
  using std::chrono::seconds;
  const auto at = [](int second) { return Instant{} + seconds(second); };
  Wake bell;
  ResponseStream stream(chat_protocol(), bell, 10'000, seconds(600));
  stream.on_head(200, {{"content-type", "text/event-stream"}});
  EXPECT_TRUE(stream.on_body(": ping\n\n", at(1000)));
  EXPECT_TRUE(stream.on_body(": ping\n\n", at(1599)));
  EXPECT_TRUE(stream.on_body("data: {\"choices\":[]}\n\n", at(1700))) << "an event begins anew";
  EXPECT_TRUE(stream.on_body(": ping\n\n", at(2299)));
  EXPECT_FALSE(stream.only_comments());
  EXPECT_FALSE(stream.on_body(": ping\n\n", at(2300)));
  EXPECT_TRUE(stream.only_comments());
}

TEST(ReadServerError, KnowsTheShapes) {
  EXPECT_EQ(read_server_error(R"({"error":{"message":"a","code":"429"}})", {}).code, 429);
  EXPECT_EQ(read_server_error(R"({"error":{"message":"a","code":null}})", {}).message, "a");
  EXPECT_EQ(read_server_error(R"({"object":"error","message":"b","code":40303})", {}).message, "b");
  EXPECT_EQ(read_server_error(R"({"detail":[{"msg":"c"}]})", {}).message, "c");
  EXPECT_EQ(read_server_error("<html>\x1b[31m", {}).message, "<html>\\x1b[31m");
  EXPECT_EQ(read_server_error("", {}).message, "");
  EXPECT_EQ(read_server_error(R"({"error":{"message":"a","type":"rate_limit_error"}})", {}).code,
            429);
  EXPECT_EQ(read_server_error(R"({"error":{"type":"x"}})", {}).code, 0);
  EXPECT_EQ(read_server_error(R"({"response":7,"error":[1]})", {}).code, 0);
}

TEST(ReadServerError, BlotsOutSecretsBeforeItShortens) {
  const std::string key = "sk-0123456789";
  const std::string body = std::string(295, 'x') + key + key;
  const std::string said = read_server_error(body, {key}).message;
  EXPECT_EQ(said.find("sk-"), std::string::npos) << said;
  EXPECT_LE(said.size(), 303U);
}

}  // namespace
}  // namespace plumb
