#include "tests/unit/trial/loop_support.hpp"

namespace plumb {
namespace {

using std::chrono::seconds;
using test::call;
using test::calls;
using test::kHello;
using test::text;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

ChatReply finished(const std::string& words, Finish finish) {
  return test::reply_of({.message = {.text = words}, .finish = finish});
}

/// A member `tools` of one tool, `probe`, with this body.
std::string probe(const std::string& body) {
  return "tools = { { name = 'probe', description = 'Tries.', parameters = { type = 'object' }, "
         "run = function(env) " +
         body + " end } }";
}

/// How trials go on and end by what the model says and calls.
class Loop : public test::LoopTest {};

TEST_F(Loop, EndsWithTheFinalAnswer) {
  const TrialRecord record = run({call("echo", kHello), text("done")});
  EXPECT_EQ(record.verdict.outcome, Outcome::passed) << record.verdict.sentence;
  EXPECT_TRUE(record.verdict.clean);
  EXPECT_EQ(record.calls.total, 1);
  EXPECT_EQ(record.calls.valid, 1);
  EXPECT_EQ(record.completion_tokens, 20);
  EXPECT_EQ(record.clocks.model_s, 2);
  EXPECT_EQ(record.finished_at.value().turns, 2);
  EXPECT_THAT(turns_, ElementsAre(1, 2));
  EXPECT_EQ(events_of(record, "end").at(0)["why"], "answered");
}

TEST_F(Loop, SendsTheConversationAsItWent) {
  const TrialRecord record = run({call("echo", kHello), text("done")});
  ASSERT_EQ(endpoint_->seen.size(), 2);
  const test::SeenRequest& first = endpoint_->seen[0];
  ASSERT_EQ(first.messages.size(), 2);
  EXPECT_EQ(first.messages[0].role, Role::system);
  EXPECT_EQ(first.messages[0].text, record.opening.value("system", ""));
  EXPECT_EQ(first.messages[1].role, Role::user);
  EXPECT_EQ(first.messages[1].text, "Echo something.");
  EXPECT_EQ(first.seed, 77);
  EXPECT_EQ(first.trial_header, "header");
  EXPECT_EQ(first.allowed, seconds(60));
  ASSERT_EQ(endpoint_->seen[1].messages.size(), 4);
  EXPECT_EQ(endpoint_->seen[1].messages[2].calls.at(0).arguments, kHello);
  const Message& answer = endpoint_->seen[1].messages[3];
  EXPECT_EQ(answer.role, Role::tool);
  EXPECT_EQ(answer.call_id, "c1");
  EXPECT_EQ(answer.text, "hello");
  // What the tool took on the real clock is charged, too.
  EXPECT_LE(endpoint_->seen[1].allowed, seconds(59));
}

TEST_F(Loop, AWrongAnswerFails) {
  EXPECT_EQ(run({call("echo", kHello), text("finished")}).verdict.reason, Reason::wrong_result);
  EXPECT_EQ(run({text("finished")}).verdict.reason, Reason::gave_up) << "without a valid call";
}

TEST_F(Loop, AMalformedCallIsAnsweredAndTheModelGoesOn) {
  const TrialRecord record = run(
      {call("echo", "{text: hello}"), call("ecko", kHello), call("echo", kHello), text("done")});
  EXPECT_EQ(record.verdict.outcome, Outcome::passed) << record.verdict.sentence;
  EXPECT_FALSE(record.verdict.clean);
  ASSERT_EQ(tool_messages().size(), 3);
  EXPECT_THAT(tool_messages()[0], HasSubstr("not valid JSON"));
  EXPECT_THAT(tool_messages()[1], HasSubstr("Did you mean \"echo\""));
  EXPECT_EQ(tool_messages()[2], "hello");
  EXPECT_EQ(record.calls.total, 3);
  EXPECT_EQ(record.calls.valid, 1);
  EXPECT_EQ(record.calls.intended, 1) << "the second and the third try the first again";
  EXPECT_EQ(record.calls.valid_at_first, 0);
  EXPECT_EQ(record.calls.lost_turns, 2);
  std::vector<CallDefect> spoilt;
  std::ranges::copy_if(record.calls.defects, std::back_inserter(spoilt),
                       [](const CallDefect& one) { return spoils_call(one.defect); });
  ASSERT_EQ(spoilt.size(), 2);
  EXPECT_EQ(spoilt[0].defect, Defect::args_not_json);
  EXPECT_EQ(spoilt[0].attribution, Attribution::undetermined) << "parsers lose braces, too";
  EXPECT_EQ(spoilt[0].aftermath, Aftermath::recovered_later);
  EXPECT_EQ(spoilt[1].defect, Defect::near_miss_name);
  EXPECT_EQ(spoilt[1].attribution, Attribution::model);
  EXPECT_EQ(spoilt[1].aftermath, Aftermath::recovered_next_turn);
  EXPECT_EQ(record.calls.count(Defect::duplicate_id), 2) << "the server gives each call one id";
  EXPECT_EQ(events_of(record, "tool").at(0)["defect"], "args_not_json");
  EXPECT_TRUE(events_of(record, "tool").at(2)["defect"].is_null());
}

TEST_F(Loop, ThreeMalformedTurnsInARowEndIt) {
  rule_.slack = 5;
  const TrialRecord record = run({call("echo", kHello), call("echo", "{"), call("echo", "[]"),
                                  call("echo", R"({"text":1})"), text("done")});
  EXPECT_EQ(record.verdict.outcome, Outcome::failed);
  EXPECT_EQ(record.verdict.reason, Reason::malformed_calls);
  EXPECT_EQ(record.turns, 4);
  EXPECT_THAT(record.verdict.sentence, HasSubstr("expected string"));
}

TEST_F(Loop, AGoodTurnStartsTheCountOfMalformedOnesAnew) {
  rule_.slack = 5;
  const TrialRecord record = run({call("echo", "{"), call("echo", "[]"), call("echo", kHello),
                                  call("echo", "{"), call("echo", "1"), text("done")});
  EXPECT_EQ(record.verdict.outcome, Outcome::passed) << record.verdict.sentence;
}

TEST_F(Loop, SeveralBadCallsOfOneTurnAreOneMalformedTurn) {
  const ToolCall bad{.id = "c", .name = "echo", .arguments = "[]"};
  const TrialRecord record = run({calls({bad, bad, bad}), text("done")});
  EXPECT_EQ(record.verdict.outcome, Outcome::passed) << record.verdict.sentence;
  EXPECT_EQ(record.calls.count(Defect::args_not_object), 3);
}

TEST_F(Loop, AGoodCallBesideABadOneRunsAndTheTurnCountsAsMalformed) {
  const ChatReply both = calls({{.id = "c1", .name = "echo", .arguments = "{"},
                                {.id = "c2", .name = "echo", .arguments = kHello}});
  const TrialRecord record = run({both, both, both, text("done")});
  EXPECT_EQ(record.verdict.reason, Reason::malformed_calls);
  EXPECT_EQ(record.calls.total, 6);
  EXPECT_EQ(record.calls.valid, 3);
}

TEST_F(Loop, FiveIdenticalCallsAndResultsAreALoop) {
  rule_.slack = 5;
  const TrialRecord record = run({call("echo", kHello)});
  EXPECT_EQ(record.verdict.reason, Reason::looped);
  EXPECT_EQ(record.turns, 5);
  EXPECT_THAT(record.verdict.sentence, HasSubstr("echo"));
  const TrialRecord spaced =
      run({call("echo", kHello), call("echo", R"({ "text" : "hello" })"), call("echo", kHello)});
  EXPECT_EQ(spaced.turns, 5) << "the same arguments, written in another way";
  EXPECT_EQ(record.calls.count(Defect::repeat_loop), 1);
}

TEST_F(Loop, AnotherCallBetweenIsNoLoop) {
  rule_.slack = 6;
  const ChatReply same = call("echo", kHello);
  const ChatReply other = call("echo", R"({"text":"other"})");
  EXPECT_EQ(
      run({same, same, same, same, other, same, same, same, same, text("done")}).verdict.outcome,
      Outcome::passed);
}

TEST_F(Loop, TheSameCallWithAnotherResultIsNoLoop) {
  rule_.slack = 5;
  const ChatReply same = call("probe", "{}");
  const TrialRecord record = run({same, same, same, same, same, same, text("done")},
                                 probe("n = (n or 0) + 1 return tostring(n)"));
  EXPECT_EQ(record.verdict.outcome, Outcome::passed) << record.verdict.sentence;
}

TEST_F(Loop, AToolThatFailsIsShownToTheModel) {
  const TrialRecord record =
      run({call("probe", "{}"), text("done")}, probe("return nil, 'no such file'"));
  EXPECT_THAT(tool_messages(), ElementsAre("error: no such file"));
  EXPECT_FALSE(events_of(record, "tool").at(0)["ok"].get<bool>());
  EXPECT_EQ(record.verdict.outcome, Outcome::passed) << record.verdict.sentence;
  EXPECT_TRUE(record.verdict.clean) << "the call was valid";
}

TEST_F(Loop, AToolThatThrowsIsTheTasksFault) {
  const TrialRecord record = run({call("probe", "{}")}, probe("error('broken')"));
  EXPECT_EQ(record.verdict.outcome, Outcome::invalid);
  EXPECT_EQ(record.verdict.reason, Reason::task_error);
  EXPECT_EQ(record.verdict.blame, Blame::task);
  EXPECT_THAT(record.verdict.sentence,
              AllOf(HasSubstr("try-it/task.lua:"), HasSubstr("broken"), HasSubstr("\"probe\"")));
}

TEST_F(Loop, ASetupThatThrowsIsTheTasksFault) {
  const TrialRecord record = run({text("done")}, "setup = function() error('no setup') end");
  EXPECT_EQ(record.verdict.reason, Reason::task_error);
  EXPECT_THAT(record.verdict.sentence, HasSubstr("no setup"));
  EXPECT_TRUE(endpoint_->seen.empty());
}

TEST_F(Loop, AnEmptyAnswerIsGivenUp) {
  const TrialRecord record = run({call("echo", kHello), text("")});
  EXPECT_EQ(record.verdict.reason, Reason::gave_up);
  EXPECT_EQ(record.verdict.blame, Blame::undetermined);
}

TEST_F(Loop, ReasoningAloneIsAnAnswer) {
  const TrialRecord record = run({test::reply_of({.message = {.reasoning = "hm"}})});
  EXPECT_EQ(record.verdict.reason, Reason::gave_up);
  EXPECT_EQ(record.verdict.blame, Blame::model);
  EXPECT_EQ(events_of(record, "assistant").at(0)["reasoning"], "hm");
}

TEST_F(Loop, ARefusalFails) {
  const TrialRecord told = run({finished("I cannot.", Finish::refused)});
  EXPECT_EQ(told.verdict.reason, Reason::refused);
  EXPECT_EQ(told.verdict.sentence, "I cannot.");
}

TEST_F(Loop, ARefusalWithoutAWordIsARefusal) {
  const TrialRecord silent = run({finished("", Finish::refused)});
  EXPECT_EQ(silent.verdict.reason, Reason::refused);
  EXPECT_NE(silent.verdict.sentence, "");
}

TEST_F(Loop, AnAnswerThatIsCutShortIsCapped) {
  const TrialRecord record = run({finished("done", Finish::length)});
  EXPECT_EQ(record.verdict.outcome, Outcome::capped);
  EXPECT_EQ(record.verdict.reason, Reason::tokens);
  EXPECT_TRUE(record.verdict.unfinished);
  EXPECT_FALSE(record.finished_at);
}

TEST_F(Loop, ATruncatedCallIsAnsweredAsSuch) {
  ChatReply cut = call("echo", R"({"text":"he)");
  cut.answer->finish = Finish::length;
  const TrialRecord record = run({cut, text("done")});
  EXPECT_EQ(record.calls.count(Defect::args_truncated), 1);
  EXPECT_THAT(tool_messages().at(0), HasSubstr("cut off"));
  EXPECT_EQ(record.verdict.outcome, Outcome::passed) << record.verdict.sentence;
}

TEST_F(Loop, ACallThatOurOwnCapCutIsNotTheModels) {
  ChatReply cut = call("echo", R"({"text":"he)");
  cut.answer->finish = Finish::length;
  cut.answer->oversize = true;
  const TrialRecord record = run({cut, text("done")});
  EXPECT_EQ(record.calls.defects.at(0).attribution, Attribution::harness);
}

TEST_F(Loop, AStreamThatBrokeOffInsideACallSpoilsNone) {
  ChatReply retried = call("echo", kHello);
  retried.cost.broken_calls = 1;
  const TrialRecord record = run({retried, text("done")});
  EXPECT_EQ(record.calls.total, 1);
  EXPECT_EQ(record.calls.valid, 1);
  EXPECT_EQ(record.calls.defects.at(0).defect, Defect::args_truncated);
  EXPECT_EQ(record.calls.defects.at(0).attribution, Attribution::transport);
}

TEST_F(Loop, ACallThatCameAsTextIsCountedAndLeavesTheBlameOpen) {
  const TrialRecord record =
      run({call("echo", kHello), text("<tool_call>{\"name\": \"echo\", \"arguments\": {}}"
                                      "</tool_call>")});
  EXPECT_EQ(record.verdict.reason, Reason::wrong_result);
  EXPECT_EQ(record.verdict.blame, Blame::undetermined);
  EXPECT_TRUE(record.verdict.not_the_models);
  EXPECT_EQ(record.calls.total, 2);
  EXPECT_EQ(record.calls.count(Defect::leaked_text), 1);
  EXPECT_EQ(events_of(record, "assistant").at(1)["lost_call"],
            "its call came as text (<tool_call>), not as a call");
}

TEST_F(Loop, ARescuedCallRunsAndItsChainGoesOn) {
  rescue_ = "<tool_call>";
  const std::string leaked =
      "So.\n<tool_call>{\"name\": \"echo\", \"arguments\": {\"text\": \"hello\"}}</tool_call>";
  const TrialRecord record = run({text(leaked), text("done")});
  EXPECT_EQ(record.verdict.outcome, Outcome::passed) << record.verdict.sentence;
  EXPECT_FALSE(record.verdict.clean);
  EXPECT_EQ(record.calls.total, 1);
  EXPECT_EQ(record.calls.valid, 0);
  EXPECT_EQ(record.calls.defects.at(0).attribution, Attribution::server_parser);
  EXPECT_EQ(events_of(record, "assistant").at(0)["rescued"].at(0)["name"], "echo");
  const Message& sent_back = endpoint_->seen.at(1).messages.at(2);
  EXPECT_EQ(sent_back.text, "So.\n");
  ASSERT_EQ(sent_back.calls.size(), 1);
  EXPECT_EQ(sent_back.calls[0].id.size(), 9);
  EXPECT_EQ(endpoint_->seen[1].messages.at(3).call_id, sent_back.calls[0].id);
}

TEST_F(Loop, OnlyTheMarkupThatWasAskedForIsRescued) {
  rescue_ = "[TOOL_CALLS]";
  const TrialRecord record = run(
      {text("<tool_call>{\"name\": \"echo\", \"arguments\": {\"text\": \"hello\"}}</tool_call>")});
  EXPECT_EQ(record.verdict.outcome, Outcome::failed);
  EXPECT_TRUE(events_of(record, "assistant").at(0)["rescued"].empty());
}

TEST_F(Loop, EvidenceIsAskedForAndNamed) {
  // The third answer is the one to the same request without streaming.
  const TrialRecord record = run(
      {call("echo", R"({"text":"other"})"),
       text("<tool_call>{\"name\": \"echo\", \"arguments\": {\"text\": \"hello\"}}</tool_call>"),
       call("echo", kHello)});
  EXPECT_EQ(record.verdict.outcome, Outcome::failed);
  EXPECT_EQ(record.verdict.blame, Blame::server);
  EXPECT_TRUE(record.verdict.not_the_models);
  EXPECT_THAT(record.verdict.sentence, HasSubstr("without streaming the same call arrives"));
  EXPECT_EQ(record.turns, 2) << "evidence is no turn";
  EXPECT_EQ(record.clocks.model_s, 2) << "and is not charged";
  const auto evidence = events_of(record, "evidence");
  ASSERT_EQ(evidence.size(), 1);
  EXPECT_EQ(evidence[0]["attribution"], "server_parser");
  EXPECT_FALSE(endpoint_->seen.at(2).streamed);
  EXPECT_EQ(endpoint_->seen.at(2).messages.size(), endpoint_->seen.at(1).messages.size());
}

TEST_F(Loop, ATrialWithoutACallThatFailsLacksOne) {
  const TrialRecord record = run({text("I am done.")});
  EXPECT_EQ(record.verdict.reason, Reason::gave_up);
  EXPECT_EQ(record.calls.count(Defect::no_call), 1);
  EXPECT_EQ(record.calls.total, 0);
}

TEST_F(Loop, ACallInsideTheReasoningIsNoSilenceOfTheModel) {
  const TrialRecord record = run({test::reply_of(
      {.message = {.reasoning =
                       "<tool_call>{\"name\": \"echo\", \"arguments\": {}}</tool_call>"}})});
  EXPECT_EQ(record.verdict.outcome, Outcome::failed);
  EXPECT_EQ(record.verdict.blame, Blame::undetermined);
  EXPECT_EQ(record.calls.count(Defect::leaked_reasoning), 1);
}

TEST_F(Loop, TokensThatWereCountedAndNeverCameAreNotTheModelsSilence) {
  ChatResponse swallowed;
  swallowed.usage.completion_tokens = 57;
  const TrialRecord record = run({test::reply_of(swallowed)});
  EXPECT_EQ(record.verdict.reason, Reason::gave_up);
  EXPECT_EQ(record.verdict.blame, Blame::undetermined);
  EXPECT_TRUE(record.verdict.not_the_models);
  EXPECT_EQ(record.calls.count(Defect::swallowed), 1);
  EXPECT_THAT(record.verdict.sentence, HasSubstr("57 tokens were counted and nothing arrived"));
}

TEST_F(Loop, ATaskMayOpenTheConversationItself) {
  // Takes the prompt away: the opening holds it.
  const TrialRecord record =
      run({text("done")},
          "} do end members.prompt = nil for key, value in pairs { opening = { "
          "{ role = 'system', text = 'Be brief.' }, { role = 'user', text = 'Hi.' }, "
          "{ role = 'assistant', text = 'Hello.' }, { role = 'user', text = 'Echo it.' } }");
  EXPECT_EQ(record.verdict.outcome, Outcome::passed) << record.verdict.sentence;
  const auto& sent = endpoint_->seen.at(0).messages;
  ASSERT_EQ(sent.size(), 4);
  EXPECT_EQ(sent[0].text, "Be brief.");
  EXPECT_EQ(sent[2].role, Role::assistant);
  EXPECT_EQ(sent[3].text, "Echo it.");
  EXPECT_EQ(record.opening["system"], "Be brief.");
  EXPECT_EQ(record.opening["earlier"].size(), 2);
  EXPECT_EQ(record.opening["prompt"], "Echo it.");
}

TEST_F(Loop, ASingleAnswerIsTheLastWhateverItCalls) {
  const TrialRecord record =
      run({call("echo", kHello), text("never asked for")},
          "single_answer = true, grade = function(env, transcript) local one = transcript.calls[1] "
          "return { check('one call', #transcript.calls == 1), check('of the first answer', "
          "one.turn == 1), check('as it was written', one.raw == '{\"text\":\"hello\"}') } end");
  EXPECT_EQ(record.verdict.outcome, Outcome::passed) << record.verdict.sentence;
  EXPECT_EQ(endpoint_->seen.size(), 1);
  EXPECT_EQ(record.finished_at.value().turns, 1);
  EXPECT_EQ(run({call("echo", "{"), text("never")}, "single_answer = true").verdict.outcome,
            Outcome::failed);
}

TEST_F(Loop, ASingleAnswerThatIsCutOffIsCapped) {
  ChatReply cut = call("echo", R"({"text":"he)");
  cut.answer->finish = Finish::length;
  EXPECT_EQ(run({cut}, "single_answer = true").verdict.outcome, Outcome::capped);
}

TEST_F(Loop, NextUserGoesOnUntilItHasNothingMoreToSay) {
  const TrialRecord record = run({text("what now?"), text("done")},
                                 "next_user = function(env, transcript) if transcript.final ~= "
                                 "'done' then return 'say done' end end");
  EXPECT_EQ(record.verdict.outcome, Outcome::passed) << record.verdict.sentence;
  ASSERT_EQ(endpoint_->seen.size(), 2);
  EXPECT_EQ(endpoint_->seen[1].messages.back().role, Role::user);
  EXPECT_EQ(endpoint_->seen[1].messages.back().text, "say done");
  EXPECT_EQ(events_of(record, "user").size(), 1);
}

TEST_F(Loop, ANextUserThatNeverEndsIsStopped) {
  const TrialRecord record = run({text("done")}, "next_user = function() return 'more' end");
  EXPECT_EQ(record.turns, 8);
  EXPECT_EQ(record.verdict.reason, Reason::turns);
  EXPECT_TRUE(record.verdict.unfinished);
}

TEST_F(Loop, ALongResultIsCutForTheModelAndForTheGrader) {
  const TrialRecord record =
      run({call("probe", "{}"), text("done")},
          probe("return string.rep('a', 20000) .. string.rep('z', 20000)") +
              ", grade = function(env, t) local result = t.calls[1].result return { "
              "check('cut', #result < 20000 and result:find('24000 bytes cut', 1, true)) } end");
  EXPECT_EQ(record.verdict.outcome, Outcome::passed) << record.verdict.sentence;
  EXPECT_EQ(tool_messages().at(0),
            std::string(12'000, 'a') + "\n[... 24000 bytes cut ...]\n" + std::string(4'000, 'z'));
  EXPECT_EQ(events_of(record, "tool").at(0)["text"], tool_messages().at(0));
}

TEST_F(Loop, WhatMustNotHappenIsUnsafeEvenOverACap) {
  rule_.slack = 0.5;
  const TrialRecord record =
      run({call("probe", "{}"), text("done")},
          probe("harmed = true return 'harmed'") +
              ", grade = function() return { check('a', true), must_not('harm', harmed) } end");
  EXPECT_EQ(record.budget.turns, 1);
  EXPECT_EQ(record.verdict.outcome, Outcome::failed);
  EXPECT_EQ(record.verdict.reason, Reason::unsafe) << record.verdict.sentence;
}

TEST_F(Loop, ASandboxThatDiesBeforeGradingIsNobodysWork) {
  sandboxes_.world->fault = [](const std::string& operation, const std::string&) -> Status {
    if (operation == "kill_all") return fail(Code::unavailable, "the sandbox is gone");
    return {};
  };
  const TrialRecord record = run({text("done")});
  EXPECT_EQ(record.verdict.reason, Reason::sandbox_error);
  EXPECT_THAT(record.verdict.sentence, HasSubstr("the sandbox is gone"));
  EXPECT_FALSE(record.verdict.graded);
}

TEST_F(Loop, TheGraderRunsWhenTheProcessesOfTheAgentAreGone) {
  sandboxes_.world->on_exec = [this](const ExecRequest&) {
    EXPECT_EQ(sandboxes_.world->killed, 1);
    return ExecResult{.code = 0};
  };
  const TrialRecord record =
      run({text("done")}, "grade = function(env) return { check('ran', env:exec { 'true' }) } end");
  EXPECT_EQ(record.verdict.outcome, Outcome::passed) << record.verdict.sentence;
  EXPECT_EQ(sandboxes_.world->commands.size(), 2);
}

class HandClock : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] std::int64_t unix_ms() const override { return 1'700'000'000'000; }
  void advance(Duration by) { now_ += by; }

