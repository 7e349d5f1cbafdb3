// What each flavour refuses, with which status and in which words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plugins/stand_in_support.hpp"

namespace plumb {
namespace {

using ::testing::HasSubstr;

/// A request, and what becomes of it: status and a part of the body by flavour; status 200 where it
/// is accepted.
struct Case {
  const char* name;
  Json body;
  std::vector<std::tuple<const char*, int, const char*>> outcomes;
};

Json with(Json body, const char* key, Json value) {
  body[key] = std::move(value);
  return body;
}

Json picture_message() {
  const Json parts = Json::array(
      {{{"type", "text"}, {"text", "What is this?"}},
       {{"type", "image_url"}, {"image_url", {{"url", "data:image/png;base64,AAAA"}}}}});
  return {{"messages", Json::array({{{"role", "user"}, {"content", parts}}})}};
}

Json replayed_call(const std::string& arguments) {
  Conversation conversation;
  conversation.add_call("note", "noted");
  conversation.messages[1]["tool_calls"][0]["id"] = "abcdefghi";
  conversation.messages[2]["tool_call_id"] = "abcdefghi";
  conversation.messages[1]["tool_calls"][0]["function"]["arguments"] = arguments;
  return {{"messages", conversation.messages}};
}

Json roles(const std::vector<const char*>& names) {
  Json messages = Json::array();
  for (const char* name : names) messages.push_back({{"role", name}, {"content", "hello"}});
  return {{"messages", messages}};
}

std::vector<Case> cases() {
  const Json hello = says("hello");
  return {
      {"unknown model",
       with(hello, "model", "gpt-9"),
       {{"vllm", 404, "The model `gpt-9` does not exist."},
        {"sglang", 200, ""},
        {"llamacpp", 200, ""},
        {"ollama", 404, "not_found_error"},
        {"openrouter", 400, "not a valid model ID"},
        {"mistral_strict", 404, "\"param\":\"model\""}}},
      {"empty tools",
       with(hello, "tools", Json::array()),
       {{"vllm", 400, "BadRequestError"}, {"llamacpp", 200, ""}, {"ollama", 200, ""}}},
      {"stream options without a stream",
       with(hello, "stream_options", {{"include_usage", true}}),
       {{"vllm", 400, "Stream options can only be defined"}, {"llamacpp", 200, ""}}},
      {"a picture",
       picture_message(),
       {{"vllm", 400, "is not a multimodal model"},
        {"sglang", 200, ""},
        {"llamacpp", 500, "image input is not supported"},
        {"openrouter", 404, "support image input"}}},
      {"broken arguments in the history",
       replayed_call("{\"a\":"),
       {{"vllm", 400, "not a JSON object"},
        {"sglang", 400, "\"object\":\"error\""},
        {"llamacpp", 500, "Failed to parse tool call arguments as JSON"},
        {"ollama", 400, "invalid tool call arguments"}}},
      {"empty arguments in the history", replayed_call(""), {{"llamacpp", 500, "server_error"}}},
      {"two of one role",
       roles({"user", "user"}),
       {{"mistral_strict", 400, "roles must alternate"}, {"vllm", 200, ""}, {"ollama", 200, ""}}},
      {"a late system message",
       roles({"user", "assistant", "system", "user"}),
       {{"mistral_strict", 400, "roles must alternate"}, {"llamacpp", 200, ""}}},
      {"proper roles",
       roles({"system", "user", "assistant", "user"}),
       {{"mistral_strict", 200, ""}}},
      {"a proper call", replayed_call("{}"), {{"mistral_strict", 200, ""}, {"llamacpp", 200, ""}}},
      {"no role that exists",
       roles({"wizard"}),
       {{"vllm", 400, "wizard"}, {"llamacpp", 200, ""}, {"plain", 400, "wizard"}}}};
}

TEST(StandInErrors, EachFlavourRefusesWhatItsServerRefuses) {
  for (const Case& one : cases()) {
    for (const auto& [flavour, status, words] : one.outcomes) {
      const auto server = serve(std::string("flavour=") + flavour);
      const Page page = chat(*server, one.body);
      EXPECT_EQ(page.status, status) << one.name << " " << flavour << ": " << page.body;
      EXPECT_THAT(page.body, HasSubstr(words)) << one.name << " " << flavour;
    }
  }
}

TEST(StandInErrors, LlamaServerIsAsStrictAsItsTemplate) {
  const auto server = serve("flavour=llamacpp,strict_roles=on");
  const Page page = chat(*server, roles({"user", "user"}));
  EXPECT_EQ(page.status, 500);
  EXPECT_THAT(page.body, HasSubstr("Jinja Exception"));
}

TEST(StandInErrors, AnOverflowIsRefusedInTheServersWords) {
  const std::vector<std::tuple<std::string, std::string>> words = {
      {"plain", "This model's maximum context length is 1000 tokens"},
      {"vllm", "This model's maximum context length is 1000 tokens"},
      {"mistral_strict", "This model's maximum context length is 1000 tokens"},
      {"sglang", "is longer than the model's context length (1000 tokens)"},
      {"llamacpp", "exceed_context_size_error"},
      {"openrouter", "maximum context length is 1000 tokens"}};
  for (const auto& [flavour, sentence] : words) {
    const auto server = serve("context=1000,flavour=" + flavour);
    const Page page = chat(*server, says(std::string(8000, 'x')));
    EXPECT_EQ(page.status, 400) << flavour;
    EXPECT_THAT(page.body, HasSubstr(sentence)) << flavour;
    EXPECT_EQ(chat(*server, says("hello")).status, 200) << flavour;
  }
  const Json error =
      chat(*serve("context=1000,flavour=llamacpp"), says(std::string(8000, 'x'))).json()["error"];
  EXPECT_EQ(error.at("n_ctx"), 1000);
  EXPECT_GT(error.at("n_prompt_tokens"), 2000);
}

TEST(StandInErrors, SomeServersCountTheAnswerThatIsAskedFor) {
  const Json body = with(says("hello"), "max_tokens", 999);
  for (const auto& [flavour, status] :
       {std::pair("mistral_strict", 400), {"sglang", 400}, {"vllm", 200}, {"llamacpp", 200}}) {
    EXPECT_EQ(chat(*serve(std::string("context=1000,flavour=") + flavour), body).status, status)
        << flavour;
  }
}

TEST(StandInErrors, TheRealWindowMayBeSmallerThanTheDeclaredOne) {
  const auto server = serve("flavour=vllm,context=32768,effective=1000");
  EXPECT_EQ(get(*server, "/v1/models").json()["data"][0]["max_model_len"], 32768);
  EXPECT_EQ(chat(*server, says(std::string(8000, 'x'))).status, 400);
}

TEST(StandInErrors, BadJsonAndUnknownRoutesHaveTheServersShape) {
  for (const auto& [flavour, bad_json, no_route] :
       {std::tuple("vllm", 400, R"({"detail":"Not Found"})"),
        {"sglang", 400, R"({"detail":"Not Found"})"},
        {"llamacpp", 500, "File Not Found"},
        {"ollama", 400, "404 page not found"},
        {"openrouter", 400, "\"code\":404"}}) {
    const auto server = serve(std::string("flavour=") + flavour);
    const Answer answer = ask(*server, "{\"messages\":");
    EXPECT_EQ(answer.status, bad_json) << flavour;
    const Page page = get(*server, "/no/such/route");
    EXPECT_EQ(page.status, 404) << flavour;
    EXPECT_THAT(page.body, HasSubstr(no_route)) << flavour;
  }
}

TEST(StandInErrors, AServerThatLoadsSaysSo) {
  const auto server = serve("flavour=llamacpp,load_s=100000");
  const Page page = chat(*server, says("hello"));
  EXPECT_EQ(page.status, 503);
  EXPECT_EQ(page.json(),
            Json({{"error",
                   {{"code", 503}, {"message", "Loading model"}, {"type", "unavailable_error"}}}}));
  EXPECT_EQ(get(*server, "/health").status, 503);
}

TEST(StandInErrors, AnErrorInAStreamHasTheServersShape) {
  for (const auto& [flavour, bytes] : {std::pair("sglang", "data: {\"error\":{"),
                                       {"llamacpp", "error: {\"code\":500"},
                                       {"ollama", "\n{\"error\":\"a fault"},
                                       {"openrouter", "\"finish_reason\":\"error\""},
                                       {"vllm", "data: {\"error\":{\"message\""}}) {
    const auto server = serve(std::string("fault=stream_error,flavour=") + flavour);
    const Answer answer = ask(*server, Conversation{}.body(), header_of(trial_of(0)));
    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(answer.complete) << flavour;
    EXPECT_FALSE(answer.done) << flavour;
    EXPECT_THAT(answer.body, HasSubstr(bytes)) << flavour;
  }
}

}  // namespace
}  // namespace plumb
