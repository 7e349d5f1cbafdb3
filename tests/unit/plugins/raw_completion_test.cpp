// What the model really wrote, asked of the stand-in through the endpoint.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/endpoints/http_endpoint.hpp"
#include "tests/unit/plugins/stand_in_support.hpp"

namespace plumb {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

const ServerBook& book() {
  static const ServerBook loaded = ServerBook::load(server_book_folder()).value();
  return loaded;
}

/// A stand-in and an endpoint that knows its kind.
class RawCompletionTest : public ::testing::Test {
 protected:
  void serve_as(const std::string& flavour, const std::string& options = "") {
    server_ = serve("flavour=" + flavour + (options.empty() ? "" : "," + options));
    Contestant contestant{.name = "c", .url = server_->url(), .model = "stand-in"};
    contestant.server = flavour == "llamacpp" ? "llama_server" : flavour;
    contestant.dialect.parallel_tool_calls = true;
    contestant.api = api_;
    endpoint_ = std::move(make_endpoint(contestant, *http_, book(), [] { return 0.0; }).value());
  }
  ChatRequest request() {
    return {
        .messages = messages_, .tools = task().tools, .max_tokens = 500, .trial_header = trial_};
  }
  std::expected<std::optional<RawCompletion>, Fault> ask() {
    Waiter waiter(real_clock(), stop_.get_token());
    return endpoint_->complete_raw(request(), waiter);
  }
  RawCompletion raw() {
    auto asked = ask();
    EXPECT_TRUE(asked) << asked.error().sentence;
    EXPECT_TRUE(asked && *asked) << "not offered";
    return asked ? asked->value_or(RawCompletion()) : RawCompletion();
  }
  ChatReply chat() {
    Waiter waiter(real_clock(), stop_.get_token());
    return endpoint_->chat(request(), waiter);
  }

  std::string api_ = "chat";
  std::stop_source stop_;
  std::vector<Message> messages_ = {{.role = Role::user, .text = "Take notes."}};
  std::string trial_ = header_of(trial_of(0)).begin()->second;
  std::unique_ptr<HttpClient> http_ = std::move(*make_http_client(real_clock()));
  std::unique_ptr<StandInServer> server_;
  std::unique_ptr<Endpoint> endpoint_;
};

constexpr const char* kCall =
    "<tool_call>\n{\"name\": \"note\", \"arguments\": {\"text\":\"oracle 1\",\"times\":1}}\n"
    "</tool_call>";

TEST_F(RawCompletionTest, IsTheMarkupOfTheModelUnderThePromptThatItRead) {
  for (const std::string flavour : {"vllm", "llamacpp"}) {
    serve_as(flavour, "think=2");
    const RawCompletion found = raw();
    EXPECT_THAT(found.text, HasSubstr("<think>\nlet me  \n</think>\n\n" + std::string(kCall)));
    EXPECT_THAT(found.prompt, HasSubstr("Take notes."));
    EXPECT_THAT(found.prompt, HasSubstr("<|assistant|>"));
    EXPECT_EQ(found.finish, Finish::stop);
    EXPECT_GT(found.usage.prompt_tokens.value_or(0), 10);
    EXPECT_GT(found.usage.completion_tokens.value_or(0), 10);
  }
}

TEST_F(RawCompletionTest, KeepsSpecialTokens) {
  serve_as("vllm", "leaked=mistral");
  EXPECT_THAT(raw().text, HasSubstr("[TOOL_CALLS]"));
  serve_as("llamacpp", "leaked=mistral");
  EXPECT_THAT(raw().text, HasSubstr("[TOOL_CALLS]"));
  EXPECT_THAT(raw().text, EndsWith("<|im_end|>"));
}

TEST_F(RawCompletionTest, FollowsTheConversationTurnByTurn) {
  for (const std::string flavour : {"vllm", "llamacpp"}) {
    serve_as(flavour);
    messages_.resize(1);
    messages_.push_back(
        {.role = Role::assistant, .calls = {{.id = "c1", .name = "note", .arguments = "{}"}}});
    messages_.push_back({.role = Role::tool, .text = "noted", .call_id = "c1"});
    EXPECT_THAT(raw().text, HasSubstr("oracle 2"));
  }
}

TEST_F(RawCompletionTest, IsTheSameForEveryProtocolOfTheContestant) {
  for (const char* api : {"responses", "messages"}) {
    api_ = api;
    serve_as("vllm");
    EXPECT_THAT(raw().text, HasSubstr(kCall)) << api;
  }
}

TEST_F(RawCompletionTest, IsCutOffAtTheLimit) {
  serve_as("llamacpp");
  ChatRequest short_one = request();
  short_one.max_tokens = 5;
  Waiter waiter(real_clock(), {});
  const auto found = endpoint_->complete_raw(short_one, waiter);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->text, std::string(kCall).substr(0, 20));
  EXPECT_EQ((*found)->finish, Finish::length);
}

