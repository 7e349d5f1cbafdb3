// Streams of real servers, byte by byte as they came; docs/interop.md says from where.
#include <gmock/gmock.h>

#include "core/base/files.hpp"
#include "core/endpoint/server_book.hpp"
#include "plugins/endpoints/http_faults.hpp"
#include "plugins/endpoints/openai_chat.hpp"
#include "tests/unit/endpoint/reader_support.hpp"

namespace plumb {
namespace {

using testing::HasSubstr;

class Captures : public test::ReaderTest {
 protected:
  Captures() : ReaderTest(chat_protocol()) {}
  void capture(const std::string& name) {
    const auto bytes = read_file(std::string(CAPTURES) + "/" + name + ".sse");
    ASSERT_TRUE(bytes) << bytes.error().sentence;
    read(*bytes);
  }
  ChatResponse response(std::optional<std::int64_t> max_tokens = {}) {
    EXPECT_TRUE(stream.terminated());
    EXPECT_FALSE(stream.error_event());
    return stream.assembler().take(max_tokens);
  }
};

TEST_F(Captures, ACallOfLlamaServer) {
  capture("llama_server-call");
  const ChatResponse got = response(400);
  ASSERT_EQ(got.message.calls.size(), 1U);
  EXPECT_EQ(got.message.calls[0].id, "FqL5M40yuI69SL0VSRPN4fHQ8l1aV1GN");
  EXPECT_EQ(got.message.calls[0].name, "ls");
  EXPECT_TRUE(parse_json(got.message.calls[0].arguments)) << got.message.calls[0].arguments;
  EXPECT_EQ(got.finish, Finish::tool_calls);
  EXPECT_EQ(got.usage.prompt_tokens, 291);
  EXPECT_EQ(got.usage.cached_tokens, 290);
  EXPECT_EQ(got.usage.completion_tokens, 57);
  EXPECT_EQ(got.server.decode_ms, 35.903);
  EXPECT_FALSE(got.window_full);
}

TEST_F(Captures, TwoCallsOfLlamaServer) {
  capture("llama_server-two_calls");
  const auto calls = response().message.calls;
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_NE(calls[0].id, calls[1].id);
  for (const ToolCall& call : calls) EXPECT_TRUE(parse_json(call.arguments)) << call.arguments;
}

TEST_F(Captures, ReasoningOfLlamaServer) {
  capture("llama_server-reasoning");
  const ChatResponse got = response();
  EXPECT_EQ(got.message.reasoning, "~");
  EXPECT_EQ(got.message.text, "");
  EXPECT_EQ(got.finish, Finish::stop);
}

TEST_F(Captures, AnAnswerThatLlamaServerCannotReadIsItsErrorAndWhatCameBeforeIsKept) {
  capture("llama_server-unparsed");
  ASSERT_TRUE(stream.error_event());
  EXPECT_FALSE(stream.terminated());
  const auto book = ServerBook::load(server_book_folder());
  ASSERT_TRUE(book);
  const Fault fault =
      HttpFaults("http://x/v1", "a chat completion", {}, *book).reported(*stream.error_event());
  EXPECT_TRUE(fault.unparsed);
  EXPECT_FALSE(fault.context_full);
  EXPECT_EQ(fault.status, 500);
  EXPECT_THAT(fault.sentence, HasSubstr("does not match the expected peg-native format"));
  EXPECT_FALSE(stream.assembler().take({}).message.calls.empty());
}

TEST_F(Captures, AnAnswerThatFillsTheWindowOfLlamaServer) {
  capture("llama_server-window_full");
  const ChatResponse got = response(400);
  EXPECT_EQ(got.finish, Finish::length);
  EXPECT_TRUE(got.window_full);
  EXPECT_EQ(*got.usage.prompt_tokens + *got.usage.completion_tokens, 8192);
}

TEST_F(Captures, ACallOfVllmThatWasNamedEndsByStop) {
  capture("vllm-named");
  const ChatResponse got = response();
  ASSERT_EQ(got.message.calls.size(), 1U);
  EXPECT_EQ(got.message.calls[0].name, "ls");
  EXPECT_EQ(got.finish_as_sent, "stop");
  EXPECT_EQ(got.finish, Finish::tool_calls);
}

TEST_F(Captures, ARequiredCallOfVllmMayHaveAnyJsonForArguments) {
  capture("vllm-required_not_object");
  const ChatResponse got = response(60);
  ASSERT_EQ(got.message.calls.size(), 1U);
  EXPECT_NE(got.message.calls[0].arguments.substr(0, 1), "{");
  EXPECT_EQ(got.finish, Finish::length);
  EXPECT_FALSE(got.window_full) << "it wrote all that was asked for";
}

}  // namespace
}  // namespace plumb
