#include <algorithm>

#include "tests/integration/sandbox/sandbox_fixture.hpp"

namespace plumb::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class SandboxCommands : public SandboxTest {};

TEST_F(SandboxCommands, TheToolsThatTasksNeedWork) {
  EXPECT_EQ(said("python3 -c 'print(6 * 7)'"), "42\n");
  EXPECT_EQ(said("echo a b | awk '{print $2}'"), "b\n");
  EXPECT_EQ(said("ls -d /work; whoami; echo ~"), "/work\nagent\n/home/agent\n");
  EXPECT_EQ(said("git init -q . && touch a && git add a && git -c user.name=a -c user.email=a@b.c "
                 "commit -qm m && git log --format=%s"),
            "m\n");
  EXPECT_EQ(said("cat <(echo one) - < /dev/null"), "one\n");
  EXPECT_EQ(said("python3 -c 'import multiprocessing as m; print(m.Value(\"i\", 5).value)'"),
            "5\n");
}

TEST_F(SandboxCommands, ExitCodesSignalsAndOutputsComeBackApart) {
  const ExecResult result = shell("echo out; echo err >&2; exit 7");
  EXPECT_EQ(result.code, 7);
  EXPECT_EQ(result.signal, 0);
  EXPECT_EQ(result.out.text(), "out\n");
  EXPECT_EQ(result.err.text(), "err\n");
  const ExecResult killed = shell("kill -SEGV $$");
  EXPECT_EQ(killed.code, -1);
  EXPECT_EQ(killed.signal, 11);
}

TEST_F(SandboxCommands, AMissingCommandIs127WithASentence) {
  const auto result = sandbox_->exec({.argv = {"no-such-command"}});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->code, 127);
  EXPECT_EQ(result->err.text(), "no-such-command: no such command\n");
  EXPECT_EQ(sandbox_->exec({.argv = {"/etc/passwd"}})->code, 126);
  EXPECT_EQ(sandbox_->exec({.argv = {"true"}, .cwd = "nowhere"}).error().code, Code::not_found);
  EXPECT_EQ(sandbox_->exec({.argv = {std::string("a\0b", 3)}}).error().code, Code::io);
  EXPECT_EQ(sandbox_->exec({.argv = {"true", std::string(300'000, 'x')}})->code, 126);
}

TEST_F(SandboxCommands, StdinFolderAndEnvironmentArePassed) {
  const std::string big(3'000'000, 'x');
  const auto counted = sandbox_->exec({.argv = {"wc", "-c"}, .stdin_bytes = big});
  ASSERT_TRUE(counted);
  EXPECT_EQ(counted->out.text(), "3000000\n");
  ASSERT_TRUE(sandbox_->write("sub/f", "", 0644));
  const auto there = sandbox_->exec({.argv = {"bash", "-c", "pwd; echo $NAME $HOME"},
                                     .cwd = "sub",
                                     .env = {{"NAME", "v"}, {"HOME", "/tmp"}}});
  ASSERT_TRUE(there);
  EXPECT_EQ(there->out.text(), "/work/sub\nv /tmp\n");
  // A command that does not read its stdin ends all the same.
  EXPECT_EQ(sandbox_->exec({.argv = {"true"}, .stdin_bytes = big})->code, 0);
}

TEST_F(SandboxCommands, AFloodOfOutputIsCappedAndCounted) {
  const auto result =
      sandbox_->exec({.argv = {"bash", "-c", "echo begin; yes | head -c 50000000; echo; echo end"},
                      .head_cap = 1000,
                      .tail_cap = 100});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->code, 0);
  EXPECT_EQ(result->out.head.size(), 1000U);
  EXPECT_EQ(result->out.tail.size(), 100U);
  EXPECT_EQ(result->out.dropped, 6U + 50'000'000U + 1U + 4U - 1100U);
  EXPECT_TRUE(result->out.head.starts_with("begin\n"));
  EXPECT_TRUE(result->out.tail.ends_with("\nend\n"));
  EXPECT_NE(result->out.text().find("bytes cut"), std::string::npos);
}

TEST_F(SandboxCommands, OutputThatFitsIsWhole) {
  const auto result =
      sandbox_->exec({.argv = {"bash", "-c", "printf %0150d 7"}, .head_cap = 100, .tail_cap = 100});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->out.head, std::string(149, '0') + "7");
  EXPECT_EQ(result->out.tail, "");
  EXPECT_EQ(result->out.dropped, 0U);
}

TEST_F(SandboxCommands, LargeOutputOnBothStreamsArrivesWhole) {
  const auto result = sandbox_->exec(
      {.argv = {"bash", "-c", "head -c 2000000 /dev/zero; head -c 1000000 /dev/zero >&2"},
       .head_cap = 2 << 20,
       .tail_cap = 2 << 20});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->out.head.size(), 2'000'000U);
  EXPECT_EQ(result->err.head.size(), 1'000'000U);
}

TEST_F(SandboxCommands, ATimeoutKillsTheWholeGroup) {
  const ExecResult result = shell("sleep 1000 & echo started; sleep 1000", milliseconds(200));
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.signal, 9);
  EXPECT_EQ(result.out.text(), "started\n");
  EXPECT_EQ(said("pgrep -c sleep"), "0\n");
}

TEST_F(SandboxCommands, ACommandIsNotHeldUpByWhatItLeavesRunning) {
  const ExecResult result = shell("echo said; (while sleep 0.01; do echo more; done) &");
  EXPECT_EQ(result.code, 0);
  EXPECT_LT(result.wall, seconds(20));
  EXPECT_TRUE(result.out.text().starts_with("said\n"));
  EXPECT_EQ(said("pgrep -cf 'sleep 0.01|bash'").empty(), false);
  // It keeps running, and its output goes nowhere instead of stopping it.
  EXPECT_EQ(shell("pgrep -x bash -o").code, 0);
}

TEST_F(SandboxCommands, BackgroundProcessesRunOnUntilEverythingIsKilled) {
  const auto started = sandbox_->exec(
      {.argv = {"bash", "-c", "echo $$ > pid; setsid sleep 1000"}, .background = true});
  ASSERT_TRUE(started);
  EXPECT_GT(started->pid, 1);
  shell("until pgrep sleep; do :; done");
  shell("(setsid setsid sleep 2000 < /dev/null > /dev/null 2>&1 &)");
  EXPECT_EQ(said("cat pid"), std::to_string(started->pid) + "\n");
  ASSERT_TRUE(sandbox_->kill_all());
  EXPECT_EQ(said("pgrep -c sleep"), "0\n");
  // Nothing runs but this command and the guest.
  EXPECT_EQ(said("set -- /proc/[0-9]*; echo $#"), "2\n");
  ASSERT_TRUE(sandbox_->kill_all());
}

TEST_F(SandboxCommands, OrphansAreReaped) {
  shell("for i in $(seq 50); do (setsid true &) ; done");
  ASSERT_TRUE(sandbox_->kill_all());
  EXPECT_EQ(said("set -- /proc/[0-9]*; echo $#"), "2\n");
}

}  // namespace
}  // namespace plumb::test