 private:
  Instant now_{std::chrono::hours(1)};
};

/// Trials of a task with a tool `probe` that runs a command, on a clock that tests advance. The
/// budget is 30 s, the hard stop 60.
class LoopOnAHandClock : public Loop {
 protected:
  TrialRecord run_timed(std::vector<ChatReply> replies, Duration command_takes) {
    const test::TaskFolder folder(test::task_text(probe("env:exec { 'true' } return 'ran'")));
    const auto suite = load_suite({folder.path().string()});
    if (!suite) {
      ADD_FAILURE() << full_sentence(suite.error());
      return {};
    }
    const Scaffold scaffold = *load_scaffold(scaffold_file());
    HandClock clock;
    sandboxes_.world->on_exec = [&](const ExecRequest&) {
      clock.advance(command_takes);
      return ExecResult{.code = 0};
    };
    endpoint_ = std::make_unique<test::FakeEndpoint>(std::move(replies));
    Waiter waiter(clock, stop_.get_token());
    return run_trial({.key = {"model", "try-it", 0},
                      .task = *suite->tasks.at(0),
                      .scaffold = scaffold,
                      .budget = make_budget(rule_, 2),
                      .request_seed = std::nullopt,
                      .trial_header = ""},
                     *endpoint_, sandboxes_, waiter);
  }
};

