#include "plugins/reporters/reporters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/text.hpp"
#include "core/score/scorecard.hpp"
#include "plugins/reporters/layout.hpp"
#include "tests/support/records.hpp"

namespace plumb {
namespace {

using test::add_trials;
using test::planned_run;
using testing::HasSubstr;
using testing::Not;

const TerminalStyle kPlain{.colour = false, .width = 100};

Json card_of(const RunInfo& run, const std::vector<TrialRecord>& records) {
  return make_scorecard(run, records);
}

/// The line of the text that holds this, "" when none does.
std::string line_with(const std::string& text, const std::string& part) {
  for (const std::string& line : split(text, '\n')) {
    if (line.find(part) != std::string::npos) return line;
  }
  return "";
}

std::vector<TrialRecord> some_trials() {
  std::vector<TrialRecord> records;
  add_trials(records, "careful", "rename", "ppppf");
  add_trials(records, "hasty", "rename", "pfftT");
  return records;
}

TEST(Scorecards, NameWhatTheServerCouldNotBeTold) {
  RunInfo run = planned_run({{"rename"}}, {"careful", "hasty"}, 5);
  run.plan["contestants"][0]["probe"]["unsent"] = {"top_k", "min_p"};
  run.plan["contestants"][0]["asked"] = {{"sampling", {{"top_k", nullptr}}}};
  const Json card = card_of(run, some_trials());
  EXPECT_EQ(card["contestants"][0]["asked"]["sampling"]["top_k"], nullptr);
  EXPECT_EQ(card["contestants"][1]["asked"], nullptr);
  EXPECT_THAT(terminal_scorecard(card, kPlain),
              HasSubstr("sampling: the server could not be told top_k, min_p"));
  EXPECT_THAT(markdown_scorecard(card), HasSubstr("- careful: sampling: the server could not"));
  EXPECT_THAT(markdown_scorecard(card), Not(HasSubstr("- hasty: sampling")));
}

TEST(TerminalScorecard, ShowsWhatWasMeasured) {
  const RunInfo run = planned_run({{"rename"}}, {"careful", "hasty"}, 5);
  const std::string text = terminal_scorecard(card_of(run, some_trials()), kPlain);
  EXPECT_THAT(text, HasSubstr("starter \xC2\xB7 1 task x 5 \xC2\xB7 run 7f3a0001"));
  EXPECT_THAT(text, HasSubstr("ruler 1/1 proven (7 controls failed)"));
  EXPECT_THAT(line_with(text, "########  "), HasSubstr("80.0 %"));
  EXPECT_THAT(text, HasSubstr("not passed: 2 time, 2 wrong_result"));
  EXPECT_THAT(text, HasSubstr("capped: a floor, not a measurement"));
  EXPECT_THAT(line_with(text, "  rename"), HasSubstr("4/5"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("stand-in")));
}

TEST(TerminalScorecard, AProxyIsNamed) {
  RunInfo run = planned_run({{"rename"}}, {"careful", "hasty"}, 5);
  EXPECT_THAT(terminal_scorecard(card_of(run, some_trials()), kPlain), Not(HasSubstr("proxy")));
  run.plan["proxies"] = {{"careful", "http://proxy.test:3128"}};
  EXPECT_THAT(terminal_scorecard(card_of(run, some_trials()), kPlain),
              HasSubstr("asked through the proxy http://proxy.test:3128"));
}

TEST(TerminalScorecard, TellsWhatWasWrongWithCallsAndWhoseItIs) {
  const RunInfo run = planned_run({{"rename"}}, {"careful", "hasty"}, 5);
  std::vector<TrialRecord> records = some_trials();
  records.back().calls = {.total = 12,
                          .valid = 11,
                          .intended = 11,
                          .valid_at_first = 10,
                          .lost_turns = 1,
                          .lost_seconds = 2.5,
                          .defects = {{.defect = Defect::leaked_text,
                                       .attribution = Attribution::server_parser,
                                       .turn = 5,
                                       .call = 12,
                                       .what = "<tool_call>\x1b[2J",
                                       .aftermath = Aftermath::fatal}}};
  const std::string text = terminal_scorecard(card_of(run, records), kPlain);
  EXPECT_THAT(line_with(text, "tool calls"), HasSubstr("none bad in 1"));
  EXPECT_THAT(line_with(text, "1.0 turns, 2.50 s"), HasSubstr("0/1"));
  EXPECT_THAT(line_with(text, "leaked_text <tool_call>"), HasSubstr(" 1 (server_parser, 1 fatal)"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(TerminalScorecard, CountsThePointsOfARubric) {
  RunInfo run = planned_run({{"rename"}}, {"careful", "hasty"}, 5);
  run.plan["tasks"][0]["rubric"] = {{"name", "House rules"}, {"category", "care"}, {"points", 2}};
  std::vector<TrialRecord> records = some_trials();
  for (TrialRecord& record : records) {
    record.verdict.points = record.verdict.outcome == Outcome::passed ? 2 : 1;
  }
  const Json card = card_of(run, records);
  const Json& section = card["contestants"][1]["rubrics"][0];
  EXPECT_EQ(section["total"], 40) << "one trial of two points, two of one, and two were capped";
  EXPECT_EQ(section["passes"], Json({100.0, 50.0, 50.0, 0.0, 0.0}));
  const std::string text = terminal_scorecard(card, kPlain);
  EXPECT_THAT(line_with(text, " total "), HasSubstr("90.0"));
  EXPECT_THAT(line_with(text, "   care "), HasSubstr("40.0 (4/10)"));
  EXPECT_THAT(text, HasSubstr("each pass of hasty: 100.0, 50.0"));
}

TEST(TerminalScorecard, SaysWhatKeepsARubricFromATotal) {
  RunInfo run = planned_run({{"rename"}}, {"careful", "hasty"}, 5);
  run.plan["tasks"][0]["rubric"] = {{"name", "ToolCall-15"}, {"category", "care"}, {"points", 2}};
  std::vector<TrialRecord> records = some_trials();
  for (TrialRecord& record : records) record.verdict.points = 2;
  Json card = card_of(run, records);
  const std::string text = terminal_scorecard(card, kPlain);
  EXPECT_THAT(text, HasSubstr("not in it: 2 of the 3 scenarios of care, 4 of the 5 categories"));
  EXPECT_THAT(line_with(text, " total "), Not(HasSubstr("100")));
  card["contestants"][0]["rubrics"][0]["missing"] = Json::array();
  EXPECT_THAT(terminal_scorecard(card, kPlain), HasSubstr("not in that of hasty: 2 of the 3"));
}

TEST(TerminalScorecard, NoRateIsADashAndNeverZero) {
  const RunInfo run = planned_run({{"rename"}}, {"careful"}, 5);
  std::vector<TrialRecord> records;
  add_trials(records, "careful", "rename", "iiiii");
  const std::string text = terminal_scorecard(card_of(run, records), kPlain);
  EXPECT_THAT(line_with(text, " careful  "), Not(HasSubstr("%")));
  EXPECT_THAT(text, Not(HasSubstr("0.0 %")));
  EXPECT_THAT(text, HasSubstr("0/5"));
  EXPECT_THAT(text, HasSubstr("Not a valid measurement (exit code 3)"));
}

TEST(TerminalScorecard, StandInsAreNamedInWords) {
  RunInfo run = planned_run({{"rename"}}, {"careful", "hasty"}, 5);
  run.plan["contestants"][1]["stand_in"] = true;
  const std::string one = terminal_scorecard(card_of(run, some_trials()), kPlain);
  EXPECT_THAT(one, HasSubstr("hasty (stand-in)"));
  EXPECT_THAT(one, HasSubstr("hasty is a stand-in"));
  run.plan["contestants"][0]["stand_in"] = true;
  const std::string both = terminal_scorecard(card_of(run, some_trials()), kPlain);
  EXPECT_THAT(both, HasSubstr("careful and hasty are stand-ins"));
}

TEST(TerminalScorecard, ColoursOnlyWhenTold) {
  const RunInfo run = planned_run({{"rename"}}, {"careful", "hasty"}, 5);
  const Json card = card_of(run, some_trials());
  EXPECT_THAT(terminal_scorecard(card, {.colour = true, .width = 100}), HasSubstr("\x1b[1m"));
}

TEST(TerminalScorecard, HostileNamesStayTextOnOneLine) {
  const std::string name = "\x1b[2Jevil\nname";
  const RunInfo run = planned_run({{"rename\x07"}}, {name}, 1);
  std::vector<TrialRecord> records;
  add_trials(records, name, "rename\x07", "f");
  records[0].verdict.grader_agrees = false;
  const std::string text = terminal_scorecard(card_of(run, records), kPlain);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\x07")));
  EXPECT_THAT(text, HasSubstr("\\x1b[2Jevil\\nname"));
}

TEST(TerminalScorecard, JsonOfAnyShapeIsRenderedWithoutAFall) {
  for (const char* text :
       {"null", "{}", R"({"run":3,"contestants":{"a":1},"tasks":[3],"alarms":[null]})",
        R"({"contestants":[{"trials":[],"completion":7,"reasons":[1]}],"categories":[{}]})"}) {
    const Json card = Json::parse(text);
    EXPECT_FALSE(terminal_scorecard(card, kPlain).empty());
    EXPECT_FALSE(markdown_scorecard(card).empty());
  }
}

TEST(MarkdownScorecard, ShowsNoAddress) {
  RunInfo run = planned_run({{"rename"}}, {"qwen36", "mine"}, 5);
  run.plan["contestants"][0]["url"] = "http://spark2:8000/v1";
  run.notes = {{{"id", "path_check"},
                {"contestant", "qwen36"},
                {"sentence", "asked http://spark2:8000/v1, got nothing"},
                {"evidence", "spark2:8000 refused"}}};
  std::vector<TrialRecord> records;
  add_trials(records, "qwen36", "rename", "ppppf");
  const std::string text = markdown_scorecard(card_of(run, records));
  EXPECT_THAT(text, Not(HasSubstr("spark2")));
  EXPECT_THAT(text, Not(HasSubstr("127.0.0.1")));
  EXPECT_THAT(text, HasSubstr("| qwen36 | **80.0 %** |"));
  EXPECT_THAT(text, HasSubstr("qwen36 path\\_check: asked (address), got nothing"));
}

TEST(MarkdownScorecard, TablesSurviveMarkupInNames) {
  const RunInfo run = planned_run({{"rename"}}, {"a|b*c`d"}, 1);
  std::vector<TrialRecord> records;
  add_trials(records, "a|b*c`d", "rename", "p");
  EXPECT_THAT(markdown_scorecard(card_of(run, records)), HasSubstr("| a\\|b\\*c\\`d |"));
}

TEST(MarkdownScorecard, StandInsAreLabelled) {
  RunInfo run = planned_run({{"rename"}}, {"careful", "hasty"}, 5);
  for (Json& contestant : run.plan["contestants"]) contestant["stand_in"] = true;
  const std::string text = markdown_scorecard(card_of(run, some_trials()));
  EXPECT_THAT(text, HasSubstr("| careful (stand-in) |"));
  EXPECT_THAT(text, HasSubstr("are stand-ins"));
}

TEST(JsonScorecard, KeepsEveryDigit) {
  const Json card = {{"rate", 1.0 / 3}};
  EXPECT_EQ(Json::parse(json_scorecard(card)), card);
}

TrialRecord trial_with_events() {
  TrialRecord record =
      test::trial_record({"hasty", "rename", 1}, Outcome::failed, Reason::wrong_result);
  record.verdict.checks = {{.name = "old name is gone", .holds = false, .detail = "shop/api.py:12"},
                           {.name = "tests pass", .holds = true}};
  std::string listing;
  for (int i = 0; i < 30; ++i) listing += "line " + std::to_string(i) + "\n";
  record.events = Json::parse(R"([
    {"type": "assistant", "turn": 1, "reasoning": "I look first.", "text": "\u001b[31mred", "tokens": 12,
     "seconds": 0.5, "calls": [{"name": "shell", "arguments": "{\"command\": \"ls -la\"}"},
                               {"name": "write_file", "arguments": "{\"path\": \"a\", \"content\": \"x\\ny\"}"},
                               {"name": "shell", "arguments": "{\"comm"}]},
    {"type": "tool", "name": "shell", "text": "", "ok": true},
    {"type": "end", "why": "answered"}, {"type": "unknown to us"}, 7])");
  record.events[1]["text"] = listing;
  return record;
}

TEST(ShowTrial, TellsTheStoryOfATrial) {
  const std::string text = show_trial(trial_with_events(), kPlain, false);
  EXPECT_THAT(text, HasSubstr("failed: wrong_result"));
  EXPECT_THAT(text, HasSubstr("blame: model"));
  EXPECT_THAT(text, HasSubstr("4 of 10 turns"));
  EXPECT_THAT(text, HasSubstr("~ I look first."));
  EXPECT_THAT(text, HasSubstr("> shell  command: ls -la"));
  EXPECT_THAT(text, HasSubstr("        x\n        y\n"));
  EXPECT_THAT(text, HasSubstr("      {\"comm\n"));
  EXPECT_THAT(text, HasSubstr("  NO  old name is gone"));
  EXPECT_THAT(text, HasSubstr("  ok  tests pass"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(ShowTrial, CutsLongResultsAndSaysSo) {
  const std::string text = show_trial(trial_with_events(), kPlain, false);
  EXPECT_THAT(text, HasSubstr("[18 more lines; --full shows them]"));
  EXPECT_THAT(text, Not(HasSubstr("line 29")));
  const std::string full = show_trial(trial_with_events(), kPlain, true);
  EXPECT_THAT(full, HasSubstr("line 29"));
  EXPECT_THAT(full, Not(HasSubstr("--full")));
}

TEST(ListRuns, ShowsOneLineEach) {
  EXPECT_THAT(list_runs({}, kPlain), HasSubstr("no run yet"));
  RunInfo run = planned_run({{"rename"}}, {"careful", "hasty"}, 5);
  run.plan["contestants"][0]["stand_in"] = true;
  EXPECT_THAT(line_with(list_runs({run}, kPlain), "7f3a0001"),
              HasSubstr("1 x 5  careful (stand-in), hasty"));
}

TEST(Layout, WideCharactersTakeTwoColumns) {
  EXPECT_EQ(display_width("abc"), 3);
  EXPECT_EQ(display_width("\xE6\xA8\xA1\xE5\x9E\x8B"), 4);  // two ideographs
  EXPECT_EQ(display_width("e\xCC\x81"), 1);                 // e and a combining accent
  EXPECT_EQ(cut_to_width("\xE6\xA8\xA1\xE5\x9E\x8B", 3), "\xE6\xA8\xA1");
  EXPECT_EQ(pad_left("\xE6\xA8\xA1", 4), "  \xE6\xA8\xA1");
}

TEST(Layout, TextIsWrappedAtBlanks) {
  EXPECT_EQ(wrap("one two three four", 9, 2), "one two\n  three\n  four");
  EXPECT_EQ(wrap("unbreakable-word", 5, 2), "unbreakable-word");
}

}  // namespace
}  // namespace plumb
