#include <gtest/gtest.h>

#include "plugins/endpoints/openai_chat.hpp"
#include "plugins/endpoints/response_stream.hpp"
#include "plugins/endpoints/server_error.hpp"

namespace plumb {
namespace {

/// A stream that has read these bytes of a `text/event-stream`, or of another type.
class ChatReaderTest : public ::testing::Test {
 protected:
  void read(std::string_view bytes, const char* type = "text/event-stream", int status = 200) {
    stream.on_head(status, {{"content-type", type}});
    if (stream.on_body(bytes, Instant{})) stream.finish();
  }
  void data(const std::vector<std::string>& objects) {
    std::string bytes;
    for (const std::string& object : objects) bytes += "data: " + object + "\n\n";
    read(bytes + "data: [DONE]\n\n");
  }
  void delta(const std::vector<std::string>& deltas) {
    std::vector<std::string> objects;
    for (const std::string& one : deltas)
      objects.push_back(R"({"choices":[{"index":0,"delta":)" + one + "}]}");
    data(objects);
  }
  ChatResponse response() { return stream.assembler().take({}); }

  Wake wake;
  ResponseStream stream{chat_protocol(), wake};
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

TEST(ReadServerError, KnowsTheShapes) {
  EXPECT_EQ(read_server_error(R"({"error":{"message":"a","code":"429"}})", {}).code, 429);
  EXPECT_EQ(read_server_error(R"({"error":{"message":"a","code":null}})", {}).message, "a");
  EXPECT_EQ(read_server_error(R"({"object":"error","message":"b","code":40303})", {}).message, "b");
  EXPECT_EQ(read_server_error(R"({"detail":[{"msg":"c"}]})", {}).message, "c");
  EXPECT_EQ(read_server_error("<html>\x1b[31m", {}).message, "<html>\\x1b[31m");
  EXPECT_EQ(read_server_error("", {}).message, "");
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
