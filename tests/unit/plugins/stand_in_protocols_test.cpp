// The responses and the messages protocol: event by event, as their public references describe
// them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plugins/stand_in_support.hpp"

namespace plumb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The events of a stream: each `event:` names the type of its data.
std::vector<Json> events_of(const std::string& body) {
  std::vector<Json> events;
  std::string name;
  std::istringstream lines(body);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("event: ")) name = line.substr(7);
    if (!line.starts_with("data: ")) continue;
    events.push_back(parse_json(std::string_view(line).substr(6)).value_or(Json()));
    EXPECT_EQ(json_or(events.back(), "type", ""), name);
  }
  return events;
}

std::vector<std::string> types_of(const std::vector<Json>& events) {
  std::vector<std::string> types;
  for (const Json& event : events) {
    const std::string type = json_or(event, "type", "");
    if (types.empty() || types.back() != type) types.push_back(type);
  }
  return types;
}

Json responses_body(const std::string& text) {
  return {{"model", "stand-in"},
          {"stream", true},
          {"tools", Json::array({{{"type", "function"}, {"name", "note"}}})},
          {"input", Json::array({{{"role", "user"}, {"content", text}}})}};
}

Json messages_body(const std::string& text) {
  return {{"model", "stand-in"},
          {"stream", true},
          {"max_tokens", 1000},
          {"tools", Json::array({{{"name", "note"}}})},
          {"messages", Json::array({{{"role", "user"}, {"content", text}}})}};
}

TEST(StandInResponses, AStreamOfReasoningTextAndCallHasItsEventsInOrder) {
  const auto server = serve("think=2,tok_s=100000");
  const Page page =
      post(*server, "/v1/responses", responses_body("Call the tool note with text \"hello\"."));
  const auto events = events_of(page.body);
  EXPECT_THAT(
      types_of(events),
      ElementsAre("response.created", "response.in_progress", "response.output_item.added",
                  "response.reasoning_text.delta", "response.reasoning_text.done",
                  "response.output_item.done", "response.output_item.added",
                  "response.function_call_arguments.delta", "response.function_call_arguments.done",
                  "response.output_item.done", "response.completed"));
  std::string arguments;
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i].at("sequence_number"), i);
    if (events[i].at("type") == "response.function_call_arguments.delta") {
      EXPECT_EQ(events[i].at("output_index"), 1);
      arguments += events[i].at("delta").get<std::string>();
    }
  }
  EXPECT_EQ(arguments, R"({"text":"hello"})");
  const Json whole = events.back().at("response");
  EXPECT_EQ(whole.at("status"), "completed");
  EXPECT_EQ(whole.at("output").at(1).at("arguments"), arguments);
  EXPECT_EQ(whole.at("usage").at("output_tokens_details").at("reasoning_tokens"), 2);
}

TEST(StandInResponses, AToolsOutputIsAnswered) {
  Json body = responses_body("Call the tool note with text \"hello\".");
  body["stream"] = false;
  const Json answer = post(*serve(""), "/v1/responses", body).json();
  const Json call = answer.at("output").at(0);
  body["input"].push_back(call);
  body["input"].push_back(
      {{"type", "function_call_output"}, {"call_id", call.at("call_id")}, {"output", "noted"}});
  const Json next = post(*serve(""), "/v1/responses", body).json();
  EXPECT_EQ(next.at("output").at(0).at("content").at(0).at("text"), "Done.");
}

TEST(StandInResponses, TheLimitMakesItIncomplete) {
  Json body = responses_body("Count without end.");
  body["max_output_tokens"] = 9;
  const auto events = events_of(post(*serve(""), "/v1/responses", body).body);
  EXPECT_EQ(events.back().at("type"), "response.incomplete");
  EXPECT_EQ(events.back().at("response").at("incomplete_details").at("reason"),
            "max_output_tokens");
  EXPECT_EQ(events.back().at("response").at("usage").at("output_tokens"), 9);
}

