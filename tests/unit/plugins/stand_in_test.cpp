#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plugins/stand_in_support.hpp"

namespace plumb {
namespace {

using ::testing::StartsWith;

TEST(StandIn, TrialsOverHttpPlayWhatWasDealt) {
  const auto options = parse_stand_in_options("skill=0.8").value();
  const auto server = serve("skill=0.8");
  auto client = client_of(*server);
  for (std::int64_t repeat = 0; repeat < 300; ++repeat) {
    const StandInDeal dealt = deal(options, trial_of(repeat), task());
    const Answer answer = ask(client, Conversation{}.body(), header_of(trial_of(repeat)));
    if (dealt.policy == "throws") {
      EXPECT_EQ(answer.status, 500);
    } else {
      EXPECT_EQ(answer.arguments, first_call(who_plays(dealt.policy))) << repeat;
    }
  }
}

TEST(StandIn, AStreamHasTheShapeThatServersSend) {
  const auto server = serve("tok_s=100000,think=3");
  const Answer answer = ask(*server, Conversation{}.body(), header_of(trial_of(0)));
  ASSERT_EQ(answer.status, 200);
  ASSERT_TRUE(answer.complete && answer.done);
  ASSERT_GT(answer.chunks.size(), 8U);
  const auto delta = [&](std::size_t i) {
    return answer.chunks[i].at("choices").at(0).at("delta");
  };
  EXPECT_EQ(delta(0), Json({{"role", "assistant"}, {"content", ""}}));
  for (std::size_t i = 1; i <= 3; ++i) EXPECT_TRUE(delta(i).contains("reasoning_content"));
  const Json head = delta(4).at("tool_calls").at(0);
  EXPECT_THAT(head.at("id").get<std::string>(), StartsWith("call_"));
  EXPECT_EQ(head.at("function"), Json({{"name", "note"}, {"arguments", ""}}));
  for (std::size_t i = 5; i + 2 < answer.chunks.size(); ++i) {
    EXPECT_EQ(delta(i).at("tool_calls").at(0).size(), 2U) << "index and function only";
  }
  EXPECT_EQ(answer.arguments, first_call("oracle"));
  EXPECT_EQ(answer.finish, "tool_calls");
  EXPECT_EQ(answer.chunks.back().at("choices"), Json::array());
  EXPECT_EQ(answer.usage.at("completion_tokens_details").at("reasoning_tokens"), 3);
  // 3 of reasoning, 1 for the name, and the arguments at 4 bytes each.
  EXPECT_EQ(answer.usage.at("completion_tokens"), 4 + (answer.arguments.size() + 3) / 4);
}

TEST(StandIn, UsageIsSentOnlyWhenItIsWanted) {
  const auto server = serve("");
  const Answer answer =
      ask(*server, R"({"messages":[{"role":"user","content":"Answer with the word: ready"}],)"
                   R"("stream":true})");
  EXPECT_EQ(answer.text, "ready");
  EXPECT_TRUE(answer.usage.is_null());
  EXPECT_TRUE(answer.done);
}

TEST(StandIn, APacedStreamSendsOneTokenAChunkInOrder) {
  Conversation over;
  for (int i = 0; i < 3; ++i) over.add_call("note", "noted");
  const Answer paced = ask(*serve("tok_s=20000,ttft_ms=1"), over.body(), header_of(trial_of(0)));
  const Answer at_once = ask(*serve(""), over.body(), header_of(trial_of(0)));
  EXPECT_THAT(paced.text, StartsWith("oracle is finished: ζabab"));
  EXPECT_EQ(paced.text, at_once.text);
  EXPECT_GT(paced.chunks.size(), at_once.chunks.size());
  EXPECT_EQ(paced.usage, at_once.usage);
}

TEST(StandIn, TheSameRequestIsAnsweredWithTheSameBytes) {
  const auto server = serve("skill=0.5,malformed=0.5");
  auto client = client_of(*server);
  Conversation conversation;
  for (int turn = 0; turn < 5; ++turn) {
    const Answer once = ask(client, conversation.body(), header_of(trial_of(3)));
    EXPECT_EQ(once.body, ask(client, conversation.body(), header_of(trial_of(3))).body);
    conversation.add_call("note", "noted");
  }
}

TEST(StandIn, APolicySeesTheResultsOfItsCalls) {
  const auto server = serve("");
  Conversation conversation;
  conversation.add_call("note", "that is enough");
  const Answer answer = ask(*server, conversation.body(), header_of(trial_of(0)));
  EXPECT_EQ(answer.name, "");
  EXPECT_THAT(answer.text, StartsWith("oracle is finished"));
}

TEST(StandIn, APolicyThatHasReturnedSaysDone) {
  const auto server = serve("");
  Conversation conversation;
  for (int i = 0; i < 3; ++i) conversation.add_call("note", "noted");
  conversation.messages.push_back({{"role", "assistant"}, {"content", "finished"}});
  conversation.messages.push_back(
      {{"role", "user"}, {"content", {{{"type", "text"}, {"text", "More?"}}}}});
  EXPECT_EQ(ask(*server, conversation.body(), header_of(trial_of(0))).text, "Done.");
}

TEST(StandIn, AMalformedTurnDoesNotAdvanceThePolicy) {
  const auto options = parse_stand_in_options("malformed=0.4").value();
  const auto server = serve("malformed=0.4");
  auto client = client_of(*server);
  int spoilt_turns = 0;
  for (std::int64_t repeat = 0; repeat < 20; ++repeat) {
    Conversation conversation;
    std::vector<std::string> good;
    for (std::int64_t turn = 0;; ++turn) {
      ASSERT_LT(turn, 40);
      const Answer answer = ask(client, conversation.body(), header_of(trial_of(repeat)));
      if (answer.name.empty()) break;
      const bool spoilt = is_call_spoilt(options, trial_of(repeat), turn);
      spoilt_turns += spoilt ? 1 : 0;
      if (!spoilt) good.push_back(answer.arguments);
      conversation.add_call("note", spoilt ? "the call is malformed: enough" : "noted");
    }
    ASSERT_EQ(good.size(), 3U);
    EXPECT_EQ(good[0], R"({"text":"oracle 1","times":1})");
    EXPECT_EQ(good[1], R"({"text":"oracle 2","times":2})");
    EXPECT_EQ(good[2], R"({"text":"oracle 3","times":3})");
  }
  EXPECT_GT(spoilt_turns, 10);
}

TEST(StandIn, AnAnswerThatIsNotStreamedIsOneJson) {
  const auto server = serve("think=2");
  auto client = client_of(*server);
  const auto result = client.Post("/v1/chat/completions", header_of(trial_of(0)),
                                  Conversation{}.body(false), "application/json");
  ASSERT_TRUE(result);
  const auto json = parse_json(result->body);
  ASSERT_TRUE(json) << result->body;
  const Json& message = json->at("choices").at(0).at("message");
  EXPECT_TRUE(message.at("content").is_null());
  EXPECT_EQ(message.at("tool_calls").at(0).at("function").at("arguments"), first_call("oracle"));
  EXPECT_FALSE(message.at("reasoning_content").get<std::string>().empty());
  EXPECT_EQ(json->at("choices").at(0).at("finish_reason"), "tool_calls");
  EXPECT_GT(json->at("usage").at("prompt_tokens"), 0);
}

TEST(StandIn, AStreamIsNotCompressedForAClientThatWouldAcceptIt) {
  const auto server = serve("");
  auto headers = header_of(trial_of(0));
  headers.emplace("Accept-Encoding", "gzip, br");
  auto client = client_of(*server);
  client.set_decompress(false);
  EXPECT_TRUE(ask(client, Conversation{}.body(), headers).done);
}

TEST(StandIn, OneModelIsListed) {
  const auto server = serve("fault=http_500");
  const auto result = client_of(*server).Get("/v1/models");
  ASSERT_TRUE(result);
  EXPECT_EQ(parse_json(result->body)->at("data").at(0).at("id"), "stand-in");
}

TEST(StandIn, ManyPacedStreamsRunAtTheSameTime) {
  const auto server = serve("tok_s=500,ttft_ms=5", 32);
  std::vector<std::future<std::string>> answers;
  answers.reserve(32);
  for (int i = 0; i < 32; ++i) {
    answers.push_back(std::async(std::launch::async, [&server, i] {
      return ask(*server, Conversation{}.body(), header_of(trial_of(i))).arguments;
    }));
  }
  for (auto& answer : answers) EXPECT_EQ(answer.get(), first_call("oracle"));
}

}  // namespace
}  // namespace plumb
