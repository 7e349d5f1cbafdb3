#include "core/endpoint/probe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/text.hpp"
#include "tests/support/fake_endpoint.hpp"

namespace plumb {
namespace {

using testing::HasSubstr;

/// What a server sees of one request: how it is asked, and what.
struct Asked {
  const Contestant& how;
  std::vector<Message> messages;
  bool tools = false;
  std::int64_t max_tokens = 0;

  [[nodiscard]] std::string text() const { return messages.back().text; }
};
using Server = std::function<ChatReply(const Asked&)>;

class ServedEndpoint final : public Endpoint {
 public:
  ServedEndpoint(Contestant how, const Server& server) : how_(std::move(how)), server_(server) {}
  ChatReply chat(const ChatRequest& request, Waiter&) override {
    return server_({how_,
                    {request.messages.begin(), request.messages.end()},
                    !request.tools.empty(),
                    request.max_tokens.value_or(0)});
  }
  std::expected<std::vector<ServedModel>, Fault> models(Waiter&) override {
    return std::vector<ServedModel>{};
  }
  std::expected<PlainReply, Fault> fetch(const PlainRequest&, Waiter&) override {
    return PlainReply{.status = 404};
  }

 private:
  Contestant how_;
  const Server& server_;
};

/// An answer in which the server counted so many tokens, written in a second.
ChatReply answer(const std::string& text, std::int64_t prompt_tokens = 20,
                 std::int64_t tokens = 5) {
  ChatResponse response{.message = {.role = Role::assistant, .text = text}};
  response.usage = {.prompt_tokens = prompt_tokens, .completion_tokens = tokens};
  const Instant start{};
  response.times = {.sent = start,
                    .first_text = start + std::chrono::milliseconds(100),
                    .last_token = start + std::chrono::milliseconds(1100),
                    .ended = start + std::chrono::milliseconds(1100)};
  return {.answer = std::move(response), .cost = {}};
}

ChatReply refusal(const std::string& sentence, int status = 400) {
  return test::fault(
      {.kind = Fault::Kind::http_status,
       .status = status,
       .sentence = "http://h answered HTTP " + std::to_string(status) + ": " + sentence,
       .any_byte = true,
       .deterministic = status < 500});
}

std::int64_t tokens_of(const Asked& asked) {
  std::size_t bytes = 0;
  for (const Message& message : asked.messages) bytes += message.text.size();
  return static_cast<std::int64_t>(bytes / 5) + 10;
}

CapabilityCard probed(const Server& server, ProbeOptions options = {.speed = false}) {
  static const ServerBook book = ServerBook::load(server_book_folder()).value();
  Contestant contestant;
  contestant.name = "c";
  contestant.url = "http://h/v1";
  contestant.model = "m";
  const ProbeParts parts{
      .make_endpoint = [&](const Contestant& how) -> Result<std::unique_ptr<Endpoint>> {
        return std::make_unique<ServedEndpoint>(how, server);
      },
      .servers = book};
  auto card = probe(contestant, parts, options, {});
  EXPECT_TRUE(card) << full_sentence(card.error());
  return std::move(*card);
}

Json value(const CapabilityCard& card, const std::string& id) {
  const Finding* finding = card.find(id);
  return finding == nullptr ? Json("no finding " + id) : finding->value;
}

std::vector<std::string> alarms(const CapabilityCard& card) {
  std::vector<std::string> ids;
  for (const Json& alarm : card.alarms) ids.push_back(alarm["id"]);
  return ids;
}

TEST(Probe, OfAServerThatRefusesEverythingAsksNothingMore) {
  int asked = 0;
  const auto card = probed([&](const Asked&) {
    ++asked;
    return refusal("who are you?", 401);
  });
  EXPECT_EQ(value(card, "reachable"), false);
  EXPECT_EQ(asked, 1);
  EXPECT_TRUE(card.lacks("reachable"));
}

TEST(Probe, GivesUpTheParameterThatIsRefusedByName) {
  const auto card = probed([](const Asked& asked) {
    if (sampling_names(asked.how).contains("presence_penalty")) {
      return refusal("Unsupported parameter: 'presence_penalty'");
    }
    if (asked.how.dialect.max_tokens_field.value_or("max_tokens") == "max_tokens") {
      return refusal("use 'max_completion_tokens' instead of max_tokens");
    }
    return answer("ready", tokens_of(asked));
  });
  EXPECT_EQ(value(card, "reachable"), true);
  EXPECT_EQ(card.dialect.max_tokens_field, "max_completion_tokens");
  EXPECT_THAT(card.unsent, testing::Contains("presence_penalty"));
}

TEST(Probe, PutsTheSystemPromptWhereItIsTaken) {
  const auto card = probed([](const Asked& asked) {
    const bool system = asked.messages.front().role == Role::system;
    if (system && !asked.how.dialect.system_as_user.value_or(false)) {
      return refusal("System role not supported");
    }
    return answer("ready", tokens_of(asked));
  });
  EXPECT_EQ(value(card, "system_role"), false);
  EXPECT_EQ(card.dialect.system_as_user, true);
}

TEST(Probe, ToldThatToolsAreOffSaysSo) {
  const auto card = probed([](const Asked& asked) {
    return asked.tools ? refusal("\"auto\" tool choice requires --enable-auto-tool-choice")
                       : answer("ready", tokens_of(asked));
  });
  EXPECT_EQ(value(card, "tool_calls"), "refused");
  EXPECT_THAT(alarms(card), testing::Contains("parser_off"));
}

TEST(Probe, TellsASwallowedCallFromNone) {
  const auto swallowed = probed([](const Asked& asked) {
    return asked.tools ? answer("", 20, 31) : answer("ready", tokens_of(asked));
  });
  EXPECT_EQ(value(swallowed, "tool_calls"), "swallowed");
  const auto none = probed([](const Asked& asked) { return answer("ready", tokens_of(asked)); });
  EXPECT_EQ(value(none, "tool_calls"), "none");
  EXPECT_TRUE(none.alarms.empty());
}

TEST(Probe, SeesThinkingThatIsWrittenIntoTheAnswer) {
  const auto card =
      probed([](const Asked& asked) { return answer("<think>hm</think> yes", tokens_of(asked)); });
  EXPECT_EQ(value(card, "thinking"), "stuck");
}

TEST(Probe, SeesPromptsThatAreCutByTheTokensThatAreMissing) {
  const auto card = probed([](const Asked& asked) {
    return answer("ready", std::min<std::int64_t>(tokens_of(asked), 3000));
  });
  EXPECT_EQ(value(card, "window")["effective"], 3000);
  EXPECT_EQ(card.window(), 3000);
  EXPECT_THAT(alarms(card), testing::Contains("silent_truncation"));
}

TEST(Probe, DoesNotTakeAForgetfulModelForACutPrompt) {
  const auto card = probed([](const Asked& asked) { return answer("I forgot", tokens_of(asked)); });
  EXPECT_FALSE(value(card, "window").contains("silent"));
  EXPECT_GT(value(card, "window")["at_least"].get<int>(), 20'000);
}

TEST(Probe, MeasuresTheDecodeRateOverCountedTokens) {
  const auto card = probed(
      [](const Asked& asked) {
        const bool endless = asked.text().find("without end") != std::string::npos;
        return answer("ready", tokens_of(asked), endless ? asked.max_tokens : 5);
      },
      {.concurrency = 3});
  ASSERT_EQ(card.decode.size(), 4U);
  EXPECT_EQ(card.decode[0].tok_s, 255);  // 256 tokens, a second from the first to the last
  EXPECT_EQ(card.decode[3].answers, 9);
  ASSERT_TRUE(card.pace);
  EXPECT_EQ(card.pace->decode_tok_s, 255);
  EXPECT_EQ(card.pace->ttft_ms, 100);
}

TEST(Probe, WithoutTokenCountsKnowsNoPace) {
  const auto card = probed(
      [](const Asked&) {
        ChatReply reply = answer("ready");
        reply.answer->usage = {};
        return reply;
      },
      {});
  EXPECT_EQ(value(card, "stream_usage"), false);
  EXPECT_TRUE(card.decode.empty());
  EXPECT_FALSE(card.pace);
}

TEST(Probe, IsNotImpressedByAbsurdCounts) {
  const auto card = probed([](const Asked&) { return answer("ready", INT64_MAX, INT64_MAX); }, {});
  EXPECT_FALSE(card.pace);
  EXPECT_EQ(value(card, "window"), nullptr);
  for (const Json& figure : to_json(card)["speed"]["decode"])
    EXPECT_TRUE(figure["tok_s"].is_number() || figure["tok_s"].is_null());
  EXPECT_TRUE(parse_json(dump_json(to_json(card))));
}

TEST(Probe, NarrowsAWindowDownThatNobodyDeclared) {
  const auto card = probed([](const Asked& asked) {
    if (tokens_of(asked) + asked.max_tokens > 5000) {
      return refusal("This model's maximum context length is 5000 tokens.");
    }
    return answer("ready", tokens_of(asked));
  });
  const Json window = value(card, "window");
  EXPECT_LT(window["at_least"].get<int>(), 5000);
  EXPECT_GT(window["at_least"].get<int>(), 3000);
  EXPECT_EQ(card.window(), window["at_least"].get<int>());
  EXPECT_TRUE(card.alarms.empty());
}

TEST(Probe, DoesNotTakeATemplateForMissingTokens) {
  const auto card = probed([](const Asked& asked) { return answer("no", tokens_of(asked) + 400); });
  EXPECT_FALSE(value(card, "window").contains("silent"));
  EXPECT_TRUE(card.alarms.empty());
}

TEST(Probe, EndsWithAServerThatRefusesWhateverIsChanged) {
  int asked = 0;
  const auto card = probed([&](const Asked&) {
    ++asked;
    return refusal("'max_tokens' or 'max_completion_tokens' is too large");
  });
  EXPECT_EQ(value(card, "reachable"), false);
  EXPECT_LT(asked, 6);
}

TEST(Probe, KnowsNoDecodeRateOfAnswersInOnePiece) {
  const auto card = probed(
      [](const Asked& asked) {
        const bool endless = asked.text().find("without end") != std::string::npos;
        ChatReply reply = answer("ready", tokens_of(asked), endless ? asked.max_tokens : 5);
        auto& times = reply.answer->times;
        times.first_text = times.ended - std::chrono::microseconds(100);
        return reply;
      },
      {});
  ASSERT_FALSE(card.decode.empty());
  EXPECT_FALSE(card.decode[0].tok_s);
  ASSERT_TRUE(card.pace);
  EXPECT_NEAR(card.pace->decode_tok_s, 256 / 1.1, 1);
  EXPECT_EQ(card.pace->ttft_ms, 0);
}

TEST(Probe, TakesAnAnswerThatWasCutForNoAnswer) {
  const auto card = probed([](const Asked& asked) {
    if (!asked.tools && asked.messages.back().images.empty())
      return answer("ready", tokens_of(asked));
    ChatReply cut = answer("", 20, asked.max_tokens);
    cut.answer->finish = Finish::length;
    return cut;
  });
  for (const char* id : {"tool_calls", "vision", "parallel_calls"}) {
    ASSERT_NE(card.find(id), nullptr) << id;
    EXPECT_EQ(card.find(id)->basis, Basis::unknown) << id;
    EXPECT_FALSE(card.lacks(id)) << id;
  }
  EXPECT_TRUE(card.alarms.empty());
}

TEST(Probe, TriesTheOtherSwitchesWhenOneIsRefused) {
  const auto card = probed([](const Asked& asked) {
    const std::string how = asked.how.dialect.thinking_switch.value_or("chat_template_kwargs");
    if (asked.how.sampling.thinking && how == "chat_template_kwargs") {
      return refusal("Unknown parameter: 'chat_template_kwargs'");
    }
    ChatReply reply = answer("yes", tokens_of(asked));
    const bool off = asked.how.sampling.thinking == false && how == "reasoning_effort";
    if (!off) reply.answer->message.reasoning = "hm";
    return reply;
  });
  EXPECT_EQ(value(card, "thinking"), "switchable");
  EXPECT_EQ(card.dialect.thinking_switch, "reasoning_effort");
}

TEST(Probe, SaysNothingOfASeedThatIsNotSent) {
  const auto card = probed([](const Asked& asked) {
    return sampling_names(asked.how).contains("temperature")
               ? refusal("temperature is not supported")
               : answer("ready", tokens_of(asked));
  });
  EXPECT_EQ(card.find("repeatable")->basis, Basis::unknown);
}

TEST(Probe, ThatIsStoppedIsCancelled) {
  std::stop_source stop;
  const ServerBook book;
  const Server server = [&](const Asked& asked) {
    stop.request_stop();
    return answer("ready", tokens_of(asked));
  };
  Contestant contestant;
  contestant.name = "c";
  contestant.url = "http://h/v1";
  const ProbeParts parts{
      .make_endpoint = [&](const Contestant& how) -> Result<std::unique_ptr<Endpoint>> {
        return std::make_unique<ServedEndpoint>(how, server);
      },
      .servers = book};
  const auto card = probe(contestant, parts, {}, stop.get_token());
  ASSERT_FALSE(card);
  EXPECT_EQ(card.error().code, Code::cancelled);
}

TEST(CapabilityCard, SurvivesItsJson) {
  const auto card =
      probed([](const Asked& asked) { return answer("ready", tokens_of(asked)); }, {});
  const CapabilityCard read = capability_card_from_json(to_json(card));
  EXPECT_EQ(read.pace, card.pace);
  EXPECT_EQ(read.window(), card.window());
  EXPECT_EQ(read.dialect.to_json(), card.dialect.to_json());
  ASSERT_EQ(read.findings.size(), card.findings.size());
  EXPECT_EQ(read.find("roles")->value, card.find("roles")->value);
}

}  // namespace
}  // namespace plumb
