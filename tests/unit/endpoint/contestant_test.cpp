#include "core/endpoint/contestant.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/endpoint/contestant_rules.hpp"

namespace plumb {
namespace {

using ::testing::HasSubstr;

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

TEST(ParseContestant, ABareUrlIsNamedByHostAndPort) {
  EXPECT_EQ(parse_contestant("http://127.0.0.1:8000")->name, "127.0.0.1-8000");
  EXPECT_EQ(parse_contestant("https://user:secret@api.example.org/v1?x=y,model=m")->name,
            "api.example.org");
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
  EXPECT_THAT(complaint("a=http://h,fast"), HasSubstr("KEY=VALUE"));
  EXPECT_THAT(complaint("a=http://h,header=bad"), HasSubstr("NAME:VALUE"));
  EXPECT_THAT(complaint("a=http://h,extra_body={}"), HasSubstr("@FILE"));
  EXPECT_THAT(complaint("a=http://h,extra_body=@/nonexistent.json"),
              HasSubstr("/nonexistent.json"));
  EXPECT_THAT(complaint(""), HasSubstr("NAME=URL"));
}

TEST(ParseContestant, NeverRepeatsTheSecretOfAHeader) {
  EXPECT_THAT(complaint("a=http://h,header=X-Key:hush\x01hush"), ::testing::Not(HasSubstr("hush")));
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
  EXPECT_THAT(sentence("[]"), HasSubstr("table"));
}

TEST(Contestant, IdentityLeavesOutPlacesAndSecrets) {
  Contestant a =
      *parse_contestant("a=http://one:1,model=m,key_env=K1,header=X:secret,idle_timeout_s=1");
  Contestant b = *parse_contestant("a=http://two:2/v1,model=m,key_env=K2");
  EXPECT_EQ(a.identity(), b.identity());
  b.sampling.temperature = 0.5;
  EXPECT_NE(a.identity(), b.identity());
  EXPECT_NE(parse_contestant("a=standin:skill=0.8")->identity(),
            parse_contestant("a=standin:skill=0.7")->identity());
}

}  // namespace
}  // namespace plumb
