#include "core/schema/call_judge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plumb {
namespace {

using ::testing::HasSubstr;

const std::vector<ToolSpec>& tools() {
  static const std::vector<ToolSpec> offered = {
      {"read_file", "Reads.",
       *parse_json(R"({"type":"object","required":["path"],"additionalProperties":false,
          "properties":{"path":{"type":"string","maxLength":20},"lines":{"type":"integer","minimum":1},
                        "mode":{"enum":["text","hex"]}}})")},
      {"status", "Tells.", *parse_json(R"({"type":"object","properties":{}})")}};
  return offered;
}

CallJudgement judged(const ToolCall& call, bool cut_off = false) {
  static const CallJudge judge = *CallJudge::create(tools());
  return judge.judge(call, cut_off);
}

std::string defect(const std::string& name, const std::string& arguments, bool cut_off = false) {
  const CallJudgement judgement =
      judged({.id = "1", .name = name, .arguments = arguments}, cut_off);
  if (!judgement.defect) return "none";
  EXPECT_FALSE(judgement.sentence.empty());
  return defect_name(*judgement.defect);
}

TEST(CallJudge, AGoodCallHasNoDefectAndItsArguments) {
  const auto judgement = judged({.name = "read_file", .arguments = R"({"path":"a","lines":2})"});
  EXPECT_FALSE(judgement.defect);
  EXPECT_EQ(judgement.arguments["path"], "a");
}

TEST(CallJudge, DefectsOfTheBytes) {
  EXPECT_EQ(defect("read_file", R"({"path": "a")"), "args_not_json");
  EXPECT_EQ(defect("read_file", R"({"path": "a")", true), "args_truncated");
  EXPECT_EQ(defect("read_file", R"({'path': 'a'})"), "args_not_json");
  EXPECT_EQ(defect("read_file", "{\"path\":\"\xFF\"}"), "args_not_json");
  EXPECT_EQ(defect("read_file", R"({"path":"a"}{"path":"b"})"), "args_not_json");
  EXPECT_EQ(defect("read_file", ""), "args_empty");
  EXPECT_EQ(defect("read_file", " null\n"), "args_empty");
  EXPECT_EQ(defect("read_file", R"(["a"])"), "args_not_object");
  EXPECT_EQ(defect("read_file", R"("a")"), "args_not_object");
  EXPECT_EQ(defect("read_file", R"("{\"path\":\"a\"}")"), "args_double_encoded");
  EXPECT_EQ(defect("read_file", std::string(100'000, '[')), "args_not_json");
}

TEST(CallJudge, ACutAnswerExcusesOnlyWhatIsMissingAtTheEnd) {
  const std::string whole =
      R"({"path":"a\\u00e9\ud83d\ude00\n",  "x":[true,false,null,-1.5e+3,0.1],"y":{}})";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_EQ(defect("read_file", whole.substr(0, length), true), "args_truncated") << length;
  }
  EXPECT_EQ(defect("read_file", "{\"path\":\"\xF0\x9F\x98", true), "args_truncated");
  for (const char* text : {R"({"path":NaN,"lines":)", R"({'path':)", R"({"path":"a"} and)",
                           R"({"path":"\x)", R"({"path":tru,)", R"({"path":"\u12g)",
                           R"({"path":"\ud83d\n)", R"({"path":01)", "{\"a\":\"\xFF"}) {
    EXPECT_EQ(defect("read_file", text, true), "args_not_json") << text;
  }
}

TEST(CallJudge, NoArgumentsAreFineWhereNoneAreRequired) {
  EXPECT_EQ(defect("status", ""), "none");
  EXPECT_EQ(defect("status", "null"), "none");
  EXPECT_EQ(defect("status", "{}"), "none");
  EXPECT_EQ(defect("read_file", "{}"), "missing_required");
}

TEST(CallJudge, DefectsOfTheName) {
  EXPECT_EQ(defect("launch_rocket", "{}"), "unknown_tool");
  EXPECT_EQ(defect("", "{}"), "unknown_tool");
  EXPECT_EQ(defect("readFile", "{}"), "near_miss_name");
  EXPECT_EQ(defect("functions.read_file", "{}"), "near_miss_name");
  EXPECT_EQ(defect("read_fil", "{}"), "near_miss_name");
  for (const char* name :
       {"functions.read_file:0", "default_api.read_file", "tools.read_file", "tools/read_file",
        "functions:read_file", "read_file<|channel|>commentary", "\"read_file\"", "read_file()",
        "read_file(path=\"a\")", "Status", "'status'", " status\n", "functions.status:12"}) {
    EXPECT_EQ(defect(name, "{}"), "near_miss_name") << name;
  }
  for (const char* name :
       {".", "()", ":0", "<|channel|>", "\"\"", "functions.", "read_file.exec"}) {
    EXPECT_EQ(defect(name, "{}"), "unknown_tool") << name;
  }
  EXPECT_THAT(judged({.name = "\"status\"", .arguments = "{}"}).sentence,
              HasSubstr("There is no tool '\"status\"'. Did you mean \"status\"?"));
  EXPECT_THAT(judged({.name = "ReadFile", .arguments = "{}"}).sentence,
              HasSubstr("Did you mean \"read_file\"?"));
}

TEST(CallJudge, DefectsAgainstTheSchema) {
  EXPECT_EQ(defect("read_file", R"({"lines":2})"), "missing_required");
  EXPECT_EQ(defect("read_file", R"({"path":5})"), "wrong_type");
  EXPECT_EQ(defect("read_file", R"({"path":"a","lines":"2"})"), "wrong_type");
  EXPECT_EQ(defect("read_file", R"({"path":"a","lines":0})"), "enum_or_range");
  EXPECT_EQ(defect("read_file", R"({"path":"a","mode":"oct"})"), "enum_or_range");
  EXPECT_EQ(defect("read_file", R"({"path":"aaaaaaaaaaaaaaaaaaaaaaaa"})"), "enum_or_range");
  EXPECT_EQ(defect("read_file", R"({"path":"a","extra":1})"), "extra_property");
  EXPECT_EQ(defect("read_file", R"({"lines":"x","extra":1})"), "missing_required");
}

TEST(CallJudge, TheSentenceTellsTheModelWhatIsWrongAndWhatIsExpected) {
  const auto sentence = judged({.name = "read_file", .arguments = R"({"lines":"2"})"}).sentence;
  EXPECT_THAT(sentence, HasSubstr("read_file"));
  EXPECT_THAT(sentence, HasSubstr("/path is missing"));
  EXPECT_THAT(sentence, HasSubstr("/lines: expected integer, got string \"2\""));
  EXPECT_THAT(sentence, HasSubstr("\"path\": string"));
}

/// The judgement of a call of the only tool, whose parameters these are.
CallJudgement judged_by(const char* parameters, const std::string& arguments) {
  const auto judge = CallJudge::create({{"t", "A tool.", *parse_json(parameters)}});
  EXPECT_TRUE(judge) << (judge ? "" : judge.error().sentence);
  return judge ? judge->judge({.name = "t", .arguments = arguments}) : CallJudgement();
}
std::string defect_by(const char* parameters, const std::string& arguments) {
  const auto judgement = judged_by(parameters, arguments);
  return judgement.defect ? defect_name(*judgement.defect) : "none";
}

TEST(CallJudge, AKeyThatIsThereTwiceAtAnyLevelIsADefectOfItsOwn) {
  EXPECT_EQ(defect("status", R"({"a":1,"a":1})"), "duplicate_key");
  EXPECT_EQ(defect("status", R"({"a":[{"b":1},{"c":1,"\u0063":2}]})"), "duplicate_key");
  EXPECT_EQ(defect("status", R"({"a":{"b":1},"c":{"b":1}})"), "none");
  EXPECT_THAT(judged({.name = "status", .arguments = R"({"a":[{"b":1},{"c":1,"c":2}]})"}).sentence,
              HasSubstr("the key /a/1/c twice"));
}

TEST(CallJudge, TheSentenceNamesWhatMakesTheBytesNoJson) {
  const auto sentence = [](const std::string& arguments) {
    const auto judgement = judged({.name = "status", .arguments = arguments});
    EXPECT_EQ(judgement.defect, Defect::args_not_json) << arguments;
    return judgement.sentence;
  };
  EXPECT_THAT(sentence(R"({"a":NaN})"), HasSubstr("NaN is no number of JSON"));
  EXPECT_THAT(sentence(R"({"a":-Infinity})"), HasSubstr("-Infinity is no number of JSON"));
  EXPECT_THAT(sentence(R"({"a":"\ud800"})"), HasSubstr("half of a surrogate pair"));
  EXPECT_THAT(sentence(R"({"a":"\udc00\ud800"})"), HasSubstr("half of a surrogate pair"));
  EXPECT_THAT(sentence("{\"a\":\"\xC3\"}"), HasSubstr("bytes that are not UTF-8"));
  EXPECT_THAT(sentence("\xEF\xBB\xBF{}"), HasSubstr("byte order mark"));
  EXPECT_THAT(sentence("{} {}"), HasSubstr("more text behind the value"));
  EXPECT_THAT(sentence("{\"a\":\"x\ny\"}"), HasSubstr("control character"));
  EXPECT_THAT(sentence(R"({"a":"\x"})"), HasSubstr("no such escape"));
  EXPECT_THAT(sentence("{a:1}"), HasSubstr("a name in double quotes, got a:1}"));
  EXPECT_THAT(sentence("{\"a\":01}"), HasSubstr("expected ',' or '}'"));
  EXPECT_THAT(sentence("{\"a\":1,}"), HasSubstr("a name in double quotes"));
  EXPECT_THAT(sentence("{\"a\":"), HasSubstr("the text ends"));
  EXPECT_THAT(sentence("{\"a\":" + std::string(200, '[') + std::string(200, ']') + "}"),
              HasSubstr("nested deeper than 128 levels"));
}

TEST(CallJudge, HugeAndDeepArgumentsAreJudged) {
  std::string deep = "{\"a\":";
  deep.resize(10'000'000, '[');
  EXPECT_EQ(defect("status", deep), "args_not_json");
  std::string huge = "{\"a\":\"";
  huge.resize(10'000'000, 'x');
  EXPECT_EQ(defect("status", huge + "\"}"), "none");
  std::string many = "{\"k\":1";
  for (int i = 0; i < 500'000; ++i) many += ",\"k" + std::to_string(i) + "\":1";
  EXPECT_EQ(defect("status", many + "}"), "none");
  EXPECT_EQ(defect("read_file", many + "}"), "missing_required");
}

TEST(CallJudge, BigIntegersAreJudgedByTheirDigits) {
  const char* schema = R"({"type":"object","properties":{
      "id":{"type":"integer","enum":[9007199254740993,5]},
      "n":{"type":"integer","maximum":123456789012345680000000000000},
      "m":{"type":"integer","multipleOf":10}}})";
  EXPECT_EQ(defect_by(schema, R"({"id":9007199254740993})"), "none");
  EXPECT_EQ(defect_by(schema, R"({"id":9007199254740992})"), "enum_or_range");
  EXPECT_EQ(defect_by(schema, R"({"n":123456789012345678901234567890})"), "none");
  EXPECT_EQ(defect_by(schema, R"({"n":123456789012345680000000000001})"), "enum_or_range");
  EXPECT_EQ(defect_by(schema, R"({"m":123456789012345678901234567890})"), "none");
  EXPECT_EQ(defect_by(schema, R"({"m":123456789012345678901234567891})"), "enum_or_range");
  EXPECT_EQ(defect_by(schema, R"({"m":123456789012345678901234567890.5})"), "wrong_type");
}

TEST(CallJudge, AToolIsGivenTheNearestDoubleOfABigInteger) {
  const auto judgement =
      judged_by(R"({"type":"object"})", R"({"n":[123456789012345678901234567890]})");
  EXPECT_FALSE(judgement.defect);
  EXPECT_EQ(judgement.arguments["n"][0], Json(123456789012345678901234567890.0));
  EXPECT_EQ(defect_by(R"({"type":"object"})", R"({"n":1e400})"), "enum_or_range");
  EXPECT_EQ(defect_by(R"({"type":"object"})", "{\"n\":" + std::string(400, '9') + "}"),
            "enum_or_range");
}

TEST(CallJudge, AlternativesCountAsTheirNearestOneWould) {
  const char* schema = R"({"type":"object","properties":{
      "plain":{"anyOf":[{"type":"string"},{"type":"null"}]},
      "shape":{"oneOf":[
        {"type":"object","required":["kind","radius"],"additionalProperties":false,
         "properties":{"kind":{"const":"circle"},"radius":{"type":"number"}}},
        {"type":"object","required":["kind","side"],"additionalProperties":false,
         "properties":{"kind":{"const":"square"},"side":{"type":"number"}}}]}}})";
  EXPECT_EQ(defect_by(schema, R"({"plain":5})"), "wrong_type");
  EXPECT_EQ(defect_by(schema, R"({"shape":{"kind":"square","side":2}})"), "none");
  EXPECT_EQ(defect_by(schema, R"({"shape":{"kind":"square"}})"), "missing_required");
  EXPECT_EQ(defect_by(schema, R"({"shape":{"kind":"circle","radius":"2"}})"), "wrong_type");
  EXPECT_EQ(defect_by(schema, R"({"shape":{"kind":"square","side":2,"radius":1}})"),
            "extra_property");
  EXPECT_EQ(defect_by(schema, R"({"shape":7})"), "wrong_type");
  EXPECT_THAT(judged_by(schema, R"({"plain":5})").sentence,
              HasSubstr("/plain: expected string or null, got number 5"));
  EXPECT_THAT(judged_by(schema, R"({"shape":{"kind":"square"}})").sentence,
              HasSubstr("the nearest, number 2, says: /shape/side is missing"));
}

TEST(CallJudge, AlternativesWithinAlternativesAreSearchedForTheNearest) {
  const std::string pets = R"([
      {"type":"object","properties":{"kind":{"const":"cat"},"lives":{"type":"integer"}},"required":["kind","lives"]},
      {"type":"object","properties":{"kind":{"const":"dog"},"bark":{"type":"string"}},"required":["kind","bark"]}])";
  const auto around = [](const std::string& x, const std::string& rest = "") {
    return R"({"type":"object","properties":{"x":)" + x + "}" + rest + "}";
  };
  const std::string null = R"({"type":"null"})";
  for (const std::string& schema :
       {around(R"({"anyOf":[{"oneOf":)" + pets + "}," + null + "]}"),
        around(R"({"anyOf":[{"allOf":[{"$ref":"#/$defs/pet"}]},)" + null + "]}",
               R"(,"$defs":{"pet":{"oneOf":)" + pets + "}}"),
        around(R"({"anyOf":[{"type":"object","oneOf":)" + pets + "}," + null + "]}")}) {
    EXPECT_EQ(defect_by(schema.c_str(), R"({"x":{"kind":"cat"}})"), "missing_required") << schema;
    EXPECT_THAT(judged_by(schema.c_str(), R"({"x":{"kind":"cat"}})").sentence,
                HasSubstr("says: /x/lives is missing"));
    EXPECT_EQ(defect_by(schema.c_str(), R"({"x":{"kind":"dog","bark":1}})"), "wrong_type");
    EXPECT_EQ(defect_by(schema.c_str(), R"({"x":5})"), "wrong_type") << schema;
    EXPECT_THAT(judged_by(schema.c_str(), R"({"x":5})").sentence,
                HasSubstr("/x: expected object or null, got number 5"));
  }
  const std::string both = around(R"({"anyOf":[{"oneOf":[true,true]},)" + null + "]}");
  EXPECT_THAT(judged_by(both.c_str(), R"({"x":5})").sentence,
              HasSubstr("fits both number 1 and number 2"));
}

TEST(CallJudge, SentencesAreShortWhateverIsJudged) {
  const std::string huge(1'000'000, 'k');
  Json parameters = {{"type", "object"}, {"additionalProperties", {{"type", "integer"}}}};
  std::vector<ToolSpec> many;
  for (int i = 0; i < 500; ++i) {
    const std::string number = std::to_string(i);
    parameters["properties"]["a_parameter_" + number] = {{"enum", {huge, number}}};
    many.push_back({"a_tool_" + number, "", {{"type", "object"}}});
  }
  many.push_back({"t", "", parameters});
  const auto judge = CallJudge::create(std::move(many));
  ASSERT_TRUE(judge);
  Json wrong;
  for (int i = 0; i < 5; ++i) wrong[huge + std::to_string(i)] = huge;
  for (const ToolCall& call :
       {ToolCall{.name = huge, .arguments = "{}"}, ToolCall{.name = "t", .arguments = wrong.dump()},
        ToolCall{.name = "t", .arguments = R"({"a_parameter_0":5})"},
        ToolCall{.name = "t", .arguments = R"({"a":1,"a":1})"}}) {
    const auto judgement = judge->judge(call);
    EXPECT_TRUE(judgement.defect);
    EXPECT_LT(judgement.sentence.size(), 3'000U);
    EXPECT_TRUE(judgement.sentence.ends_with(".")) << judgement.sentence;
  }
}

TEST(CallJudge, SentencesReadAsAPersonWouldSayThem) {
  EXPECT_THAT(judged({.name = "status", .arguments = "[]"}).sentence,
              HasSubstr("not an object but an array"));
  EXPECT_THAT(judged({.name = "status", .arguments = "5"}).sentence,
              HasSubstr("not an object but a number"));
  EXPECT_THAT(judged({.name = "status", .arguments = std::string(129, '[') + std::string(129, ']')})
                  .sentence,
              HasSubstr("which is JSON, but more than any tool takes"));
  const auto told = [](const char* parameters, const char* arguments) {
    return judged_by(parameters, arguments).sentence;
  };
  EXPECT_THAT(told(R"({"type":"object","properties":{"a":{"prefixItems":[{}],"items":false}}})",
                   R"({"a":[1,2]})"),
              HasSubstr("not run: /a/1 must not be there."));
  EXPECT_THAT(told(R"({"type":"object","properties":{"a":false}})", R"({"a":1})"),
              HasSubstr("not run: /a must not be there."));
  EXPECT_THAT(told(R"({"type":"object","properties":{"a":{"anyOf":[false,{"type":"string"}]}}})",
                   R"({"a":1})"),
              HasSubstr("/a: expected string, got 1."));
  EXPECT_THAT(told(R"({"type":"object","properties":{"say \"x\"":{"type":"string"}}})",
                   R"({"say \"x\"":1})"),
              HasSubstr(R"('say "x"'?: string)"));
  EXPECT_THAT(told(R"({"type":"object","properties":{"a":{"minItems":1}}})", R"({"a":[]})"),
              HasSubstr("expected at least 1 item, got 0"));
}

