#include "core/trial/inquest.hpp"

#include <gmock/gmock.h>

#include "core/schema/lost_call.hpp"

namespace plumb {
namespace {

using testing::HasSubstr;

constexpr const char* kWhole =
    "<tool_call>\n{\"name\": \"probe\", \"arguments\": {\"path\": \"a\"}}\n</tool_call>";
constexpr const char* kFlawed =
    "<tool_cal>\n{\"name\": \"probe\", \"arguments\": {\"path\": \"a\"}}";
constexpr const char* kAsks = "Tools: ... Answer with <tool_call>{...}</tool_call>.";

std::vector<ToolSpec> tools() {
  return {
      {.name = "probe",
       .description = "",
       .parameters = *parse_json(
           R"({"type":"object","required":["path"],"properties":{"path":{"type":"string"}}})")}};
}

/// A call that came as this text.
Suspect leaked(const std::string& text) {
  Suspect suspect;
  suspect.response.message.text = text;
  const auto lost = find_lost_call(suspect.response, tools());
  suspect.defect = lost.value().defect;
  suspect.leak = lost->leak;
  return suspect;
}

RawCompletion raw_of(const std::string& prompt, const std::string& text,
                     std::optional<std::int64_t> tokens = std::nullopt) {
  RawCompletion raw{.prompt = prompt, .text = text, .usage = {}, .finish = Finish::stop};
  raw.usage.completion_tokens = tokens;
  return raw;
}

ChatResponse answer_with(const std::string& arguments) {
  ChatResponse answer;
  answer.message.calls = {{.id = "1", .name = "probe", .arguments = arguments}};
  return answer;
}

InquestResult by_raw(const Suspect& suspect, RawCompletion raw, bool repeats = true) {
  Testimony testimony{.raw_repeats = repeats, .instructions = raw.prompt};
  testimony.raw = std::move(raw);
  return weigh(suspect, testimony, tools());
}

TEST(Inquest, AWholeCallInTheMarkupThatThePromptAsksForIsTheParsersToRead) {
  EXPECT_EQ(by_raw(leaked(kWhole), raw_of(kAsks, kWhole)).attribution, Attribution::server_parser);
}

TEST(Inquest, SpecialTokensThatTheServerStripsDoNotMakeItAnotherAnswer) {
  const Suspect suspect = leaked(R"([{"name": "probe", "arguments": {"path": "a"}}])");
  const std::string written =
      R"([TOOL_CALLS] [{"name": "probe", "arguments": {"path": "a"}}]<|end|>)";
  EXPECT_EQ(by_raw(suspect, raw_of("use [TOOL_CALLS]", written)).attribution,
            Attribution::server_parser);
}

TEST(Inquest, AFlawedCallIsTheModels) {
  const InquestResult finding = by_raw(leaked(kFlawed), raw_of(kAsks, kFlawed));
  EXPECT_EQ(finding.attribution, Attribution::model);
  EXPECT_THAT(finding.sentence, HasSubstr("flawed"));
}

TEST(Inquest, AMarkupThatThePromptDoesNotAskForIsTheModels) {
  const std::string written = "<function=probe><parameter=path>a</parameter></function>";
  EXPECT_EQ(by_raw(leaked(written), raw_of(kAsks, written)).attribution, Attribution::model);
  EXPECT_FALSE(by_raw(leaked(written), raw_of("no markup at all", written)).attribution);
}

TEST(Inquest, AnotherAnswerProvesNothing) {
  EXPECT_FALSE(by_raw(leaked(kFlawed), raw_of(kAsks, kWhole)).attribution);
  EXPECT_FALSE(by_raw(leaked(kWhole), raw_of(kAsks, "Done.")).attribution);
}

TEST(Inquest, TheSameCallWithoutStreamingConvictsTheParserOfStreams) {
  const auto repeated = [](const char* arguments) {
    return Testimony{.repeated = answer_with(arguments)};
  };
  EXPECT_EQ(weigh(leaked(kWhole), repeated(R"({ "path": "a" })"), tools()).attribution,
            Attribution::server_parser);
  EXPECT_FALSE(weigh(leaked(kWhole), repeated(R"({"path":"b"})"), tools()).attribution)
      << "another draw of the sampler";
  EXPECT_FALSE(weigh(leaked(kFlawed), repeated(R"({"path":"a"})"), tools()).attribution);
}

TEST(Inquest, NoEvidenceLeavesItOpen) {
  for (const Defect defect :
       {Defect::leaked_text, Defect::swallowed, Defect::server_rejected, Defect::args_empty}) {
    Suspect suspect = leaked(kWhole);
    suspect.defect = defect;
    const InquestResult finding = weigh(suspect, {}, tools());
    EXPECT_FALSE(finding.attribution) << defect_name(defect);
    EXPECT_NE(finding.sentence, "");
  }
}

TEST(Inquest, ACallInsideTheThinkingIsTheModels) {
  Suspect suspect;
  suspect.defect = Defect::leaked_reasoning;
  suspect.response.message.reasoning = kWhole;
  suspect.leak = find_leaked_call(kWhole, tools());
  const std::string call = kWhole;
  EXPECT_EQ(by_raw(suspect, raw_of(kAsks, "<think>" + call + "</think>")).attribution,
            Attribution::model);
  EXPECT_EQ(by_raw(suspect, raw_of(kAsks, "<think>so</think>" + call)).attribution,
            Attribution::server_parser);
  EXPECT_EQ(by_raw(suspect, raw_of(std::string(kAsks) + "<think>\n", call)).attribution,
            Attribution::model)
      << "the prompt opened the thinking, and the model never ended it";
  EXPECT_EQ(by_raw(suspect, raw_of(kAsks, call)).attribution, Attribution::server_parser)
      << "nothing was thinking";
}

TEST(Inquest, AnAnswerThatWasSwallowedIsKnownByItsTokens) {
  Suspect suspect;
  suspect.defect = Defect::swallowed;
  suspect.response.usage.completion_tokens = 40;
  EXPECT_EQ(by_raw(suspect, raw_of(kAsks, kWhole, 41)).attribution, Attribution::server_parser);
  EXPECT_EQ(by_raw(suspect, raw_of(kAsks, kFlawed, 40)).attribution, Attribution::model);
  EXPECT_FALSE(by_raw(suspect, raw_of(kAsks, kWhole, 60)).attribution);
  EXPECT_FALSE(by_raw(suspect, raw_of(kAsks, kWhole)).attribution);
  EXPECT_FALSE(by_raw(suspect, raw_of(kAsks, "what now", 40)).attribution);
  EXPECT_FALSE(by_raw(suspect, raw_of(kAsks, kWhole, 40), false).attribution) << "drawn anew";
  ChatResponse repeated = answer_with("{}");
  repeated.usage.completion_tokens = 40;
  EXPECT_EQ(weigh(suspect, {.repeated = repeated}, tools()).attribution,
            Attribution::server_parser);
  repeated.usage.completion_tokens = 41;
  EXPECT_FALSE(weigh(suspect, {.repeated = repeated}, tools()).attribution);
  repeated.usage.completion_tokens = 40;
  repeated.message = {.text = "Just words."};
  EXPECT_FALSE(weigh(suspect, {.repeated = repeated}, tools()).attribution);
}

TEST(Inquest, WhatTheServerCannotReadTwiceIsJudgedByWhatWasWritten) {
  Suspect suspect;
  suspect.defect = Defect::server_rejected;
  const auto with = [&](const char* text, bool again) {
    return weigh(suspect,
                 {.refused_again = again,
                  .raw = raw_of(kAsks, text),
                  .raw_repeats = true,
                  .instructions = kAsks},
                 tools());
  };
  EXPECT_EQ(with(kWhole, true).attribution, Attribution::server_parser);
  EXPECT_EQ(with(kFlawed, true).attribution, Attribution::model);
  EXPECT_FALSE(with(kFlawed, false).attribution) << "it was read the second time";
}

/// A call whose arguments arrived so, in an answer of so many tokens.
Suspect with_arguments(Defect defect, const std::string& arguments, std::int64_t tokens = 20) {
  Suspect suspect;
  suspect.defect = defect;
  suspect.response = answer_with(arguments);
  suspect.response.usage.completion_tokens = tokens;
  return suspect;
}

TEST(Inquest, AParameterThatTheParserLostStandsInTheRawText) {
  const Suspect suspect = with_arguments(Defect::missing_required, "{}");
  EXPECT_EQ(by_raw(suspect, raw_of(kAsks, kWhole, 20)).attribution, Attribution::server_parser);
  EXPECT_EQ(by_raw(suspect, raw_of(kAsks, "<tool_call>{\"name\":\"probe\",\"arguments\":{}}", 20))
                .attribution,
            Attribution::model);
  EXPECT_FALSE(by_raw(suspect, raw_of(kAsks, kWhole, 90)).attribution);
  EXPECT_FALSE(by_raw(suspect, raw_of(kAsks, "nothing", 20)).attribution);
  EXPECT_FALSE(by_raw(suspect, raw_of(kAsks, kWhole, 20), false).attribution) << "drawn anew";
}

TEST(Inquest, OtherArgumentsProveNothingHoweverManyTokensTheyHave) {
  const auto raw = raw_of(kAsks, kWhole, 20);  // path: "a"
  for (const char* arrived : {R"({"path": "z")", R"({"path": 7})", R"([{"path": "b"}])"}) {
    const Suspect suspect = with_arguments(Defect::args_not_json, arrived);
    EXPECT_FALSE(by_raw(suspect, raw).attribution) << arrived;
  }
  for (const char* arrived :
       {R"({"path": "a")", R"([{"path": "a"}])", R"("{\"path\": \"a\"}")", ""}) {
    const Suspect suspect = with_arguments(Defect::args_not_json, arrived);
    EXPECT_EQ(by_raw(suspect, raw).attribution, Attribution::server_parser) << arrived;
  }
}

TEST(Inquest, ALeakOfBareJsonIsAskedForOnlyWhereNoTagIs) {
  const std::string bare_call = R"({"name": "probe", "arguments": {"path": "a"}})";
  const std::string tools_listed = R"(Tools: [{"name": "probe", "parameters": {}}])";
  EXPECT_EQ(by_raw(leaked(bare_call), raw_of(tools_listed, bare_call)).attribution,
            Attribution::server_parser);
  EXPECT_EQ(by_raw(leaked(bare_call), raw_of(tools_listed + kAsks, bare_call)).attribution,
            Attribution::model);
}

TEST(Inquest, TheUsersWordsAskForNoMarkup) {
  const std::string written = "<function=probe><parameter=path>a</parameter></function>";
  Testimony testimony{.raw_repeats = true, .instructions = kAsks};
  testimony.raw = raw_of(std::string(kAsks) + "user: file the snippet <function=", written);
  EXPECT_EQ(weigh(leaked(written), testimony, tools()).attribution, Attribution::model);
}

TEST(Inquest, LongTextsAreComparedInTime) {
  const std::string many(4'000'000, 'a');
  Suspect suspect = leaked(kWhole);
  suspect.response.message.text = many + "b";
  (void)by_raw(suspect, raw_of(kAsks, many));
}

TEST(InquestBook, AsksNoMoreOnceFindingsAreAlike) {
  InquestBook book;
  const Suspect suspect = leaked(kWhole);
  for (int i = 0; i < InquestBook::kEnough; ++i) {
    EXPECT_FALSE(book.settled(suspect)) << i;
    book.add(suspect, {Attribution::server_parser, "x"});
  }
  EXPECT_EQ(book.settled(suspect).value().attribution, Attribution::server_parser);
  EXPECT_FALSE(book.settled(leaked(kFlawed))) << "another markup is another matter";
}

TEST(InquestBook, GivesUpWhereFindingsAreNeverAlike) {
  InquestBook book;
  const Suspect suspect = leaked(kWhole);
  for (int i = 0; i < InquestBook::kMost; ++i) {
    EXPECT_FALSE(book.settled(suspect)) << i;
    book.add(suspect, {i % 2 == 0 ? std::optional(Attribution::model) : std::nullopt, "x"});
  }
  EXPECT_FALSE(book.settled(suspect).value().attribution);
}

}  // namespace
}  // namespace plumb
