#include "core/schema/leaked_call.hpp"

#include <gmock/gmock.h>

#include "core/schema/lost_call.hpp"

namespace plumb {
namespace {

using testing::HasSubstr;

std::vector<ToolSpec> tools() {
  const auto schema = parse_json(
      R"({"type":"object","properties":{"path":{"type":"string"},"lines":{"type":"integer"},
          "deep":{"type":"object"}}})");
  return {{.name = "read_file", .description = "", .parameters = *schema},
          {.name = "status", .description = "", .parameters = {{"type", "object"}}}};
}

struct Markup {
  const char* name;
  const char* text;
  const char* format;
  std::vector<std::pair<std::string, std::string>> calls;  ///< name, arguments
};

class WholeMarkup : public testing::TestWithParam<Markup> {};

TEST_P(WholeMarkup, IsReadAsTheCallsThatItHolds) {
  const auto leak = find_leaked_call(GetParam().text, tools());
  ASSERT_TRUE(leak);
  EXPECT_EQ(leak->format, GetParam().format);
  EXPECT_EQ(leak->flaw, "");
  std::vector<std::pair<std::string, std::string>> calls;
  for (const ToolCall& call : leak->calls) calls.emplace_back(call.name, call.arguments);
  EXPECT_EQ(calls, GetParam().calls);
}