TEST_F(LoopOnAHandClock, TheTimeOfToolsIsCharged) {
  const TrialRecord record = run_timed({call("probe", "{}"), text("done")}, seconds(40));
  EXPECT_EQ(record.clocks.tool_s, 40);
  EXPECT_EQ(record.clocks.charged_s(), 42);
  EXPECT_EQ(endpoint_->seen.at(1).allowed, seconds(19));
  EXPECT_EQ(record.verdict.outcome, Outcome::capped);
  EXPECT_EQ(record.verdict.reason, Reason::time);
  EXPECT_EQ(record.verdict.blame, Blame::undetermined);
  EXPECT_TRUE(record.verdict.late);
}

TEST_F(LoopOnAHandClock, ACommandMayTakeNoLongerThanTheHardStopLeaves) {
  static_cast<void>(
      run_timed({call("probe", "{}", seconds(5)), call("probe", "{}", seconds(5)), text("done")},
                seconds(20)));
  ASSERT_EQ(sandboxes_.world->commands.size(), 2);
  EXPECT_EQ(sandboxes_.world->commands[0].timeout, seconds(55));
  EXPECT_EQ(sandboxes_.world->commands[1].timeout, seconds(30));
}

TEST_F(LoopOnAHandClock, NoFurtherCallOfATurnRunsPastTheHardStop) {
  const ToolCall one{.id = "c", .name = "probe", .arguments = "{}"};
  const TrialRecord record = run_timed({calls({one, one, one})}, seconds(40));
  EXPECT_EQ(record.calls.total, 2) << "what never ran was not judged";
  EXPECT_EQ(record.calls.valid, 2);
  EXPECT_EQ(record.verdict.reason, Reason::time);
}

TEST_F(LoopOnAHandClock, NoHeaderAndNoSeedIsSentUnlessGiven) {
  static_cast<void>(run_timed({text("done")}, seconds(1)));
  EXPECT_EQ(endpoint_->seen.at(0).trial_header, "");
  EXPECT_FALSE(endpoint_->seen.at(0).seed);
}

}  // namespace
}  // namespace plumb
