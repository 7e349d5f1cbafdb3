#include "core/script/lua_state.hpp"

#include <stdexcept>

#include <gmock/gmock.h>

#include "tests/unit/script/script_support.hpp"

namespace plumb {
namespace {

using testing::HasSubstr;

class Lua : public test::ScriptTest {
 protected:
  /// A binding that raises, as one does whose sandbox is lost.
  void SetUp() override {
    ScriptTest::SetUp();
    ASSERT_TRUE(lua_->protect([](lua_State* state) {
      lua_register(state, "lose", [](lua_State* inner) -> int {
        LuaState& lua = LuaState::of(inner);
        lua.check_raised(inner);
        lua.raise(inner, {Code::unavailable, "the sandbox is gone"});
      });
      lua_register(state, "throw", [](lua_State*) -> int { throw std::runtime_error("oh"); });
    }));
  }
};

TEST_F(Lua, ErrorsNameFileAndLine) {
  EXPECT_EQ(error_of("local x = 1\nerror('no such thing')").sentence,
            "pack/main.lua:2: no such thing");
  EXPECT_THAT(error_of("return 1 +\n").sentence, HasSubstr("pack/main.lua:2: unexpected symbol"));
  EXPECT_THAT(error_of("local x\nx.y = 1").sentence,
              HasSubstr("pack/main.lua:2: attempt to index"));
}

TEST_F(Lua, AnErrorValueThatIsNoStringIsNamedByItsType) {
  EXPECT_EQ(error_of("error({ code = 1 })").sentence, "an error value of type table");
  EXPECT_EQ(error_of("error(setmetatable({}, { __tostring = function() while true do end end }))")
                .sentence,
            "an error value of type table");
  EXPECT_EQ(error_of("error()").sentence, "an error value of type nil");
}

TEST_F(Lua, AFileThatIsNotThereIsAnError) {
  const Status status =
      lua_->protect([&](lua_State* state) { lua_->run_file(state, folder_.path() / "none.lua"); });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::not_found);
}

TEST_F(Lua, BytecodeIsRefused) {
  EXPECT_THAT(error_of("\x1bLua\x54").sentence, HasSubstr("binary"));
  EXPECT_TRUE(
      run("assert(load == nil and loadfile == nil and dofile == nil and string.dump == nil)"));
}

TEST_F(Lua, NothingReachesTheHost) {
  EXPECT_TRUE(run("assert(io == nil and os == nil and debug == nil and package == nil)"));
}

TEST_F(Lua, RequireFindsModulesOfItsFolderOnceEach) {
  test::put_file(folder_.path() / "lib" / "pages.lua", "return { n = 4 }");
  test::put_file(folder_.path() / "quiet.lua", "local unused = 1");
  EXPECT_EQ(*value("assert(require('lib.pages') == require('lib.pages'))\n"
                   "assert(require('quiet') == true)\nreturn require('lib.pages').n"),
            Json(4));
}

TEST_F(Lua, RequireDoesNotLeaveItsFolder) {
  for (const char* name : {"../main", "..", ".", "/etc/passwd", "a..b", "", "a/b", "a\\0b"}) {
    EXPECT_THAT(error_of(std::string("require '") + name + "'").sentence,
                HasSubstr("pack/main.lua:1: "))
        << name;
  }
  EXPECT_THAT(error_of("require 'nothing'").sentence,
              HasSubstr("module \"nothing\" is not in the task's own folder"));
  EXPECT_THAT(error_of("require(nil)").sentence, HasSubstr("takes a module name"));
}

TEST_F(Lua, AModuleWithAMistakeNamesItself) {
  test::put_file(folder_.path() / "broken.lua", "return return");
  EXPECT_THAT(error_of("require 'broken'").sentence, HasSubstr("broken.lua:1: "));
  test::put_file(folder_.path() / "self.lua", "return require 'self'");
  EXPECT_THAT(error_of("require 'self'").sentence, HasSubstr("overflow"));
}

TEST_F(Lua, ARaisedErrorComesOutUnchanged) {
  const Error error = error_of("lose()");
  EXPECT_EQ(error.code, Code::unavailable);
  EXPECT_EQ(error.sentence, "the sandbox is gone");
}

TEST_F(Lua, ARaisedErrorCannotBeSwallowed) {
  for (const char* text :
       {"pcall(lose)", "pcall(lose) return 1", "pcall(pcall, lose) lose()",
        "pcall(lose) error('something else')", "pcall(lose) local x = nil + 1",
        "pcall(coroutine.wrap(lose))", "coroutine.resume(coroutine.create(lose))"}) {
    EXPECT_EQ(error_of(text).code, Code::unavailable) << text;
    EXPECT_TRUE(run("return 1")) << "it is over with the call: " << text;
  }
}

TEST_F(Lua, ARaisedErrorOfAnInnerCallEndsTheOuterOneToo) {
  lua_State* thread = nullptr;
  ASSERT_TRUE(lua_->protect([&](lua_State* state) {
    thread = lua_newthread(state);
    luaL_ref(state, LUA_REGISTRYINDEX);
  }));
  Status inner;
  const Status outer = lua_->protect([&](lua_State*) {
    inner = lua_->protect_on(thread, [](lua_State* state) {
      lua_getglobal(state, "lose");
      lua_call(state, 0, 0);
    });
  });
  ASSERT_FALSE(inner);
  EXPECT_EQ(inner.error().code, Code::unavailable);
  ASSERT_FALSE(outer);
  EXPECT_EQ(outer.error().code, Code::unavailable);
  EXPECT_TRUE(run("return 1"));
}

TEST_F(Lua, AnExceptionInABindingIsAnErrorOfOurs) {
  EXPECT_EQ(error_of("throw()").code, Code::internal);
  EXPECT_TRUE(run("pcall(throw)"));
}

TEST_F(Lua, TheStackOfEveryCallBeginsEmpty) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(lua_->protect([](lua_State* state) {
      EXPECT_EQ(lua_gettop(state), 0);
      lua_newtable(state);
    }));
    EXPECT_EQ(error_of("error('x')").code, Code::config);
    EXPECT_EQ(lua_gettop(lua_->raw()), 0);
  }
}

}  // namespace
}  // namespace plumb
