#include "core/task/policy.hpp"

#include <gmock/gmock.h>

#include "tests/support/task_folder.hpp"

namespace plumb {
namespace {

using testing::HasSubstr;

Task task_of(const test::TaskFolder& folder) {
  return *load_suite({folder.path().string()}).value().tasks.at(0);
}

/// One step of the oracle with this body.
Result<PolicyStep> step(const std::string& body, const std::vector<PolicyPast>& past = {}) {
  const test::TaskFolder folder(test::task_text("oracle = function(model, env) " + body + " end"));
  return next_step(task_of(folder), "oracle", 5, past);
}

const char* const kTwoCalls =
    "local r = model:call('echo', { text = 'a' }) "
    "model:call('echo', { text = 'b' .. r }) "
    "model:say('heard ' .. r) model:say('after')";

TEST(Policy, IsReplayedFromItsPast) {
  const auto first = step(kTwoCalls);
  ASSERT_TRUE(first) << first.error().sentence;
  EXPECT_EQ(first->call->tool, "echo");
  EXPECT_EQ(first->call->arguments, Json({{"text", "a"}}));
  EXPECT_EQ(step(kTwoCalls, {{.reply = "1"}})->call->arguments, Json({{"text", "b1"}}));
  const auto third = step(kTwoCalls, {{.reply = "1"}, {.reply = "2"}});
  EXPECT_FALSE(third->call);
  EXPECT_EQ(third->text, "heard 1");
  EXPECT_EQ(step(kTwoCalls, {{.reply = "1"}, {.reply = "2"}, {.reply = "go on"}})->text, "after");
}

TEST(Policy, ThatHasReturnedSaysDone) {
  EXPECT_EQ(step("")->text, "Done.");
  EXPECT_EQ(step("", {{.reply = "more"}, {.reply = "and more"}})->text, "Done.");
}

TEST(Policy, ASpoiltTurnIsSaidAgain) {
  const auto again = step(kTwoCalls, {{.reply = "1"}, {.advanced = false, .reply = "error"}});
  EXPECT_EQ(again->call->arguments, Json({{"text", "b1"}}));
}

TEST(Policy, ACallWithoutArgumentsHasAnEmptyObject) {
  EXPECT_EQ(step("model:call('echo')")->call->arguments, Json::object());
  EXPECT_EQ(step("model:call('echo', json.array())")->call->arguments, Json::array());
}

TEST(Policy, KnowsOnlyTheSeed) {
  EXPECT_EQ(step("model:say('seed ' .. env.seed)")->text, "seed 5");
  EXPECT_THAT(step("env:exec { 'ls' }").error().sentence, HasSubstr("try-it/task.lua:"));
}

TEST(Policy, EveryMistakeHasItsSentence) {
  const std::pair<const char*, const char*> cases[] = {
      {"model:call('shell', {})", "model:call(\"shell\", ...): the task offers no such tool"},
      {"model:call(nil)", "the task offers no such tool"},
      {"model.call('echo')", "bad argument"},
      {"model:call('echo', { print })", "the arguments of a policy's call"},
      {"model:say(3)", "model:say(text) takes a string"},
      {"model:say()", "model:say(text) takes a string"},
      {"coroutine.yield()", "a policy yields by itself"},
      {"coroutine.yield('x', 'y')", "a policy yields by itself"},
      {"coroutine.yield(1)", "a policy yields by itself"},
      {"coroutine.yield(2)", "a policy yields by itself"},
      {"error('oh')", "task.lua:"},
      {"error({})", "an error value of type table"},
      {"while true do end", "is this a loop without an end?"},
  };
  for (const auto& [body, sentence] : cases) {
    const auto made = step(body);
    ASSERT_FALSE(made) << body;
    EXPECT_THAT(made.error().sentence, HasSubstr(sentence)) << body;
  }
}

TEST(Policy, EveryPolicyOfATaskCanBePlayedAndNoOther) {
  const test::TaskFolder folder(test::task_text());
  const Task task = task_of(folder);
  EXPECT_EQ(next_step(task, "says something else", 1, {})->text, "finished");
  for (const std::string& name : kTrivialControls)
    EXPECT_TRUE(next_step(task, name, 1, {})) << name;
  EXPECT_EQ(next_step(task, "unknown", 1, {}).error().code, Code::not_found);
}

}  // namespace
}  // namespace plumb
