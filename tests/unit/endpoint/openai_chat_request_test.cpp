#include <set>

#include <gtest/gtest.h>

#include "plugins/endpoints/openai_chat.hpp"
#include "plugins/endpoints/request_parts.hpp"

namespace plumb {
namespace {

Json body(const std::vector<Message>& messages, const Contestant& contestant = {},
          const std::vector<ToolSpec>& tools = {}) {
  const std::string text = chat_protocol().body(contestant, {.messages = messages, .tools = tools});
  auto parsed = parse_json(text);
  EXPECT_TRUE(parsed) << text;
  return *std::move(parsed);
}

Message turn(std::vector<ToolCall> calls, std::string text = "") {
  return {.role = Role::assistant,
          .text = std::move(text),
          .reasoning = "secret thoughts",
          .calls = std::move(calls)};
}
Message result(std::string id, std::string text) {
  return {.role = Role::tool, .text = std::move(text), .call_id = std::move(id)};
}

TEST(ChatBody, AWholeAnswerIsAskedForWithoutOptionsOfAStream) {
  const std::vector<Message> messages = {{.role = Role::user, .text = "hi"}};
  const auto sent =
      parse_json(chat_protocol().body({}, {.messages = messages, .streamed = false})).value();
  EXPECT_EQ(sent["stream"], false);
  EXPECT_FALSE(sent.contains("stream_options"));
}

TEST(ChatBody, SamplingIsWrittenOutAndTheRestOnlyWhenSet) {
  const Json plain = body({{.role = Role::user, .text = "hi"}});
  EXPECT_EQ(plain["stream"], true);
  EXPECT_EQ(plain["stream_options"]["include_usage"], true);
  for (const char* key :
       {"model", "tools", "max_tokens", "seed", "chat_template_kwargs", "tool_choice"}) {
    EXPECT_FALSE(plain.contains(key)) << key;
  }
  EXPECT_EQ(plain["temperature"], 0.6);
  EXPECT_EQ(plain["top_p"], 0.95);
  Contestant contestant{
      .model = "m",
      .sampling = {
          .temperature = 0.5, .top_p = 0.9, .max_tokens = 5, .seed = 3, .thinking = false}};
  contestant.extra_body = {
      {"top_k", 20}, {"chat_template_kwargs", {{"x", 1}}}, {"temperature", 0.7}};
  const Json full = body({}, contestant, {{"f", "does", {{"type", "object"}}}});
  EXPECT_EQ(full["model"], "m");
  EXPECT_EQ(full["seed"], 3);
  EXPECT_EQ(full["top_k"], 20);
  EXPECT_EQ(full["temperature"], 0.7);
  EXPECT_EQ(full["chat_template_kwargs"], (Json{{"enable_thinking", false}, {"x", 1}}));
  EXPECT_EQ(full["tools"][0]["function"]["name"], "f");
}

TEST(ChatBody, TheSeedOfTheTrialHoldsOverTheContestants) {
  const Contestant contestant{.sampling = {.seed = 3}};
  const auto parsed = parse_json(chat_protocol().body(contestant, {.seed = 9}));
  EXPECT_EQ((*parsed)["seed"], 9);
}

TEST(ChatBody, AMalformedCallTravelsInsideAnObject) {
  for (const char* bad : {"{\"a\":", "[1]", "\"text\"", "rm -rf", "{\"a\":1}}"}) {
    const Json sent = body({turn({{"id1", "shell", bad}})});
    const Json arguments = *parse_json(
        sent["messages"][0]["tool_calls"][0]["function"]["arguments"].get<std::string>());
    EXPECT_EQ(arguments, (Json{{"_malformed_arguments", bad}}));
  }
  const Json deep = body({turn({{"id1", "shell", std::string(100'000, '[')}})});
  EXPECT_TRUE(
      parse_json(deep["messages"][0]["tool_calls"][0]["function"]["arguments"].get<std::string>())
          ->is_object());
}

TEST(ChatBody, GoodArgumentsKeepTheirBytesAndNoneBecomeAnEmptyObject) {
  const Json sent =
      body({turn({{"a", "f", "{ \"x\" : 1.0 }"}, {"b", "f", ""}, {"c", "f", " null "}})});
  const Json& calls = sent["messages"][0]["tool_calls"];
  EXPECT_EQ(calls[0]["function"]["arguments"], "{ \"x\" : 1.0 }");
  EXPECT_EQ(calls[1]["function"]["arguments"], "{}");
  EXPECT_EQ(calls[2]["function"]["arguments"], "{}");
}

TEST(ChatBody, EmptyAndDoubledIdsAreReplacedInTheCallAndInItsAnswer) {
  const std::vector<Message> history = {
      {.role = Role::user, .text = "go"},
      turn({{"", "f", "{}"}, {"", "g", "{}"}, {"same", "f", "{}"}, {"same", "g", "{}"}}),
      result("", "1"),
      result("", "2"),
      result("same", "3"),
      result("same", "4")};
  const Json sent = body(history);
  const Json& calls = sent["messages"][1]["tool_calls"];
  std::set<std::string> ids;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::string id = calls[i]["id"];
    EXPECT_FALSE(id.empty());
    ids.insert(id);
    EXPECT_EQ(sent["messages"][2 + i]["tool_call_id"], id);
    EXPECT_EQ(sent["messages"][2 + i]["content"], std::to_string(i + 1));
  }
  EXPECT_EQ(ids.size(), 4U);
  EXPECT_EQ(calls[2]["id"], "same");
  EXPECT_EQ(calls[0]["id"].get<std::string>().size(), 9U);
  EXPECT_EQ(body(history), sent);
}

TEST(ChatBody, NamesThatServersRefuseAreMadeSendable) {
  const Json sent =
      body({turn({{"1", "rm -rf /", "{}"}, {"2", "", "{}"}, {"3", std::string(500, 'x'), "{}"}})});
  const Json& calls = sent["messages"][0]["tool_calls"];
  EXPECT_EQ(calls[0]["function"]["name"], "rm_-rf__");
  EXPECT_EQ(calls[1]["function"]["name"], "unnamed");
  EXPECT_EQ(calls[2]["function"]["name"].get<std::string>().size(), 64U);
}

TEST(ChatBody, ReasoningIsNeverSentBackAndInvalidUtf8IsReplaced) {
  const Json sent = body({turn({{"\xFF", "f", "{\"x\":\"\xFF\"}"}}), turn({}, "bye \xFF")});
  EXPECT_EQ(dump_json(sent).find("secret thoughts"), std::string::npos);
  EXPECT_EQ(sent["messages"][0]["content"], "") << "neither null nor absent";
  EXPECT_EQ(sent["messages"][1]["content"], "bye \xEF\xBF\xBD");
  EXPECT_FALSE(sent["messages"][1].contains("tool_calls"));
}

TEST(ChatBody, TheDialectIsSpoken) {
  Contestant contestant{.sampling = {.max_tokens = 9, .thinking = true}};
  contestant.dialect = {.max_tokens_field = "max_completion_tokens",
                        .thinking_switch = "reasoning_effort",
                        .parallel_tool_calls = true,
                        .tool_choice = "required",
                        .stream_usage = false};
  const Json sent = body({}, contestant, {{"f", "", Json::object()}});
  EXPECT_EQ(sent["max_completion_tokens"], 9);
  EXPECT_FALSE(sent.contains("max_tokens"));
  EXPECT_EQ(sent["reasoning_effort"], "medium");
  EXPECT_EQ(sent["parallel_tool_calls"], true);
  EXPECT_EQ(sent["tool_choice"], "required");
  EXPECT_FALSE(sent.contains("stream_options"));
  // Without tools, servers refuse what is said about them.
  EXPECT_FALSE(body({}, contestant).contains("tool_choice"));
  EXPECT_FALSE(body({}, contestant).contains("parallel_tool_calls"));
}

TEST(ChatBody, ThinkingIsSwitchedInEachForm) {
  Contestant contestant{.sampling = {.thinking = false}};
  const auto sent = [&](const char* form) {
    contestant.dialect.thinking_switch = form;
    return body({}, contestant);
  };
  EXPECT_EQ(sent("chat_template_kwargs")["chat_template_kwargs"],
            (Json{{"enable_thinking", false}}));
  EXPECT_EQ(sent("reasoning_effort")["reasoning_effort"], "none");
  EXPECT_EQ(sent("reasoning")["reasoning"], (Json{{"enabled", false}}));
  EXPECT_EQ(sent("thinking")["thinking"], (Json{{"type", "disabled"}}));
  const Json stuck = sent("none");
  for (const char* key : {"chat_template_kwargs", "reasoning_effort", "reasoning", "thinking"}) {
    EXPECT_FALSE(stuck.contains(key)) << key;
  }
}

TEST(ChatBody, PicturesAreDataUrlsAndThoseOfResultsFollowInAUserMessage) {
  const Image picture{.type = "image/png", .bytes = "\x89PNG"};
  Message look{.role = Role::user, .text = "look", .images = {picture}};
  Message shot = result("1", "taken");
  shot.images = {picture};
  const Json sent = body({look, turn({{"1", "f", "{}"}}), shot})["messages"];
  EXPECT_EQ(
      sent[0]["content"],
      (Json{{{"type", "text"}, {"text", "look"}},
            {{"type", "image_url"}, {"image_url", {{"url", "data:image/png;base64,iVBORw=="}}}}}));
  EXPECT_EQ(sent[2]["content"], "taken");
  EXPECT_EQ(sent[3]["role"], "user");
  EXPECT_EQ(sent[3]["content"][1]["type"], "image_url");
}

TEST(CheckExtraBody, RefusesWhatIsOurs) {
  EXPECT_TRUE(check_extra_body({{"top_k", 1}}));
  for (const char* key : {"stream", "messages", "input", "tools", "model", "n"}) {
    const auto status = check_extra_body({{key, 1}});
    ASSERT_FALSE(status);
    EXPECT_NE(status.error().sentence.find(key), std::string::npos);
  }
}

TEST(AskedMaxTokens, TheRequestsOwnWordIsAboveTheExtraBodysAndThatAboveTheContestants) {
  Contestant contestant;
  EXPECT_FALSE(asked_max_tokens(contestant, {}));
  contestant.sampling.max_tokens = 5;
  EXPECT_EQ(asked_max_tokens(contestant, {}), 5);
  contestant.extra_body = {{"max_completion_tokens", 7}};
  EXPECT_EQ(asked_max_tokens(contestant, {}), 7);
  EXPECT_EQ(asked_max_tokens(contestant, {.max_tokens = 256}), 256);
  const Json sent = *parse_json(chat_protocol().body(contestant, {.max_tokens = 256}));
  EXPECT_EQ(sent["max_tokens"], 256);
  EXPECT_FALSE(sent.contains("max_completion_tokens"));
}

}  // namespace
}  // namespace plumb
