#include "core/trial/scaffold.hpp"

#include <gmock/gmock.h>

#include "core/base/hash.hpp"
#include "tests/support/task_folder.hpp"

namespace plumb {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// A whole scaffold; members in `more` replace its own.
std::string scaffold_text(const std::string& more = "") {
  return R"lua(
local members = {
  version = "4",
  system = "\n  Be good.\n",
  malformed = "bad call: {problem}",
  tool_error = "error: {problem}",
  result_head = 200,
  result_tail = 100,
}
for key, value in pairs { )lua" +
         more + R"lua( } do members[key] = value end
return members
)lua";
}

class ScaffoldFile : public testing::Test {
 protected:
  Result<Scaffold> load(const std::string& text) {
    test::put_file(file(), text);
    return load_scaffold(file());
  }
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "scaffold.lua"; }
  test::TempFolder folder_;
};

TEST_F(ScaffoldFile, IsReadWithItsTextsTrimmed) {
  const auto scaffold = load(scaffold_text());
  ASSERT_TRUE(scaffold) << full_sentence(scaffold.error());
  EXPECT_EQ(scaffold->version, "4");
  EXPECT_EQ(scaffold->system, "Be good.");
  EXPECT_EQ(scaffold->malformed, "bad call: {problem}");
  EXPECT_EQ(scaffold->tool_error, "error: {problem}");
  EXPECT_EQ(scaffold->result_head, 200);
  EXPECT_EQ(scaffold->result_tail, 100);
}

TEST_F(ScaffoldFile, ItsDigestIsThatOfItsText) {
  const auto one = load(scaffold_text());
  const auto other = load(scaffold_text("version = '5'"));
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one->source, scaffold_text());
  EXPECT_EQ(one->digest, sha256_hex(scaffold_text()));
  EXPECT_NE(one->digest, other->digest);
}

TEST_F(ScaffoldFile, TheOneThatShipsCanBeRead) {
  const auto scaffold = load_scaffold(scaffold_file());
  ASSERT_TRUE(scaffold) << full_sentence(scaffold.error());
  EXPECT_THAT(scaffold->malformed, HasSubstr("{problem}"));
  EXPECT_THAT(scaffold->tool_error, HasSubstr("{problem}"));
}

TEST_F(ScaffoldFile, OneThatIsNotThereIsNotFound) {
  const auto scaffold = load_scaffold(file());
  ASSERT_FALSE(scaffold);
  EXPECT_EQ(scaffold.error().code, Code::not_found);
  EXPECT_THAT(full_sentence(scaffold.error()), HasSubstr(file().string()));
}

struct Mistake {
  const char* name;
  std::string text;
  const char* told;
};

class ScaffoldMistake : public ScaffoldFile, public testing::WithParamInterface<Mistake> {};

TEST_P(ScaffoldMistake, IsToldWithTheFile) {
  const auto scaffold = load(GetParam().text);
  ASSERT_FALSE(scaffold);
  EXPECT_EQ(scaffold.error().code, Code::config);
  EXPECT_THAT(full_sentence(scaffold.error()),
              AllOf(HasSubstr("scaffold.lua"), HasSubstr(GetParam().told)));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ScaffoldMistake,
    testing::Values(
        Mistake{"no_lua", "return {\n  version =\n}", "scaffold.lua:3:"},
        Mistake{"no_table", "return 'version'", "version"},
        Mistake{"blank_text", scaffold_text("system = '  '"), "`system`"},
        Mistake{"no_text", scaffold_text("malformed = false"), "`malformed`"},
        Mistake{"no_room", scaffold_text("result_head = 100, result_tail = 100"), "256 bytes"},
        Mistake{"negative_room", scaffold_text("result_head = -1"), "result_head"},
        Mistake{"room_in_words", scaffold_text("result_head = 'all', result_tail = 'all'"),
                "result_head"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(ShownResult, AResultThatFitsIsShownAsItIs) {
  Scaffold scaffold;
  scaffold.result_head = 6;
  scaffold.result_tail = 4;
  EXPECT_EQ(scaffold.shown_result("0123456789"), "0123456789");
  EXPECT_EQ(scaffold.shown_result(""), "");
}

TEST(ShownResult, ALongerOneIsCutInTheMiddleAndTheCutIsNamed) {
  Scaffold scaffold;
  scaffold.result_head = 6;
  scaffold.result_tail = 4;
  EXPECT_EQ(scaffold.shown_result("0123456789abcdef"), "012345\n[... 6 bytes cut ...]\ncdef");
}

TEST(ShownResult, IsValidTextWhateverTheToolSaid) {
  Scaffold scaffold;
  scaffold.result_head = 4;
  scaffold.result_tail = 2;
  EXPECT_EQ(scaffold.shown_result("a\xff"), "a\xEF\xBF\xBD");
  EXPECT_EQ(scaffold.shown_result("abc\xC3\xA4 and so on"), "abc\n[... 10 bytes cut ...]\non");
}

TEST(WithProblem, PutsTheProblemInItsPlaceOrBehind) {
  EXPECT_EQ(with_problem("error: {problem}!", "no {problem}"), "error: no {problem}!");
  EXPECT_EQ(with_problem("That failed:", "no file"), "That failed: no file");
}

}  // namespace
}  // namespace plumb
