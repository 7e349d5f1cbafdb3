#include <gmock/gmock.h>

#include "tests/unit/script/script_support.hpp"

namespace plumb {
namespace {

using testing::HasSubstr;

class LuaLimit : public test::ScriptTest {
 protected:
  void SetUp() override {
    start({.memory_bytes = std::size_t{8} << 20, .instructions = 2'000'000});
  }
};

TEST_F(LuaLimit, ALoopWithoutAnEndIsStoppedAtItsLine) {
  const Error error = error_of("local x = 1\nwhile true do x = x + 1 end");
  EXPECT_EQ(error.code, Code::limit);
  EXPECT_THAT(error.sentence, HasSubstr("pack/main.lua:2: ran for more than 2 million"));
}

TEST_F(LuaLimit, NothingThatALoopHidesInKeepsItAlive) {
  for (const char* text : {
           "while true do pcall(function() while true do end end) end",
           "while true do coroutine.wrap(function() while true do end end)() end",
           "while true do pcall(coroutine.wrap(function() while true do end end)) end",
           "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
           "setmetatable({}, { __index = function() while true do end end }).x()",
           "table.sort({ 3, 1, 2 }, function() while true do end end)",
           "(('x'):rep(10)):gsub('.', function() while true do end end)",
           "local t <close> = setmetatable({}, { __close = function() while true do end end })",
           R"(pcall(function()
                local t <close> = setmetatable({}, { __close = function() while true do end end })
                while true do end
              end))",
           R"(pcall(coroutine.wrap(function()
                local t <close> = setmetatable({}, { __close = function() while true do end end })
                while true do end
              end)) while true do end)",
       }) {
    EXPECT_EQ(error_of(text).code, Code::limit) << text;
  }
}

TEST_F(LuaLimit, WhatRunsWhereNoLimitReachesIsNotThere) {
  EXPECT_TRUE(run("assert(xpcall == nil and coroutine.close == nil and collectgarbage == nil)"));
  EXPECT_THAT(error_of("setmetatable({}, { __gc = function() while true do end end })").sentence,
              HasSubstr("may not have __gc"));
  EXPECT_TRUE(
      run("local m = {} setmetatable({}, m) m.__gc = function() while true do end end\n"
          "for _ = 1, 10000 do setmetatable({}, { __index = {} }) end"));
}

TEST_F(LuaLimit, MetatablesWorkOtherwise) {
  EXPECT_EQ(*value("return setmetatable({}, { __index = { a = 7 } }).a"), Json(7));
  EXPECT_EQ(*value("return getmetatable(setmetatable(setmetatable({}, {}), nil)) == nil"),
            Json(true));
  EXPECT_THAT(error_of("setmetatable(setmetatable({}, { __metatable = 1 }), {})").sentence,
              HasSubstr("protected metatable"));
}

TEST_F(LuaLimit, AWrappedCoroutineWorksAsAGenerator) {
  EXPECT_EQ(
      *value("local out = {}\n"
             "for i in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) do "
             "out[#out + 1] = i end\nreturn out"),
      Json({1, 2, 3}));
  EXPECT_THAT(error_of("local f = coroutine.wrap(function() error('no') end) f()").sentence,
              HasSubstr("pack/main.lua:1: no"));
  EXPECT_THAT(error_of("local f = coroutine.wrap(function() end) f() f()").sentence,
              HasSubstr("dead coroutine"));
}

TEST_F(LuaLimit, TheNextCallHasTheWholeLimitAgain) {
  EXPECT_EQ(error_of("while true do end").code, Code::limit);
  EXPECT_TRUE(run("for _ = 1, 500000 do end"));
  EXPECT_TRUE(run("for _ = 1, 500000 do end"));
}

TEST_F(LuaLimit, ACallThatComesWhileAnotherWaitsHasALimitOfItsOwn) {
  lua_State* thread = nullptr;
  ASSERT_TRUE(lua_->protect([&](lua_State* state) {
    thread = lua_newthread(state);
    luaL_ref(state, LUA_REGISTRYINDEX);
  }));
  test::put_file(folder_.path() / "spin.lua", "while true do end");
  Status inner;
  const Status outer = lua_->protect([&](lua_State*) {
    inner = lua_->protect_on(
        thread, [&](lua_State* state) { lua_->run_file(state, folder_.path() / "spin.lua"); });
    inner = lua_->protect_on(thread, [&](lua_State* state) {
      luaL_loadstring(state, "for _ = 1, 500000 do end");
      lua_call(state, 0, 0);
    });
  });
  EXPECT_TRUE(inner) << "the limit of the call before must not hang on";
  EXPECT_TRUE(outer);
}

TEST_F(LuaLimit, MemoryIsBounded) {
  for (const char* text :
       {"local t = {} while true do t[#t + 1] = {} end",
        "local s = 'x' while true do s = s .. s end", "return ('x'):rep(1 << 30)",
        "while true do pcall(string.rep, 'x', 1 << 23) end"}) {
    start({.memory_bytes = std::size_t{8} << 20, .instructions = 2'000'000});
    EXPECT_EQ(error_of(text).code, Code::limit) << text;
  }
  EXPECT_TRUE(run("return 1")) << "the state lives on";
}

TEST_F(LuaLimit, RunningOutOfMemoryIsSaidInWords) {
  EXPECT_THAT(error_of("return ('x'):rep(1 << 30)").sentence, HasSubstr("more than 8 MiB"));
}

TEST_F(LuaLimit, AValueTooLargeForTheStateIsAnErrorAndNoPanic) {
  const std::string large(std::size_t{16} << 20, 'x');
  const Status status = lua_->protect([&](lua_State* state) { push_text(state, large); });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::limit);
}

TEST_F(LuaLimit, EndlessRecursionIsAnError) {
  start({});
  EXPECT_THAT(error_of("local function f() return 1 + f() end f()").sentence,
              HasSubstr("stack overflow"));
  EXPECT_THAT(
      error_of("local function f() return pcall(f) end error(f() or 'stack overflow')").sentence,
      testing::Not(HasSubstr("exception")));
}

}  // namespace
}  // namespace plumb