TEST(CallJudge, OtherKeywordsHaveTheirDefectToo) {
  EXPECT_EQ(defect_by(R"({"type":"object","properties":{"a":{"not":{"const":1}}}})", R"({"a":1})"),
            "enum_or_range");
  EXPECT_EQ(defect_by(R"({"type":"object","properties":{"a":false}})", R"({"a":1})"),
            "extra_property");
  EXPECT_EQ(defect_by(R"({"type":"object","unevaluatedProperties":false})", R"({"a":1})"),
            "extra_property");
  EXPECT_EQ(defect_by(R"({"type":"object","propertyNames":false})", R"({"a":1})"),
            "extra_property");
  EXPECT_EQ(defect_by(R"({"type":"object","propertyNames":{"maxLength":2}})", R"({"abc":1})"),
            "enum_or_range");
  EXPECT_EQ(defect_by(R"({"type":"object","if":{"required":["a"]},"then":{"required":["b"]}})",
                      R"({"a":1})"),
            "missing_required");
  EXPECT_EQ(defect_by(R"({"type":"object","dependentRequired":{"a":["b"]}})", R"({"a":1})"),
            "missing_required");
}

TEST(CallJudge, RefusesAToolThatCannotBeJudgedByNameAndPlace) {
  const auto judge = CallJudge::create(
      {{"good", "", *parse_json(R"({"type":"object"})")},
       {"bad", "", *parse_json(R"({"type":"object","properties":{"a":{"type":"strng"}}})")}});
  ASSERT_FALSE(judge);
  EXPECT_EQ(judge.error().code, Code::config);
  EXPECT_THAT(judge.error().sentence, HasSubstr("\"bad\""));
  EXPECT_THAT(judge.error().sentence, HasSubstr("/properties/a"));
  EXPECT_THAT(judge.error().sentence, HasSubstr("did you mean \"string\"?"));
  EXPECT_FALSE(
      CallJudge::create({{"twin", "", {{"type", "object"}}}, {"twin", "", {{"type", "object"}}}}));
}

}  // namespace
}  // namespace plumb
