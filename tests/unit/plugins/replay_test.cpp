#include "plugins/endpoints/replay.hpp"
#include "plugins/endpoints/replay_trial.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plumb {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr const char* kHeader = R"({"task":"t","repeat":1})";

TrialRecord stored_trial() {
  TrialRecord record;
  record.key = {"alice", "t", 1};
  record.opening = {{"system", "be brief"}, {"prompt", "fix it"}, {"tools", Json::array()}};
  record.events = {
      {{"type", "assistant"},
       {"text", ""},
       {"reasoning", "hm"},
       {"calls", {{{"id", "c1"}, {"name", "shell"}, {"arguments", "{\"command\":\"ls\"}"}}}},
       {"finish", "tool_calls"},
       {"finish_as_sent", "tool_calls"},
       {"tokens", 12},
       {"prompt_tokens", 100},
       {"ttft_ms", 250.0},
       {"seconds", 2.0},
       {"waited_s", 0.5}},
      {{"type", "tool"}, {"name", "shell"}, {"text", "shop.py\n"}},
      {{"type", "assistant"},
       {"text", "Done."},
       {"calls", Json::array()},
       {"finish", "stop"},
       {"tokens", nullptr},
       {"ttft_ms", nullptr},
       {"seconds", 1.0}},
      {{"type", "user"}, {"text", "sure?"}},
      {{"type", "fault"}, {"kind", "broken"}, {"status", 200}, {"sentence", "it broke"}},
      {{"type", "end"}, {"why", "no_answer"}, {"sentence", "no answer came"}}};
  return record;
}

class ReplayTest : public ::testing::Test {
 protected:
  ReplayTest()
      : path_((std::filesystem::temp_directory_path() /
               ("plumb-replay-" + std::to_string(::getpid())))
                  .string()) {
    store = std::move(*Store::open(path_));
    EXPECT_TRUE(store->create_run(
        {.id = "0123abcd",
         .plan = {{"contestants", {{{"name", "alice"}, {"model", "m-1"}}, {{"name", "bob"}}}}}}));
    const auto saving = store->save("0123abcd", stored_trial(), waiter.wake());
    (void)waiter.wait([&] { return saving->done(); }, kNever);
    EXPECT_TRUE(saving->status());
    replay = std::move(*make_replay({.name = "r", .url = "replay:0123/alice"}, *store));
  }
  ~ReplayTest() override {
    replay.reset();
    store.reset();
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + end);
  }
  ChatReply ask(const std::vector<Message>& messages, const char* header = kHeader) {
    return replay->chat({.messages = messages, .trial_header = header}, waiter);
  }
  std::string parting(const std::vector<Message>& messages) {
    const ChatReply reply = ask(messages);
    return reply.answer ? "none" : reply.answer.error().sentence;
  }

  const std::vector<Message> opening = {{.role = Role::system, .text = "be brief"},
                                        {.role = Role::user, .text = "fix it"}};
  std::vector<Message> with(std::vector<Message> more) const {
    more.insert(more.begin(), opening.begin(), opening.end());
    return more;
  }
  Message assistant(std::string text = "") const {
    return {.role = Role::assistant, .text = std::move(text)};
  }
  Message result(std::string text) const { return {.role = Role::tool, .text = std::move(text)}; }

  Waiter waiter{real_clock(), {}};
  std::unique_ptr<Store> store;
  std::unique_ptr<Endpoint> replay;

 private:
  std::string path_;
};

TEST_F(ReplayTest, AnswersAsTheModelDidWithTheFiguresOfThen) {
  const ChatReply reply = ask(opening);
  ASSERT_TRUE(reply.answer) << reply.answer.error().sentence;
  EXPECT_EQ(reply.answer->message.reasoning, "hm");
  ASSERT_EQ(reply.answer->message.calls.size(), 1U);
  EXPECT_EQ(reply.answer->message.calls[0].id, "c1");
  EXPECT_EQ(reply.answer->message.calls[0].arguments, "{\"command\":\"ls\"}");
  EXPECT_EQ(reply.answer->finish, Finish::tool_calls);
  EXPECT_EQ(reply.answer->usage.completion_tokens, 12);
  EXPECT_EQ(reply.cost.in_flight, 2s);
  EXPECT_EQ(reply.cost.waited, 500ms);
  const ResponseTimes& times = reply.answer->times;
  EXPECT_EQ(times.ended - times.sent, 2s);
  EXPECT_EQ(*times.first_token() - times.sent, 250ms);
  const ChatReply second = ask(with({assistant(), result("shop.py\n")}));
  ASSERT_TRUE(second.answer) << second.answer.error().sentence;
  EXPECT_EQ(second.answer->message.text, "Done.");
  EXPECT_FALSE(second.answer->usage.completion_tokens);
}

TEST_F(ReplayTest, SaysAtWhichTurnItPartedAndWhatDiffered) {
  EXPECT_THAT(parting(with({assistant(), result("shop.txt\n")})),
              ::testing::AllOf(HasSubstr("parted at turn 2: the result of shell differs"),
                               HasSubstr("then \"shop.py"), HasSubstr("now \"shop.txt")));
  EXPECT_THAT(parting({opening[0], {.role = Role::user, .text = "fix that"}}),
              HasSubstr("turn 1: the task's prompt differs"));
  EXPECT_THAT(parting(with({assistant(), {.role = Role::user, .text = "go on"}})),
              HasSubstr("then came the result of shell, now a message of role user"));
  EXPECT_THAT(parting(with({assistant()})), HasSubstr("now the model is asked"));
  // A replay that parted is no failure of the model's.
  EXPECT_FALSE(ask(with({assistant()})).answer.error().deterministic);
}

TEST_F(ReplayTest, AStoredFaultIsOneAgain) {
  const auto history = with({assistant(),
                             result("shop.py\n"),
                             assistant("Done."),
                             {.role = Role::user, .text = "sure?"}});
  const ChatReply reply = ask(history);
  ASSERT_FALSE(reply.answer);
  EXPECT_EQ(reply.answer.error().kind, Fault::Kind::broken);
  EXPECT_THAT(reply.answer.error().sentence, HasSubstr("as stored: it broke"));
}

TEST_F(ReplayTest, ATrialThatIsNotStoredIsSaidSo) {
  EXPECT_FALSE(ask(opening, R"({"task":"other","repeat":0})").answer);
  EXPECT_FALSE(ask(opening, R"({"task":7})").answer);
  EXPECT_TRUE(ask(opening, "").answer);
  EXPECT_EQ(replay->models(waiter)->at(0).id, "m-1");
}

TEST_F(ReplayTest, AStoredFaultKeepsWhoIsToBlame) {
  TrialRecord record = stored_trial();
  record.events = {{{"type", "fault"},
                    {"kind", "http_status"},
                    {"status", 400},
                    {"any_byte", true},
                    {"deterministic", true},
                    {"context_full", true}}};
  const ReplayAnswer answer = ReplayTrial(record).answer(opening);
  EXPECT_TRUE(answer.fault.deterministic);
  EXPECT_TRUE(answer.fault.context_full);
}

TEST_F(ReplayTest, AnUnknownRunOrContestantIsASentence) {
  const auto sentence = [&](const char* url) {
    const auto made = make_replay({.name = "r", .url = url}, *store);
    return made ? "none" : made.error().sentence;
  };
  EXPECT_THAT(sentence("replay:0123abcd"), HasSubstr("alice, bob"));
  EXPECT_THAT(sentence("replay:last/alise"), HasSubstr("did you mean \"alice\""));
  EXPECT_NE(sentence("replay:ffff"), "none");
}

}  // namespace
}  // namespace plumb
