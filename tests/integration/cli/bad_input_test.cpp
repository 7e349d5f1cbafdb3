// What a person typed or wrote wrongly gets one clear sentence and exit code 1; what a task does
// wrong while it runs is the task's fault, never the model's.
#include <sqlite3.h>

#include "tests/integration/cli/cli_fixture.hpp"

namespace plumb::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class BadInput : public Cli {
 protected:
  /// A task that is right but for what replaces these members.
  void write_task(
      const std::string& name, const std::string& expected_turns = "2",
      const std::string& tools = "{ \"write_file\" }",
      const std::string& grade = "grade = function() return { check(\"x\", true) } end,",
      const std::string& folder = "tasks") const {
    write(folder + "/" + name + "/task.lua", "return task {\n  name = \"" + name +
                                                 "\",\n"
                                                 "  category = \"c\",\n"
                                                 "  prompt = \"p\",\n"
                                                 "  tools = " +
                                                 tools + ",\n  expected_turns = " + expected_turns +
                                                 ",\n  " + grade +
                                                 "\n  oracle = function(m) m:say(\"x\") end,\n"
                                                 "  negative_controls = { [\"c\"] = function(m) "
                                                 "m:say(\"x\") end },\n}\n");
  }
  /// Exit code 1, and what the sentence must hold; nothing is begun.
  void expect_refused(const std::vector<std::string>& arguments,
                      const testing::Matcher<std::string>& sentence) const {
    const PlumbEnd end = plumb(arguments);
    EXPECT_EQ(end.code, 1) << end.out << end.err;
    EXPECT_THAT(end.err, sentence);
    EXPECT_THAT(end.out, Not(HasSubstr("run ")));
  }
  void expect_task_refused(const testing::Matcher<std::string>& sentence) const {
    expect_refused({"check", "tasks"}, sentence);
    expect_refused({"run", "tasks", "--model", "a=standin:"}, sentence);
  }
};

TEST_F(BadInput, ASyntaxErrorInATaskIsNamedWithFileAndLine) {
  write("tasks/half/task.lua", "return task {\n  name = \"half\",\n  category = = 3,\n}\n");
  expect_task_refused(HasSubstr("half/task.lua:3: unexpected symbol near '='"));
}

TEST_F(BadInput, ATaskWithoutAGraderIsRefused) {
  write_task("no-grader", "2", "{ \"write_file\" }", "");
  expect_task_refused(
      AllOf(HasSubstr("no-grader/task.lua:1: "), HasSubstr("has no `grade` function")));
}

TEST_F(BadInput, AnUnknownToolIsRefusedWithTheToolsThatExist) {
  write_task("odd-tool", "2", "{ \"shel\" }");
  expect_task_refused(AllOf(HasSubstr("odd-tool/task.lua:1: "), HasSubstr("no tool \"shel\""),
                            HasSubstr("did you mean \"shell\"?"), HasSubstr("write_file")));
}

TEST_F(BadInput, ExpectedTurnsOfZeroAreRefused) {
  write_task("no-turns", "0");
  expect_task_refused(AllOf(HasSubstr("no-turns/task.lua:1: "),
                            HasSubstr("`expected_turns`, a whole number from 1 to")));
}

TEST_F(BadInput, TwoTasksOfOneNameAreRefusedWithBothPlaces) {
  write_task("twin");
  write_task("twin", "2", "{ \"write_file\" }",
             "grade = function() return { check(\"x\", true) } end,", "others");
  expect_refused({"check", "tasks", "others"},
                 AllOf(HasSubstr("two tasks are named \"twin\""), HasSubstr("tasks/twin"),
                       HasSubstr("others/twin")));
}

TEST_F(BadInput, EveryWrongTaskOfASuiteIsNamedAtOnce) {
  write_task("no-turns", "0");
  write_task("odd-tool", "2", "{ \"shel\" }");
  expect_task_refused(AllOf(HasSubstr("2 tasks cannot be used"), HasSubstr("no-turns/task.lua:1"),
                            HasSubstr("odd-tool/task.lua:1")));
}

TEST_F(BadInput, ABenchFileIsReadWithFileAndLine) {
  write("bench.lua", "return bench {\n  suite = tasks .. 1,\n}\n");
  expect_refused({"run", "bench.lua"}, HasSubstr("bench.lua:2: "));
  write("bench.lua", "return bench {\n  suite = \"tasks\", repeat_count = 3,\n}\n");
  expect_refused({"run", "bench.lua"},
                 AllOf(HasSubstr("bench.lua"), HasSubstr("does not know \"repeat_count\"")));
}

