// The commands around a run.
#include <csignal>

#include "tests/integration/cli/cli_fixture.hpp"

namespace plumb::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Commands : public Cli {
 protected:
  /// "http://127.0.0.1:PORT" out of the line that a stand-in prints when it is there.
  static std::string served_url(PlumbProcess& process) {
    const std::string line = process.next_line().value_or("");
    const auto start = std::min(line.find("http://"), line.size());
    return line.substr(start, line.find("/v1") - start);
  }
};

TEST_F(Commands, ANewTaskIsProvenAsItIs) {
  const PlumbEnd made = plumb({"new", "task", "count-words"});
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("plumb check ./count-words"));
  const PlumbEnd checked = plumb({"check", "count-words"});
  EXPECT_EQ(checked.code, 0) << checked.out << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("ruler 1/1 proven"));
  const PlumbEnd again = plumb({"new", "task", "count-words"});
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.err, HasSubstr("exists already"));
  EXPECT_THAT(plumb({"new", "task", "../escape"}).err, HasSubstr("is no name for a task"));
}

TEST_F(Commands, TheDoctorFindsThisHostFit) {
  const PlumbEnd end = plumb({"doctor"});
  EXPECT_EQ(end.code, 0) << end.out << end.err;
  EXPECT_THAT(end.out, AllOf(HasSubstr("bwrap in"), Not(HasSubstr(" NO "))));
}

TEST_F(Commands, TheDoctorNamesWhatIsMissingAndWhatMendsIt) {
  const std::string empty = file("empty");
  std::filesystem::create_directory(empty);
  PlumbSettings without_programs = settings();
  // There is a PATH among the variables already; env(1) replaces it.
  without_programs.before = {"/usr/bin/env", "PATH=" + empty};
  const PlumbEnd end = run_plumb(PLUMB_PROGRAM, {"doctor"}, without_programs);
  EXPECT_EQ(end.code, 1) << end.out << end.err;
  EXPECT_THAT(end.out, AllOf(HasSubstr(" NO "), HasSubstr("mend it: ")));
}

TEST_F(Commands, AStandInIsServedUntilCtrlC) {
  PlumbProcess process(PLUMB_PROGRAM, {"standin", kQuick, "--port", "0"}, settings());
  const std::string url = served_url(process);
  ASSERT_FALSE(url.empty());
  const PlumbEnd run = plumb({"run", kQuick, "--task", "number-note", "--repeats", "2",
                              "--no-ruler", "--model", "served=" + url + "/v1,model=x"});
  // It is told no trial, so it has no policy to play; but it answers.
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  for (const auto& [key, settled] : outcomes()) EXPECT_EQ(settled.reason, "gave_up");

  process.signal(SIGINT);
  const PlumbEnd end = process.end();
  EXPECT_EQ(end.code, 0) << end.err;
  EXPECT_EQ(end.signal, 0);
}

TEST_F(Commands, WhatIsStoredIsShown) {
  ASSERT_EQ(plumb({"run", kQuick, "--repeats", "2", "--no-ruler", "--model", "a=standin:"}).code,
            0);
  const PlumbEnd runs = plumb({"runs"});
  EXPECT_EQ(runs.code, 0) << runs.err;
  EXPECT_THAT(runs.out, AllOf(HasSubstr("finished"), HasSubstr("a (stand-in)")));
  const PlumbEnd listed = plumb({"show", "last"});
  EXPECT_EQ(listed.code, 0) << listed.err;
  EXPECT_EQ(std::ranges::count(listed.out, '\n'), 6);
  const std::string id = listed.out.substr(0, 8);
  EXPECT_THAT(plumb({"show", id.substr(0, 6)}).out, listed.out);

  const PlumbEnd shown = plumb({"show", id + "/a/number-note/2"});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out,
              AllOf(HasSubstr("number-note #2"), HasSubstr("passed"), HasSubstr("write_file"),
                    HasSubstr("It is written."), HasSubstr("note.txt holds the number")));
  for (const char* wrong :
       {"last/a/number-note/3", "last/b/number-note/1", "last/a/number-note", "ffffffff"}) {
    const PlumbEnd refused = plumb({"show", wrong});
    EXPECT_EQ(refused.code, 1) << wrong;
    EXPECT_FALSE(refused.err.empty());
  }
}

TEST_F(Commands, TheScaffoldIsShownWithItsDigest) {
  const PlumbEnd end = plumb({"show", "--scaffold"});
  EXPECT_EQ(end.code, 0) << end.err;
  EXPECT_THAT(end.out, AllOf(HasSubstr("return "), HasSubstr("SHA-256 ")));
}

TEST_F(Commands, ReadingCreatesNoDatabase) {
  for (const char* command : {"show", "score", "runs"}) {
    const PlumbEnd end = plumb({command, "--db", "none.db"});
    EXPECT_EQ(end.code, 1);
    EXPECT_THAT(end.err, HasSubstr("there is no database none.db"));
  }
  EXPECT_FALSE(std::filesystem::exists(file("none.db")));
}

TEST_F(Commands, TheShortestWayAsksTheServerForItsModel) {
  PlumbProcess process(PLUMB_PROGRAM, {"standin", kQuick, "--port", "0"}, settings());
  const std::string url = served_url(process);
  ASSERT_FALSE(url.empty());
  const PlumbEnd end = plumb({"run", url, kQuick, "--repeats", "1", "--no-ruler"});
  EXPECT_EQ(end.code, 0) << end.out << end.err;
  EXPECT_THAT(end.out, HasSubstr("A Markdown copy for a forum post: plumb-"));
}

}  // namespace
}  // namespace plumb::test
