#include "plugins/endpoints/openai_responses.hpp"
#include "plugins/endpoints/server_error.hpp"
#include "tests/unit/endpoint/reader_support.hpp"

namespace plumb {
namespace {

class ResponsesReaderTest : public test::ReaderTest {
 protected:
  ResponsesReaderTest() : ReaderTest(responses_protocol()) {}
};

const std::string kCreated =
    R"({"type":"response.created","response":{"object":"response","status":"in_progress","model":"m-1","error":null,"output":[]}})";
const std::string kCompleted =
    R"({"type":"response.completed","response":{"object":"response","status":"completed","error":null,"incomplete_details":null,
        "output":[{"type":"message","content":[{"type":"output_text","text":"Hello"}]}],
        "usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4},"output_tokens":7,"output_tokens_details":{"reasoning_tokens":2}}}})";

TEST_F(ResponsesReaderTest, TextReasoningUsageModelAndEndAreRead) {
  events(
      {kCreated,
       R"({"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","summary":[]}})",
       R"({"type":"response.reasoning_text.delta","output_index":0,"delta":"h"})",
       R"({"type":"response.reasoning_text.delta","output_index":0,"delta":"m"})",
       R"({"type":"response.reasoning_summary_text.delta","output_index":0,"delta":"short"})",
       R"({"type":"response.output_text.delta","output_index":1,"delta":"Hel"})",
       R"({"delta":"lo","output_index":1,"type":"response.output_text.delta"})",
       R"({"type":"response.output_text.done","output_index":1,"text":"Hello"})", kCompleted});
  EXPECT_TRUE(stream.terminated());
  EXPECT_FALSE(stream.error_event());
  const ChatResponse got = response();
  EXPECT_EQ(got.message.text, "Hello");
  EXPECT_EQ(got.message.reasoning, "hm");
  EXPECT_EQ(got.model_as_served, "m-1");
  EXPECT_EQ(got.usage.prompt_tokens, 10);
  EXPECT_EQ(got.usage.cached_tokens, 4);
  EXPECT_EQ(got.usage.completion_tokens, 7);
  EXPECT_EQ(got.usage.reasoning_tokens, 2);
  EXPECT_EQ(got.finish, Finish::stop);
  EXPECT_EQ(got.finish_as_sent, "completed");
}

TEST_F(ResponsesReaderTest, CallsAreReadFromTheirPieces) {
  events(
      {R"({"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","id":"fc_1","call_id":"call_1","name":"shell","arguments":""}})",
       R"({"type":"response.function_call_arguments.delta","output_index":0,"delta":"{\"a\":"})",
       R"({"type":"response.function_call_arguments.delta","output_index":0,"delta":"1}"})",
       R"({"type":"response.function_call_arguments.done","output_index":0,"arguments":"{\"a\":1}"})",
       R"({"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","id":"fc_1","call_id":"call_1","name":"shell","arguments":"{\"a\":1}"}})",
       R"({"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","id":"fc_2","call_id":"call_2","name":"f","arguments":""}})",
       R"({"type":"response.function_call_arguments.done","output_index":1,"arguments":"{}"})",
       R"({"type":"response.completed","response":{"status":"completed"}})"});
  const ChatResponse got = response();
  ASSERT_EQ(got.message.calls.size(), 2U);
  EXPECT_EQ(got.message.calls[0].id, "call_1");
  EXPECT_EQ(got.message.calls[0].name, "shell");
  EXPECT_EQ(got.message.calls[0].arguments, "{\"a\":1}");
  EXPECT_EQ(got.message.calls[1].id, "call_2");
  EXPECT_EQ(got.message.calls[1].arguments, "{}");
  EXPECT_EQ(got.finish, Finish::tool_calls);
}

TEST_F(ResponsesReaderTest, ACallThatIsOnlyDoneIsACall) {
  events(
      {R"({"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","call_id":"c","name":"f","arguments":"{\"x\":2}"}})",
       kCompleted});
  const auto message = response().message;
  ASSERT_EQ(message.calls.size(), 1U);
  EXPECT_EQ(message.calls[0].arguments, "{\"x\":2}");
  EXPECT_EQ(message.text, "");  // the last event repeats what was streamed
}

TEST_F(ResponsesReaderTest, AnAnswerThatIsOnlyInTheLastEventIsRead) {
  events({kCreated, kCompleted});
  EXPECT_EQ(response().message.text, "Hello");
}

TEST_F(ResponsesReaderTest, AnIncompleteAnswerEndsTheStreamAndSaysWhy) {
  events(
      {R"({"type":"response.output_text.delta","delta":"x"})",
       R"({"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}})"});
  EXPECT_TRUE(stream.terminated());
  const ChatResponse got = response();
  EXPECT_EQ(got.finish, Finish::length);
  EXPECT_EQ(got.finish_as_sent, "max_output_tokens");
}

TEST_F(ResponsesReaderTest, ARefusalIsOne) {
  events({R"({"type":"response.refusal.delta","delta":"No."})", kCompleted});
  EXPECT_EQ(response().finish, Finish::refused);
}

TEST_F(ResponsesReaderTest, FailuresAreErrorsInAllTheirShapes) {
  for (
      const char* object :
      {R"({"type":"error","code":"server_error","message":"boom","param":null})",
       R"({"type":"error","error":{"code":500,"message":"boom"}})",
       R"({"error":{"message":"boom","type":"server_error"}})",
       R"({"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"boom"}}})"}) {
    Wake bell;
    ResponseStream one(responses_protocol(), bell);
    one.on_head(200, {{"content-type", "text/event-stream"}});
    (void)one.on_body(std::string("data: ") + object + "\n\n", Instant{});
    ASSERT_TRUE(one.error_event()) << object;
    const ServerError error = read_server_error(*one.error_event(), {});
    EXPECT_EQ(error.message, "boom") << object;
    EXPECT_EQ(error.code, 500) << object;
  }
}

TEST_F(ResponsesReaderTest, AWholeAnswerIsReadByTheSameRules) {
  read(
      R"({"object":"response","status":"completed","model":"m","error":null,"output":[
       {"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]},
       {"type":"message","role":"assistant","content":[{"text":"a","type":"output_text"},{"type":"output_text","text":"b"}]},
       {"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},
       {"type":"function_call","call_id":"c2","name":"g","arguments":"{\"x\":1}"}],
       "usage":{"input_tokens":1,"output_tokens":9}})",
      "application/json");
  EXPECT_TRUE(stream.saw_answer());
  EXPECT_FALSE(stream.error_event());
  const ChatResponse got = response();
  EXPECT_EQ(got.message.text, "ab");
  EXPECT_EQ(got.message.reasoning, "hm");
  ASSERT_EQ(got.message.calls.size(), 2U);
  EXPECT_EQ(got.message.calls[1].name, "g");
  EXPECT_EQ(got.usage.completion_tokens, 9);
}

TEST_F(ResponsesReaderTest, AStreamWithoutItsLastEventHasNoEnd) {
  events({kCreated, R"({"type":"response.output_text.delta","delta":"x"})"});
  EXPECT_FALSE(stream.terminated());
  EXPECT_FALSE(stream.assembler().has_finish());
}

}  // namespace
}  // namespace plumb
