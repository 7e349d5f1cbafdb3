// The launcher without isolation must at least clean up after itself, and never touch what is not
// its own.
#include <unistd.h>

#include <filesystem>

#include "core/base/subprocess.hpp"
#include "tests/integration/sandbox/sandbox_fixture.hpp"

namespace plumb::test {
namespace {

class ProcessSandbox : public SandboxTest {
 protected:
  ProcessSandbox() : SandboxTest("process") {}
};

TEST_F(ProcessSandbox, SaysThatItIsolatesNothing) {
  EXPECT_FALSE(factory_->isolates());
  EXPECT_EQ(factory_->name(), "process");
}

TEST_F(ProcessSandbox, WorksInATemporaryFolderThatGoesWithIt) {
  ASSERT_TRUE(sandbox_->write("/work/a", "1"));
  ASSERT_TRUE(sandbox_->write("b", "2"));
  EXPECT_EQ(said("cat a b"), "12");
  const std::string folder(sandbox_->exec({.argv = {"pwd"}})->out.text());
  EXPECT_TRUE(folder.starts_with("/tmp/plumb-")) << folder;
  sandbox_.reset();
  EXPECT_FALSE(std::filesystem::exists(folder.substr(0, folder.rfind('/'))));
}

TEST_F(ProcessSandbox, KillsItsOwnDescendantsAndNobodyElse) {
  auto bystander = Subprocess::spawn({.argv = {"sleep", "1000"}});
  ASSERT_TRUE(bystander);
  shell(
      "setsid sleep 2000 > /dev/null 2>&1 & (setsid setsid sleep 2000 > /dev/null 2>&1 &); sleep "
      "0");
  ASSERT_TRUE(sandbox_->exec({.argv = {"sleep", "2000"}, .background = true}));
  EXPECT_EQ(shell("test $(pgrep -cfx 'sleep 2000') -ge 3").code, 0);
  ASSERT_TRUE(sandbox_->kill_all());
  EXPECT_NE(shell("pgrep -fx 'sleep 2000' -s $$").code, 0);
  EXPECT_EQ(bystander->wait(real_clock().now()).error().code, Code::timeout);
}

TEST_F(ProcessSandbox, RunsCommandsWithoutTheHostsEnvironment) {
  ::setenv("PLUMB_TEST_SECRET", "swordfish", 1);
  EXPECT_EQ(said("/usr/bin/env | grep -c swordfish"), "0\n");
}

}  // namespace
}  // namespace plumb::test
