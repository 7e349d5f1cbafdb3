#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "core/script/lua_state.hpp"
#include "tests/support/task_folder.hpp"

namespace plumb::test {

/// Runs the modules that the graders of tasks/toolcalls share.
class AnswerModules : public testing::Test {
 protected:
  void SetUp() override {
    auto lua = LuaState::create({TOOLCALLS_COMMON, SDK_LUA});
    ASSERT_TRUE(lua) << lua.error().sentence;
    lua_ = std::move(*lua);
  }

  /// What `call` returns, a Lua expression over the modules and `value`.
  Json value_of(const std::string& call, const std::string& value) {
    put_file(folder_.path() / "main.lua",
             "local answers, text = require 'answers', require 'text'\n"
             "local claims, prices = require 'claims', require 'prices'\n"
             "return function(value) return " +
                 call + " end");
    Json result;
    const Status status = lua_->protect([&](lua_State* state) {
      lua_->run_file(state, folder_.path() / "main.lua");
      push_text(state, value);
      lua_call(state, 1, 1);
      auto json = to_json(state, -1);
      if (json) result = std::move(*json);
    });
    EXPECT_TRUE(status) << status.error().sentence;
    return result;
  }
  bool holds(const std::string& call, const std::string& value) {
    return value_of(call, value) == Json(true);
  }

  TempFolder folder_;
  std::unique_ptr<LuaState> lua_;
};

}  // namespace plumb::test
