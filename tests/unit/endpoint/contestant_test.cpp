#include "core/endpoint/contestant.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/endpoint/contestant_rules.hpp"

namespace plumb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string complaint(const std::string& text) {
  const auto contestant = parse_contestant(text);
  if (contestant) return "none";
  EXPECT_EQ(contestant.error().code, Code::usage);
  return full_sentence(contestant.error());
}

TEST(ParseContestant, ReadsANameAUrlAndOptions) {
  const auto contestant = parse_contestant(
      "mine=http://127.0.0.1:8000/v1,model=org/Model-1,temperature=0.6,top_p=0.95,max_tokens=512,"
      "seed=7,thinking=false,key_env=MY_KEY,header=X-A: "
      "b=c,header=X-B:d,attempts=5,idle_timeout_s=2.5");
  ASSERT_TRUE(contestant) << contestant.error().sentence;
  EXPECT_EQ(contestant->name, "mine");
  EXPECT_EQ(contestant->url, "http://127.0.0.1:8000/v1");
  EXPECT_EQ(contestant->model, "org/Model-1");
  EXPECT_EQ(contestant->sampling.temperature, 0.6);
  EXPECT_EQ(contestant->sampling.top_p, 0.95);
  EXPECT_EQ(contestant->sampling.max_tokens, 512);
  EXPECT_EQ(contestant->sampling.seed, 7);
  EXPECT_EQ(contestant->sampling.thinking, false);
  EXPECT_EQ(contestant->key_env, "MY_KEY");
  EXPECT_EQ(contestant->headers,
            (std::vector<std::pair<std::string, std::string>>{{"X-A", "b=c"}, {"X-B", "d"}}));
  EXPECT_EQ(contestant->attempts, 5);
  EXPECT_EQ(contestant->idle_timeout_s, 2.5);
}

TEST(ParseContestant, ReadsHowAServerWantsToBeAsked) {
  const auto contestant = parse_contestant(
      "mine=http://h:1,api=messages,server=some,top_k=20,min_p=0.1,presence_penalty=1.5,"
      "frequency_penalty=-1,repetition_penalty=1.05,merge_roles=true,system_as_user=true,"
      "max_tokens_field=max_completion_tokens,thinking_switch=reasoning_effort,"
      "parallel_tool_calls=true,tool_choice=required,id_format=nine,stream_usage=false,"
      "insecure=true,concurrency=4,adaptive=true,metrics_url=http://h:2/metrics,group=spark,"
      "ready_timeout_s=30");
  ASSERT_TRUE(contestant) << contestant.error().sentence;
  EXPECT_EQ(contestant->api, "messages");
  EXPECT_EQ(contestant->server, "some");
  EXPECT_EQ(contestant->sampling.top_k, 20);
  EXPECT_EQ(contestant->sampling.min_p, 0.1);
  EXPECT_EQ(contestant->sampling.presence_penalty, 1.5);
  EXPECT_EQ(contestant->sampling.frequency_penalty, -1);
  EXPECT_EQ(contestant->sampling.repetition_penalty, 1.05);
  EXPECT_EQ(contestant->dialect.to_json(), (Json{{"merge_roles", true},
                                                 {"system_as_user", true},
                                                 {"max_tokens_field", "max_completion_tokens"},
                                                 {"thinking_switch", "reasoning_effort"},
                                                 {"parallel_tool_calls", true},
                                                 {"tool_choice", "required"},
                                                 {"id_format", "nine"},
                                                 {"stream_usage", false}}));
  EXPECT_TRUE(contestant->insecure);
  EXPECT_EQ(contestant->concurrency, 4);
  EXPECT_TRUE(contestant->adaptive);
  EXPECT_EQ(contestant->metrics_url, "http://h:2/metrics");
  EXPECT_EQ(contestant->group, "spark");
  EXPECT_EQ(contestant->ready_timeout_s, 30);
}

