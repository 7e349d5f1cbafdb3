#include <gmock/gmock.h>

#include "core/task/task_script.hpp"
#include "tests/support/task_folder.hpp"

namespace plumb {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

/// The complaint about a task with these members.
std::string complaint(const std::string& text) {
  const test::TaskFolder folder(text);
  folder.put("workspace/a.txt", "a");
  const auto script = TaskScript::open(folder.path(), 1);
  if (script) return "";
  return script.error().sentence;
}

/// Replaces the first `old_text` of the plain task.
std::string without(const std::string& old_text, const std::string& new_text = "") {
  std::string text = test::task_text();
  const auto at = text.find(old_text);
  EXPECT_NE(at, std::string::npos) << old_text;
  return text.replace(at, old_text.size(), new_text);
}

const std::string kPrompt = "prompt = \"Echo something.\",";

TEST(Definition, APlainTaskIsFine) {
  EXPECT_EQ(complaint(test::task_text()), "");
  EXPECT_EQ(complaint(test::task_text("files = 'workspace', trivial_pass = { 'nop' }, "
                                      "needs = { commands = { 'sh' }, context = 10 }")),
            "");
}

TEST(Definition, EveryMistakeHasItsSentence) {
  const std::pair<std::string, const char*> cases[] = {
      {test::task_text("expected_turn = 3"),
       "does not know \"expected_turn\" (did you mean \"expected_turns\"?)"},
      {test::task_text("[1] = 3"), "has a member without a name"},
      {test::task_text("expected_turns = 0"), "needs `expected_turns`, a whole number from 1"},
      {test::task_text("expected_turns = 1.5"), "needs `expected_turns`, a whole number from 1"},
      {test::task_text("expected_turns = '3'"), "needs `expected_turns`, a whole number from 1"},
      {test::task_text("name = 'other'"), "differs from its folder's, \"try-it\""},
      {test::task_text("name = 'Try It'"), "lower-case letters, digits and '-' only"},
      {test::task_text("name = ''"), "needs `name = \"...\"`"},
      {test::task_text("category = 3"), "needs `category = \"...\"`"},
      {test::task_text("prompt = '  '"), "needs `prompt = \"...\"`"},
      {test::task_text("prompt = 3"), "needs `prompt = \"...\"`"},
      {test::task_text("opening = {}"), "so there is no `prompt` beside it"},
      {without(kPrompt, "opening = {},"), "`opening` is a list of { role"},
      {without(kPrompt, "opening = 'Hi',"), "`opening` is a list of { role"},
      {without(kPrompt, "opening = { 'Hi' },"), "`opening` is a list of { role"},
      {without(kPrompt, "opening = { { role = 'tool', text = 'x' } },"), "`opening` is a list of"},
      {without(kPrompt, "opening = { { role = 'assistant', text = 'x' } },"),
       "ends with the user's"},
      {without(kPrompt, "opening = { { role = 'user' } },"), "opening: needs `text"},
      {test::task_text("files = 'nowhere'"), "there is no such folder beside task.lua"},
      {test::task_text("files = '..'"), "there is no such folder beside task.lua"},
      {test::task_text("files = '/etc'"), "there is no such folder beside task.lua"},
      {test::task_text("files = 'task.lua'"), "there is no such folder beside task.lua"},
      {test::task_text("keep_processes = 1"), "takes `keep_processes = true` or `false`"},
      {test::task_text("grade = 'yes'"), "`grade` is a function"},
      {test::task_text("setup = {}"), "`setup` is a function"},
      {test::task_text("next_user = 'x'"), "`next_user` is a function"},
      {test::task_text("trivial_pass = 'nop'"), "`trivial_pass` is a list of strings"},
      {test::task_text("trivial_pass = { nop = true }"), "`trivial_pass` is a list of strings"},
      {test::task_text("trivial_pass = { 'nap' }"), "the trivial controls are nop, spam, wipe"},
      {test::task_text("needs = 'sh'"), "`needs` is a table"},
      {test::task_text("needs = { command = {} }"), "task: needs: does not know \"command\""},
      {test::task_text("needs = { context = 0 }"), "needs `context`, a whole number"},
      {test::task_text("negative_controls = {}"), "has no negative control"},
      {test::task_text("negative_controls = 3"), "has no negative control"},
      {test::task_text("negative_controls = { function() end }"), "`negative_controls` is written"},
      {test::task_text("negative_controls = { a = 1 }"), "`negative_controls` is written"},
      {test::task_text("negative_controls = { nop = function() end }"),
       "may not be called \"nop\""},
      {test::task_text("negative_controls = { oracle = function() end }"),
       "may not be called \"oracle\""},
      {test::task_text("tools = 'shell'"), "needs `tools = { ... }`"},
      {test::task_text("tools = { 'shel' }"),
       "there is no tool \"shel\" (did you mean \"shell\"?)"},
      {test::task_text("tools = { 3 }"), "tool 1 is neither a name nor a table"},
      {test::task_text("tools = { 'shell', 'shell' }"), "\"shell\" is there twice"},
      {test::task_text("tools = { { name = 'x', description = 'x', parameters = {} } }"),
       "tool: has no `run` function"},
      {test::task_text("tools = { { name = 'x', description = 'x', run = print } }"),
       "\"x\" has parameters that cannot be judged"},
      {test::task_text(
           "tools = { { name = 'x', description = 'x', run = print, parameters = { type "
           "= 'object', properties = { a = { type = 'text' } } } } }"),
       "\"x\" has parameters that cannot be judged"},
      {test::task_text("tools = { { name = 'x', description = 'x', run = print, parameters = print "
                       "} }"),
       "\"x\" has parameters that are no JSON Schema"},
      {without("name = \"try-it\","), "needs `name = \"...\"`"},
      {without("expected_turns = 2,"), "needs `expected_turns`"},
      {without("category = \"test\","), "needs `category"},
      {"task(3)", "table expected"},
  };
  for (const auto& [text, sentence] : cases) {
    EXPECT_THAT(complaint(text), AllOf(StartsWith("try-it/task.lua:"), HasSubstr(sentence)));
  }
}

TEST(Definition, MissingFunctionsAreMissed) {
  for (const char* name : {"grade", "oracle"}) {
    EXPECT_THAT(complaint(without(std::string(name) + " = function",
                                  "local_" + std::string(name) + " = function")),
                HasSubstr("does not know \"local_"));
    const std::string cut = "members." + std::string(name) + " = nil\nreturn task(members)";
    EXPECT_THAT(complaint(without("return task(members)", cut)),
                HasSubstr("has no `" + std::string(name) + "` function"));
  }
}

TEST(Definition, AFileMustEndWithItsTask) {
  EXPECT_THAT(complaint("return {}"), HasSubstr("does not end with `return task { ... }`"));
  EXPECT_THAT(complaint(without("return task", "task")),
              HasSubstr("does not end with `return task"));
  EXPECT_THAT(complaint("x ="), StartsWith("try-it/task.lua:1: unexpected symbol"));
}

TEST(Definition, ThePromptMayDependOnTheSeedAlone) {
  const test::TaskFolder folder(
      test::task_text("prompt = function(env) return 'Number ' .. env.seed end"));
  EXPECT_EQ(*TaskScript::open(folder.path(), 7).value()->prompt(), "Number 7");
  const test::TaskFolder empty(test::task_text("prompt = function() end"));
  EXPECT_THAT(TaskScript::open(empty.path(), 7).value()->prompt().error().sentence,
              HasSubstr("returns no text"));
}

TEST(Definition, RandomNumbersFollowFromTheSeed) {
  const test::TaskFolder folder(
      test::task_text("prompt = function() return '' .. math.random(1 << 40) end"));
  const auto prompt = [&](std::uint64_t seed) {
    return *TaskScript::open(folder.path(), seed).value()->prompt();
  };
  EXPECT_EQ(prompt(3), prompt(3));
  EXPECT_NE(prompt(3), prompt(4));
}

}  // namespace
}  // namespace plumb
