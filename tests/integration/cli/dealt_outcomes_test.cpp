// The instrument against a known truth: what a stand-in was dealt is what the store and the
// scorecard say, trial by trial.
#include "plugins/endpoints/stand_in_deal.hpp"
#include "tests/integration/cli/cli_fixture.hpp"

namespace plumb::test {
namespace {

class DealtOutcomes : public Cli {};

TEST_F(DealtOutcomes, ThreeHundredTrialsAreStoredAsTheyWereDealt) {
  constexpr std::uint64_t kSeed = 11;
  constexpr int kRepeats = 100;
  const PlumbEnd end = plumb({"run", kQuick, "--model", "dealt=standin:skill=0.8", "--repeats",
                              "100", "--seed", "11", "--concurrency", "8", "--json", "card.json"});
  ASSERT_EQ(end.code, 0) << end.out << end.err;

  const auto suite = load_suite({kQuick});
  ASSERT_TRUE(suite) << full_sentence(suite.error());
  const auto options = parse_stand_in_options("skill=0.8");
  ASSERT_TRUE(options);
  const Outcomes stored = outcomes();
  EXPECT_EQ(stored.size(), suite->tasks.size() * kRepeats);
  int passed = 0;
  for (const auto& task : suite->tasks) {
    for (int repeat = 0; repeat < kRepeats; ++repeat) {
      const StandInDeal dealt = deal(*options,
                                     {.task = task->name,
                                      .seed = 0,
                                      .run_seed = kSeed,
                                      .contestant = "dealt",
                                      .repeat = repeat,
                                      .policy = ""},
                                     *task);
      const auto found = stored.find({"dealt", task->name, repeat});
      ASSERT_NE(found, stored.end()) << task->name << " #" << repeat;
      EXPECT_EQ(found->second.outcome, dealt.oracle ? "passed" : "failed")
          << task->name << " #" << repeat << " was dealt " << dealt.policy;
      passed += dealt.oracle ? 1 : 0;
    }
  }
  const Json card = json("card.json");
  const Json& contestant = card["contestants"][0];
  EXPECT_EQ(contestant["trials"]["passed"], passed);
  const Json& completion = contestant["completion"];
  EXPECT_NEAR(completion["rate"].get<double>(), passed / 300.0, 1e-9);
  EXPECT_LE(completion["low"].get<double>(), 0.8);
  EXPECT_GE(completion["high"].get<double>(), 0.8);
}

TEST_F(DealtOutcomes, TheSameSeedDealsTheSameAndAnotherSeedAnother) {
  const auto run = [&](const std::string& seed) {
    const PlumbEnd end = plumb({"run", kQuick, "--model", "a=standin:skill=0.5,malformed=0.2",
                                "--repeats", "8", "--seed", seed, "--no-ruler"});
    EXPECT_EQ(end.code, 0) << end.out << end.err;
    return outcomes();
  };
  const Outcomes first = run("3");
  EXPECT_EQ(first.size(), 24U);
  EXPECT_EQ(run("3"), first);
  EXPECT_NE(run("4"), first);
}

}  // namespace
}  // namespace plumb::test