TEST_F(BadInput, WhatIsTypedWronglyIsNamed) {
  expect_refused({"run", kQuick, "--modle", "a=standin:"}, HasSubstr("--modle"));
  expect_refused({"run", kQuick, "--model", "a=http://127.0.0.1:9/v1,tempature=1"},
                 AllOf(HasSubstr("\"tempature\""), HasSubstr("did you mean \"temperature\"?")));
  expect_refused({"run", kQuick, "--model", "a=standin:skil=0.5"},
                 AllOf(HasSubstr("'skil'"), HasSubstr("did you mean \"skill\"?")));
  expect_refused({"run", kQuick, "--model", "a=standin:skill=2"}, HasSubstr("from 0 to 1"));
  expect_refused({"run", kQuick, "--model", "a=standin:", "--model", "a=standin:"},
                 HasSubstr("two contestants are named \"a\""));
  expect_refused({"run", kQuick}, HasSubstr("there is no contestant"));
  expect_refused({"run", kQuick, "--model", "a=standin:", "--repeats", "0"}, HasSubstr("repeats"));
  expect_refused({"run", kQuick, "--model", "a=standin:", "--task", "zz*"},
                 AllOf(HasSubstr("no task is left"), HasSubstr("number-note")));
  expect_refused({"run", "nowhere", "--model", "a=standin:"}, HasSubstr("nowhere"));
  expect_refused({"frobnicate"}, HasSubstr("\"frobnicate\""));
}

TEST_F(BadInput, AFileThatIsNoDatabaseIsLeftAsItIs) {
  const std::string text(5000, 'x');
  write("notes.txt", text);
  for (const char* command : {"run", "show"}) {
    std::vector<std::string> arguments = {command, "--db", "notes.txt"};
    if (arguments[0] == "run") arguments.insert(arguments.end(), {kQuick, "--model", "a=standin:"});
    expect_refused(arguments, HasSubstr("notes.txt is not a database of Plumbline"));
  }
  EXPECT_EQ(bytes("notes.txt"), text);
}

TEST_F(BadInput, ADatabaseOfAnotherProgramIsLeftAsItIs) {
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(file("other.db").c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "CREATE TABLE notes (text)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  const std::string before = bytes("other.db");
  expect_refused({"run", kQuick, "--model", "a=standin:", "--db", "other.db"},
                 HasSubstr("other.db is a database of another program"));
  EXPECT_EQ(bytes("other.db"), before);
}

TEST_F(BadInput, AnUnreachableServerIsSaidAtOnce) {
  const PlumbEnd end = plumb({"run", kQuick, "--model", "a=http://127.0.0.1:1/v1,model=x"});
  EXPECT_EQ(end.code, 4);
  EXPECT_THAT(end.err, AllOf(HasSubstr("cannot be reached at http://127.0.0.1:1/v1"),
                             HasSubstr("is the server running")));
}

TEST_F(BadInput, AToolThatThrowsIsTheTasksFault) {
  const PlumbEnd end = plumb({"run", fixture("broken/throwing-tool"), "--model",
                              "a=standin:", "--repeats", "1", "--no-ruler"});
  EXPECT_EQ(end.code, 3) << end.out << end.err;
  const auto records = trials();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].verdict.reason, Reason::task_error);
  EXPECT_EQ(records[0].verdict.blame, Blame::task);
  EXPECT_THAT(records[0].verdict.sentence,
              AllOf(HasSubstr("\"look_up\""), HasSubstr("throwing-tool/task.lua:13")));
}

TEST_F(BadInput, AGraderThatLoopsForEverIsEnded) {
  const PlumbEnd end = plumb({"run", fixture("broken/endless-grader"), "--model",
                              "a=standin:", "--repeats", "1", "--no-ruler"});
  EXPECT_EQ(end.code, 3) << end.out << end.err;
  const auto records = trials();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].verdict.reason, Reason::grader_error);
  EXPECT_THAT(records[0].verdict.sentence,
              AllOf(HasSubstr("endless-grader/task.lua:"), HasSubstr("a loop without an end")));
}

}  // namespace
}  // namespace plumb::test
