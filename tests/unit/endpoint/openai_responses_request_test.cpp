#include "plugins/endpoints/openai_responses.hpp"
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
  return test::body_of(responses_protocol(), messages, contestant, tools);
}

TEST(ResponsesBody, AConversationIsAListOfItems) {
  const Json sent = body({system("be brief"), user("go"), turn({{"c1", "f", "{\"x\":1}"}}, "ok"),
                          result("c1", "done"), turn({}, "bye")});
  EXPECT_EQ(sent["stream"], true);
  EXPECT_EQ(sent["store"], false);
  EXPECT_EQ(sent["instructions"], "be brief");
  EXPECT_EQ(
      sent["input"],
      (Json{
          {{"type", "message"},
           {"role", "user"},
           {"content", {{{"type", "input_text"}, {"text", "go"}}}}},
          {{"type", "message"}, {"role", "assistant"}, {"content", "ok"}},
          {{"type", "function_call"}, {"call_id", "c1"}, {"name", "f"}, {"arguments", "{\"x\":1}"}},
          {{"type", "function_call_output"}, {"call_id", "c1"}, {"output", "done"}},
          {{"type", "message"}, {"role", "assistant"}, {"content", "bye"}}}));
}

TEST(ResponsesBody, ToolsAreFlatAndNotStrict) {
  EXPECT_FALSE(body({}).contains("tools"));
  const Json sent = body({}, {}, {{"f", "does", {{"type", "object"}}}});
  EXPECT_EQ(sent["tools"], (Json{{{"type", "function"},
                                  {"name", "f"},
                                  {"description", "does"},
                                  {"parameters", {{"type", "object"}}},
                                  {"strict", false}}}));
}

TEST(ResponsesBody, TheDialectIsSpokenInTheProtocolsOwnWords) {
  Contestant contestant{.model = "m",
                        .sampling = {.temperature = 0, .max_tokens = 9, .thinking = false}};
  contestant.dialect = {.parallel_tool_calls = false, .tool_choice = "required"};
  const Json sent = body({}, contestant, {{"f", "", Json::object()}});
  EXPECT_EQ(sent["model"], "m");
  EXPECT_EQ(sent["temperature"], 0);
  EXPECT_EQ(sent["top_p"], 0.95);
  EXPECT_EQ(sent["max_output_tokens"], 9);
  EXPECT_EQ(sent["reasoning"]["effort"], "none");
  EXPECT_EQ(sent["parallel_tool_calls"], false);
  EXPECT_EQ(sent["tool_choice"], "required");
  contestant.dialect.thinking_switch = "chat_template_kwargs";
  EXPECT_EQ(body({}, contestant)["chat_template_kwargs"]["enable_thinking"], false);
}

TEST(ResponsesBody, PicturesAreInputImages) {
  const std::string url = std::string("data:image/png;base64,") + kPictureBase64;
  const Json sent = body(
      {with_picture(user("look")), turn({{"c", "f", "{}"}}), with_picture(result("c", "shot"))});
  EXPECT_EQ(sent["input"][0]["content"][1]["type"], "input_image");
  EXPECT_EQ(sent["input"][0]["content"][1]["image_url"], url);
  EXPECT_EQ(sent["input"][2]["output"][0]["text"], "shot");
  EXPECT_EQ(sent["input"][2]["output"][1]["image_url"], url);
}

}  // namespace
}  // namespace plumb
