#include "plugins/endpoints/history.hpp"

#include <set>

#include "core/base/base64.hpp"
#include "tests/unit/endpoint/request_support.hpp"

namespace plumb {
namespace {

using test::result;
using test::system;
using test::turn;
using test::user;
using test::with_picture;

std::vector<Message> sent(const std::vector<Message>& history, const Dialect& dialect = {},
                          const HistoryRules& rules = {}) {
  return sendable_history(history, dialect, rules);
}

TEST(SendableHistory, AnIdIsUsedOnceInAConversation) {
  const auto history = sent({turn({{"same", "f", "{}"}}), result("same", "1"),
                             turn({{"same", "f", "{}"}}), result("same", "2")});
  EXPECT_EQ(history[0].calls[0].id, "same");
  EXPECT_EQ(history[1].call_id, "same");
  EXPECT_NE(history[2].calls[0].id, "same");
  EXPECT_EQ(history[3].call_id, history[2].calls[0].id);
}

TEST(SendableHistory, AFloodOfCallsWithoutIdsEndsWithAnIdForEach) {
  const std::vector<ToolCall> calls(1024, {"", "f", "{}"});
  std::set<std::string> ids;
  const auto history = sent({turn(calls)});
  for (const ToolCall& call : history[0].calls) ids.insert(call.id);
  EXPECT_EQ(ids.size(), 1024U);
}

TEST(SendableHistory, NineLettersAndDigitsWhereTheDialectWantsThem) {
  const auto history = sent({turn({{"abcDEF123", "f", "{}"}, {"call_1", "f", "{}"}}),
                             result("abcDEF123", "1"), result("call_1", "2")},
                            {.id_format = "nine"});
  EXPECT_EQ(history[0].calls[0].id, "abcDEF123");
  const std::string& made = history[0].calls[1].id;
  EXPECT_EQ(made.size(), 9U);
  EXPECT_EQ(made.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz"), std::string::npos);
  EXPECT_EQ(history[2].call_id, made);
}

TEST(SendableHistory, IdsOfWordsWhereTheProtocolWantsThem) {
  const auto history = sent({turn({{"functions.f:0", "a.b", "{}"}, {"toolu_1-x", "f", "{}"}})}, {},
                            {.any_id = false});
  EXPECT_EQ(history[0].calls[0].id.find_first_of(".:"), std::string::npos);
  EXPECT_EQ(history[0].calls[0].name, "a_b");
  EXPECT_EQ(history[0].calls[1].id, "toolu_1-x");
}

TEST(SendableHistory, ALongerHistoryBeginsWithTheShorterOne) {
  std::vector<Message> history = {user("go"), turn({{"", "f", "{"}}), result("", "x")};
  const auto before = sent(history);
  history.push_back(turn({{"", "f", "{"}}));
  const auto after = sent(history);
  EXPECT_EQ(before[1].calls[0].id, after[1].calls[0].id);
  EXPECT_EQ(before[2].call_id, after[2].call_id);
}

TEST(SendableHistory, RolesAreMergedOnlyWhenAsked) {
  const std::vector<Message> history = {user("a"),        with_picture(user("b")),
                                        turn({}, "c"),    turn({{"1", "f", "{}"}}, "d"),
                                        result("1", "e"), result("2", "f")};
  EXPECT_EQ(sent(history).size(), 6U);
  const auto merged = sent(history, {.merge_roles = true});
  ASSERT_EQ(merged.size(), 4U);
  EXPECT_EQ(merged[0].text, "a\n\nb");
  EXPECT_EQ(merged[0].images.size(), 1U);
  EXPECT_EQ(merged[1].text, "c\n\nd");
  EXPECT_EQ(merged[1].calls.size(), 1U);
  EXPECT_EQ(merged[3].text, "f");  // each result answers its own call
}

TEST(SendableHistory, TheSystemPromptLeadsTheFirstUserMessageWhenAsked) {
  const auto history = sent({system("be brief"), user("hi")}, {.system_as_user = true});
  ASSERT_EQ(history.size(), 1U);
  EXPECT_EQ(history[0].role, Role::user);
  EXPECT_EQ(history[0].text, "be brief\n\nhi");
  const auto alone = sent({system("be brief"), turn({}, "yes")}, {.system_as_user = true});
  EXPECT_EQ(alone[0].role, Role::user);
  EXPECT_EQ(alone[0].text, "be brief");
}

TEST(SendableHistory, PicturesOfResultsFollowTheLastResultWhereAResultHoldsNone) {
  const std::vector<Message> history = {turn({{"1", "f", "{}"}, {"2", "f", "{}"}}),
                                        with_picture(result("1", "a")), result("2", "b"),
                                        turn({}, "seen")};
  EXPECT_EQ(sent(history).size(), 4U);
  const auto moved = sent(history, {}, {.tool_pictures = false});
  ASSERT_EQ(moved.size(), 5U);
  EXPECT_TRUE(moved[1].images.empty());
  EXPECT_EQ(moved[2].role, Role::tool);
  EXPECT_EQ(moved[3].role, Role::user);
  EXPECT_EQ(moved[3].images.size(), 1U);
}

TEST(Base64, IsThatOfTheStandard) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64(std::string(10'000'001, '\0')).size(), 13'333'336U);
}

}  // namespace
}  // namespace plumb
