#include "tests/unit/trial/loop_support.hpp"

namespace plumb {
namespace {

using test::call;
using test::kHello;
using test::text;
using testing::HasSubstr;

class GradingOf : public test::LoopTest {};

TEST_F(GradingOf, IsDoneTwiceAfterTheProcessesAreGone) {
  const TrialRecord record = run({text("done")});
  EXPECT_EQ(events_of(record, "grade").size(), 2);
  EXPECT_TRUE(record.verdict.graded);
  EXPECT_TRUE(record.verdict.grader_agrees);
  EXPECT_EQ(sandboxes_.world->killed, 1);
  EXPECT_EQ(sandboxes_.world->ended, 1);
}

TEST_F(GradingOf, ProcessesLiveOnWhereTheTaskSaysSo) {
  static_cast<void>(run({text("done")}, "keep_processes = true"));
  EXPECT_EQ(sandboxes_.world->killed, 0);
}

TEST_F(GradingOf, AGraderThatDisagreesWithItselfIsMarked) {
  const TrialRecord record =
      run({text("done")},
          "grade = function() n = (n or 0) + 1 return { check('first time', n == 1) } end");
  EXPECT_EQ(record.verdict.outcome, Outcome::passed);
  EXPECT_FALSE(record.verdict.grader_agrees);
}

TEST_F(GradingOf, AGraderThatThrowsMakesTheTrialInvalid) {
  const TrialRecord record =
      run({text("done")}, "grade = function(env) return { check('x', env:read('none').y) } end");
  EXPECT_EQ(record.verdict.outcome, Outcome::invalid);
  EXPECT_EQ(record.verdict.reason, Reason::grader_error);
  EXPECT_THAT(record.verdict.sentence, HasSubstr("try-it/task.lua:"));
  const TrialRecord second =
      run({text("done")},
          "grade = function() n = (n or 0) + 1 if n == 2 then error('again') end "
          "return { check('x', true) } end");
  EXPECT_EQ(second.verdict.reason, Reason::grader_error);
}

TEST_F(GradingOf, EveryEndThatSaysSomethingOfTheModelIsGraded) {
  rule_.slack = 10;
  EXPECT_TRUE(run({call("echo", kHello)}).verdict.graded) << "looped";
  EXPECT_TRUE(run({call("echo", "{")}).verdict.graded) << "malformed";
  EXPECT_TRUE(run({text("")}).verdict.graded) << "empty";
  EXPECT_TRUE(run({call("echo", kHello), test::fault({.kind = Fault::Kind::http_status,
                                                      .any_byte = true,
                                                      .deterministic = true})})
                  .verdict.graded)
      << "rejected";
}

TEST_F(GradingOf, TheGraderSeesWhatTheModelDid) {
  const TrialRecord record = run(
      {call("echo", kHello), call("echo", "{"), text("done")},
      "grade = function(env, t) return { check('final', t.final == 'done'), check('turns', t.turns "
      "== 3), check('calls', #t.calls == 2 and t.calls[1].tool == 'echo' and "
      "t.calls[1].arguments.text == 'hello' and t.calls[1].result == 'hello' and t.calls[1].ok and "
      "t.calls[2].malformed and not t.calls[2].ok) } end");
  EXPECT_EQ(record.verdict.outcome, Outcome::passed) << record.verdict.sentence;
}

TEST_F(GradingOf, TheLogOfAFixtureIsThere) {
  sandboxes_.world->on_exec = [&](const ExecRequest&) {
    static_cast<void>(sandboxes_.world->request("127.1.0.1", "GET /a HTTP/1.1\r\n\r\n"));
    return ExecResult{.code = 0};
  };
  const TrialRecord record = run(
      {call("probe", "{}"), text("done")},
      "setup = function(env) env:serve('news.test', { ['/a'] = 'x' }) end, "
      "tools = { { name = 'probe', description = 'Runs.', parameters = { type = 'object' }, run = "
      "function(env) env:exec { 'curl' } return '' end } }, "
      "grade = function(env) return { check('asked', #env.sites['news.test'].log == 1) } end");
  EXPECT_EQ(record.verdict.outcome, Outcome::passed) << record.verdict.sentence;
}

}  // namespace
}  // namespace plumb
