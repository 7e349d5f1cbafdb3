#include "plugins/endpoints/anthropic.hpp"
#include "plugins/endpoints/server_error.hpp"
#include "tests/unit/endpoint/reader_support.hpp"

namespace plumb {
namespace {

class MessagesReaderTest : public test::ReaderTest {
 protected:
  MessagesReaderTest() : ReaderTest(messages_protocol()) {}
};

const std::string kStart =
    R"({"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m-1","content":[],"stop_reason":null,
        "usage":{"input_tokens":10,"cache_creation_input_tokens":20,"cache_read_input_tokens":30,"output_tokens":1}}})";
const std::string kStop = R"({"type":"message_stop"})";

std::string ended(const std::string& reason) {
  return R"({"type":"message_delta","delta":{"stop_reason":")" + reason +
         R"(","stop_sequence":null},"usage":{"output_tokens":42}})";
}

TEST_F(MessagesReaderTest, TextUsageModelAndEndAreRead) {
  events({kStart,
          R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})",
          R"({"type": "ping"})",
          R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}})",
          R"({"delta":{"text":"lo","type":"text_delta"},"index":0,"type":"content_block_delta"})",
          R"({"type":"content_block_stop","index":0})", ended("end_turn"), kStop});
  EXPECT_TRUE(stream.terminated());
  const ChatResponse got = response();
  EXPECT_EQ(got.message.text, "Hello");
  EXPECT_EQ(got.model_as_served, "m-1");
  EXPECT_EQ(got.usage.prompt_tokens, 60);
  EXPECT_EQ(got.usage.cached_tokens, 30);
  EXPECT_EQ(got.usage.completion_tokens, 42);
  EXPECT_EQ(got.finish, Finish::stop);
}

TEST_F(MessagesReaderTest, BlocksWithoutEndAndEndlessSignaturesAreCutOff) {
  std::vector<std::string> objects = {kStart};
  for (std::size_t i = 0; i <= Assembler::kMaxCalls; ++i) {
    objects.push_back(R"({"type":"content_block_start","index":)" + std::to_string(i) +
                      R"(,"content_block":{"type":"text","text":""}})");
  }
  events(objects);
  EXPECT_TRUE(response().oversize);
  Assembler assembler(100);
  const auto reader = messages_protocol().reader(assembler);
  const std::string piece =
      R"({"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":")" +
      std::string(60, 's') + "\"}}";
  ASSERT_TRUE(reader->read(piece, {}));
  EXPECT_FALSE(assembler.full());
  ASSERT_TRUE(reader->read(piece, {}));
  EXPECT_TRUE(assembler.full());
}

TEST_F(MessagesReaderTest, CallsAreReadFromTheirPieces) {
  events(
      {kStart,
       R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"shell","input":{}}})",
       R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":""}})",
       R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}})",
       R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":" 1}"}})",
       R"({"type":"content_block_stop","index":1})",
       R"({"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_2","name":"now","input":{}}})",
       R"({"type":"content_block_stop","index":2})", ended("tool_use"), kStop});
  const ChatResponse got = response();
  ASSERT_EQ(got.message.calls.size(), 2U);
  EXPECT_EQ(got.message.calls[0].id, "toolu_1");
  EXPECT_EQ(got.message.calls[0].arguments, "{\"a\": 1}");
  EXPECT_EQ(got.message.calls[1].name, "now");
  EXPECT_EQ(got.message.calls[1].arguments, "{}");
  EXPECT_EQ(got.finish, Finish::tool_calls);
}

TEST_F(MessagesReaderTest, InputThatCameWithTheBlockIsTheCalls) {
  events(
      {R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{"x":1}}})",
       ended("tool_use"), kStop});
  EXPECT_EQ(response().message.calls.at(0).arguments, "{\"x\":1}");
}

