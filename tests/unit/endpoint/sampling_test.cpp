#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/endpoint/contestant.hpp"

namespace plumb {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Sampling, EveryParameterHasAValue) {
  const Sampling sent = sent_sampling({.temperature = 0});
  EXPECT_EQ(sent.temperature, 0);
  EXPECT_EQ(sent.top_p, 0.95);
  EXPECT_EQ(sent.top_k, -1);
  EXPECT_EQ(sent.min_p, 0);
  EXPECT_EQ(sent.presence_penalty, 0);
  EXPECT_EQ(sent.frequency_penalty, 0);
  EXPECT_EQ(sent.repetition_penalty, 1);
  EXPECT_FALSE(sent.max_tokens);
  EXPECT_FALSE(sent.seed);
}

TEST(Sampling, OfAnUnknownServerOnlyWhatAllOfItsProtocolTakeIsSent) {
  Contestant contestant;
  EXPECT_EQ(sampling_fields(contestant), (Json{{"temperature", 0.6},
                                               {"top_p", 0.95},
                                               {"presence_penalty", 0.0},
                                               {"frequency_penalty", 0.0}}));
  EXPECT_THAT(unsent_sampling(contestant), ElementsAre("top_k", "min_p", "repetition_penalty"));
  contestant.api = "responses";
  EXPECT_EQ(sampling_fields(contestant), (Json{{"temperature", 0.6}, {"top_p", 0.95}}));
  contestant.api = "messages";
  EXPECT_EQ(sampling_fields(contestant), (Json{{"temperature", 0.6}}));
}

TEST(Sampling, WhatTheUserSetIsSentThoughTheServerIsUnknown) {
  const Contestant contestant{.sampling = {.top_k = 20, .seed = 3}};
  EXPECT_EQ(sampling_fields(contestant)["top_k"], 20);
  EXPECT_EQ(sampling_fields(contestant)["seed"], 3);
  EXPECT_EQ(sampling_fields(contestant, 9)["seed"], 9);
  EXPECT_THAT(unsent_sampling(contestant), ElementsAre("min_p", "repetition_penalty"));
}

TEST(Sampling, OfAKnownServerItsOwnNamesAreUsedAndTheRestIsUnsent) {
  Contestant contestant{.sampling = {.min_p = 0.1, .seed = 3}};
  contestant.dialect.sampling_names = {{"temperature", "temperature"},
                                       {"repetition_penalty", "repeat_penalty"}};
  EXPECT_EQ(sampling_fields(contestant), (Json{{"temperature", 0.6}, {"repeat_penalty", 1.0}}));
  EXPECT_THAT(
      unsent_sampling(contestant),
      ElementsAre("top_p", "top_k", "min_p", "presence_penalty", "frequency_penalty", "seed"));
}

TEST(Sampling, WhatTheProtocolDoesNotHaveIsUnsentUnlessTheServerNamesIt) {
  Contestant contestant{
      .api = "responses",
      .sampling = {.top_k = 20, .min_p = 0.1, .repetition_penalty = 1.1, .seed = 3}};
  EXPECT_EQ(sampling_fields(contestant), (Json{{"temperature", 0.6}, {"top_p", 0.95}}));
  EXPECT_THAT(unsent_sampling(contestant),
              ElementsAre("top_k", "min_p", "presence_penalty", "frequency_penalty",
                          "repetition_penalty", "seed"));
  contestant.api = "messages";
  EXPECT_EQ(sampling_fields(contestant), (Json{{"temperature", 0.6}, {"top_k", 20}}));
  contestant.dialect.sampling_names = {{"seed", "seed"}, {"presence_penalty", "presence_penalty"}};
  EXPECT_EQ(sampling_fields(contestant), (Json{{"seed", 3}}));
}

TEST(Sampling, OffIsSaidInTheServersWord) {
  Contestant contestant;
  contestant.dialect.sampling_names = std::map<std::string, std::string>{{"top_k", "top_k"}};
  contestant.dialect.sampling_off = {{"top_k", 0}};
  EXPECT_EQ(sampling_fields(contestant), (Json{{"top_k", 0}}));
  contestant.sampling.top_k = 20;
  EXPECT_EQ(sampling_fields(contestant), (Json{{"top_k", 20}}));
  EXPECT_EQ(dialect_from_json(contestant.dialect.to_json()).sampling_off->at("top_k"), 0);
}

TEST(Sampling, WhatTheExtraBodyHoldsIsSent) {
  const Contestant contestant{
      .extra_body = {{"top_k", -1}, {"min_p", 0}, {"repetition_penalty", 1}}};
  EXPECT_THAT(unsent_sampling(contestant), IsEmpty());
}

TEST(Sampling, MessagesGetOneOfTemperatureAndTopPAndNoneOfOursWhileThinking) {
  Contestant contestant{.api = "messages", .sampling = {.top_p = 0.9}};
  EXPECT_EQ(sampling_fields(contestant), (Json{{"top_p", 0.9}}));
  contestant.sampling = {.thinking = true};
  EXPECT_EQ(sampling_fields(contestant), Json::object());
  contestant.sampling.temperature = 1;
  EXPECT_EQ(sampling_fields(contestant), (Json{{"temperature", 1.0}}));
}

TEST(Sampling, ThinkingThatCannotBeSwitchedIsUnsent) {
  Contestant contestant{.sampling = {.thinking = false}};
  contestant.dialect.thinking_switch = "none";
  contestant.dialect.sampling_names = {};
  EXPECT_EQ(unsent_sampling(contestant).back(), "thinking");
}

}  // namespace
}  // namespace plumb