TEST_F(RawCompletionTest, WithoutALimitHasWhatIsLeftOfTheWindow) {
  serve_as("vllm");
  ChatRequest open = request();
  open.max_tokens.reset();
  Waiter waiter(real_clock(), {});
  const auto found = endpoint_->complete_raw(open, waiter);
  ASSERT_TRUE(found && *found);
  EXPECT_THAT((*found)->text, HasSubstr(kCall));
}

TEST_F(RawCompletionTest, IsNotOfferedByOthersAndWhereTheRoutesAreMissing) {
  for (const std::string flavour : {"plain", "sglang", "ollama", "openrouter"}) {
    serve_as(flavour);
    const auto found = ask();
    EXPECT_TRUE(found && !*found) << flavour;
  }
  serve_as("vllm", "raw=off");
  const auto found = ask();
  EXPECT_TRUE(found && !*found);
}

TEST_F(RawCompletionTest, SaysWhatWentWrong) {
  serve_as("vllm", "load_s=1000");
  EXPECT_EQ(ask().error().status, 503);
  server_.reset();
  EXPECT_EQ(ask().error().kind, Fault::Kind::connect);
}

TEST_F(RawCompletionTest, EndsWhenItIsStopped) {
  serve_as("vllm", "ttft_ms=1000000");
  stop_.request_stop();
  EXPECT_EQ(ask().error().kind, Fault::Kind::cancelled);
}

TEST_F(RawCompletionTest, ShowsAGoodCallWhereTheServerSpoiltIt) {
  for (const std::string fault :
       {"leaked_text", "leaked_stream", "leaked_reasoning", "all_reasoning", "swallowed",
        "args_empty", "args_null", "lost_brace", "lost_parameter"}) {
    serve_as("vllm", "blame=server,fault=" + fault);
    EXPECT_EQ(raw().text, kCall) << fault;
  }
  serve_as("vllm", "parser=off");
  EXPECT_EQ(raw().text, kCall);
}

TEST_F(RawCompletionTest, ShowsTheFaultWhereTheModelMadeIt) {
  for (const std::string fault :
       {"leaked_text", "leaked_reasoning", "swallowed", "args_empty", "args_null", "lost_brace",
        "lost_parameter", "no_call", "args_list", "args_double_encoded", "duplicate_key",
        "unknown_tool", "near_miss_name", "wrong_type", "extra_property"}) {
    serve_as("llamacpp", "blame=model,fault=" + fault);
    EXPECT_NE(raw().text, std::string(kCall) + "<|im_end|>") << fault;
  }
}

TEST_F(RawCompletionTest, AStreamThatLeaksIsFineWithoutStreaming) {
  serve_as("vllm", "fault=leaked_stream");
  EXPECT_THAT(chat().answer->message.text, HasSubstr("<tool_call>"));
  ChatRequest whole = request();
  whole.streamed = false;
  Waiter waiter(real_clock(), {});
  EXPECT_EQ(endpoint_->chat(whole, waiter).answer->message.calls.size(), 1U);
}

TEST_F(RawCompletionTest, ABrokenCallIsTheSameInTheAnswerAndInTheRawCompletion) {
  for (const std::string broken : {"opener", "brace", "closer"}) {
    for (const std::string format :
         {"hermes", "llama", "mistral", "bare_json", "qwen_xml", "granite"}) {
      serve_as("vllm", "fault=leaked_text,blame=model,broken=" + broken + ",leaked=" + format);
      const RawCompletion found = raw();
      EXPECT_EQ(chat().answer->message.text, found.text) << broken << " " << format;
      EXPECT_THAT(found.text, HasSubstr("note"));
    }
  }
}

}  // namespace
}  // namespace plumb
