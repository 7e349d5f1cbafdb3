#include "core/base/subprocess.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <gtest/gtest.h>

namespace plumb {
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::pipe2(fds.data(), O_CLOEXEC), 0);
    read = Fd(fds[0]);
    write = Fd(fds[1]);
  }
  Fd read, write;
};

std::string read_all(const Fd& fd) {
  std::string all;
  std::array<char, 4096> buffer{};
  ssize_t got = 0;
  while ((got = ::read(fd.get(), buffer.data(), buffer.size())) > 0)
    all.append(buffer.data(), static_cast<std::size_t>(got));
  return all;
}

/// What a command says on stdout, with its exit.
std::pair<std::string, Exit> run(SpawnRequest request) {
  Pipe pipe;
  request.fds.emplace_back(1, pipe.write.get());
  auto process = Subprocess::spawn(request);
  EXPECT_TRUE(process) << full_sentence(process.error());
  pipe.write.reset();
  std::string said = read_all(pipe.read);
  return {said, process->wait(kNever).value()};
}

std::size_t count_descriptors() {
  std::size_t count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

TEST(Subprocess, RootCanStartAChildAsAnotherUserWithNoFurtherGroup) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can do this";
  const auto [said, exit] = run({.argv = {"/bin/sh", "-c", "id -u; id -g; id -G; cat /etc/shadow"},
                                 .env = {},
                                 .fds = {},
                                 .cwd = "/",
                                 .user = 65534});
  EXPECT_EQ(said, "65534\n65534\n65534\n");
  EXPECT_NE(exit.code, 0);
  EXPECT_EQ(::geteuid(), 0U);
}

TEST(Subprocess, TheChildSeesOnlyWhatItIsGiven) {
  ::setenv("PLUMB_TEST_SECRET", "swordfish", 1);
  // As libraries leave them: open, and not close-on-exec.
  const Fd file(::open("/etc/passwd", O_RDONLY));
  const Fd network(::socket(AF_INET, SOCK_STREAM, 0));
  const Fd folder(::open("/", O_RDONLY | O_DIRECTORY));
  Pipe pipe;
  // 3 is the folder that ls itself reads; 9 is passed on purpose.
  const auto [said, exit] = run({.argv = {"ls", "/proc/self/fd"}, .fds = {{9, pipe.read.get()}}});
  EXPECT_EQ(said, "0\n1\n2\n3\n9\n");
  EXPECT_EQ(exit.code, 0);
  EXPECT_EQ(run({.argv = {"env"}, .env = {"ONLY=this"}}).first, "ONLY=this\n");
}

TEST(Subprocess, DescriptorsThatTradePlacesArePassedRight) {
  Pipe a;
  Pipe b;
  ASSERT_EQ(::write(a.write.get(), "a", 1), 1);
  ASSERT_EQ(::write(b.write.get(), "b", 1), 1);
  a.write.reset();
  b.write.reset();
  const int low = a.read.get();
  const int high = b.read.get();
  const std::string line = "cat <&" + std::to_string(low) + "; cat <&" + std::to_string(high);
  EXPECT_EQ(run({.argv = {"bash", "-c", line}, .fds = {{low, high}, {high, low}}}).first, "ba");
  Pipe c;
  ASSERT_EQ(::write(c.write.get(), "c", 1), 1);
  c.write.reset();
  EXPECT_EQ(run({.argv = {"bash", "-c", "cat <&" + std::to_string(c.read.get())},
                 .fds = {{c.read.get(), c.read.get()}}})
                .first,
            "c");
}

TEST(Subprocess, ExitCodesAndSignalsAreTold) {
  EXPECT_EQ(run({.argv = {"bash", "-c", "exit 7"}}).second.code, 7);
  const Exit killed = run({.argv = {"bash", "-c", "kill -TERM $$"}}).second;
  EXPECT_EQ(killed.code, -1);
  EXPECT_EQ(killed.signal, SIGTERM);
}

TEST(Subprocess, RunsInTheFolderAsked) {
  EXPECT_EQ(run({.argv = {"pwd"}, .cwd = "/usr"}).first, "/usr\n");
}

TEST(Subprocess, WhatCannotStartIsASentenceAndLeavesNothingBehind) {
  const std::size_t before = count_descriptors();
  const auto missing = Subprocess::spawn({.argv = {"no-such-program"}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::not_found);
  EXPECT_NE(missing.error().sentence.find("no-such-program"), std::string::npos);
  const auto refused = Subprocess::spawn({.argv = {"/etc/passwd"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::io);
  EXPECT_NE(full_sentence(refused.error()).find("Permission denied"), std::string::npos);
  const auto nowhere = Subprocess::spawn({.argv = {"true"}, .cwd = "/no/such/folder"});
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, Code::not_found);
  EXPECT_FALSE(Subprocess::spawn({}));
  EXPECT_EQ(count_descriptors(), before);
}

TEST(Subprocess, WaitingEndsAtTheDeadlineAndMayBeRepeated) {
  auto process = Subprocess::spawn({.argv = {"sleep", "1000"}});
  ASSERT_TRUE(process);
  EXPECT_EQ(process->wait(real_clock().now()).error().code, Code::timeout);
  process->kill();
  EXPECT_EQ(process->wait(kNever)->signal, SIGKILL);
  EXPECT_EQ(process->wait(kNever)->signal, SIGKILL);
}

TEST(Subprocess, IsKilledAndReapedWithItsHandle) {
  pid_t pid = 0;
  {
    auto process = Subprocess::spawn({.argv = {"sleep", "1000"}});
    ASSERT_TRUE(process);
    pid = process->pid();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST(Subprocess, ThreadsThatSpawnTogetherLeakNothingIntoEachOthersChildren) {
  const std::size_t before = count_descriptors();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([] {
        for (int round = 0; round < 20; ++round) {
          EXPECT_EQ(run({.argv = {"ls", "/proc/self/fd"}}).first, "0\n1\n2\n3\n");
        }
      });
    }
  }
  EXPECT_EQ(count_descriptors(), before);
}

TEST(Subprocess, SignalsThatWeBlockOrIgnoreAreTheChildsOwnAgain) {
  sigset_t blocked;
  sigset_t old;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &old);
  const Exit exit = run({.argv = {"bash", "-c", "kill -TERM $$; exit 3"}}).second;
  ::pthread_sigmask(SIG_SETMASK, &old, nullptr);
  EXPECT_EQ(exit.signal, SIGTERM);
}

}  // namespace
}  // namespace plumb