TEST(StandInResponses, LlamaServerNumbersNothingAndCallsACutAnswerCompleted) {
  Json body = responses_body("Count without end.");
  body["max_output_tokens"] = 9;
  const auto events = events_of(post(*serve("flavour=llamacpp"), "/v1/responses", body).body);
  EXPECT_EQ(events.back().at("type"), "response.completed");
  EXPECT_EQ(events.back().at("response").at("status"), "completed");
  for (const Json& event : events) {
    EXPECT_FALSE(event.contains("output_index") || event.contains("sequence_number"));
  }
}

TEST(StandInResponses, ThinkingIsSwitchedOffByTheEffort) {
  Json body = responses_body("Answer with the word: ready");
  body["reasoning"] = {{"effort", "none"}};
  const Page page = post(*serve("think=3"), "/v1/responses", body);
  EXPECT_THAT(page.body, testing::Not(HasSubstr("let me")));
  EXPECT_THAT(page.body, HasSubstr("ready"));
}

TEST(StandInMessages, AStreamOfThinkingAndCallsHasItsEventsInOrder) {
  const auto server = serve("think=2");
  const Page page = post(*server, "/v1/messages",
                         messages_body("Call the tool note with text \"a\" and with text \"b\"."));
  const auto events = events_of(page.body);
  EXPECT_THAT(types_of(events),
              ElementsAre("message_start", "ping", "content_block_start", "content_block_delta",
                          "content_block_stop", "content_block_start", "content_block_delta",
                          "content_block_stop", "content_block_start", "content_block_delta",
                          "content_block_stop", "message_delta", "message_stop"));
  EXPECT_EQ(events.at(2).at("content_block").at("type"), "thinking");
  EXPECT_EQ(events.at(4).at("delta").at("type"), "signature_delta");
  EXPECT_EQ(events.at(6).at("content_block").at("name"), "note");
  EXPECT_EQ(events.at(7).at("delta"),
            Json({{"type", "input_json_delta"}, {"partial_json", R"({"text":"a"})"}}));
  EXPECT_EQ(events.at(9).at("index"), 2);
  const Json end = events.at(events.size() - 2);
  EXPECT_EQ(end.at("delta").at("stop_reason"), "tool_use");
  EXPECT_EQ(end.at("usage").at("output_tokens"), 2 + 2 * (1 + 3));
  EXPECT_GT(events.front().at("message").at("usage").at("input_tokens"), 0);
}

TEST(StandInMessages, AThinkingBlockMustComeBackAsItWas) {
  const auto server = serve("think=2");
  Json body = messages_body("Call the tool note with text \"a\".");
  body["stream"] = false;
  body["thinking"] = {{"type", "enabled"}, {"budget_tokens", 1024}};
  body["max_tokens"] = 2048;
  const Json content = post(*server, "/v1/messages", body).json().at("content");
  const auto go_on = [&](const Json& blocks) {
    Json next = body;
    next["messages"].push_back({{"role", "assistant"}, {"content", blocks}});
    next["messages"].push_back({{"role", "user"},
                                {"content", Json::array({{{"type", "tool_result"},
                                                          {"tool_use_id", content.at(1).at("id")},
                                                          {"content", "noted"}}})}});
    return post(*server, "/v1/messages", next);
  };
  EXPECT_EQ(go_on(content).json().at("content").at(1).at("text"), "Done.");
  Json changed = content;
  changed[0]["thinking"] = "something else";
  EXPECT_THAT(go_on(changed).body, HasSubstr("Invalid `signature`"));
  const Page without = go_on(Json::array({content.at(1)}));
  EXPECT_EQ(without.status, 400);
  EXPECT_THAT(without.body, HasSubstr("Expected `thinking`"));
}

TEST(StandInMessages, TheBudgetOfThoughtsMustBeBelowTheLimit) {
  const auto server = serve("think=2");
  Json body = messages_body("hi");
  body["max_tokens"] = 2048;
  const auto status = [&](std::int64_t budget) {
    body["thinking"] = {{"type", "enabled"}, {"budget_tokens", budget}};
    return post(*server, "/v1/messages", body).status;
  };
  EXPECT_EQ(status(2047), 200);
  EXPECT_EQ(status(2048), 400);
  EXPECT_EQ(status(1000), 400);
}

