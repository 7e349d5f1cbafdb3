#include "tests/unit/task/task_support.hpp"

namespace plumb {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class LiveTaskOf : public test::LiveTaskTest {};

TEST_F(LiveTaskOf, CopiesTheWorkspaceInBeforeSetup) {
  own_files_ = {{"workspace/a.txt", "A"}, {"workspace/sub/b.txt", "B"}, {"hidden/c.txt", "C"}};
  must_open("files = 'workspace', setup = function(env) assert(env:read('sub/b.txt') == 'B') end");
  EXPECT_EQ(world_->files.at("a.txt"), "A");
  EXPECT_FALSE(world_->files.contains("c.txt"));
  EXPECT_FALSE(world_->files.contains("hidden/c.txt"));
}

TEST_F(LiveTaskOf, ASetupThatThrowsIsAMistakeOfTheTask) {
  const Status opened = open("setup = function() error('no setup') end");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::config);
  EXPECT_THAT(full_sentence(opened.error()), HasSubstr("no setup"));
  EXPECT_EQ(world_->ended, world_->started);
}

TEST_F(LiveTaskOf, AToolAnswersWithTextOrNilAndAMessage) {
  EXPECT_EQ(call("return 'fine'")->text, "fine");
  const auto failed = call("return nil, 'not today'");
  EXPECT_EQ(failed->text, "not today");
  EXPECT_FALSE(failed->ok);
  EXPECT_EQ(call("")->text, "the tool failed");
  EXPECT_THAT(full_sentence(call("return 3").error()),
              HasSubstr("tool \"probe\" returns a number"));
  EXPECT_THAT(full_sentence(call("error('broken')").error()), HasSubstr("broken"));
}

TEST_F(LiveTaskOf, AToolSeesTheArgumentsAsTheyWereSent) {
  const Json arguments = {{"a", Json::array()}, {"b", nullptr}, {"c", {{"d", 1}}}};
  EXPECT_EQ(call("return json.encode(args)", arguments)->text, dump_json(arguments));
  EXPECT_EQ(call("return tostring(args.b == null and args.x == nil)", arguments)->text, "true");
}

TEST_F(LiveTaskOf, ADeepArgumentIsNoDanger) {
  Json deep = 1;
  for (int i = 0; i < 120; ++i) deep = Json::array({deep});
  EXPECT_EQ(call("return 'fine'", {{"x", deep}})->text, "fine");
}

TEST_F(LiveTaskOf, GradesByChecks) {
  must_open(
      "grade = function() return { check('a', 1, { b = {} }), check('c', nil, 'why'), "
      "must_not('d', false), must_not('e', true, 7) } end");
  const auto grade = live_->grade(Json::object());
  ASSERT_TRUE(grade) << full_sentence(grade.error());
  const std::vector<Check>& checks = grade->checks;
  ASSERT_EQ(checks.size(), 4);
  EXPECT_TRUE(checks[0].holds);
  EXPECT_EQ(checks[0].detail, R"({"b":{}})");
  EXPECT_FALSE(checks[1].holds);
  EXPECT_EQ(checks[1].detail, "why");
  EXPECT_TRUE(checks[2].holds && checks[2].must_not);
  EXPECT_FALSE(checks[3].holds);
  EXPECT_FALSE(grade->points);
}

TEST_F(LiveTaskOf, AGraderGivesPointsWhereTheTaskHasARubric) {
  const std::string rubric = "rubric = { name = 'R', category = 'a', points = 2 }, ";
  must_open(rubric + "grade = function() return { check('a', true) }, 1 end");
  EXPECT_EQ(live_->grade(Json::object())->points, 1);
  for (const char* points : {"nil", "3", "-1", "1.5", "'x'"}) {
    must_open(rubric + "grade = function() return { check('a', true) }, " + points + " end");
    EXPECT_THAT(full_sentence(live_->grade(Json::object()).error()),
                HasSubstr("a whole number from 0 to 2"))
        << points;
  }
  must_open("grade = function() return { check('a', true) }, 1 end");
  EXPECT_THAT(full_sentence(live_->grade(Json::object()).error()), HasSubstr("no `rubric`"));
}

TEST_F(LiveTaskOf, AGraderThatReturnsNoChecksIsAMistake) {
  for (const char* body :
       {"", "return true", "return {}", "return { true }", "return check('a', true)",
        "return { must_not('only', false) }", "return { { name = 'a' } }",
        "return { check('a', true), nil, check('b', true) }", "return { check(nil, true) }",
        "error('oh')"}) {
    must_open("grade = function() " + std::string(body) + " end");
    EXPECT_FALSE(live_->grade(Json::object())) << body;
  }
}

