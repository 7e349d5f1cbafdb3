#include "tests/unit/task/task_support.hpp"

namespace plumb {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class EnvTest : public test::LiveTaskTest {};

TEST_F(EnvTest, ExecPassesOnWhatItIsGiven) {
  world_->on_exec = [](const ExecRequest&) {
    return ExecResult{.code = 3, .out = {.head = "out"}, .err = {.head = "err"}};
  };
  const auto result = call(
      "local r = env:exec { 'a', 2, 2.5, cwd = 'sub', stdin = 'in\\0put', timeout = 7, "
      "env = { A = 'b', N = 4 } } return r.code .. r.stdout .. r.stderr .. tostring(r.ok)");
  ASSERT_TRUE(result) << full_sentence(result.error());
  EXPECT_EQ(result->text, "3outerrfalse");
  ASSERT_EQ(world_->commands.size(), 1);
  const ExecRequest& request = world_->commands[0];
  EXPECT_THAT(request.argv, ElementsAre("a", "2", "2.5"));
  EXPECT_EQ(request.cwd, "sub");
  EXPECT_EQ(request.stdin_bytes, std::string("in\0put", 6));
  EXPECT_EQ(request.timeout, std::chrono::seconds(7));
  EXPECT_THAT(request.env,
              testing::UnorderedElementsAre(std::pair<std::string, std::string>("A", "b"),
                                            std::pair<std::string, std::string>("N", "4")));
}

TEST_F(EnvTest, NoCommandOfAToolOutlivesWhatTheTrialAllows) {
  ASSERT_TRUE(call("env:exec { 'a', timeout = 500 } return ''", {}, std::chrono::seconds(3)));
  EXPECT_EQ(world_->commands.at(0).timeout, std::chrono::seconds(3));
}

TEST_F(EnvTest, EveryMisuseHasItsSentenceAndItsLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"env:exec 'ls'", "takes a table"},
      {"env:exec {}", "there is no command"},
      {"env:exec { 'a', {} }", "the command and its arguments are strings"},
      {"env:exec { 'a', timeout = 0 }", "timeout is a number of seconds"},
      {"env:exec { 'a', timeout = 0/0 }", "timeout is a number of seconds"},
      {"env:exec { 'a', timeout = 601 }", "timeout is a number of seconds"},
      {"env:exec { 'a', timeuot = 1 }", "does not know \"timeuot\" (did you mean \"timeout\"?)"},
      {"env:exec { 'a', env = { 'A=b' } }", "env is written { NAME = value }"},
      {"env:exec { 'a', env = { A = {} } }", "the values of env are strings"},
      {"env:read(3)", "env:read(path): argument 1 is a string"},
      {"env:write('a')", "argument 2 is a string"},
      {"env:write('a', 'b', '777')", "the mode is"},
      {"env:put('../../etc/passwd')", "is not below the task's folder"},
      {"env:put('/etc/passwd')", "is not below the task's folder"},
      {"env:put('a/../../b')", "is not below the task's folder"},
      {"env:put('nothing.txt')", "env:put: "},
      {"env:serve('news', {})", "is no host name"},
      {"env:serve('News.test', {})", "is no host name"},
      {"env:serve('news.test', 'x')", "the routes are a table"},
      {"env:serve('news.test', { GET = 'x' })", "a route is named like"},
      {"env:serve('news.test', { 'x' })", "a route is named like"},
      {"env:serve('news.test', { ['get /'] = 'x' })", "a route is named like"},
      {"env:serve('news.test', { ['/'] = 3 })", "is a string, a table or a function"},
  };
  for (const auto& [body, sentence] : cases) {
    const auto result = call(body);
    ASSERT_FALSE(result) << body;
    EXPECT_EQ(result.error().code, Code::config) << body;
    EXPECT_THAT(full_sentence(result.error()), HasSubstr(sentence)) << body;
    EXPECT_THAT(full_sentence(result.error()), HasSubstr("try-it/task.lua:")) << body;
  }
}

TEST_F(EnvTest, WhatAScriptCanExpectComesBackAsNilAndAMessage) {
  for (const Code code : {Code::not_found, Code::io, Code::limit}) {
    for (const char* operation : {"exec", "read", "write", "remove", "list"}) {
      world_->fault = [&](const std::string& asked, const std::string&) -> Status {
        if (asked == operation) return fail(code, "it did not work");
        return {};
      };
      const auto result = call(
          "local calls = { exec = { { 'a' } }, read = { 'f' }, write = { 'f', 'x' }, "
          "remove = { 'f' }, list = { 'f' } } "
          "local value, message = env." +
          std::string(operation) + "(env, table.unpack(calls." + operation +
          ")) return tostring(value) .. ': ' .. message");
      ASSERT_TRUE(result) << full_sentence(result.error());
      EXPECT_EQ(result->text, "nil: it did not work") << operation;
    }
  }
}

TEST_F(EnvTest, ALostSandboxEndsTheScriptWhateverItCatches) {
  for (const Code code : {Code::unavailable, Code::protocol, Code::cancelled, Code::timeout}) {
    world_->fault = [&](const std::string& operation, const std::string&) -> Status {
      if (operation == "exec") return fail(code, "gone");
      return {};
    };
    for (const char* body :
         {"env:exec { 'a' } return ''", "pcall(env.exec, env, { 'a' }) return 'fine'",
          "pcall(env.exec, env, { 'a' }) error('other')",
          "pcall(env.exec, env, { 'a' }) env:read('/etc/hosts') return 'fine'"}) {
      const auto result = call(body);
      ASSERT_FALSE(result) << body;
      EXPECT_EQ(result.error().code, code) << body;
    }
  }
}

TEST_F(EnvTest, FilesAreReadWrittenListedAndRemoved) {
  const auto result = call(
      "assert(env:write('a', 'x\\0y', '755')) local read = env:read('a') "
      "local names = {} for _, e in ipairs(env:list()) do names[#names + 1] = e.path .. e.kind .. "
      "e.size "
      "end assert(env:remove('a')) return read .. table.concat(names)");
  ASSERT_TRUE(result) << full_sentence(result.error());
  EXPECT_EQ(result->text, std::string("x\0yafile3", 9));
  EXPECT_EQ(world_->modes.at("a"), 0755U);
  EXPECT_FALSE(world_->files.contains("a"));
}

}  // namespace
}  // namespace plumb