INSTANTIATE_TEST_SUITE_P(
    Formats, WholeMarkup,
    testing::Values(
        Markup{"tagged",
               "I look.\n<tool_call>\n{\"name\": \"read_file\", \"arguments\": {\"path\": \"a\"}}\n"
               "</tool_call>",
               "<tool_call>",
               {{"read_file", R"({"path": "a"})"}}},
        Markup{"tagged_twice",
               "<tool_call>{\"name\":\"status\",\"arguments\":{}}</tool_call>\n<tool_call>"
               "{\"name\":\"read_file\",\"arguments\":{\"lines\":2}}</tool_call>",
               "<tool_call>",
               {{"status", "{}"}, {"read_file", R"({"lines":2})"}}},
        Markup{"tagged_without_its_end_of_answer",
               "<tool_call>{\"name\":\"status\",\"arguments\":{}}",
               "<tool_call>",
               {{"status", "{}"}}},
        Markup{"tagged_with_keys",
               "<tool_call>read_file\n<arg_key>path</arg_key>\n<arg_value>a b</arg_value>\n"
               "<arg_key>lines</arg_key><arg_value>3</arg_value></tool_call>",
               "<tool_call>",
               {{"read_file", R"({"lines":3,"path":"a b"})"}}},
        Markup{"function_with_parameters",
               "<tool_call>\n<function=read_file>\n<parameter=path>\n\n7\n</parameter>\n"
               "<parameter=deep>\n{\"a\": 1}\n</parameter>\n</function>\n</tool_call>",
               "<function=",
               {{"read_file", R"({"deep":{"a":1},"path":"\n7"})"}}},
        Markup{"function_with_an_object",
               "<function=read_file>{\"path\": \"</function>\"}</function>",
               "<function=",
               {{"read_file", R"({"path": "</function>"})"}}},
        Markup{"list",
               "[TOOL_CALLS] [{\"name\": \"status\", \"arguments\": {}}]",
               "[TOOL_CALLS]",
               {{"status", "{}"}}},
        Markup{"list_by_name",
               "[TOOL_CALLS]status{}[TOOL_CALLS]read_file[ARGS]{\"path\": \"a\"}",
               "[TOOL_CALLS]",
               {{"status", "{}"}, {"read_file", R"({"path": "a"})"}}},
        Markup{"tokens",
               "<|tool_calls_section_begin|><|tool_call_begin|>functions.read_file:0"
               "<|tool_call_argument_begin|>{\"path\":\"a\"}<|tool_call_end|>"
               "<|tool_calls_section_end|>",
               "<|tool_call",
               {{"read_file", R"({"path":"a"})"}}},
        Markup{"name_last",
               "<tool_call>{\"arguments\": {\"path\": \"some longer words\"}, \"name\": "
               "\"read_file\"}</tool_call>",
               "<tool_call>",
               {{"read_file", R"({"path": "some longer words"})"}}},
        Markup{
            "prose_before_a_call",
            "I use <tool_call> now:\n<tool_call>{\"name\":\"status\",\"arguments\":{}}</tool_call>",
            "<tool_call>",
            {{"status", "{}"}}},
        Markup{"arguments_as_they_are_written",
               "<tool_call>{\"name\":\"status\",\"arguments\": {\"a\":1, \"a\": "
               "123456789012345678901234567890}}</tool_call>",
               "<tool_call>",
               {{"status", R"({"a":1, "a": 123456789012345678901234567890})"}}},
        Markup{"tool_that_is_not_offered",
               "<tool_call>{\"name\":\"bash\",\"arguments\":{}}</tool_call>",
               "<tool_call>",
               {{"bash", "{}"}}},
        Markup{"list_with_ids",
               "[TOOL_CALLS]status[CALL_ID]x1[ARGS]{}",
               "[TOOL_CALLS]",
               {{"status", "{}"}}},
        Markup{"tag_and_list",
               "<tool_call>[{\"name\":\"status\",\"arguments\":{}}]",
               "<tool_call>",
               {{"status", "{}"}}},
        Markup{"objects_in_a_row",
               "{\"name\":\"status\",\"arguments\":{}}\n{\"name\":\"status\",\"parameters\":{}}",
               "json",
               {{"status", "{}"}, {"status", "{}"}}},
        Markup{"function_object",
               R"([{"type":"function","function":{"name":"status","arguments":{"b":[1, 2]}}}])",
               "json",
               {{"status", R"({"b":[1, 2]})"}}},
        Markup{"before_the_end_of_the_turn",
               "{\"name\":\"status\",\"arguments\":{}}<|im_end|>\n",
               "json",
               {{"status", "{}"}}},
        Markup{"behind_a_token",
               "<|python_tag|>{\"name\":\"status\",\"parameters\":{}}",
               "json",
               {{"status", "{}"}}},
        Markup{"token_and_list",
               "<|tool_call|> [{\"name\": \"status\", \"arguments\": {}}]",
               "<|tool_call",
               {{"status", "{}"}}},
        Markup{"bare",
               R"( {"name":"read_file","parameters":{"path":"}{"}} )",
               "json",
               {{"read_file", R"({"path":"}{"})"}}},
        Markup{"bare_list",
               R"([{"name":"status","arguments":{}},{"name":"status","arguments":{}}])",
               "json",
               {{"status", "{}"}, {"status", "{}"}}},
        Markup{"fenced",
               "I call:\n```json\n{\"name\":\"status\",\"parameters\":{}}\n```\n",
               "json",
               {{"status", "{}"}}},
        Markup{"arguments_as_text",
               R"({"name":"read_file","arguments":"{\"path\":1}"})",
               "json",
               {{"read_file", R"("{\"path\":1}")"}}}),
    [](const auto& row) { return row.param.name; });

struct Flawed {
  const char* name;
  const char* text;
  const char* format;
};

class FlawedMarkup : public testing::TestWithParam<Flawed> {};

TEST_P(FlawedMarkup, IsALeakWithoutACallThatCouldBeRun) {
  const auto leak = find_leaked_call(GetParam().text, tools());
  ASSERT_TRUE(leak);
  EXPECT_EQ(leak->format, GetParam().format);
  EXPECT_FALSE(leak->well_formed());
  EXPECT_TRUE(leak->calls.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Formats, FlawedMarkup,
    testing::Values(
        Flawed{"no_brace", "<tool_call>{\"name\":\"status\",\"arguments\":{}</tool_call>",
               "<tool_call>"},
        Flawed{"wrong_end", "<tool_call>{\"name\":\"status\",\"arguments\":{}}</tool_cal>",
               "<tool_call>"},
        Flawed{"misspelt_opener", "<tool_cal>\n{\"name\": \"status\", \"arguments\": {}}",
               "broken"},
        Flawed{"no_opener_and_no_brace", "\"name\": \"status\", \"arguments\": {}}", "broken"},
        Flawed{"misspelt_function", "<functon=read_file>\n<parameter=path>a</parameter>", "broken"},
        Flawed{"no_end_of_parameter", "<function=read_file><parameter=path>a", "<function="},
        Flawed{"cut", "[TOOL_CALLS][{\"name\":\"read_file\"", "[TOOL_CALLS]"},
        Flawed{"no_arguments", "<tool_call>{\"name\": \"read_file\"}</tool_call>", "<tool_call>"},
        Flawed{"no_token_between", "<|tool_calls_section_begin|>functions.read_file:0 {}",
               "<|tool_call"}),
    [](const auto& row) { return row.param.name; });

TEST(FindLeakedCall, ProseAndOtherJsonAreNoLeak) {
  for (const char* text :
       {"Use the <tool_call> tag in your template.", R"({"name":"pete","arguments":{}})",
        R"({"name":"read_file"})", "Done.", "", "I called status with {\"name\": \"x\"}.",
        "The call was `{\"name\": \"status\", \"arguments\": {}}`, which worked.",
        "They mention <function= in passing; the status is unknown.",
        "I filed the snippet that holds <tool_call> by read_file, as you asked.",
        "Written `<tool_call>{\"name\": \"status\", \"arguments\": {}}</tool_call>` it was data.",
        "The marker [TOOL_CALLS] status quo is kept.", "<function=research> is no tool here",
        "The <|tool_call token, then the status.",
        "The log shows:\n```json\n{\"name\":\"status\",\"arguments\":{}}\n```\nso it is three.",
        "```json\n[{\"name\":\"status\",\"description\":\"Tells.\",\"parameters\":{}}]\n```",
        "It is\n    <tool_call>{\"name\":\"status\",\"arguments\":{}}</tool_call>\nnow. Done.",
        "Use <a href=status> and then write <parameter in docs",
        "I removed the <tool_call> wrapper; it handles read_file now."}) {
    EXPECT_FALSE(find_leaked_call(text, tools())) << text;
  }
  EXPECT_FALSE(find_leaked_call("<tool_call>{\"name\":\"read_file\"}", {}));
}

TEST(FindLeakedCall, MarkupWithoutAnEndIsReadInTime) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "<tool_call>{\"name\":\"status\",[";
  EXPECT_FALSE(find_leaked_call(text, tools())->well_formed());
  text.clear();
  for (int i = 0; i < 100'000; ++i) text += "\"name\":\"status\" ";
  (void)find_leaked_call(text, tools());
}

TEST(FindLeakedCall, MoreCallsThanAnybodyRunsAreNone) {
  std::string text;
  for (int i = 0; i < 1025; ++i) text += "[TOOL_CALLS]status{}";
  EXPECT_FALSE(find_leaked_call(text, tools())->well_formed());
}

TEST(FindLeakedCall, TextOfAnyToolsIsSearchedInTime) {
  std::vector<ToolSpec> many;
  for (int i = 0; i < 120; ++i) many.push_back({.name = "tool_" + std::to_string(i)});
  for (const char* piece :
       {"\"", "=", "<tool_call>", "<function=tool_1 ", "[TOOL_CALLS]{", "```{"}) {
    std::string text;
    while (text.size() < (std::size_t{4} << 20)) text += piece;
    (void)find_leaked_call(text, many);
  }
}

TEST(FindLeakedCall, ATextOfATypeThatMayBeTextStaysOne) {
  std::vector<ToolSpec> nullable = {
      {.name = "note",
       .parameters =
           *parse_json(R"({"properties":{"a":{"anyOf":[{"type":"string"},{"type":"null"}]},
           "b":{"type":["string","integer"]},"c":{"type":["integer","null"]}}})")}};
  const auto leak = find_leaked_call(
      "<function=note><parameter=a>123</parameter><parameter=b>7</parameter>"
      "<parameter=c>7</parameter></function>",
      nullable);
  EXPECT_EQ(leak->calls.at(0).arguments, R"({"a":"123","b":"7","c":7})");
}

TEST(FindLostCall, TellsWhereACallWent) {
  ChatResponse response;
  EXPECT_FALSE(find_lost_call(response, tools()));
  response.message.reasoning = "<tool_call>{\"name\":\"status\",\"arguments\":{}}</tool_call>";
  EXPECT_EQ(find_lost_call(response, tools())->defect, Defect::leaked_reasoning);
  response.message.text = "All done.";
  EXPECT_FALSE(find_lost_call(response, tools())) << "beside an answer it was only thought of";
  response.message.text = R"({"name":"status","arguments":{}})";
  EXPECT_EQ(find_lost_call(response, tools())->defect, Defect::leaked_text);
  response.message.calls.push_back({.name = "status"});
  EXPECT_FALSE(find_lost_call(response, tools())) << "a call arrived";
}

TEST(FindLostCall, ACallThatTheEndOfTheAnswerCutIsNoFlawOfItsMarkup) {
  ChatResponse response;
  response.message.text = "<tool_call>{\"name\":\"status\",\"argum";
  EXPECT_TRUE(find_lost_call(response, tools()));
  response.finish = Finish::length;
  EXPECT_FALSE(find_lost_call(response, tools()));
}

TEST(FindLostCall, AnAnswerWithCountedTokensAndNothingInItWasSwallowed) {
  ChatResponse response;
  response.usage.completion_tokens = 40;
  EXPECT_EQ(find_lost_call(response, tools())->defect, Defect::swallowed);
  response.usage.reasoning_tokens = 38;
  EXPECT_FALSE(find_lost_call(response, tools())) << "all but the end was hidden reasoning";
  response.usage.reasoning_tokens.reset();
  response.finish = Finish::length;
  EXPECT_FALSE(find_lost_call(response, tools()));
}

}  // namespace
}  // namespace plumb
