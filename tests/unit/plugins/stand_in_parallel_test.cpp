// Several calls in one answer, where the server lets them stand side by side and where it does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/task_folder.hpp"
#include "tests/unit/plugins/stand_in_support.hpp"

namespace plumb {
namespace {

using ::testing::ElementsAre;

/// Plays a policy of three calls in one answer; each result is the text of its call and a mark.
class ThreeCalls : public ::testing::Test {
 protected:
  /// What each answer of the trial's called, joined; the last is the final text.
  std::vector<std::string> play(const std::string& options) {
    Suite suite = load_suite({folder_.path().string()}).value();
    auto server =
        StandInServer::start(parse_stand_in_options(options).value(), suite.tasks, 0, 4).value();
    StandInTrial trial = trial_of(0, "oracle");
    trial.task = "try-it";
    Json body = says("Echo something.");
    std::vector<std::string> turns;
    while (turns.size() < 20) {
      const Json message = chat(*server, body, header_of(trial)).json()["choices"][0]["message"];
      body["messages"].push_back(message);
      if (!message.contains("tool_calls")) {
        turns.push_back(message.value("content", ""));
        return turns;
      }
      std::string called;
      for (const Json& call : message["tool_calls"]) {
        const std::string text = call["function"]["arguments"];
        called += json_or(parse_json(text).value_or(Json()), "text", "?");
        body["messages"].push_back(
            {{"role", "tool"},
             {"tool_call_id", call["id"]},
             {"content", parse_json(text) ? called.substr(called.size() - 1) : "no JSON"}});
      }
      turns.push_back(called);
    }
    return turns;
  }

 private:
  test::TaskFolder folder_{test::task_text(R"lua(oracle = function(model)
    local results = model:calls({ { "echo", { text = "a" } }, { "echo", { text = "b" } },
                                  { "echo", { text = "c" } } })
    model:say(table.concat(results, "+"))
  end)lua")};
};

TEST_F(ThreeCalls, StandSideBySide) { EXPECT_THAT(play(""), ElementsAre("abc", "a+b+c")); }

TEST_F(ThreeCalls, ComeInTurnWhereTheServerTakesOneAtATime) {
  EXPECT_THAT(play("parallel=off"), ElementsAre("a", "b", "c", "a+b+c"));
  EXPECT_THAT(play("flavour=llamacpp"), ElementsAre("a", "b", "c", "a+b+c"));
}

TEST_F(ThreeCalls, AreEachSpoiltForThemselvesAndMadeAgain) {
  const auto turns = play("malformed=0.5,flavour=openrouter");
  ASSERT_GT(turns.size(), 2U);
  EXPECT_EQ(turns.front().size(), 3U);
  EXPECT_LT(turns[1].size(), 3U) << "only those that were spoilt are made again";
  EXPECT_EQ(turns.back().substr(0, 1), "a");
}

}  // namespace
}  // namespace plumb
