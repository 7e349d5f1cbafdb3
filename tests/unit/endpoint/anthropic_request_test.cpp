#include "plugins/endpoints/anthropic.hpp"
#include "tests/unit/endpoint/request_support.hpp"

namespace plumb {
namespace {

using test::kPictureBase64;
using test::result;
using test::system;
using test::turn;
using test::user;
using test::with_picture;

Json body(const std::vector<Message>& messages, const Contestant& contestant = {},
          const std::vector<ToolSpec>& tools = {}) {
  return test::body_of(messages_protocol(), messages, contestant, tools);
}

TEST(MessagesBody, RolesAlternateAndResultsAreTheUsers) {
  const Json sent = body({system("be brief"), user("go"),
                          turn({{"c1", "f", "{\"x\":1}"}, {"c2", "g", "rm"}}, "ok"),
                          result("c1", "one"), result("c2", "two"), user("and?")});
  EXPECT_EQ(sent["system"], "be brief");
  EXPECT_EQ(sent["messages"],
            (Json{{{"role", "user"}, {"content", {{{"type", "text"}, {"text", "go"}}}}},
                  {{"role", "assistant"},
                   {"content",
                    {{{"type", "text"}, {"text", "ok"}},
                     {{"type", "tool_use"}, {"id", "c1"}, {"name", "f"}, {"input", {{"x", 1}}}},
                     {{"type", "tool_use"},
                      {"id", "c2"},
                      {"name", "g"},
                      {"input", {{"_malformed_arguments", "rm"}}}}}}},
                  {{"role", "user"},
                   {"content",
                    {{{"type", "tool_result"}, {"tool_use_id", "c1"}, {"content", "one"}},
                     {{"type", "tool_result"}, {"tool_use_id", "c2"}, {"content", "two"}},
                     {{"type", "text"}, {"text", "and?"}}}}}}));
}

TEST(MessagesBody, BlankTextIsLeftOut) {
  const Json sent = body({user("go"), turn({}, " \n"), user("well?")});
  ASSERT_EQ(sent["messages"].size(), 1U);
  EXPECT_EQ(sent["messages"][0]["content"].size(), 2U);
}

TEST(MessagesBody, ALimitIsAlwaysAskedFor) {
  EXPECT_EQ(body({})["max_tokens"], 8192);
  EXPECT_EQ(body({}, {.sampling = {.max_tokens = 100}})["max_tokens"], 100);
  EXPECT_EQ(messages_protocol().max_tokens({}, {}), 8192);
  EXPECT_EQ(messages_protocol().max_tokens({}, {.max_tokens = 5}), 5);
  EXPECT_EQ(*parse_json(messages_protocol().body({}, {.max_tokens = 5}))->find("max_tokens"), 5);
}

TEST(MessagesBody, SealedReasoningGoesBackBeforeTheCalls) {
  Message message = turn({{"c1", "f", "{}"}}, "ok");
  message.sealed_reasoning = R"([{"type":"thinking","thinking":"hm","signature":"S"}])";
  const Json content = body({message})["messages"][0]["content"];
  ASSERT_EQ(content.size(), 3U);
  EXPECT_EQ(content[0], (Json{{"type", "thinking"}, {"thinking", "hm"}, {"signature", "S"}}));
  EXPECT_EQ(content[2]["type"], "tool_use");
}

TEST(MessagesBody, ThinkingIsSwitchedWithItsBudget) {
  Contestant contestant{.api = "messages", .sampling = {.max_tokens = 10'000, .thinking = true}};
  EXPECT_EQ(body({}, contestant)["thinking"], (Json{{"type", "enabled"}, {"budget_tokens", 5000}}));
  EXPECT_FALSE(body({}, contestant).contains("temperature"));
  contestant.sampling.thinking = false;
  EXPECT_EQ(body({}, contestant)["thinking"], (Json{{"type", "disabled"}}));
  EXPECT_EQ(body({}, contestant)["temperature"], 0.6);
}

TEST(MessagesBody, TheBudgetOfThoughtsIsBelowTheLimitThatIsAsked) {
  Contestant contestant{.api = "messages", .sampling = {.max_tokens = 10'000, .thinking = true}};
  const auto asked = [&](const ChatRequest& request) {
    const Json sent = *parse_json(messages_protocol().body(contestant, request));
    const auto limit = sent["max_tokens"].get<std::int64_t>();
    EXPECT_LT(sent["thinking"]["budget_tokens"].get<std::int64_t>(), limit);
    EXPECT_GE(sent["thinking"]["budget_tokens"].get<std::int64_t>(), 1024);
    EXPECT_EQ(messages_protocol().max_tokens(contestant, request), limit);
    return limit;
  };
  EXPECT_EQ(asked({.max_tokens = 16}), 16 + 1024);
  EXPECT_EQ(asked({.max_tokens = 1024}), 2048);
  EXPECT_EQ(asked({.max_tokens = 1025}), 1025);
  contestant.extra_body = {{"max_tokens", 500}};
  EXPECT_EQ(asked({}), 1524);
  contestant.extra_body = {{"max_tokens", 3000}};
  EXPECT_EQ(asked({}), 3000);
  contestant.extra_body = {{"thinking", {{"budget_tokens", 4000}}}};
  EXPECT_EQ(asked({}), 10'000);
  EXPECT_EQ(asked({.max_tokens = 16}), 4016);
}

TEST(MessagesBody, ToolsAndTheirChoiceAreSpokenInTheProtocolsOwnWords) {
  Contestant contestant;
  contestant.dialect = {.parallel_tool_calls = false, .tool_choice = "required"};
  const Json sent = body({}, contestant, {{"f", "does", {{"type", "object"}}}});
  EXPECT_EQ(
      sent["tools"],
      (Json{{{"name", "f"}, {"description", "does"}, {"input_schema", {{"type", "object"}}}}}));
  EXPECT_EQ(sent["tool_choice"], (Json{{"type", "any"}, {"disable_parallel_tool_use", true}}));
  EXPECT_FALSE(body({}, contestant).contains("tool_choice"));
}

TEST(MessagesBody, PicturesAreBlocksInResultsToo) {
  const Json picture = {
      {"type", "image"},
      {"source", {{"type", "base64"}, {"media_type", "image/png"}, {"data", kPictureBase64}}}};
  const Json sent = body({with_picture(user("look")), turn({{"c", "f", "{}"}}),
                          with_picture(result("c", "shot"))})["messages"];
  EXPECT_EQ(sent[0]["content"][1], picture);
  EXPECT_EQ(sent[2]["content"][0]["content"][1], picture);
}

TEST(MessagesHeaders, CarryTheKeyAndTheVersion) {
  const auto headers = messages_protocol().headers("sk-ant-1");
  EXPECT_EQ(headers.front().first, "anthropic-version");
  EXPECT_EQ(headers.back(), (std::pair<std::string, std::string>{"x-api-key", "sk-ant-1"}));
  EXPECT_EQ(messages_protocol().headers("").size(), 1U);
}

TEST(MessagesHeaders, AKeyOfAnotherServerIsSentAsABearerToo) {
  const auto headers = messages_protocol().headers("sk-1");
  ASSERT_EQ(headers.size(), 3U);
  EXPECT_EQ(headers[1], (std::pair<std::string, std::string>{"x-api-key", "sk-1"}));
  EXPECT_EQ(headers[2], (std::pair<std::string, std::string>{"Authorization", "Bearer sk-1"}));
}

}  // namespace
}  // namespace plumb
