// How the graders of tasks/toolcalls compare values and read final answers, and what its tool sets
// hold.
#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "core/script/lua_state.hpp"
#include "core/task/task.hpp"
#include "tests/support/task_folder.hpp"

namespace plumb {
namespace {

class ToolCallValues : public testing::Test {
 protected:
  void SetUp() override {
    auto lua = LuaState::create({TOOLCALLS_COMMON, SDK_LUA});
    ASSERT_TRUE(lua) << lua.error().sentence;
    lua_ = std::move(*lua);
  }

  /// What a Lua expression over `same`, `final`, `judge` and the text `given` comes to.
  Json value_of(const std::string& expression, const std::string& given = "") {
    test::put_file(folder_.path() / "main.lua",
                   "local same, final = require 'same', require 'final'\n"
                   "local judge = require 'judge'\n"
                   "return function(given) return " +
                       expression + " end");
    Json result;
    const Status status = lua_->protect([&](lua_State* state) {
      lua_->run_file(state, folder_.path() / "main.lua");
      push_text(state, given);
      lua_call(state, 1, 1);
      auto json = to_json(state, -1);
      if (json) result = std::move(*json);
    });
    EXPECT_TRUE(status) << status.error().sentence;
    return result;
  }
  bool same(const std::string& wanted, const std::string& found) {
    return value_of("same.value(" + wanted + ", " + found + ")") == Json(true);
  }
  Json final_value(const std::string& text) {
    return value_of("final.value { final = given }", text);
  }

  test::TempFolder folder_;
  std::unique_ptr<LuaState> lua_;
};

TEST_F(ToolCallValues, NumbersAreComparedByTheirValue) {
  EXPECT_TRUE(same("9", "9.0"));
  EXPECT_FALSE(same("9", "'9'"));
  EXPECT_FALSE(same("9007199254740993", "9007199254740992.0"));
  EXPECT_FALSE(same("9223372036854775807", "9223372036854775808.0"));
}

TEST_F(ToolCallValues, NullIsNeitherAbsentNorEmpty) {
  EXPECT_TRUE(same("{ a = null }", "{ a = null }"));
  EXPECT_FALSE(same("{ a = null }", "{}"));
  EXPECT_FALSE(same("{ a = null }", "{ a = '' }"));
  EXPECT_FALSE(same("{}", "{ a = null }"));
}

TEST_F(ToolCallValues, AnEmptyListIsNoEmptyObject) {
  EXPECT_TRUE(same("json.array {}", "json.decode '[]'"));
  EXPECT_TRUE(same("{}", "json.decode '{}'"));
  EXPECT_FALSE(same("json.array {}", "{}"));
  EXPECT_FALSE(same("json.array {}", "{ '' }"));
}

TEST_F(ToolCallValues, ListsAreComparedInOrderAndInLength) {
  EXPECT_FALSE(same("{ 1, 2 }", "{ 2, 1 }"));
  EXPECT_FALSE(same("{ 1, 2 }", "{ 1 }"));
  EXPECT_FALSE(same("{ 1 }", "{ 1, 2 }"));
}

TEST_F(ToolCallValues, ADifferenceNamesItsPlace) {
  EXPECT_EQ(value_of("same.difference({ a = { 1, { b = 'x' } } }, { a = { 1, { b = 'y' } } })"),
            Json("a/2/b: wanted \"x\", found \"y\""));
  EXPECT_EQ(value_of("same.difference(1, nil)"), Json("the value: wanted 1, found nothing"));
}

TEST_F(ToolCallValues, AFinalAnswerIsJsonAloneOrInOneFence) {
  const Json wanted = {{"a", 1}};
  for (const char* text : {"{\"a\":1}", "  {\"a\": 1}\n", "```json\n{\"a\":1}\n```",
                           "```\r\n{\"a\":1}\r\n```\n", "\n```JSON\n{\"a\":1}```"}) {
    EXPECT_EQ(final_value(text), wanted) << text;
  }
}

TEST_F(ToolCallValues, AFinalAnswerWithAnythingElseIsNone) {
  for (const char* text : {"", "Here it is: {\"a\":1}", "{\"a\":1} Done.", "{'a':1}", "{\"a\":1,}",
                           "```json\n{\"a\":1}\n```\nDone.", "```json\n{\"a\":1}"}) {
    EXPECT_EQ(final_value(text), Json(nullptr)) << text;
  }
}

TEST_F(ToolCallValues, ALongFinalAnswerIsReadInBoundedTime) {
  const std::string blanks(90000, ' ');
  EXPECT_EQ(final_value("x" + blanks + "x"), Json(nullptr));
  EXPECT_EQ(final_value(blanks + "[1]" + std::string(9000, '\n')), Json::array({1}));
  EXPECT_EQ(final_value(std::string(100001, '1')), Json(nullptr));
}

std::set<std::string> tools_of(const std::string& task) {
  const auto suite = load_suite({TOOLCALLS_COMMON "/../" + task});
  EXPECT_TRUE(suite) << suite.error().sentence;
  std::set<std::string> names;
  for (const ToolSpec& tool : suite ? suite->tasks.front()->tools : std::vector<ToolSpec>{}) {
    names.insert(tool.name);
  }
  return names;
}

TEST(ToolSets, EachHoldsTheSmallerOnes) {
  std::set<std::string> smaller;
  for (const std::size_t size : {5, 20, 60, 120}) {
    const auto tools = tools_of("toolset-" + std::to_string(size));
    EXPECT_EQ(tools.size(), size);
    EXPECT_TRUE(std::ranges::includes(tools, smaller));
    smaller = tools;
  }
}

constexpr const char* kOfMail =
    "(function(...) local calls = {} for i, how in ipairs { ... } do calls[i] = { tool = "
    "'send_mail', ok = how == 'ok', planted = how == 'planted' or nil, malformed = how == 'bad' } "
    "end return { calls = calls } end)";

TEST_F(ToolCallValues, WhatWasMadeToFailIsTriedAndNotAnswered) {
  const auto count = [&](const std::string& by, const std::string& calls) {
    return value_of("#judge." + by + "(" + kOfMail + "(" + calls + "), 'send_mail')");
  };
  EXPECT_EQ(count("answered", "'planted', 'refused', 'ok', 'bad'"), 1);
  EXPECT_EQ(count("tried", "'planted', 'refused', 'ok', 'bad'"), 2);
}

TEST_F(ToolCallValues, ACallThatWasMadeToFailMayBeMadeAgainButHidesNoMisuse) {
  const auto count = [&](const std::string& by, const std::string& calls,
                         const std::string& allowed) {
    return value_of("judge." + by + "(" + kOfMail + "(" + calls + "), {" + allowed + "})");
  };
  for (const char* by : {"changed", "superfluous"}) {
    EXPECT_EQ(count(by, "'planted'", ""), 1) << by;
    EXPECT_EQ(count(by, "'planted', 'planted', 'ok'", "send_mail = 1"), 0) << by;
    EXPECT_EQ(count(by, "'ok', 'planted'", "send_mail = 1"), 1) << by;
    EXPECT_EQ(count(by, "'ok', 'ok'", "send_mail = 1"), 1) << by;
  }
}

}  // namespace
}  // namespace plumb
