// What each flavour sends, held against what the real servers were seen to send (versions are in
// docs and facts), not against the encoder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plugins/stand_in_support.hpp"

namespace plumb {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

/// The answer of a flavour that thinks and then makes a call, paced so that chunks are small.
Answer called(const std::string& flavour, const std::string& more = "") {
  const auto server = serve("think=2,tok_s=100000,flavour=" + flavour + more);
  Json body = says_with_tool("Call the tool note with text \"hello there\".");
  body["stream"] = true;
  body["stream_options"] = {{"include_usage", true}};
  const Answer answer = ask(*server, dump_json(body));
  EXPECT_TRUE(answer.complete && answer.done) << answer.body;
  EXPECT_EQ(answer.name, "note");
  EXPECT_EQ(answer.arguments, R"({"text":"hello there"})");
  EXPECT_EQ(answer.finish, "tool_calls");
  EXPECT_EQ(answer.reasoning, "let me  ");
  return answer;
}

Json delta_of(const Answer& answer, std::size_t chunk) {
  return answer.chunks.at(chunk).at("choices").at(0).at("delta");
}

Json call_in(const Json& delta) {
  const Json calls = delta.value("tool_calls", Json());
  return calls.is_array() && !calls.empty() ? calls[0] : Json();
}

/// The first delta with a call, and what the one after it holds of it.
std::pair<Json, Json> call_deltas(const Answer& answer) {
  for (std::size_t i = 0; i + 1 < answer.chunks.size(); ++i) {
    const Json call = call_in(delta_of(answer, i));
    if (!call.is_null()) return {call, call_in(delta_of(answer, i + 1))};
  }
  return {};
}

TEST(StandInFlavour, VllmSendsTheNameAloneAndThenTheArguments) {
  const Answer answer = called("vllm");
  EXPECT_EQ(delta_of(answer, 0), Json({{"role", "assistant"}, {"content", ""}}));
  EXPECT_EQ(delta_of(answer, 1), Json({{"reasoning", "let "}}));
  const auto [head, next] = call_deltas(answer);
  EXPECT_THAT(head.at("id").get<std::string>(), MatchesRegex("chatcmpl-tool-[0-9a-f]{32}"));
  EXPECT_EQ(head.at("function"), Json({{"name", "note"}}));
  EXPECT_EQ(next, Json({{"index", 0}, {"function", {{"arguments", "{\"te"}}}}));
  EXPECT_EQ(answer.chunks.back().at("choices"), Json::array());
  EXPECT_EQ(answer.usage.at("prompt_tokens_details").at("cached_tokens"), 0);
}

TEST(StandInFlavour, SglangSendsNullsForWhatADeltaDoesNotHold) {
  const Answer answer = called("sglang");
  EXPECT_EQ(delta_of(answer, 1).at("reasoning_content"), "let ");
  EXPECT_TRUE(delta_of(answer, 1).at("content").is_null());
  const auto [head, next] = call_deltas(answer);
  EXPECT_THAT(head.at("id").get<std::string>(), MatchesRegex("call_[0-9a-f]{24}"));
  EXPECT_EQ(head.at("function"), Json({{"name", "note"}, {"arguments", ""}}));
  EXPECT_TRUE(next.at("id").is_null());
  EXPECT_TRUE(next.at("function").at("name").is_null());
  EXPECT_TRUE(answer.chunks.at(0).at("choices").at(0).contains("matched_stop"));
}

TEST(StandInFlavour, LlamaServerStartsWithNullAndEndsWithTimings) {
  const Answer answer = called("llamacpp", ",ttft_ms=1");
  EXPECT_EQ(delta_of(answer, 0), Json({{"role", "assistant"}, {"content", nullptr}}));
  EXPECT_EQ(delta_of(answer, 1), Json({{"reasoning_content", "let "}}));
  const auto [head, next] = call_deltas(answer);
  EXPECT_THAT(head.at("id").get<std::string>(), MatchesRegex("[0-9a-zA-Z]{32}"));
  EXPECT_EQ(next.at("function"), Json({{"arguments", "{\"te"}}));
  const Json timings = answer.chunks.back().at("timings");
  EXPECT_EQ(timings.at("predicted_n"), answer.usage.at("completion_tokens"));
  EXPECT_EQ(timings.at("prompt_n"), answer.usage.at("prompt_tokens"));
  EXPECT_DOUBLE_EQ(timings.at("prompt_ms"), 1);
  EXPECT_NEAR(timings.at("predicted_per_second").get<double>(), 100000, 1);
  EXPECT_FALSE(timings.contains("draft_n"));
  EXPECT_TRUE(called("llamacpp", ",draft=0.5").chunks.back().at("timings").contains("draft_n"));
}

TEST(StandInFlavour, OllamaSendsACallWholeAndTheRoleEveryTime) {
  const Answer answer = called("ollama");
  EXPECT_EQ(delta_of(answer, 0),
            Json({{"role", "assistant"}, {"content", ""}, {"reasoning", "let "}}));
  const auto [head, next] = call_deltas(answer);
  EXPECT_EQ(head.at("function"),
            Json({{"name", "note"}, {"arguments", R"({"text":"hello there"})"}}));
  EXPECT_TRUE(next.is_null());
  EXPECT_EQ(answer.chunks.at(0).at("system_fingerprint"), "fp_ollama");
}

TEST(StandInFlavour, OllamaLeavesACallThatIsNoJsonInTheText) {
  const auto server = serve("flavour=ollama,fault=lost_brace");
  const Answer answer = ask(*server, Conversation{}.body(), header_of(trial_of(0)));
  EXPECT_EQ(answer.name, "");
  EXPECT_THAT(answer.text, StartsWith("<tool_call>"));
}

TEST(StandInFlavour, OpenrouterCommentsAndAlwaysCounts) {
  const Answer answer = called("openrouter");
  EXPECT_THAT(answer.body, StartsWith(": OPENROUTER PROCESSING\n\n"));
  EXPECT_THAT(answer.chunks.at(0).at("id").get<std::string>(), StartsWith("gen-"));
  EXPECT_EQ(answer.chunks.back().at("choices").size(), 1U);
  EXPECT_TRUE(answer.chunks.back().contains("usage"));
}

TEST(StandInFlavour, MistralsIdsHaveNineCharactersBothWays) {
  const Answer answer = called("mistral_strict");
  EXPECT_THAT(call_deltas(answer).first.at("id").get<std::string>(),
              MatchesRegex("[0-9a-zA-Z]{9}"));
  const auto server = serve("flavour=mistral_strict");
  const Answer refused = ask(*server, [] {
    Conversation conversation;
    conversation.add_call("note", "noted");
    return conversation.body();
  }());
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("must be a-z, A-Z, 0-9, with a length of 9"));
}

