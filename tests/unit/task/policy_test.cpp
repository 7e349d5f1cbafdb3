#include "core/task/policy.hpp"

#include <gmock/gmock.h>

#include "tests/support/task_folder.hpp"

namespace plumb {
namespace {

using testing::HasSubstr;

Task task_of(const test::TaskFolder& folder) {
  return *load_suite({folder.path().string()}).value().tasks.at(0);
}

using Past = std::vector<std::vector<std::string>>;

Result<PolicyStep> step_of(const Task& task, const std::string& policy, const Past& past = {}) {
  PLUMB_TRY(PolicyPlay play, PolicyPlay::start(task, policy, 5));
  for (const auto& replies : past) PLUMB_CHECK(play.play_on(replies));
  return play.step();
}

/// The step of an oracle with this body, after these replies.
Result<PolicyStep> step(const std::string& body, const Past& past = {}) {
  const test::TaskFolder folder(test::task_text("oracle = function(model, env) " + body + " end"));
  return step_of(task_of(folder), "oracle", past);
}

const char* const kTwoCalls =
    "local r = model:call('echo', { text = 'a' }) "
    "model:call('echo', { text = 'b' .. r }) "
    "model:say('heard ' .. r) model:say('after')";

TEST(Policy, IsPlayedOnByTheReplies) {
  const auto first = step(kTwoCalls);
  ASSERT_TRUE(first) << first.error().sentence;
  ASSERT_EQ(first->calls.size(), 1U);
  EXPECT_EQ(first->calls[0].tool, "echo");
  EXPECT_EQ(first->calls[0].arguments, Json({{"text", "a"}}));
  EXPECT_EQ(step(kTwoCalls, {{"1"}})->calls.at(0).arguments, Json({{"text", "b1"}}));
  const auto third = step(kTwoCalls, {{"1"}, {"2"}});
  EXPECT_TRUE(third->calls.empty());
  EXPECT_EQ(third->text, "heard 1");
  EXPECT_EQ(step(kTwoCalls, {{"1"}, {"2"}, {"go on"}})->text, "after");
}

TEST(Policy, ThatHasReturnedSaysDone) {
  EXPECT_EQ(step("")->text, "Done.");
  EXPECT_EQ(step("", {{"more"}, {"and more"}})->text, "Done.");
}

TEST(Policy, MakesSeveralCallsInOneAnswerAndGetsTheirResultsAsAList) {
  const char* const body =
      "local r = model:calls({ { 'echo', { text = 'a' } }, { 'echo' } }) "
      "model:say(#r .. ' ' .. r[1] .. ' ' .. r[2])";
  const auto both = step(body);
  ASSERT_TRUE(both) << both.error().sentence;
  ASSERT_EQ(both->calls.size(), 2U);
  EXPECT_EQ(both->calls[0].arguments, Json({{"text", "a"}}));
  EXPECT_EQ(both->calls[1].arguments, Json::object());
  EXPECT_EQ(step(body, {{"one", "two"}})->text, "2 one two");
  EXPECT_EQ(step(body, {{"one"}})->text, "2 one ");
}

TEST(Policy, ACallWithoutArgumentsHasAnEmptyObject) {
  EXPECT_EQ(step("model:call('echo')")->calls.at(0).arguments, Json::object());
  EXPECT_EQ(step("model:call('echo', json.array())")->calls.at(0).arguments, Json::array());
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
      {"model:calls()", "model:calls takes a list of { tool, arguments }"},
      {"model:calls({})", "model:calls takes a list of { tool, arguments }"},
      {"model:calls({ 'echo' })", "model:calls, entry 1 (\"?\")"},
      {"model:calls({ { 'echo' }, { 'shell' } })", "model:calls, entry 2 (\"shell\")"},
      {"model:calls({ { 'echo', { print } } })", "the arguments of a policy's call"},
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
  EXPECT_EQ(step_of(task, "says something else")->text, "finished");
  for (const std::string& name : kTrivialControls) EXPECT_TRUE(step_of(task, name)) << name;
  EXPECT_EQ(step_of(task, "unknown").error().code, Code::not_found);
}

}  // namespace
}  // namespace plumb
