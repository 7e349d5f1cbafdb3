#include "tests/unit/task/task_support.hpp"

namespace plumb {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// A task that serves news.test with these routes, and other requests to it.
class Routes : public test::LiveTaskTest {
 protected:
  void serve(const std::string& routes, const std::string& more = "") {
    must_open("setup = function(env) env:serve('news.test', {" + routes + "}) end" + more);
  }
  std::string ask(const std::string& method, const std::string& path,
                  const std::string& body = "") {
    return world_->request("127.1.0.1", method + " " + path +
                                            " HTTP/1.1\r\nHost: news.test\r\nContent-Length: " +
                                            std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  static std::string body_of(const std::string& answer) {
    return answer.substr(answer.find("\r\n\r\n") + 4);
  }
};

TEST_F(Routes, TheHostIsFoundByName) {
  serve("");
  EXPECT_EQ(world_->files.at("/etc/hosts"), "127.0.0.1 localhost\n127.1.0.1 news.test\n");
}

TEST_F(Routes, EverySiteHasAnAddressOfItsOwn) {
  must_open(
      "setup = function(env) env:serve('a.test', {}) env:serve('b.test', {}) "
      "assert(not env:serve('a.test', {})) end");
  EXPECT_EQ(world_->listeners.size(), 2);
}

TEST_F(Routes, ExactPathsComeBeforePrefixesAndLongerPrefixesBeforeShorter) {
  serve("['/*'] = 'all', ['/a/*'] = 'below a', ['/a/b/*'] = 'below b', ['/a/b/c'] = 'c'");
  EXPECT_EQ(body_of(ask("GET", "/a/b/c")), "c");
  EXPECT_EQ(body_of(ask("GET", "/a/b/c?x=y")), "c");
  EXPECT_EQ(body_of(ask("GET", "/a/b/d")), "below b");
  EXPECT_EQ(body_of(ask("GET", "/a/x")), "below a");
  EXPECT_EQ(body_of(ask("GET", "/a")), "all");
}

TEST_F(Routes, AMethodComesBeforeNone) {
  serve(
      "['PUT /x'] = 'put', ['/x'] = 'any', ['HEAD /y'] = { headers = { a = 'head' } }, "
      "['GET /y'] = 'get'");
  EXPECT_EQ(body_of(ask("PUT", "/x", "1")), "put");
  EXPECT_EQ(body_of(ask("POST", "/x")), "any");
  EXPECT_THAT(ask("HEAD", "/y"), HasSubstr("a: head"));
  EXPECT_EQ(body_of(ask("GET", "/y")), "get");
}

TEST_F(Routes, HeadIsAnsweredByGet) {
  serve("['GET /x'] = 'hello'");
  const std::string answer = ask("HEAD", "/x");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 5"));
  EXPECT_EQ(body_of(answer), "");
}

TEST_F(Routes, WhatHasNoRouteIsNotFound) {
  serve("['GET /x'] = 'hello'");
  EXPECT_THAT(ask("GET", "/y"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(ask("PUT", "/x", "1"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(ask("GET", "/x/"), StartsWith("HTTP/1.1 404"));
}

TEST_F(Routes, AHandlerSeesTheRequestAndTheGraderSeesTheLog) {
  serve(
      "['PUT /f/*'] = function(r) return { status = 201, body = r.method .. r.path .. r.query .. "
      "r.body .. r.headers.host } end",
      ", grade = function(env) local l = env.sites['news.test'].log[1] "
      "return { check('seen', l.path == '/f/a' and l.body == 'B' and l.status == 201) } end");
  const std::string answer = ask("PUT", "/f/a?q", "B");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 201"));
  EXPECT_EQ(body_of(answer), "PUT/f/aqBnews.test");
  EXPECT_TRUE(live_->grade(Json::object())->checks.at(0).holds);
}

TEST_F(Routes, AHandlerMayReadAndWriteButNotExec) {
  must_open(
      "setup = function(env) env:serve('news.test', { ['/w'] = function(r) env:write('f', r.body) "
      "return env:read('f') end, ['/x'] = function() env:exec { 'ls' } end }) end");
  EXPECT_EQ(body_of(ask("PUT", "/w", "hi")), "hi");
  EXPECT_THAT(ask("GET", "/x"), StartsWith("HTTP/1.1 500"));
  EXPECT_THAT(full_sentence(live_->grade(Json::object()).error()), HasSubstr("but not exec"));
}

TEST_F(Routes, AHandlersMistakeIsTheTasksFault) {
  for (const char* handler :
       {"function() error('oh') end", "function() while true do end end", "function() return 3 end",
        "function() end", "{ status = 99 }", "{ status = 'x' }", "{ body = {} }",
        "{ headers = { a = 3 } }", "{ headers = { 'x' } }", "{ headers = { a = 'b\\r\\nc: d' } }",
        "{ headers = { a = ('x'):rep(100000) } }"}) {
    serve("['/'] = " + std::string(handler));
    EXPECT_THAT(ask("GET", "/"), StartsWith("HTTP/1.1 500")) << handler;
    const auto checks = live_->grade(Json::object());
    ASSERT_FALSE(checks) << handler;
  }
}

TEST_F(Routes, AFloodOfRequestsIsTurnedAwayAndTheTaskLivesOn) {
  serve("['/'] = 'hello'");
  const std::string header(60'000, 'x');
  std::string last;
  for (int i = 0; i < 2000; ++i) {
    last = world_->request("127.1.0.1", "GET / HTTP/1.1\r\nX: " + header + "\r\n\r\n");
  }
  EXPECT_THAT(last, StartsWith("HTTP/1.1 413"));
  EXPECT_TRUE(live_->grade({{"final", "done"}})->checks.at(0).holds);
}

TEST_F(Routes, ARequestThatComesWhileAToolRunsIsAnswered) {
  must_open(
      "setup = function(env) env:serve('news.test', { ['/'] = function() return 'n' .. env.seed "
      "end "
      "}) end, " +
      tool_members("return env:exec { 'curl' }.stdout"));
  world_->on_exec = [&](const ExecRequest&) {
    return ExecResult{.code = 0, .out = {.head = body_of(ask("GET", "/"))}};
  };
  EXPECT_EQ(live_->call_tool("probe", Json::object(), std::chrono::hours(1))->text, "n5");
}

}  // namespace
}  // namespace plumb
