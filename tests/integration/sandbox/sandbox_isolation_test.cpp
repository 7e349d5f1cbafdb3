// What a command inside must not reach, tried from inside.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "core/base/fd.hpp"
#include "tests/integration/sandbox/sandbox_fixture.hpp"

namespace plumb::test {
namespace {

class SandboxIsolation : public SandboxTest {};

TEST_F(SandboxIsolation, CommandsSeeAFixedEnvironmentAndNothingOfTheHosts) {
  ::setenv("PLUMB_TEST_SECRET", "swordfish", 1);
  start();
  EXPECT_EQ(said("/usr/bin/env -u PWD -u SHLVL -u _ | sort"),
            "HOME=/home/agent\nLANG=C.UTF-8\nPATH=/usr/local/bin:/usr/bin:/bin\nTERM=dumb\n");
  EXPECT_EQ(said("cat /proc/1/environ 2>&1 | grep -c swordfish"), "0\n");
}

TEST_F(SandboxIsolation, CommandsSeeOnlyTheThreeStandardDescriptors) {
  // As libraries leave them: open, and not close-on-exec.
  const Fd secret(::open("/etc/shadow", O_RDONLY));
  const Fd folder(::open("/", O_RDONLY | O_DIRECTORY));
  const Fd network(::socket(AF_INET, SOCK_STREAM, 0));
  start();
  // 3 is the folder that ls itself reads.
  EXPECT_EQ(said("exec ls /proc/self/fd"), "0\n1\n2\n3\n");
}

TEST_F(SandboxIsolation, OnlyLoopbackIsThere) {
  EXPECT_EQ(
      said("ls /sys/class/net 2>/dev/null; tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '"),
      "lo\n");
  EXPECT_NE(shell("exec 3<>/dev/tcp/192.0.2.1/80").code, 0);
}

TEST_F(SandboxIsolation, NothingOfTheHostsFoldersIsThere) {
  EXPECT_EQ(said("ls -A /home"), "agent\n");
  EXPECT_EQ(said("ls -A /usr/local /work /home/agent /tmp"),
            "/home/agent:\n\n/tmp:\n\n/usr/local:\n\n/work:\n");
  for (const char* path : {"/root", "/etc/shadow", "/etc/machine-id", "/sys", "/boot", "/dev/sda",
                           "/var/lib", "/opt"}) {
    EXPECT_EQ(shell(std::string("test -e ") + path).code, 1) << path;
  }
}

TEST_F(SandboxIsolation, MaskedFoldersLookEmpty) {
  EXPECT_NE(said("ls -A /usr/share/doc"), "");
  start({.work_bytes = 1 << 20, .masked = {"/usr/share/doc", "/usr/share/no-such-folder"}});
  EXPECT_EQ(said("ls -A /usr/share/doc"), "");
}

TEST_F(SandboxIsolation, OnlyTheFoldersOfTheAgentCanBeWritten) {
  EXPECT_EQ(
      said("for d in /work /tmp /home/agent /dev/shm /var/tmp; do touch $d/x || echo $d; done"),
      "");
  for (const char* path :
       {"/", "/usr", "/usr/bin", "/usr/local", "/usr/local/bin", "/etc", "/run", "/var", "/dev"}) {
    EXPECT_NE(shell(std::string("touch ") + path + "/x").code, 0) << path;
  }
  for (const char* name : {"passwd", "group", "nsswitch.conf", "ld.so.cache"}) {
    const std::string file = std::string("/etc/") + name;
    EXPECT_NE(shell("chmod u+w " + file).code, 0) << name;
    EXPECT_NE(shell("rm -f " + file).code, 0) << name;
    EXPECT_NE(shell("echo >> " + file).code, 0) << name;
  }
}

TEST_F(SandboxIsolation, SettingsOfTheHostsKernelCannotBeWritten) {
  for (const char* file : {"kernel/core_pattern", "kernel/modprobe", "vm/drop_caches",
                           "user/max_user_namespaces", "net/ipv4/ip_unprivileged_port_start"}) {
    EXPECT_NE(shell(std::string("echo 1 > /proc/sys/") + file).code, 0) << file;
  }
  EXPECT_NE(shell("echo b > /proc/sysrq-trigger").code, 0);
}

TEST_F(SandboxIsolation, NoPrivilegeIsLeftAndNoneCanBeGained) {
  EXPECT_EQ(
      said("id -u; id -g; grep -E '^(CapEff|CapPrm|CapInh|CapAmb|NoNewPrivs)' /proc/self/status | "
           "tr '\\t' ' '"),
      "1000\n1000\nCapInh: 0000000000000000\nCapPrm: 0000000000000000\nCapEff: 0000000000000000\n"
      "CapAmb: 0000000000000000\nNoNewPrivs: 1\n");
  EXPECT_NE(shell("unshare --user true").code, 0);
  EXPECT_NE(shell("unshare --net true").code, 0);
  EXPECT_NE(shell("mount -t tmpfs none /tmp").code, 0);
}

TEST_F(SandboxIsolation, TheGuestCannotBeKilledStoppedOrLookedInto) {
  shell("kill -9 1; kill -STOP 1; kill -TERM 1; kill -INT 1; kill -SEGV 1");
  EXPECT_EQ(said("echo alive"), "alive\n");
  EXPECT_NE(shell("cat /proc/1/mem /proc/1/environ /proc/1/maps").code, 0);
  EXPECT_NE(shell("ls /proc/1/fd").code, 0);
  EXPECT_NE(shell("echo noise > /proc/1/fd/0").code, 0);
  EXPECT_EQ(said("echo alive"), "alive\n");
}

TEST_F(SandboxIsolation, NoProcessOfTheHostCanBeSeen) {
  EXPECT_EQ(said("ls /proc | grep -E '^[0-9]+$' | wc -l").size(), 2U);
  EXPECT_NE(shell("kill -0 " + std::to_string(::getpid())).code, 0);
}

TEST_F(SandboxIsolation, ThereIsNoTerminalAndNoCoreDump) {
  EXPECT_NE(shell("true < /dev/tty").code, 0);
  EXPECT_EQ(said("ulimit -c"), "0\n");
}

TEST_F(SandboxIsolation, TwoSandboxesShareNothing) {
  ASSERT_TRUE(sandbox_->write("mine", "1", 0644));
  ASSERT_TRUE(sandbox_->write("/tmp/mine", "1", 0644));
  const auto other = factory_->start(waiter_);
  ASSERT_TRUE(other);
  EXPECT_EQ((*other)->read("mine").error().code, Code::not_found);
  EXPECT_EQ((*other)->read("/tmp/mine").error().code, Code::not_found);
}

TEST_F(SandboxIsolation, AForkBombIsStoppedAndTheSandboxLives) {
  const ExecResult result = shell("f() { f | f & }; f; wait; echo over", std::chrono::seconds(3));
  EXPECT_NE(result.code, -2);
  ASSERT_TRUE(sandbox_->kill_all());
  EXPECT_EQ(said("echo alive; ls /proc | grep -cE '^[0-9]+$'").substr(0, 6), "alive\n");
}

}  // namespace
}  // namespace plumb::test