TEST(ParseContestant, ReadsThePressureThatItIsPutUnder) {
  const auto pressed =
      parse_contestant("a=http://one:8000,context_fill=0.75,tool_error_rate=0.1,context=32768");
  ASSERT_TRUE(pressed) << pressed.error().sentence;
  EXPECT_EQ(pressed->fill(), 0.75);
  EXPECT_EQ(pressed->error_rate(), 0.1);
  EXPECT_EQ(pressed->context, 32'768);
  const auto plain = parse_contestant("a=http://one:8000");
  EXPECT_NE(pressed->identity(), plain->identity());
  EXPECT_FALSE(plain->identity().contains("context_fill"));
  for (const char* wrong : {"context_fill=1", "context_fill=-0.1", "context_fill=full",
                            "tool_error_rate=1", "context=0"}) {
    EXPECT_FALSE(parse_contestant(std::string("a=http://one:8000,") + wrong)) << wrong;
  }
  EXPECT_FALSE(parse_contestant("a=replay:7f3a,context_fill=0.5"));
  EXPECT_TRUE(parse_contestant("a=replay:7f3a,tool_error_rate=0.5"));
}

TEST(ParseContestant, ABareUrlIsNamedByHostAndPort) {
  EXPECT_EQ(parse_contestant("http://127.0.0.1:8000")->name, "127.0.0.1-8000");
  EXPECT_EQ(parse_contestant("https://api.example.org/v1?x=y,model=m")->name, "api.example.org");
  EXPECT_EQ(parse_contestant("http://[::1]:8000/v1")->name, "1--8000");
  EXPECT_EQ(parse_contestant("http://h:1,model=m")->model, "m");
}

TEST(ParseContestant, OfAStandInEverythingBelongsToTheUrl) {
  const auto contestant = parse_contestant("a=standin:skill=0.8,malformed=0.05,model=x");
  ASSERT_TRUE(contestant);
  EXPECT_TRUE(contestant->is_stand_in());
  EXPECT_EQ(contestant->url, "standin:skill=0.8,malformed=0.05,model=x");
  EXPECT_EQ(parse_contestant("standin:skill=1")->name, "stand-in");
}

TEST(ParseContestant, SaysWhatToTypeInstead) {
  EXPECT_THAT(complaint("127.0.0.1:8000"), HasSubstr("http://127.0.0.1:8000"));
  EXPECT_THAT(complaint("mine=localhost:8000/v1"), HasSubstr("type http://localhost:8000/v1"));
  EXPECT_THAT(complaint("mine=ftp://h"), HasSubstr("neither http nor https"));
  EXPECT_THAT(complaint("mine=http://"), HasSubstr("no host"));
  EXPECT_THAT(complaint("mine=http://h:99999"), HasSubstr("port"));
  EXPECT_THAT(complaint("mine=http://u:hush@h/v1"),
              AllOf(HasSubstr("key_env=NAME"), Not(HasSubstr("hush"))));
  EXPECT_THAT(complaint("mine=http://h,metrics_url=http://u:hush@h/metrics"),
              AllOf(HasSubstr("metrics_url"), HasSubstr("key_env=NAME"), Not(HasSubstr("hush"))));
  EXPECT_THAT(complaint("my name=http://h"), HasSubstr("its name must be"));
  EXPECT_THAT(complaint("=http://h"), HasSubstr("its name must be"));
  EXPECT_THAT(complaint("a=http://h,temprature=1"), HasSubstr("did you mean \"temperature\""));
  EXPECT_THAT(complaint("a=http://h,temperature=warm"),
              HasSubstr("\"temperature\" must be a number"));
  EXPECT_THAT(complaint("a=http://h,temperature=-1"),
              HasSubstr("\"temperature\" must be a number"));
  EXPECT_THAT(complaint("a=http://h,max_tokens=0"),
              HasSubstr("\"max_tokens\" must be a whole number"));
  EXPECT_THAT(complaint("a=http://h,attempts=2.5"), HasSubstr("whole number"));
  EXPECT_THAT(complaint("a=http://h,api=grpc"), HasSubstr("must be chat, responses, messages"));
  EXPECT_THAT(complaint("a=http://h,thinking_switch=off"), HasSubstr("chat_template_kwargs"));
  EXPECT_THAT(complaint("a=http://h,id_format=ten"), HasSubstr("as_sent, nine"));
  EXPECT_THAT(complaint("a=http://h,insecure=1"), HasSubstr("must be true or false"));
  EXPECT_THAT(complaint("a=http://h,up=true"), HasSubstr("bench file"));
  EXPECT_THAT(complaint("a=http://h,fast"), HasSubstr("KEY=VALUE"));
  EXPECT_THAT(complaint("a=http://h,header=bad"), HasSubstr("NAME:VALUE"));
  EXPECT_THAT(complaint("a=http://h,extra_body={}"), HasSubstr("@FILE"));
  EXPECT_THAT(complaint("a=http://h,extra_body=@/nonexistent.json"),
              HasSubstr("/nonexistent.json"));
  EXPECT_THAT(complaint(""), HasSubstr("NAME=URL"));
}

TEST(ParseContestant, NeverRepeatsTheSecretOfAHeader) {
  EXPECT_THAT(complaint("a=http://h,header=X-Key:hush\x01hush"), Not(HasSubstr("hush")));
}

TEST(ParseContestant, AnExtraBodyIsReadFromItsFile) {
  const auto path =
      std::filesystem::temp_directory_path() / ("plumb-extra-" + std::to_string(::getpid()));
  std::ofstream(path) << R"({"top_k": 20})";
  EXPECT_EQ(parse_contestant("a=http://h,extra_body=@" + path.string())->extra_body["top_k"], 20);
  std::ofstream(path) << "[1]";
  EXPECT_THAT(complaint("a=http://h,extra_body=@" + path.string()), HasSubstr("object"));
  std::ofstream(path) << "{";
  EXPECT_THAT(complaint("a=http://h,extra_body=@" + path.string()), HasSubstr("not JSON"));
  std::filesystem::remove(path);
}

TEST(ContestantFromJson, ReadsABenchTable) {
  const auto contestant = contestant_from_json(*parse_json(
      R"({"name":"q","url":"http://h:1/v1","sampling":{"temperature":0,"seed":3,"thinking":true},
          "extra_body":{"top_k":5},"headers":[],"recipe":{"weights":"w"}})"));
  ASSERT_TRUE(contestant) << contestant.error().sentence;
  EXPECT_EQ(contestant->sampling.temperature, 0.0);
  EXPECT_EQ(contestant->sampling.thinking, true);
  EXPECT_EQ(contestant->recipe["weights"], "w");
  EXPECT_TRUE(contestant->headers.empty());
}

TEST(ContestantFromJson, ReadsDialectAndCommands) {
  const auto contestant = contestant_from_json(*parse_json(
      R"({"name":"q","url":"http://h:1/v1","up":["docker","compose","up","-d"],"down":[],
          "dialect":{"sampling_names":{"repetition_penalty":"repeat_penalty"},"merge_roles":false}})"));
  ASSERT_TRUE(contestant) << contestant.error().sentence;
  EXPECT_EQ(contestant->up, (std::vector<std::string>{"docker", "compose", "up", "-d"}));
  EXPECT_TRUE(contestant->down.empty());
  EXPECT_EQ(contestant->dialect.sampling_names->at("repetition_penalty"), "repeat_penalty");
}

TEST(Dialect, WhatIsSetByHandHoldsOverWhatWasFound) {
  Dialect dialect{.merge_roles = false};
  dialect.complete({.merge_roles = true, .id_format = "nine"});
  EXPECT_EQ(dialect.to_json(), (Json{{"merge_roles", false}, {"id_format", "nine"}}));
}

TEST(ContestantFromJson, ComplainsAboutWhatItDoesNotKnow) {
  const auto sentence = [](const char* table) {
    const auto contestant = contestant_from_json(*parse_json(table));
    EXPECT_FALSE(contestant);
    EXPECT_EQ(contestant.error().code, Code::config);
    return contestant.error().sentence;
  };
  EXPECT_THAT(sentence(R"({"name":"q","urll":"http://h"})"), HasSubstr("did you mean \"url\""));
  EXPECT_THAT(sentence(R"({"name":"q","url":"http://h","sampling":{"topp":1}})"),
              HasSubstr("\"top_p\""));
  EXPECT_THAT(sentence(R"({"name":"q","url":5})"), HasSubstr("\"url\" must be a text"));
  EXPECT_THAT(sentence(R"({"name":"q","url":"http://h","extra_body":3})"), HasSubstr("table"));
  EXPECT_THAT(sentence(R"({"name":"q","url":"http://h","dialect":{"merge_role":true}})"),
              HasSubstr("did you mean \"merge_roles\""));
  EXPECT_THAT(
      sentence(R"({"name":"q","url":"http://h","dialect":{"sampling_names":{"topk":"k"}}})"),
      HasSubstr("did you mean \"top_k\""));
  EXPECT_THAT(sentence(R"({"name":"q","url":"http://h","up":"docker compose up"})"),
              HasSubstr("\"up\" must be a list of texts"));
  EXPECT_THAT(sentence(R"({"name":"q","url":"http://h","down":["",1]})"), HasSubstr("\"down\""));
  EXPECT_THAT(sentence("[]"), HasSubstr("table"));
}

TEST(Contestant, IdentityLeavesOutPlacesAndSecrets) {
  Contestant a =
      *parse_contestant("a=http://one:1,model=m,key_env=K1,header=X:secret,idle_timeout_s=1");
  Contestant b = *parse_contestant("a=http://two:2/v1,model=m,key_env=K2");
  EXPECT_EQ(a.identity(), b.identity());
  b.concurrency = 4;
  b.group = "g";
  b.up = {"start"};
  b.metrics_url = "http://m";
  b.insecure = true;
  b.dialect.max_tokens_field = "max_completion_tokens";
  EXPECT_EQ(a.identity(), b.identity());
  EXPECT_NE(parse_contestant("a=standin:skill=0.8")->identity(),
            parse_contestant("a=standin:skill=0.7")->identity());
}

TEST(Contestant, IdentityCoversWhatChangesThePromptOrTheSampler) {
  const Contestant plain = *parse_contestant("a=http://h:1,model=m");
  for (const char* option :
       {"temperature=0.5", "top_k=20", "min_p=0.1", "thinking=true", "seed=1", "max_tokens=5",
        "merge_roles=true", "system_as_user=true", "api=messages"}) {
    const auto other = parse_contestant("a=http://h:1,model=m," + std::string(option));
    EXPECT_NE(plain.identity(), other->identity()) << option;
  }
  // A value of ours, written out.
  EXPECT_EQ(plain.identity(),
            parse_contestant("a=http://h:1,model=m,temperature=0.6,merge_roles=false")->identity());
}

}  // namespace
}  // namespace plumb