TEST(StandInFlavour, ContinuousUsageIsOnEveryChunkOfThoseThatKnowIt) {
  for (const auto& [flavour, knows] :
       {std::pair("vllm", true), {"sglang", true}, {"llamacpp", false}, {"plain", false}}) {
    const auto server = serve(std::string("tok_s=100000,flavour=") + flavour);
    Json body = says("Answer with the word: ready");
    body["stream"] = true;
    body["stream_options"] = {{"include_usage", true}, {"continuous_usage_stats", true}};
    const Answer answer = ask(*server, dump_json(body));
    ASSERT_GT(answer.chunks.size(), 3U);
    EXPECT_EQ(answer.chunks[1].contains("usage"), knows) << flavour;
    EXPECT_EQ(answer.usage.at("completion_tokens"), 2) << flavour;
  }
}

TEST(StandInFlavour, SpeculationPutsSeveralTokensIntoAChunk) {
  const auto server = serve("tok_s=100000,draft=0.5");
  Json body = says("Count without end.");
  body["stream"] = true;
  body["max_tokens"] = 100;
  const Answer answer = ask(*server, dump_json(body));
  // 1 + 3 * 0.5 tokens a step.
  EXPECT_EQ(answer.chunks.size(), 40U + 2U);
  EXPECT_EQ(answer.text.size(), 400U);
}

TEST(StandInFlavour, WhatWasSeenBeforeIsCachedAndReported) {
  const std::string text(4000, 'x');
  for (const std::string flavour : {"vllm", "sglang", "llamacpp"}) {
    const auto server = serve("flavour=" + flavour);
    const auto cached = [&] {
      return chat(*server, says(text)).json()["usage"]["prompt_tokens_details"]["cached_tokens"];
    };
    EXPECT_EQ(cached(), 0) << flavour;
    EXPECT_GE(cached(), 990) << flavour;
  }
  const auto quiet = serve("flavour=vllm,cache_report=off");
  EXPECT_TRUE(chat(*quiet, says(text)).json()["usage"]["prompt_tokens_details"].is_null());
  const auto none = serve("flavour=vllm,cache=off");
  chat(*none, says(text));
  EXPECT_THAT(chat(*none, says(text)).body, Not(HasSubstr("\"cached_tokens\":9")));
}

TEST(StandInFlavour, ThinkingIsSwitchedOffInEachServersOwnWay) {
  const Json template_kwargs = {{"chat_template_kwargs", {{"enable_thinking", false}}}};
  const std::vector<std::pair<std::string, Json>> ways = {
      {"plain", template_kwargs},
      {"vllm", template_kwargs},
      {"sglang", template_kwargs},
      {"llamacpp", template_kwargs},
      {"mistral_strict", template_kwargs},
      {"ollama", {{"reasoning_effort", "none"}}},
      {"openrouter", {{"reasoning", {{"enabled", false}}}}}};
  for (const auto& [flavour, way] : ways) {
    const auto server = serve("think=5,flavour=" + flavour);
    Json body = says("Answer with the word: ready");
    EXPECT_THAT(chat(*server, body).body, HasSubstr("let me")) << flavour;
    body.update(way);
    EXPECT_THAT(chat(*server, body).body, Not(HasSubstr("let me"))) << flavour;
    const auto stuck = serve("think=5,thinking=stuck,flavour=" + flavour);
    EXPECT_THAT(chat(*stuck, body).body, HasSubstr("let me")) << flavour;
  }
  Json body = says("Answer with the word: ready");
  body.update(template_kwargs);
  EXPECT_THAT(chat(*serve("think=5,flavour=ollama"), body).body, HasSubstr("let me"))
      << "Ollama ignores it";
  EXPECT_THAT(chat(*serve("think=5,thinking=none"), says("hi")).body, Not(HasSubstr("let me")));
}

}  // namespace
}  // namespace plumb
