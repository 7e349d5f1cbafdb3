#include "core/schema/tool_call.hpp"

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

std::string defect(const std::string& name, const std::string& arguments, bool cut_off = false) {
  const CallJudgement judgement =
      judge_call({.id = "1", .name = name, .arguments = arguments}, tools(), cut_off);
  if (!judgement.defect) return "none";
  EXPECT_FALSE(judgement.sentence.empty());
  return defect_name(*judgement.defect);
}

TEST(JudgeCall, AGoodCallHasNoDefectAndItsArguments) {
  const auto judgement =
      judge_call({.name = "read_file", .arguments = R"({"path":"a","lines":2})"}, tools());
  EXPECT_FALSE(judgement.defect);
  EXPECT_EQ(judgement.arguments["path"], "a");
}

TEST(JudgeCall, DefectsOfTheBytes) {
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

TEST(JudgeCall, NoArgumentsAreFineWhereNoneAreRequired) {
  EXPECT_EQ(defect("status", ""), "none");
  EXPECT_EQ(defect("status", "null"), "none");
  EXPECT_EQ(defect("status", "{}"), "none");
  EXPECT_EQ(defect("read_file", "{}"), "missing_required");
}

TEST(JudgeCall, DefectsOfTheName) {
  EXPECT_EQ(defect("launch_rocket", "{}"), "unknown_tool");
  EXPECT_EQ(defect("", "{}"), "unknown_tool");
  EXPECT_EQ(defect("readFile", "{}"), "near_miss_name");
  EXPECT_EQ(defect("functions.read_file", "{}"), "near_miss_name");
  EXPECT_EQ(defect("read_fil", "{}"), "near_miss_name");
  EXPECT_THAT(judge_call({.name = "ReadFile", .arguments = "{}"}, tools()).sentence,
              HasSubstr("Did you mean \"read_file\"?"));
}

TEST(JudgeCall, DefectsAgainstTheSchema) {
  EXPECT_EQ(defect("read_file", R"({"lines":2})"), "missing_required");
  EXPECT_EQ(defect("read_file", R"({"path":5})"), "wrong_type");
  EXPECT_EQ(defect("read_file", R"({"path":"a","lines":"2"})"), "wrong_type");
  EXPECT_EQ(defect("read_file", R"({"path":"a","lines":0})"), "enum_or_range");
  EXPECT_EQ(defect("read_file", R"({"path":"a","mode":"oct"})"), "enum_or_range");
  EXPECT_EQ(defect("read_file", R"({"path":"aaaaaaaaaaaaaaaaaaaaaaaa"})"), "enum_or_range");
  EXPECT_EQ(defect("read_file", R"({"path":"a","extra":1})"), "extra_property");
  EXPECT_EQ(defect("read_file", R"({"lines":"x","extra":1})"), "missing_required");
}

TEST(JudgeCall, TheSentenceTellsTheModelWhatIsWrongAndWhatIsExpected) {
  const auto sentence =
      judge_call({.name = "read_file", .arguments = R"({"lines":"2"})"}, tools()).sentence;
  EXPECT_THAT(sentence, HasSubstr("read_file"));
  EXPECT_THAT(sentence, HasSubstr("/path is missing"));
  EXPECT_THAT(sentence, HasSubstr("/lines: expected integer, got string \"2\""));
  EXPECT_THAT(sentence, HasSubstr("\"path\": string"));
}

}  // namespace
}  // namespace plumb
