#include "core/trial/record.hpp"

#include <gtest/gtest.h>

namespace plumb {
namespace {

TrialRecord full_record() {
  TrialRecord record;
  record.key = {.contestant = "hasty", .task = "rename-function", .repeat = 2};
  record.attempt = 2;
  record.seed = 0xFFFF'FFFF'FFFF'FFFF;
  record.started_ms = 1'790'000'000'123;
  record.verdict = {.outcome = Outcome::capped,
                    .reason = Reason::time,
                    .blame = Blame::undetermined,
                    .sentence = "passed, but after its budget",
                    .checks = {{.name = "a", .holds = true, .must_not = true, .detail = "seen"}},
                    .graded = true,
                    .grader_agrees = false,
                    .clean = false,
                    .late = true,
                    .unfinished = false,
                    .not_the_models = true};
  record.budget = make_budget({}, 5);
  record.clocks = {.model_s = 1.5, .tool_s = 0.25, .waiting_s = 3};
  record.turns = 7;
  record.finished_at = FinishedAt{.turns = 7, .seconds = 1.75, .tokens = 900};
  record.prompt_tokens = 1234;
  record.completion_tokens = 900;
  record.tokens_known = false;
  record.calls = {.total = 6,
                  .valid = 5,
                  .intended = 5,
                  .valid_at_first = 4,
                  .lost_turns = 0.5,
                  .lost_seconds = 1.25,
                  .defects = {{.defect = Defect::leaked_text,
                               .attribution = Attribution::server_parser,
                               .turn = 2,
                               .call = 3,
                               .what = "<tool_call>",
                               .aftermath = Aftermath::fatal}}};
  record.retries = 3;
  record.requests = {
      {.start_ms = 1, .end_ms = 2.5, .ttft_ms = 0.5, .decode_s = 0.001, .tokens = 12},
      {.start_ms = 3, .end_ms = 4}};
  return record;
}

TEST(Record, ReadsBackAsItWasWritten) {
  const TrialRecord record = full_record();
  const Json json = to_json(record);
  const TrialRecord again = record_from_json(json);
  EXPECT_EQ(again.key, record.key);
  EXPECT_EQ(again.seed, record.seed);
  EXPECT_EQ(again.verdict.checks.at(0).detail, "seen");
  EXPECT_EQ(again.requests.at(1).tokens, std::nullopt);
  EXPECT_EQ(to_json(again), json);
}

TEST(Record, ReadsBackFromItsText) {
  const Json json = to_json(full_record());
  const auto parsed = parse_json(dump_json(json));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(to_json(record_from_json(*parsed)), json);
}

TEST(Record, OfBeforeAttributionsKeepsItsKinds) {
  const auto json = parse_json(
      R"({"calls":{"total":5,"valid":2,"by_defect":{"leaked_text":2,"wrong_type":1,"x":9}}})");
  const TrialRecord record = record_from_json(*json);
  EXPECT_EQ(record.calls.count(Defect::leaked_text), 2);
  EXPECT_EQ(record.calls.defects.size(), 3);
  EXPECT_EQ(record.calls.defects[0].attribution, Attribution::undetermined);
  EXPECT_EQ(record.calls.first_spoilt(), 0);
}

TEST(Record, LeavesOpeningAndEventsToTheStore) {
  TrialRecord record = full_record();
  record.opening = {{"prompt", "Rename it."}};
  const Json json = to_json(record);
  EXPECT_FALSE(json.contains("opening"));
  EXPECT_FALSE(json.contains("events"));
}

TEST(Record, JsonOfAnyShapeIsReadWithoutAFall) {
  for (
      const char* text :
      {"null", "[]", "3", R"({"verdict":[],"requests":{"a":1},"calls":7,"finished_at":[1]})",
       R"({"verdict":{"checks":[1,null,{"name":3}]},"calls":{"defects":[1,{"defect":"x"}]},"turns":"many"})"}) {
    const TrialRecord record = record_from_json(*parse_json(text));
    EXPECT_EQ(record.verdict.outcome, Outcome::invalid) << text;
    EXPECT_EQ(record.turns, 0) << text;
  }
}

}  // namespace
}  // namespace plumb