TEST_F(MessagesReaderTest, SealedReasoningIsKeptAsItCame) {
  events(
      {kStart,
       R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}})",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"let me "}})",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"see"}})",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"SIG=="}})",
       R"({"type":"content_block_stop","index":0})",
       R"({"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"XYZ"}})",
       R"({"type":"content_block_stop","index":1})", ended("end_turn"), kStop});
  const Message message = response().message;
  EXPECT_EQ(message.reasoning, "let me see");
  EXPECT_EQ(*parse_json(message.sealed_reasoning),
            (Json{{{"type", "thinking"}, {"thinking", "let me see"}, {"signature", "SIG=="}},
                  {{"type", "redacted_thinking"}, {"data", "XYZ"}}}));
}

TEST_F(MessagesReaderTest, ReasonsToStopAreUnderstood) {
  for (const auto& [reason, finish] : {std::pair{"max_tokens", Finish::length},
                                       {"model_context_window_exceeded", Finish::length},
                                       {"refusal", Finish::refused},
                                       {"stop_sequence", Finish::stop}}) {
    Wake bell;
    ResponseStream one(messages_protocol(), bell);
    one.on_head(200, {});
    (void)one.on_body("data: " + ended(reason) + "\n\ndata: " + kStop + "\n\n", Instant{});
    EXPECT_EQ(one.assembler().take({}).finish, finish) << reason;
  }
}

TEST_F(MessagesReaderTest, ErrorsAreSeenWithTheStatusTheyStandFor) {
  events(
      {kStart, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})"});
  ASSERT_TRUE(stream.error_event());
  const ServerError error = read_server_error(*stream.error_event(), {});
  EXPECT_EQ(error.message, "Overloaded");
  EXPECT_EQ(error.code, 529);
}

TEST_F(MessagesReaderTest, AWholeAnswerIsReadByTheSameRules) {
  read(
      R"({"type":"message","role":"assistant","model":"m","content":[
       {"type":"thinking","thinking":"hm","signature":"S"},{"type":"text","text":"hi"},
       {"type":"tool_use","id":"t1","name":"f","input":{"x":[1,2]}},{"type":"tool_use","id":"t2","name":"g","input":{}}],
       "stop_reason":"tool_use","usage":{"input_tokens":5,"output_tokens":6}})",
      "application/json");
  EXPECT_TRUE(stream.saw_answer());
  const ChatResponse got = response();
  EXPECT_EQ(got.message.text, "hi");
  EXPECT_EQ(got.message.reasoning, "hm");
  ASSERT_EQ(got.message.calls.size(), 2U);
  EXPECT_EQ(got.message.calls[0].arguments, "{\"x\":[1,2]}");
  EXPECT_EQ(got.message.calls[1].arguments, "{}");
  EXPECT_FALSE(got.message.calls[0].arguments_as_value);  // here an object is the rule
  EXPECT_EQ(got.usage.prompt_tokens, 5);
  EXPECT_EQ(got.finish, Finish::tool_calls);
}

TEST_F(MessagesReaderTest, AnInputThatIsNoObjectIsTheCallsAsItStands) {
  read(
      R"({"type":"message","role":"assistant","content":[
       {"type":"tool_use","id":"t1","name":"f","input":"{\"x\":"},{"type":"tool_use","id":"t2","name":"g","input":null}],
       "stop_reason":"tool_use"})",
      "application/json");
  const ChatResponse got = response();
  ASSERT_EQ(got.message.calls.size(), 2U);
  EXPECT_EQ(got.message.calls[0].arguments, "{\"x\":");
  EXPECT_EQ(got.message.calls[1].arguments, "null");
}

TEST_F(MessagesReaderTest, HostileEventsAreGarbageAndNothingWorse) {
  const std::string deep(100'000, '[');
  read("data: {\"type\":\"content_block_start\",\"content_block\":{\"input\":" + deep + "\n\n");
  EXPECT_TRUE(stream.garbage());
}

}  // namespace
}  // namespace plumb
