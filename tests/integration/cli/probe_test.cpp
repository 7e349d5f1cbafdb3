// `plumb probe` against the zoo: every trait that is planted in a stand-in is on the card.
#include "tests/integration/cli/cli_fixture.hpp"

namespace plumb::test {
namespace {

class Probe : public Cli {
 protected:
  /// The card of a stand-in with these options.
  [[nodiscard]] Json card(const std::string& options,
                          const std::vector<std::string>& more = {"--no-speed"}) const {
    std::vector<std::string> arguments = {"probe", "x=standin:" + options, "--json", "-"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const PlumbEnd end = plumb(arguments);
    EXPECT_EQ(end.code, 0) << end.err;
    auto parsed = parse_json(end.out);
    if (!parsed) throw std::runtime_error(end.out + end.err);
    return std::move(*parsed);
  }

  static Json finding(const Json& card, const std::string& id) {
    for (const Json& one : card["findings"]) {
      if (one["id"] == id) return one;
    }
    return nullptr;
  }
  static Json value(const Json& card, const std::string& id) {
    const Json one = finding(card, id);
    return one.is_object() ? one["value"] : Json("no such finding: " + id);
  }
  static std::string remedy(const Json& card, const std::string& alarm) {
    for (const Json& one : card["alarms"]) {
      if (one["id"] == alarm) return one["remedy"];
    }
    return "no such alarm: " + alarm;
  }
};

class ProbeOfFlavour : public Probe, public testing::WithParamInterface<const char*> {
 protected:
  [[nodiscard]] Json card_with(const std::string& trait) const {
    return card(std::string("flavour=") + GetParam() + "," + trait);
  }
  static bool is_ollama() { return std::string(GetParam()) == "ollama"; }
};

TEST_P(ProbeOfFlavour, FindsAHealthyServerHealthy) {
  const Json found = card_with("context=32768,vision=on");
  EXPECT_EQ(value(found, "reachable"), true);
  EXPECT_EQ(value(found, "tool_calls"), "structured");
  EXPECT_EQ(value(found, "tool_results"), true);
  EXPECT_EQ(value(found, "parallel_calls"), true);
  EXPECT_EQ(value(found, "vision"), true);
  EXPECT_EQ(value(found, "stream_usage"), true);
  EXPECT_EQ(value(found, "repeatable"), true);
  EXPECT_EQ(value(found, "seed"), true);
  EXPECT_EQ(value(found, "thinking"), "none");
  EXPECT_GT(json_or(value(found, "window"), "at_least", 0), 20'000);
  EXPECT_TRUE(found["alarms"].empty()) << found["alarms"].dump(1);
}

TEST_P(ProbeOfFlavour, FindsTheWindowThatIsDeclared) {
  EXPECT_EQ(value(card_with("context=6000"), "declared_window"), 6000);
}

TEST_P(ProbeOfFlavour, FindsPromptsThatAreCutWithoutAWord) {
  if (is_ollama()) {
    // It says what it really has, so there is nothing to hide behind.
    EXPECT_EQ(value(card_with("context=32768,effective=4096"), "declared_window"), 4096);
    return;
  }
  const Json found = card_with("context=32768,effective=4096,overflow=truncate");
  const Json window = value(found, "window");
  EXPECT_EQ(json_or(window, "silent", false), true) << window;
  EXPECT_LE(json_or(window, "effective", 0), 4096);
  EXPECT_GT(json_or(window, "effective", 0), 3000);
  EXPECT_THAT(remedy(found, "silent_truncation"), testing::Not(testing::HasSubstr("no such")));
}

TEST_P(ProbeOfFlavour, TellsALoudRefusalFromASilentCut) {
  if (is_ollama()) {
    EXPECT_EQ(value(card_with("context=32768,effective=4096,overflow=refuse"), "declared_window"),
              4096);
    return;
  }
  const Json window = value(card_with("context=32768,effective=4096,overflow=refuse"), "window");
  EXPECT_FALSE(window.contains("silent")) << window;
  EXPECT_LE(json_or(window, "at_least", 99'999), 4096);
  EXPECT_GT(json_or(window, "below", 0), 4096);
}

TEST_P(ProbeOfFlavour, FindsRolesThatMustAlternate) {
  const Json found = card_with("strict_roles=on");
  if (is_ollama()) {
    // Its templates cannot refuse.
    EXPECT_EQ(value(found, "roles"), "free");
    return;
  }
  EXPECT_EQ(value(found, "roles"), "strict");
  EXPECT_EQ(json_or(found["dialect"], "merge_roles", false), true);
}

TEST_P(ProbeOfFlavour, FindsAParserThatIsOffAndNamesWhatToSet) {
  const Json found = card_with("parser=off");
  EXPECT_EQ(value(found, "tool_calls"), "leaked_text");
  EXPECT_THAT(remedy(found, "parser_off"), testing::Not(testing::HasSubstr("no such")));
}

TEST_P(ProbeOfFlavour, FindsThinkingThatCannotBeSwitchedOff) {
  EXPECT_EQ(value(card_with("think=30,thinking=stuck"), "thinking"), "stuck");
  EXPECT_EQ(value(card_with("think=30,thinking=switchable"), "thinking"), "switchable");
}

TEST_P(ProbeOfFlavour, FindsThatPicturesAreNotSeen) {
  EXPECT_EQ(value(card_with("vision=off"), "vision"), false);
  EXPECT_EQ(value(card_with("vision=blind"), "vision"), false);
}

TEST_P(ProbeOfFlavour, FindsThatOnlyOneCallComesAtATime) {
  EXPECT_EQ(value(card_with("parallel=off"), "parallel_calls"), false);
}

TEST_P(ProbeOfFlavour, FindsAnswersThatDoNotRepeat) {
  EXPECT_EQ(value(card_with("repeatable=off"), "repeatable"), false);
  EXPECT_EQ(value(card_with("seeded=off"), "seed"), false);
}

INSTANTIATE_TEST_SUITE_P(Zoo, ProbeOfFlavour,
                         testing::Values("plain", "vllm", "sglang", "llamacpp", "ollama",
                                         "openrouter", "mistral_strict"),
                         [](const auto& flavour) { return std::string(flavour.param); });

TEST_F(Probe, EveryLineSaysWhetherItWasMeasuredDeclaredOrIsUnknown) {
  for (const Json& one : card("flavour=vllm")["findings"]) {
    EXPECT_THAT(one["basis"].get<std::string>(), testing::AnyOf("measured", "declared", "unknown"));
    EXPECT_FALSE(one["sentence"].get<std::string>().empty()) << one;
    EXPECT_EQ(one["value"].is_null(), one["basis"] == "unknown") << one;
  }
}

TEST_F(Probe, MeasuresTheSpeedThatWasSet) {
  const Json speed = card("flavour=llamacpp,tok_s=400,prefill_tok_s=20000,context=9000",
                          {"--concurrency", "2"})["speed"];
  ASSERT_EQ(speed["decode"].size(), 4U);
  for (const Json& figure : speed["decode"]) {
    EXPECT_EQ(figure["tokens"], 256);
    EXPECT_NEAR(figure["tok_s"].get<double>(), 400, 40) << figure;
  }
  ASSERT_FALSE(speed["prefill"].empty());
  EXPECT_NEAR(speed["prefill"].back()["prefill_tok_s"].get<double>(), 20'000, 5000);
  EXPECT_GT(speed["prefill"].back()["warm_cached_tokens"].get<int>(), 1000);
  EXPECT_NEAR(speed["pace"]["decode_tok_s"].get<double>(), 400, 40);
}

TEST_F(Probe, OfAServerThatIsNotThereEndsWithItsExitCode) {
  const PlumbEnd end = plumb({"probe", "http://127.0.0.1:9"});
  EXPECT_EQ(end.code, 4);
  EXPECT_THAT(end.err, testing::HasSubstr("is the server running"));
}

TEST_F(Probe, OfSeveralKeepsTheCardsOfThoseThatAreThere) {
  const PlumbEnd end = plumb({"probe", "--model", "gone=http://127.0.0.1:9", "--model",
                              "here=standin:flavour=plain", "--no-speed", "--json", "cards.json"});
  EXPECT_EQ(end.code, 4) << end.err;
  EXPECT_THAT(end.err, testing::HasSubstr("contestant \"gone\" cannot be reached"));
  EXPECT_THAT(end.out, testing::HasSubstr("here"));
  const Json cards = json("cards.json");
  ASSERT_EQ(cards.size(), 1U);
  EXPECT_EQ(cards[0]["contestant"], "here");
}

TEST_F(Probe, ThatIsInterruptedKeepsTheCardsThatWereMade) {
  PlumbProcess process(
      PLUMB_PROGRAM,
      {"probe", "--model", "quick=standin:flavour=plain", "--model",
       "slow=standin:flavour=plain,ttft_ms=60000", "--no-speed", "--json", "cards.json"},
      settings());
  ASSERT_TRUE(process.wait_for_error_text("slow: "));
  process.signal(SIGINT);
  const PlumbEnd end = process.end();
  EXPECT_EQ(end.code, 130) << end.err;
  EXPECT_THAT(end.out, testing::HasSubstr("quick"));
  const Json cards = json("cards.json");
  ASSERT_EQ(cards.size(), 1U);
  EXPECT_EQ(cards[0]["contestant"], "quick");
}

TEST_F(Probe, OfANonsenseTargetSaysWhatToType) {
  const PlumbEnd end = plumb({"probe", "127.0.0.1:8000"});
  EXPECT_EQ(end.code, 1);
  EXPECT_THAT(end.err, testing::HasSubstr("http://127.0.0.1:8000"));
}

}  // namespace
}  // namespace plumb::test
