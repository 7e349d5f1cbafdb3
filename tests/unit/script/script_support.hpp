#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "core/script/lua_state.hpp"
#include "tests/support/task_folder.hpp"

namespace plumb::test {

/// A Lua host with a folder of its own.
class ScriptTest : public testing::Test {
 protected:
  void SetUp() override { start({}); }

  void start(LuaLimits limits) {
    auto lua = LuaState::create({folder_.path()}, limits);
    ASSERT_TRUE(lua) << lua.error().sentence;
    lua_ = std::move(*lua);
  }
  /// Runs a chunk as pack/main.lua.
  Status run(const std::string& text) {
    put_file(folder_.path() / "pack" / "main.lua", text);
    return lua_->protect(
        [&](lua_State* state) { lua_->run_file(state, folder_.path() / "pack" / "main.lua"); });
  }
  /// What a chunk returns, as JSON.
  Result<Json> value(const std::string& text) {
    Result<Json> json = Json();
    put_file(folder_.path() / "pack" / "main.lua", text);
    PLUMB_CHECK(lua_->protect([&](lua_State* state) {
      lua_->run_file(state, folder_.path() / "pack" / "main.lua");
      json = to_json(state, -1);
    }));
    return json;
  }
  /// The error of a chunk that must not end well.
  Error error_of(const std::string& text) {
    const Status status = run(text);
    EXPECT_FALSE(status) << text;
    return status ? Error{} : status.error();
  }

  TempFolder folder_;
  std::unique_ptr<LuaState> lua_;
};

}  // namespace plumb::test
