#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/endpoints/stand_in_encoder.hpp"
#include "tests/unit/plugins/stand_in_support.hpp"

namespace plumb {
namespace {

using ::testing::HasSubstr;

TEST(StandInOptions, EveryOptionIsRead) {
  const auto options = parse_stand_in_options(
      "skill=0.8,malformed=0.05,tok_s=60,ttft_ms=120,think=9,fault=stall,policy=adds a lie");
  ASSERT_TRUE(options);
  EXPECT_DOUBLE_EQ(options->skill, 0.8);
  EXPECT_DOUBLE_EQ(options->malformed, 0.05);
  EXPECT_DOUBLE_EQ(options->tok_s, 60);
  EXPECT_DOUBLE_EQ(options->ttft_ms, 120);
  EXPECT_EQ(options->think, 9);
  EXPECT_EQ(options->fault, StandInFault::stall);
  EXPECT_EQ(options->policy, "adds a lie");
  EXPECT_DOUBLE_EQ(parse_stand_in_options("")->skill, 1);
}

TEST(StandInOptions, AWrongWordIsNamedWithTheOneThatWasMeant) {
  EXPECT_THAT(parse_stand_in_options("skil=1").error().sentence,
              HasSubstr("did you mean \"skill\""));
  EXPECT_THAT(parse_stand_in_options("fault=stal").error().sentence,
              HasSubstr("did you mean \"stall\""));
  for (const char* wrong : {"skill=1.5", "skill=-1", "skill=much", "skill", "skill=", "tok_s=-1",
                            "think=1e9", "malformed=nan", ",", "skill=1,,", "=3"}) {
    const auto options = parse_stand_in_options(wrong);
    ASSERT_FALSE(options) << wrong;
    EXPECT_EQ(options.error().code, Code::usage) << wrong;
  }
}

/// The documented formula, worked out from the hash's digits.
double unit_of(const std::string& text) {
  return static_cast<double>(std::stoull(sha256_hex(text).substr(0, 16), nullptr, 16)) /
         18446744073709551616.0;
}

TEST(StandInDeal, SkillFallsInProportionToWhatTheFirstRequestFills) {
  const auto options = parse_stand_in_options("skill=1,skill_at_full=0.2").value();
  EXPECT_DOUBLE_EQ(skill_at(options, 0), 1);
  EXPECT_DOUBLE_EQ(skill_at(options, 0.5), 0.6);
  EXPECT_DOUBLE_EQ(skill_at(options, 1), 0.2);
  EXPECT_DOUBLE_EQ(skill_at(parse_stand_in_options("skill=0.7").value(), 1), 0.7);
}

TEST(StandInDeal, ThreeHundredTrialsAreDealtByTheDocumentedFormula) {
  const auto options = parse_stand_in_options("skill=0.8").value();
  int oracles = 0;
  std::set<std::string> controls;
  for (std::int64_t repeat = 0; repeat < 300; ++repeat) {
    const StandInDeal dealt = deal(options, trial_of(repeat), task());
    const std::string key = fmt::format("7\nc\ntake-notes\n{}", repeat);
    ASSERT_EQ(dealt.oracle, unit_of("plumb.deal/1\n" + key) < 0.8) << repeat;
    if (dealt.oracle) {
      ++oracles;
      EXPECT_EQ(dealt.policy, "oracle");
    } else {
      const auto n =
          std::stoull(sha256_hex("plumb.control/1\n" + key).substr(0, 16), nullptr, 16) % 4;
      EXPECT_EQ(dealt.policy, task().controls[n]);
      controls.insert(dealt.policy);
    }
  }
  EXPECT_NEAR(oracles / 300.0, 0.8, 0.07);
  EXPECT_EQ(controls.size(), 4U);
}

TEST(StandInDeal, SkillOneAlwaysAndSkillZeroNeverPlaysTheOracle) {
  for (std::int64_t repeat = 0; repeat < 50; ++repeat) {
    EXPECT_TRUE(deal(parse_stand_in_options("skill=1").value(), trial_of(repeat), task()).oracle);
    EXPECT_FALSE(deal(parse_stand_in_options("skill=0").value(), trial_of(repeat), task()).oracle);
  }
}

TEST(StandInDeal, TheTrialsPolicyComesBeforeThatOfTheOptions) {
  const auto options = parse_stand_in_options("policy=zigzags").value();
  EXPECT_EQ(deal(options, trial_of(0), task()).policy, "zigzags");
  EXPECT_EQ(deal(options, trial_of(0, "wipe"), task()).policy, "wipe");
  EXPECT_TRUE(deal(options, trial_of(0, "oracle"), task()).oracle);
}

TEST(StandInDeal, ASpoiltCallIsBrokenInEachOfFourWays) {
  const PolicyStep::Call call{"note", {{"text", "hello"}, {"times", 2}}};
  std::set<std::string> seen;
  for (std::int64_t turn = 0; turn < 60; ++turn) {
    const StandInCall spoilt = spoil_call(call, task().tools, trial_of(0), turn);
    const auto arguments = parse_json(spoilt.arguments);
    if (spoilt.name != "note") {
      seen.insert("unknown tool");
    } else if (!arguments) {
      seen.insert("not json");
    } else if (!arguments->contains("text")) {
      seen.insert("missing");
    } else {
      EXPECT_FALSE(arguments->at("text").is_string());
      seen.insert("wrong type");
    }
  }
  EXPECT_EQ(seen.size(), 4U);
}

TEST(StandInDeal, ACallWithoutArgumentsCanStillBeSpoilt) {
  for (std::int64_t turn = 0; turn < 20; ++turn) {
    const StandInCall spoilt = spoil_call({"note", Json::array()}, task().tools, trial_of(0), turn);
    EXPECT_TRUE(spoilt.name != "note" || !parse_json(spoilt.arguments)) << spoilt.arguments;
  }
}

TEST(StandInEncoder, ACharacterIsNeverCutInTwo) {
  const StandInReply reply{.text = "aζζζζζ€€€€𝄞𝄞x"};
  for (const StandInFlavour flavour : {StandInFlavour::plain, StandInFlavour::llamacpp}) {
    std::string bytes;
    for (const StandInFrame& frame :
         encode_stream(StandInProtocol::chat, reply, {.flavour = flavour, .id = "x"}))
      bytes += frame.bytes;
    EXPECT_EQ(read_answer(200, true, bytes).text, reply.text);
  }
}

}  // namespace
}  // namespace plumb
