#include "core/trial/call_log.hpp"

#include <gtest/gtest.h>

namespace plumb {
namespace {

ChatResponse with_calls(const std::vector<std::string>& ids) {
  ChatResponse response;
  for (const std::string& id : ids) response.message.calls.push_back({.id = id, .name = "probe"});
  response.finish = Finish::tool_calls;
  return response;
}

LostCall leaked(std::size_t calls) {
  LeakedCall leak{.format = "<tool_call>", .calls = {}, .flaw = {}, .begin = 0};
  leak.calls.resize(calls);
  return {.defect = Defect::leaked_text, .sentence = "it leaked", .leak = leak};
}

/// What the calls of each answer were: v(alid) or s(poilt); "" an answer without a call.
CallCounts play(const std::vector<std::string>& answers, bool passed) {
  CallLog log;
  int turn = 0;
  int id = 0;
  for (const std::string& answer : answers) {
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < answer.size(); ++i) ids.push_back("id" + std::to_string(id++));
    log.add_answer(++turn, with_calls(ids), 2);
    for (const char call : answer) {
      call == 'v' ? log.add_valid() : log.add_spoilt(Defect::args_not_json, "probe");
    }
  }
  return log.close(passed);
}

TEST(CallLog, CountsWhatWasJudgedOnly) {
  CallLog log;
  log.add_answer(1, with_calls({"a", "b", "c"}), 1);
  log.add_valid();
  log.add_spoilt(Defect::wrong_type, "probe");
  EXPECT_EQ(log.run(), 1);
  EXPECT_EQ(log.spoilt(), 1);
  const CallCounts counts = log.close(false);
  EXPECT_EQ(counts.total, 2) << "the hard stop came before the third";
  EXPECT_EQ(counts.valid, 1);
  EXPECT_EQ(counts.first_spoilt(), 2);
}

TEST(CallLog, CallsThatMakeSpoiltOnesAgainAreNoIntentionsOfTheirOwn) {
  const CallCounts counts = play({"v", "s", "v", "v"}, true);
  EXPECT_EQ(counts.total, 4);
  EXPECT_EQ(counts.intended, 3);
  EXPECT_EQ(counts.valid_at_first, 2);
  const CallCounts two = play({"ss", "vvv"}, true);
  EXPECT_EQ(two.intended, 3) << "of the second answer only the third call is new";
  EXPECT_EQ(two.valid_at_first, 1);
}

TEST(CallLog, ASpoiltCallCostsItsShareOfItsTurn) {
  const CallCounts counts = play({"vs", "s", "v"}, true);
  EXPECT_EQ(counts.lost_turns, 1.5);
  EXPECT_EQ(counts.lost_seconds, 3);
}

TEST(CallLog, TellsWhatCameAfterASpoiltCall) {
  const auto aftermath = [](const std::vector<std::string>& answers, bool passed) {
    return play(answers, passed).defects.at(0).aftermath;
  };
  EXPECT_EQ(aftermath({"s", "v"}, false), Aftermath::recovered_next_turn);
  EXPECT_EQ(aftermath({"s", "", "v"}, false), Aftermath::recovered_next_turn)
      << "an answer without a call decides nothing";
  EXPECT_EQ(aftermath({"s", "vs", "v"}, false), Aftermath::recovered_later);
  EXPECT_EQ(aftermath({"v", "s", "s"}, false), Aftermath::fatal);
  EXPECT_EQ(aftermath({"s", ""}, false), Aftermath::fatal);
  EXPECT_EQ(aftermath({"s", ""}, true), Aftermath::recovered_later);
}

TEST(CallLog, ALostCallIsACall) {
  CallLog log;
  log.add_answer(1, {}, 1);
  log.add_lost(leaked(2), false);
  EXPECT_EQ(log.last_spoilt(), Attribution::undetermined);
  log.attribute(Defect::leaked_text, Attribution::server_parser);
  EXPECT_EQ(log.last_spoilt(), Attribution::server_parser);
  const CallCounts counts = log.close(false);
  EXPECT_EQ(counts.total, 2);
  EXPECT_EQ(counts.valid, 0);
  EXPECT_EQ(counts.count(Defect::leaked_text), 2);
  EXPECT_EQ(counts.defects[1].call, 2);
  EXPECT_EQ(counts.defects[1].what, "<tool_call>");
  EXPECT_EQ(counts.defects[1].aftermath, Aftermath::fatal);
}

TEST(CallLog, ARescuedCallRunsAndStaysAFaultOfTheParser) {
  CallLog log;
  log.add_answer(1, {}, 1);
  log.add_lost(leaked(1), true);
  log.add_valid();
  EXPECT_EQ(log.run(), 1);
  log.add_answer(2, {}, 1);
  const CallCounts counts = log.close(true);
  EXPECT_EQ(counts.total, 1);
  EXPECT_EQ(counts.valid, 0);
  EXPECT_EQ(counts.lost_turns, 0);
  EXPECT_EQ(counts.defects.at(0).attribution, Attribution::server_parser);
  EXPECT_EQ(counts.defects.at(0).aftermath, Aftermath::recovered_next_turn);
}

TEST(CallLog, ARescuedCallThatIsMalformedIsTheModelsToo) {
  CallLog log;
  for (int turn = 1; turn <= 3; ++turn) {
    log.add_answer(turn, {}, 2);
    log.add_lost(leaked(1), true);
    log.add_spoilt(Defect::wrong_type, "probe");
  }
  EXPECT_EQ(log.run(), 0);
  EXPECT_EQ(log.spoilt(), 3);
  EXPECT_EQ(log.last_spoilt(), Attribution::model);
  const CallCounts counts = log.close(false);
  EXPECT_EQ(counts.total, 3);
  EXPECT_EQ(counts.lost_turns, 3);
  EXPECT_EQ(counts.lost_seconds, 6);
  EXPECT_EQ(counts.count(Defect::wrong_type), 3);
  for (const CallDefect& one : counts.defects) EXPECT_EQ(one.aftermath, Aftermath::fatal);
}

TEST(CallLog, ARescuedCallThatNeverRanIsNotCounted) {
  CallLog log;
  log.add_answer(1, {}, 1);
  log.add_lost(leaked(2), true);
  log.add_valid();
  const CallCounts counts = log.close(false);
  EXPECT_EQ(counts.total, 1) << "the hard stop came before the second";
  EXPECT_EQ(counts.defects.size(), 1);
}

TEST(CallLog, EvidenceOnOneLeakDoesNotTouchARescuedOne) {
  CallLog log;
  log.add_answer(1, {}, 1);
  log.add_lost(leaked(1), true);
  log.add_valid();
  log.add_answer(2, {}, 1);
  log.add_lost(leaked(1), false);
  log.attribute(Defect::leaked_text, Attribution::model);
  const CallCounts counts = log.close(false);
  EXPECT_EQ(counts.defects.at(0).attribution, Attribution::server_parser);
  EXPECT_EQ(counts.defects.at(1).attribution, Attribution::model);
}

TEST(CallLog, TheServersPartOfAnAnswerIsToldBesideItsCalls) {
  CallLog log;
  ChatResponse response = with_calls({"a", "", "a"});
  response.index_collision = true;
  response.finish_as_sent = "stop";
  log.add_answer(1, response, 1);
  for (int i = 0; i < 3; ++i) log.add_valid();
  EXPECT_FALSE(log.last_spoilt());
  const CallCounts counts = log.close(true);
  EXPECT_EQ(counts.valid, 3);
  for (const Defect defect : {Defect::missing_id, Defect::duplicate_id, Defect::index_collision,
                              Defect::finish_reason_mismatch}) {
    EXPECT_EQ(counts.count(defect), 1) << defect_name(defect);
  }
  for (const CallDefect& one : counts.defects) {
    EXPECT_EQ(one.attribution, Attribution::server_parser);
    EXPECT_FALSE(one.aftermath);
  }
}

TEST(CallLog, AnAnswerThatTheServerCannotReadIsASpoiltCall) {
  CallLog log;
  log.add_answer(1, with_calls({"a"}), 1);
  log.add_valid();
  log.add_rejected(2, "cannot read it");
  EXPECT_EQ(log.last_spoilt(), Attribution::undetermined);
  const CallCounts counts = log.close(false);
  EXPECT_EQ(counts.total, 2);
  EXPECT_EQ(counts.defects.at(0).turn, 2);
  EXPECT_EQ(counts.lost_turns, 0) << "it is no turn of the trial";
  EXPECT_EQ(counts.defects.at(0).aftermath, Aftermath::fatal);
}

TEST(CallLog, ServersWordsForTheEndAreHeldAgainstWhatArrived) {
  ChatResponse response = with_calls({"a"});
  for (const char* word : {"", "tool_calls", "tool_use", "completed", "unheard_of"}) {
    response.finish_as_sent = word;
    EXPECT_FALSE(finish_mismatch(response)) << word;
  }
  response.finish_as_sent = "stop";
  EXPECT_TRUE(finish_mismatch(response));
  response.message.calls.clear();
  EXPECT_FALSE(finish_mismatch(response));
  response.finish_as_sent = "tool_calls";
  EXPECT_TRUE(finish_mismatch(response));
  response.finish = Finish::length;
  response.finish_as_sent = "stop";
  EXPECT_TRUE(finish_mismatch(response)) << "a truncation under another word";
  response.oversize = true;
  EXPECT_FALSE(finish_mismatch(response)) << "we cut it ourselves";
}

}  // namespace
}  // namespace plumb
