#include "tests/unit/trial/loop_support.hpp"

namespace plumb {
namespace {

using std::chrono::seconds;
using test::call;
using test::kHello;
using test::text;
using testing::HasSubstr;

/// How trials end that do not end with a final answer in time.
class LoopEnds : public test::LoopTest {
 protected:
  static std::string numbered(int i) { return R"({"text":")" + std::to_string(i) + "\"}"; }
  /// Answers that are never the same twice, and then `last`.
  static std::vector<ChatReply> wandering(int turns, ChatReply last,
                                          Duration in_flight = seconds(1)) {
    std::vector<ChatReply> replies;
    for (int i = 0; i < turns; ++i) replies.push_back(call("echo", numbered(i), in_flight));
    replies.push_back(std::move(last));
    return replies;
  }
  TrialRecord faulty(Fault fault, int turns_before = 0, Duration in_flight = Duration::zero()) {
    return run(wandering(turns_before, test::fault(std::move(fault), in_flight)));
  }
};

TEST_F(LoopEnds, AFinalAnswerAfterTheTurnsOfTheBudgetIsLate) {
  // 2 expected turns, slack 2: a budget of 4, a hard stop at 8.
  EXPECT_EQ(run(wandering(3, text("done"))).verdict.outcome, Outcome::passed);
  const TrialRecord record = run(wandering(4, text("done")));
  EXPECT_EQ(record.verdict.outcome, Outcome::capped);
  EXPECT_EQ(record.verdict.reason, Reason::turns);
  EXPECT_TRUE(record.verdict.late);
  EXPECT_EQ(record.finished_at->turns, 5);
  EXPECT_EQ(run(wandering(7, text("done"))).verdict.late, true);
}

TEST_F(LoopEnds, TheHardStopEndsByTurns) {
  const TrialRecord record = run(wandering(20, text("done")));
  EXPECT_EQ(record.turns, 8);
  EXPECT_EQ(record.verdict.reason, Reason::turns);
  EXPECT_FALSE(record.finished_at);
  EXPECT_EQ(record.calls.valid, 8) << "the calls of the last turn are run";
}

TEST_F(LoopEnds, AHardStopAtTheBudgetNamesTheTurns) {
  rule_.hard_stop = 1;
  EXPECT_EQ(run(wandering(20, text("done"))).verdict.reason, Reason::turns);
  EXPECT_EQ(run(wandering(3, text("done"))).verdict.outcome, Outcome::passed);
}

TEST_F(LoopEnds, TimeCountsOnTheModelsClock) {
  // 30 s, a hard stop at 60.
  const TrialRecord late = run({call("echo", kHello, seconds(31)), text("done")});
  EXPECT_EQ(late.verdict.reason, Reason::time);
  EXPECT_TRUE(late.verdict.late);
  const TrialRecord stopped = run(wandering(20, text("done"), seconds(25)));
  EXPECT_EQ(stopped.turns, 3);
  EXPECT_EQ(stopped.verdict.reason, Reason::time);
}

TEST_F(LoopEnds, WaitingCostsNothing) {
  ChatReply slow = call("echo", kHello);
  slow.cost.waited = seconds(5000);
  slow.cost.attempts = 3;
  const TrialRecord record = run({slow, text("done")});
  EXPECT_EQ(record.verdict.outcome, Outcome::passed);
  EXPECT_EQ(record.clocks.waiting_s, 5000);
  EXPECT_EQ(record.retries, 2);
  EXPECT_FALSE(record.verdict.clean);
}

TEST_F(LoopEnds, CallsAfterTheTimeOfTheHardStopAreNotRun) {
  const std::vector<ToolCall> many(500, {.id = "c", .name = "echo", .arguments = kHello});
  const TrialRecord record = run({test::calls(many, seconds(61))});
  EXPECT_EQ(record.verdict.reason, Reason::time);
  EXPECT_EQ(record.calls.valid, 0);
}

TEST_F(LoopEnds, TokensAreCapped) {
  // 4 turns of 1000 tokens, a hard stop at 8000.
  ChatReply wordy = call("echo", kHello);
  wordy.answer->usage.completion_tokens = 4001;
  const TrialRecord late = run({wordy, text("done")});
  EXPECT_EQ(late.verdict.reason, Reason::tokens);
  EXPECT_TRUE(late.verdict.late);
  const TrialRecord stopped = run({wordy});
  EXPECT_EQ(stopped.turns, 2);
  EXPECT_EQ(stopped.verdict.reason, Reason::tokens);
}

TEST_F(LoopEnds, UnknownTokensAreSaidToBeUnknown) {
  ChatReply uncounted = call("echo", kHello);
  uncounted.answer->usage.completion_tokens.reset();
  EXPECT_FALSE(run({uncounted, text("done")}).tokens_known);
}

TEST_F(LoopEnds, AnAnswerThatTheHardStopCutsOffIsCapped) {
  const TrialRecord record =
      faulty({.kind = Fault::Kind::cut_off, .any_byte = true}, 1, seconds(59));
  EXPECT_EQ(record.verdict.outcome, Outcome::capped);
  EXPECT_EQ(record.verdict.reason, Reason::time);
  EXPECT_THAT(record.verdict.sentence, HasSubstr("while the model was answering"));
  EXPECT_EQ(faulty({.kind = Fault::Kind::cut_off, .any_byte = true}).verdict.reason, Reason::time);
}

TEST_F(LoopEnds, WhereNoByteEverCameNobodyWasReached) {
  for (const auto kind : {Fault::Kind::connect, Fault::Kind::no_answer, Fault::Kind::cut_off}) {
    const TrialRecord record = faulty({.kind = kind, .sentence = "nothing"}, 0, seconds(60));
    EXPECT_EQ(record.verdict.outcome, Outcome::invalid) << fault_name(kind);
    EXPECT_EQ(record.verdict.reason, Reason::never_reached) << fault_name(kind);
    EXPECT_EQ(record.verdict.blame, Blame::transport);
    EXPECT_FALSE(record.verdict.graded);
  }
}

TEST_F(LoopEnds, AFaultOfTheServerIsNotTheModels) {
  for (const auto kind : {Fault::Kind::broken, Fault::Kind::http_status, Fault::Kind::stream_error,
                          Fault::Kind::not_a_stream}) {
    const TrialRecord record = faulty({.kind = kind, .sentence = "bad", .any_byte = true});
    EXPECT_EQ(record.verdict.reason, Reason::endpoint_error) << fault_name(kind);
    EXPECT_EQ(record.verdict.blame, Blame::server);
    EXPECT_EQ(events_of(record, "fault").at(0)["kind"], fault_name(kind));
  }
  EXPECT_EQ(faulty({.kind = Fault::Kind::connect}, 1).verdict.reason, Reason::endpoint_error);
}

TEST_F(LoopEnds, ARefusalOfWhatTheModelSaidIsAFailure) {
  const Fault refused{.kind = Fault::Kind::http_status,
                      .status = 400,
                      .sentence = "bad request",
                      .any_byte = true,
                      .deterministic = true};
  EXPECT_EQ(faulty(refused, 1).verdict.reason, Reason::server_rejected);
  EXPECT_EQ(faulty(refused, 1).verdict.outcome, Outcome::failed);
  EXPECT_EQ(faulty(refused, 0).verdict.reason, Reason::endpoint_error)
      << "the first request carries nothing of the model's";
}

TEST_F(LoopEnds, AnAnswerThatTheServerCannotReadIsAFailureAlsoOnTheFirstTurn) {
  for (const int turns : {0, 1}) {
    const TrialRecord record =
        faulty({.kind = Fault::Kind::stream_error,
                .status = 500,
                .sentence = "it does not match the expected format",
                .any_byte = true,
                .unparsed = true,
                .partial = {.message = {.calls = {{.name = "echo", .arguments = "{\"te"}}}}},
               turns, seconds(2));
    EXPECT_EQ(record.verdict.outcome, Outcome::failed);
    EXPECT_EQ(record.verdict.reason, Reason::server_rejected);
    EXPECT_EQ(record.verdict.blame, Blame::undetermined);
    EXPECT_THAT(record.verdict.sentence, HasSubstr("does not match the expected format"));
    EXPECT_TRUE(record.verdict.not_the_models);
    EXPECT_TRUE(record.verdict.graded);
    EXPECT_EQ(record.clocks.model_s, turns + 2) << "the model was at work";
    EXPECT_EQ(events_of(record, "fault").at(0)["partial_calls"][0]["arguments"], "{\"te");
  }
}

TEST_F(LoopEnds, AnAnswerThatFillsTheWindowIsACapOfTheContext) {
  ChatReply cut = call("echo", R"({"te)");
  cut.answer->finish = Finish::length;
  cut.answer->usage = {.prompt_tokens = 8187, .completion_tokens = 5};
  EXPECT_EQ(run({cut, text("done")}).verdict.outcome, Outcome::passed)
      << "which limit is not known";
  window_ = 8192;
  const TrialRecord by_probe = run({cut, text("done")});
  EXPECT_EQ(by_probe.verdict.outcome, Outcome::capped);
  EXPECT_EQ(by_probe.verdict.reason, Reason::context);
  EXPECT_EQ(by_probe.verdict.blame, Blame::undetermined);
  EXPECT_EQ(by_probe.calls.total, 0) << "a cut call is no malformed one";
  EXPECT_THAT(by_probe.verdict.sentence,
              HasSubstr("8187 tokens of the prompt and 5 of the answer"));
  window_ = 32768;
  cut.answer->window_full = true;
  EXPECT_EQ(run({cut, text("done")}).verdict.reason, Reason::context) << "less than asked for";
}

TEST_F(LoopEnds, AnAnswerThatJustFitsTheWindowIsOne) {
  window_ = 8192;
  ChatReply whole = text("done");
  whole.answer->usage = {.prompt_tokens = 8187, .completion_tokens = 5};
  EXPECT_EQ(run({whole}).verdict.outcome, Outcome::passed);
}

TEST_F(LoopEnds, AFullContextIsACap) {
  const TrialRecord record = faulty({.kind = Fault::Kind::http_status,
                                     .any_byte = true,
                                     .deterministic = true,
                                     .context_full = true},
                                    1);
  EXPECT_EQ(record.verdict.outcome, Outcome::capped);
  EXPECT_EQ(record.verdict.reason, Reason::context);
}

TEST_F(LoopEnds, AStopEndsEveryPhase) {
  stop_.request_stop();
  EXPECT_EQ(faulty({.kind = Fault::Kind::cancelled}).verdict.reason, Reason::interrupted);
  EXPECT_EQ(run({call("echo", kHello), text("done")}).verdict.reason, Reason::interrupted)
      << "after a tool";
  EXPECT_TRUE(run({text("done")}).verdict.reason == Reason::none) << "nothing was left to wait for";
}

TEST_F(LoopEnds, AStopInTheSandboxIsAnInterruption) {
  for (const char* operation : {"write", "kill_all", "remove", "read"}) {
    own_files_ = {{"workspace/a", "a"}, {"hidden/b", "b"}};
    sandboxes_.world->fault = [&](const std::string& asked, const std::string&) -> Status {
      if (asked == operation) return fail(Code::cancelled, "stopped");
      return {};
    };
    const TrialRecord record =
        run({text("done")},
            "files = 'workspace', grade = function(env) env:read('a') env:put('hidden/b', 'b') "
            "return { check('a', true) } end");
    EXPECT_EQ(record.verdict.reason, Reason::interrupted) << operation;
    EXPECT_EQ(sandboxes_.world->started, sandboxes_.world->ended) << operation;
  }
}

TEST_F(LoopEnds, ASandboxThatDoesNotStartIsNobodysWork) {
  for (const Code code : {Code::unavailable, Code::config, Code::not_found, Code::timeout}) {
    sandboxes_.start_error = Error{code, "no sandbox"};
    const TrialRecord record = run({text("done")});
    EXPECT_EQ(record.verdict.reason, Reason::sandbox_error);
    EXPECT_EQ(record.verdict.blame, Blame::sandbox);
    EXPECT_EQ(record.verdict.sentence, "no sandbox");
    EXPECT_TRUE(endpoint_->seen.empty());
  }
  sandboxes_.start_error = Error{Code::cancelled, "stopped"};
  EXPECT_EQ(run({text("done")}).verdict.reason, Reason::interrupted);
}

TEST_F(LoopEnds, ASandboxThatDiesIsNobodysWork) {
  sandboxes_.world->on_exec = [](const ExecRequest&) -> Result<ExecResult> {
    return fail(Code::unavailable, "the sandbox is gone");
  };
  const TrialRecord record =
      run({call("probe", "{}"), text("done")},
          "tools = { { name = 'probe', description = 'Runs.', parameters = { type = 'object' }, "
          "run = function(env) return env:exec { 'ls' }.stdout end } }");
  EXPECT_EQ(record.verdict.reason, Reason::sandbox_error);
}

}  // namespace
}  // namespace plumb
