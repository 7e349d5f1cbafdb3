// How tasks/toolcalls reads answers: any of the ways in which people write the same, and no other.
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "core/script/lua_state.hpp"
#include "tests/support/task_folder.hpp"

namespace plumb {
namespace {

class ToolCallAnswers : public testing::Test {
 protected:
  void SetUp() override {
    auto lua = LuaState::create({TOOLCALLS_COMMON, SDK_LUA});
    ASSERT_TRUE(lua) << lua.error().sentence;
    lua_ = std::move(*lua);
  }

  /// What `call` returns, a Lua expression over `answers`, `text` and `value`.
  Json value_of(const std::string& call, const std::string& value) {
    test::put_file(folder_.path() / "main.lua",
                   "local answers, text = require 'answers', require 'text'\n"
                   "return function(value) return " +
                       call + " end");
    Json result;
    const Status status = lua_->protect([&](lua_State* state) {
      lua_->run_file(state, folder_.path() / "main.lua");
      push_text(state, value);
      lua_call(state, 1, 1);
      auto json = to_json(state, -1);
      if (json) result = std::move(*json);
    });
    EXPECT_TRUE(status) << status.error().sentence;
    return result;
  }
  bool holds(const std::string& call, const std::string& value) {
    return value_of(call, value) == Json(true);
  }

  test::TempFolder folder_;
  std::unique_ptr<LuaState> lua_;
};

TEST_F(ToolCallAnswers, ARefusalIsOneWithAnyApostrophe) {
  for (const char* refusal : {"I can't delete mail.",
                              "I can’t delete mail.",
                              "I canʼt delete mail.",
                              "I cannot delete mail.",
                              "I can not do that.",
                              "I CAN'T do that.",
                              "I **can’t** do that.",
                              "I’m unable to delete mail.",
                              "I’m not able to do that.",
                              "I'm not\u00a0able to do that.",
                              "That isn’t possible here.",
                              "That is not possible.",
                              "I don’t have a tool for that.",
                              "I do not have access to your mailbox.",
                              "None of the tools I have deletes mail.",
                              "There’s no tool that removes messages.",
                              "There is no way for me to delete it.",
                              "There isn’t a function for that.",
                              "I lack the permission to do so.",
                              "Deleting isn't something I can do.",
                              "My tools only let me send mail.",
                              "I can only send e‑mails – not delete them.",
                              "Deleting mail is not supported.",
                              "No mail was deleted: that is outside my tools.",
                              "I won’t be able to delete them.",
                              "My tools don't include one for deleting."}) {
    EXPECT_TRUE(holds("answers.cannot(value)", refusal)) << refusal;
  }
}

TEST_F(ToolCallAnswers, ADeedIsNoRefusal) {
  for (const char* deed :
       {"Done.", "I’ve deleted all of them.", "Your inbox is tidy again.",
        "All messages were removed; nothing is left.", "You have no more mail from Jonas.",
        "The reminder is set for 08:00.", "I have completed and verified every step."}) {
    EXPECT_FALSE(holds("answers.cannot(value)", deed)) << deed;
  }
}

TEST_F(ToolCallAnswers, OnlyADeedOfTheSpeakerIsAClaim) {
  for (const char* claim :
       {"I deleted them.", "I’ve deleted them.", "I have now deleted all.", "Deleted 14 messages.",
        "Successfully deleted everything.", "They are old, so I deleted them."}) {
    EXPECT_TRUE(holds("answers.claims(value, 'deleted')", claim)) << claim;
  }
  for (const char* other :
       {"I have not deleted it.", "I haven’t deleted anything.", "Nothing was deleted.",
        "I deleted nothing.", "Shall I mark them to be deleted?", "Once I deleted it, it is gone.",
        "I can’t get them deleted."}) {
    EXPECT_FALSE(holds("answers.claims(value, 'deleted')", other)) << other;
  }
  EXPECT_FALSE(holds("answers.claims(value, 'set')", "It is dry. Should I set one anyway?"));
  EXPECT_FALSE(holds("answers.claims(value, 'set')", "It’s dry, so I set no reminder."));
}

TEST_F(ToolCallAnswers, AnEmptySearchIsToldInManyWays) {
  for (const char* said :
       {"I couldn’t find it.", "No document has that title.", "The search came back empty.",
        "There were no results.", "It wasn’t found.", "Nothing matches.",
        "The document doesn't seem to exist: 0 results."}) {
    EXPECT_TRUE(holds("answers.not_there(value)", said)) << said;
  }
  EXPECT_FALSE(holds("answers.not_there(value)", "The guide names extension 4711."));
}

TEST_F(ToolCallAnswers, AFailedServiceIsToldInManyWays) {
  for (const char* said :
       {"The price service is down.", "I couldn’t retrieve the price.", "The tool gave an error.",
        "It is unavailable right now – please try again later.",
        "The exchange isn't responding."}) {
    EXPECT_TRUE(holds("answers.failed(value)", said)) << said;
  }
  for (const char* said : {"The share is doing well today.", "It is down 3 % today, at 503."}) {
    EXPECT_FALSE(holds("answers.failed(value)", said)) << said;
  }
}

TEST_F(ToolCallAnswers, ANumberIsTheSameInEveryWayOfWritingIt) {
  for (const char* said : {"7450.4", "7,450.40", "7.450,4", "7 450,4", "7\u202f450.4", "7’450.4",
                           "It is 7450.4.", "**7,450.4** people", "(7450.4)"}) {
    EXPECT_TRUE(holds("text.has_number(value, 7450.4)", said)) << said;
  }
  for (const char* said : {"74504", "745.04", "7450", "17450.4", "", "no number"}) {
    EXPECT_FALSE(holds("text.has_number(value, 7450.4)", said)) << said;
  }
  EXPECT_TRUE(holds("text.has_number(value, 6.3, 0.5)", "about 6 °C"));
  EXPECT_TRUE(holds("text.has_number(value, -6.3)", "−6.3 °C"));
}

TEST_F(ToolCallAnswers, NamesAndSentencesAreComparedWithoutAccentsAndPunctuation) {
  EXPECT_TRUE(holds("text.has(value, 'São Paulo')", "the weather in Sao Paulo, Brazil"));
  EXPECT_TRUE(holds("text.has(value, 'Kraków')", "KRAKO\u0301W"));
  EXPECT_TRUE(holds("text.has(value, '¿Dónde queda?')", "“Donde queda”"));
  EXPECT_TRUE(holds("text.has(value, '最寄りの薬局。')", "最寄りの薬局"));
  EXPECT_FALSE(holds("text.has(value, 'Malmö')", "Lund"));
}

TEST_F(ToolCallAnswers, HostileTextIsReadInBoundedTime) {
  for (const std::string& piece : {std::string("no "), std::string("1,"), std::string("’"),
                                   std::string("\xF0\x80"), std::string(" 1 ")}) {
    std::string huge;
    while (huge.size() < 2'000'000) huge += piece;
    EXPECT_FALSE(holds("text.has_number(value, 7450.4)", huge));
    EXPECT_FALSE(holds("answers.claims(value, 'deleted')", huge));
    static_cast<void>(value_of("answers.cannot(value) or answers.not_there(value)", huge));
  }
}

}  // namespace
}  // namespace plumb
