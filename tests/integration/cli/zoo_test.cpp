// Whole runs against the zoo: each server's way of speaking costs a good model nothing, and each
// server's worst habit is blamed on whoever has it.
#include "tests/integration/cli/cli_fixture.hpp"

namespace plumb::test {
namespace {

class Zoo : public Cli {
 protected:
  /// The scorecard of a stand-in with these options at a task of one call.
  [[nodiscard]] Json card(const std::string& options) const {
    write("bench.lua", "return bench { suite = \"" + kQuick + R"(", repeats = 2, contestants = {
      { name = "x", sampling = { max_tokens = 200 }, url = "standin:)" +
                           options + R"(" } } })");
    const PlumbEnd end =
        plumb({"run", "bench.lua", "--no-ruler", "--task", "number-note", "--json", "card.json"});
    EXPECT_NE(end.code, 1) << end.err;
    return json("card.json");
  }
  static Json alarm(const Json& card, const std::string& id) {
    for (const Json& one : card["alarms"]) {
      if (one["id"] == id) return one;
    }
    return nullptr;
  }
};

class ZooFlavour : public Zoo,
                   public testing::WithParamInterface<std::tuple<const char*, const char*>> {
 protected:
  [[nodiscard]] std::string flavour() const { return std::get<0>(GetParam()); }
  [[nodiscard]] std::string api() const { return std::get<1>(GetParam()); }
};

TEST_P(ZooFlavour, AGoodModelCompletesEverything) {
  // A stand-in's URL takes the rest of the line, so the protocol is said in a bench.
  write("bench.lua", "return bench { suite = \"" + kQuick +
                         "\", repeats = 2, contestants = { { name = \"good\", api = \"" + api() +
                         "\", url = \"standin:skill=1,think=20,flavour=" + flavour() + "\" } } }");
  const PlumbEnd end = plumb({"run", "bench.lua", "--no-ruler", "--json", "card.json"});
  ASSERT_EQ(end.code, 0) << end.err << end.out;
  const Json good = json("card.json")["contestants"][0];
  EXPECT_EQ(good["completion"]["rate"], 1);
  EXPECT_EQ(good["trials"]["clean"], 6);
  EXPECT_EQ(good["tool_calls"]["malformed_rate"], 0);
}

INSTANTIATE_TEST_SUITE_P(All, ZooFlavour,
                         testing::Combine(testing::Values("plain", "vllm", "sglang", "llamacpp",
                                                          "ollama", "openrouter", "mistral_strict"),
                                          testing::Values("chat", "responses", "messages")),
                         [](const auto& of) {
                           return std::string(std::get<0>(of.param)) + "_" + std::get<1>(of.param);
                         });

/// A habit of one server, and what must be said of its trials.
struct Habit {
  const char* name;
  const char* options;
  Outcome outcome;
  Reason reason;
  std::vector<Blame> blame;  ///< any of these
  const char* alarm;         ///< "" = none is asked for
  const char* defect;        ///< of its calls; "" = none is asked for
};

class ZooHabit : public Zoo, public testing::WithParamInterface<Habit> {};

TEST_P(ZooHabit, IsNamedAndBlamedRightly) {
  const Habit& habit = GetParam();
  const Json found = card(std::string("skill=1,") + habit.options);
  for (const TrialRecord& record : trials()) {
    const Verdict& verdict = record.verdict;
    EXPECT_STREQ(outcome_name(verdict.outcome), outcome_name(habit.outcome)) << verdict.sentence;
    EXPECT_STREQ(reason_name(verdict.reason), reason_name(habit.reason)) << verdict.sentence;
    const auto defect = defect_from(habit.defect);
    EXPECT_TRUE(!defect || record.calls.count(*defect) > 0);
    EXPECT_THAT(habit.blame, testing::Contains(verdict.blame))
        << blame_name(verdict.blame) << ": " << verdict.sentence;
  }
  if (*habit.alarm != '\0') {
    EXPECT_TRUE(alarm(found, habit.alarm).is_object()) << found["alarms"].dump(1);
  }
}

INSTANTIATE_TEST_SUITE_P(Worst, ZooHabit,
                         testing::Values(Habit{"vllm_leaves_calls_in_the_text",
                                               "flavour=vllm,parser=off",
                                               Outcome::failed,
                                               Reason::gave_up,
                                               {Blame::undetermined, Blame::server},
                                               "parser_off",
                                               "leaked_text"},
                                         Habit{"vllm_calls_truncated_calls_complete",
                                               "flavour=vllm,fault=finish_lies",
                                               Outcome::failed,
                                               Reason::gave_up,
                                               {Blame::model},
                                               "",
                                               "args_truncated"},
                                         Habit{"sglang_aborts",
                                               "flavour=sglang,fault=abort",
                                               Outcome::invalid,
                                               Reason::endpoint_error,
                                               {Blame::server, Blame::undetermined},
                                               "",
                                               ""},
                                         Habit{"llama_server_fails_on_a_history",
                                               "flavour=llamacpp,fault=deterministic_500",
                                               Outcome::failed,
                                               Reason::server_rejected,
                                               {Blame::undetermined, Blame::server},
                                               "",
                                               ""},
                                         Habit{"ollama_gives_broken_calls_as_text",
                                               "flavour=ollama,fault=lost_brace",
                                               Outcome::failed,
                                               Reason::gave_up,
                                               {Blame::undetermined, Blame::model},
                                               "",
                                               "leaked_text"},
                                         Habit{"openrouter_fails_inside_the_stream",
                                               "flavour=openrouter,fault=stream_error",
                                               Outcome::invalid,
                                               Reason::endpoint_error,
                                               {Blame::server, Blame::undetermined},
                                               "",
                                               ""},
                                         Habit{"mistral_swallows_answers",
                                               "flavour=mistral_strict,fault=swallowed",
                                               Outcome::failed,
                                               Reason::gave_up,
                                               {Blame::server, Blame::undetermined},
                                               "",
                                               ""}),
                         [](const auto& habit) { return std::string(habit.param.name); });

TEST_F(Zoo, AWindowThatIsCutWithoutAWordSkipsWhatNeedsMore) {
  write("wide/task.lua", R"(return task {
    name = "wide", category = "notes", prompt = "Say yes.", tools = { "shell" }, expected_turns = 1,
    needs = { context = 8192 },
    grade = function(env, transcript) return { check("yes", transcript.final == "yes") } end,
    oracle = function(model) model:say("yes") end,
    negative_controls = { ["no"] = function(model) model:say("no") end } })");
  for (const char* options :
       {"flavour=vllm,context=32768,effective=4096,overflow=truncate",
        "flavour=ollama,context=32768,effective=4096", "flavour=sglang,context=4096"}) {
    const PlumbEnd end = plumb({"run", "wide", "--no-ruler", "--repeats", "1", "--model",
                                std::string("x=standin:") + options});
    EXPECT_NE(end.code, 1) << end.err;
    const TrialRecord record = trials().at(0);
    EXPECT_EQ(record.verdict.outcome, Outcome::skipped) << options;
    EXPECT_EQ(record.verdict.reason, Reason::context_floor) << options;
    EXPECT_THAT(record.verdict.sentence, testing::HasSubstr("8192")) << options;
  }
}

}  // namespace
}  // namespace plumb::test