TEST(StandInMessages, ErrorsHaveTheShapeOfTheProtocolButForLlamaServer) {
  Json body = messages_body("hi");
  body.erase("max_tokens");
  const Page page = post(*serve(""), "/v1/messages", body);
  EXPECT_EQ(page.status, 400);
  EXPECT_EQ(page.json().at("type"), "error");
  EXPECT_EQ(page.json().at("error").at("type"), "invalid_request_error");
  EXPECT_FALSE(post(*serve("flavour=llamacpp"), "/v1/messages", body).json().contains("type"));
}

TEST(StandInMessages, CachedTokensAreNotAmongTheInput) {
  const auto server = serve("cache=on");
  Json body = messages_body(std::string(4000, 'x'));
  body["stream"] = false;
  const Json cold = post(*server, "/v1/messages", body).json().at("usage");
  const Json warm = post(*server, "/v1/messages", body).json().at("usage");
  EXPECT_GT(warm.at("cache_read_input_tokens"), 900);
  EXPECT_EQ(cold.at("input_tokens").get<int>(),
            warm.at("input_tokens").get<int>() + warm.at("cache_read_input_tokens").get<int>());
}

TEST(StandInProtocols, ATrialIsPlayedInAllThree) {
  const auto server = serve("flavour=vllm");
  for (const auto& [path, body] : {std::pair("/v1/responses", responses_body("Take notes.")),
                                   {"/v1/messages", messages_body("Take notes.")}}) {
    Json whole = body;
    whole["stream"] = false;
    const Page page = post(*server, path, whole, header_of(trial_of(0)));
    EXPECT_THAT(page.body, HasSubstr("oracle 1")) << path;
  }
}

TEST(StandInProtocols, VllmTakesAnEarlierAnswerAsATextOnly) {
  Json body = responses_body("hi");
  const auto status = [&](const char* options, const Json& content) {
    Json next = body;
    next["input"].push_back({{"type", "message"}, {"role", "assistant"}, {"content", content}});
    next["input"].push_back({{"type", "message"}, {"role", "user"}, {"content", "go on"}});
    return post(*serve(options), "/v1/responses", next).status;
  };
  const Json parts = Json::array({{{"type", "output_text"}, {"text", "hello"}}});
  EXPECT_EQ(status("flavour=vllm", "hello"), 200);
  EXPECT_EQ(status("flavour=vllm", parts), 400);
  EXPECT_EQ(status("", parts), 200);
}

TEST(StandInProtocols, APictureInAToolsResultIsSeen) {
  const Json picture = {{"type", "input_image"}, {"image_url", "data:image/png;base64,AAAA"}};
  Json body = responses_body("look");
  body["input"].push_back(
      {{"type", "function_call"}, {"call_id", "a"}, {"name", "note"}, {"arguments", "{}"}});
  body["input"].push_back(
      {{"type", "function_call_output"}, {"call_id", "a"}, {"output", Json::array({picture})}});
  EXPECT_EQ(post(*serve(""), "/v1/responses", body).status, 400) << "vision is off";
  EXPECT_EQ(post(*serve("vision=on"), "/v1/responses", body).status, 200);
}

TEST(StandInProtocols, HostileBodiesAreRefused) {
  const auto server = serve("");
  for (const char* path : {"/v1/responses", "/v1/messages"}) {
    for (const Json& body :
         {Json(), Json::array(), Json::object(), Json({{"input", 7}, {"messages", 7}}),
          Json({{"max_tokens", 5}, {"input", Json::array({7})}, {"messages", Json::array({7})}}),
          Json({{"max_tokens", 5},
                {"input", Json::array({{{"type", "function_call"}}})},
                {"messages", Json::array({{{"role", "user"}, {"content", Json::array({7})}}})}}),
          Json({{"max_tokens", 5},
                {"input", Json::array({{{"type", "function_call_output"}}})},
                {"messages",
                 Json::array({{{"role", "user"},
                               {"content", Json::array({{{"type", "tool_result"}}})}}})}})}) {
      EXPECT_EQ(post(*server, path, body).status, 400) << path << body;
    }
  }
}

}  // namespace
}  // namespace plumb