TEST_F(LiveTaskOf, AnEndlessDetailIsShortened) {
  must_open("grade = function() return { check('a', true, ('x'):rep(100000)) } end");
  EXPECT_LE(live_->grade(Json::object())->checks.at(0).detail.size(), 5000);
}

TEST_F(LiveTaskOf, WhatTheGraderPutIsTakenAwayAgain) {
  own_files_ = {{"hidden/test.py", "secret"}};
  must_open(
      "setup = function(env) env:put('hidden/test.py', 'stays.py') end, "
      "grade = function(env) env:put('hidden/test.py', 'test.py') "
      "return { check('it is there', env:read('test.py') == 'secret') } end");
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(live_->grade(Json::object())->checks.at(0).holds);
    EXPECT_FALSE(world_->files.contains("test.py"));
    EXPECT_TRUE(world_->files.contains("stays.py"));
  }
}

TEST_F(LiveTaskOf, WhatTheGraderItselfRemovedIsNoTrouble) {
  own_files_ = {{"hidden/test.py", "secret"}};
  must_open(
      "grade = function(env) env:put('hidden/test.py', 'test.py') env:remove('test.py') "
      "return { check('fine', true) } end");
  EXPECT_EQ(live_->grade(Json::object())->checks.size(), 1);
}

TEST_F(LiveTaskOf, AnAgentThatLeavesNoPlaceForHiddenFilesDoesNotPass) {
  own_files_ = {{"hidden/test.py", "secret"}};
  for (const char* then : {"return { check('passes', true) }", "error('cannot go on')",
                           "return { check('x', (nil).y) }"}) {
    must_open("grade = function(env) env:put('hidden/test.py', 'test.py') " + std::string(then) +
              " end");
    world_->fault = [](const std::string& operation, const std::string& path) -> Status {
      if (operation == "write" && path == "test.py") return fail(Code::io, "permission denied");
      return {};
    };
    const auto grade = live_->grade(Json::object());
    world_->fault = [](const std::string&, const std::string&) { return Status{}; };
    ASSERT_TRUE(grade) << full_sentence(grade.error());
    EXPECT_FALSE(grade->checks.back().holds);
    EXPECT_THAT(grade->checks.back().detail, HasSubstr("permission denied"));
  }
}

TEST_F(LiveTaskOf, AnAgentThatHoldsOnToHiddenFilesDoesNotPass) {
  own_files_ = {{"hidden/test.py", "secret"}};
  must_open(
      "grade = function(env) env:put('hidden/test.py', 'test.py') return { check('a', true) } end");
  world_->fault = [](const std::string& operation, const std::string&) -> Status {
    if (operation == "remove") return fail(Code::io, "permission denied");
    return {};
  };
  EXPECT_FALSE(live_->grade(Json::object())->checks.back().holds);
}

TEST_F(LiveTaskOf, ALostSandboxEndsTheGrading) {
  own_files_ = {{"hidden/test.py", "secret"}};
  must_open(
      "grade = function(env) env:put('hidden/test.py', 'test.py') return { check('a', true) } end");
  for (const char* operation : {"write", "remove"}) {
    world_->fault = [&](const std::string& asked, const std::string&) -> Status {
      if (asked == operation) return fail(Code::unavailable, "gone");
      return {};
    };
    const auto checks = live_->grade(Json::object());
    ASSERT_FALSE(checks) << operation;
    EXPECT_EQ(checks.error().code, Code::unavailable);
  }
}

TEST_F(LiveTaskOf, NextUserAnswersOrEnds) {
  own_files_ = {{"hidden/test.py", "secret"}};
  must_open(
      "next_user = function(env, transcript) env:put('hidden/test.py', 'test.py') "
      "if transcript.turns == 1 then return 'again' end end");
  EXPECT_EQ(**live_->next_user({{"turns", 1}}), "again");
  EXPECT_FALSE(world_->files.contains("test.py")) << "the model goes on, and must not see it";
  EXPECT_FALSE(*live_->next_user({{"turns", 2}}));
  must_open("next_user = function() return 3 end");
  EXPECT_THAT(full_sentence(live_->next_user({}).error()), HasSubstr("next_user returns a string"));
  must_open("");
  EXPECT_FALSE(*live_->next_user({}));
}

TEST_F(LiveTaskOf, AConnectionThatIsOpenAtTheEndStillHasItsSite) {
  // The fake sandbox sends a last request when it ends; it is answered by a site that lives.
  must_open("setup = function(env) env:serve('news.test', { ['/'] = 'hello' }) end");
  live_.reset();
  EXPECT_EQ(world_->ended, 1);
  EXPECT_FALSE(
      open("setup = function(env) env:serve('news.test', { ['/'] = 'hello' }) error('x') end"));
  EXPECT_EQ(world_->ended, 2);
}

}  // namespace
}  // namespace plumb
