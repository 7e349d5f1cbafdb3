// A sandbox dies with its trial, however that ends, and a trial notices when its sandbox is gone.
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/integration/sandbox/sandbox_fixture.hpp"

namespace plumb::test {
namespace {

using std::chrono::seconds;

/// The processes of this machine whose command line holds the word.
std::vector<pid_t> processes_with(const std::string& word) {
  std::vector<pid_t> found;
  DIR* proc = ::opendir("/proc");
  while (const dirent* entry = ::readdir(proc)) {
    const pid_t pid = std::atoi(entry->d_name);
    // Processes end while they are listed: what cannot be read any more is not there.
    const Fd file(
        ::open(("/proc/" + std::string(entry->d_name) + "/cmdline").c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 4096> bytes{};
    const ssize_t size = file ? ::read(file.get(), bytes.data(), bytes.size()) : -1;
    const std::string line(bytes.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    if (pid != ::getpid() && line.find(word) != std::string::npos) found.push_back(pid);
  }
  ::closedir(proc);
  return found;
}

/// Looks until there are so many; what was seen last. A command line is there only a moment after
/// its process.
std::vector<pid_t> await_processes_with(const std::string& word, std::size_t count) {
  const Instant give_up = real_clock().now() + seconds(10);
  auto found = processes_with(word);
  while (found.size() != count && real_clock().now() < give_up) {
    std::this_thread::yield();
    found = processes_with(word);
  }
  return found;
}

bool none_left(const std::string& word) { return await_processes_with(word, 0).empty(); }

std::string unique_number() { return std::to_string(100'000'000 + ::getpid()); }

class SandboxLifetime : public SandboxTest {
 protected:
  /// Leaves sleepers behind in every way that has been seen to outlive a sandbox.
  static void leave_sleepers(Sandbox& sandbox, const std::string& number) {
    const std::string line = "(setsid setsid sleep " + number +
                             " > /dev/null 2>&1 &); nohup sleep " + number +
                             " > /dev/null 2>&1 & until test $(pgrep -c sleep) = 2; do :; done";
    const auto result = sandbox.exec({.argv = {"bash", "-c", line}});
    ASSERT_TRUE(result);
  }
};

TEST_F(SandboxLifetime, NothingSurvivesTheEndOfTheSandbox) {
  leave_sleepers(*sandbox_, unique_number());
  EXPECT_EQ(await_processes_with(unique_number(), 2).size(), 2U);
  sandbox_.reset();
  EXPECT_TRUE(none_left(unique_number()));
}

TEST_F(SandboxLifetime, NothingSurvivesSigkillOfTheProcessThatStartedIt) {
  std::array<int, 2> ready{};
  const std::string number = unique_number();
  ASSERT_EQ(::pipe(ready.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    Waiter waiter(real_clock(), {});
    auto own = factory_->start(waiter);
    if (own) leave_sleepers(**own, number);
    [[maybe_unused]] const auto written = ::write(ready[1], "x", 1);
    ::pause();
  }
  ::close(ready[1]);
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(await_processes_with(unique_number(), 2).size(), 2U);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  EXPECT_TRUE(none_left(unique_number()));
}

TEST_F(SandboxLifetime, ATrialLearnsThatItsSandboxIsGone) {
  const auto begun = sandbox_->exec({.argv = {"sleep", unique_number()}, .background = true});
  ASSERT_TRUE(begun);
  const std::vector<pid_t> sleepers = await_processes_with(unique_number(), 1);
  ASSERT_EQ(sleepers.size(), 1U);
  // The guest is the parent of what it runs; only from outside can it be killed.
  std::ifstream stat("/proc/" + std::to_string(sleepers[0]) + "/stat");
  std::string pid, name, state;
  pid_t guest = 0;
  stat >> pid >> name >> state >> guest;
  ASSERT_GT(guest, 1);
  ::kill(guest, SIGKILL);
  const auto lost = sandbox_->exec({.argv = {"true"}});
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, Code::unavailable);
  EXPECT_NE(lost.error().sentence.find("the sandbox (bwrap) ended"), std::string::npos);
  EXPECT_EQ(sandbox_->read("x").error().code, Code::unavailable);
  EXPECT_TRUE(none_left(unique_number()));
}

TEST_F(SandboxLifetime, StopCancelsACommandAtOnce) {
  ASSERT_TRUE(sandbox_->exec({.argv = {"sleep", unique_number()}, .background = true}));
  std::jthread stopper([this] { stop_.request_stop(); });
  const Instant begun = real_clock().now();
  const auto result = sandbox_->exec({.argv = {"sleep", "1000"}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::cancelled);
  EXPECT_LT(real_clock().now() - begun, seconds(60));
  sandbox_.reset();
  EXPECT_TRUE(none_left(unique_number()));
}

TEST_F(SandboxLifetime, ManySandboxesLiveSideBySide) {
  std::vector<std::unique_ptr<Sandbox>> many;
  for (int i = 0; i < 40; ++i) {
    auto one = factory_->start(waiter_);
    ASSERT_TRUE(one) << full_sentence(one.error());
    many.push_back(std::move(*one));
  }
  for (std::size_t i = 0; i < many.size(); ++i) {
    EXPECT_EQ(many[i]->exec({.argv = {"echo", std::to_string(i)}})->out.text(),
              std::to_string(i) + "\n");
  }
}

TEST_F(SandboxLifetime, ThreadsStartTheirOwn) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this] {
      Waiter own(real_clock(), {});
      for (int round = 0; round < 5; ++round) {
        auto one = factory_->start(own);
        ASSERT_TRUE(one) << full_sentence(one.error());
        // A descriptor that another thread's start leaked would show here.
        EXPECT_EQ((*one)->exec({.argv = {"ls", "/proc/self/fd"}})->out.text(), "0\n1\n2\n3\n");
      }
    });
  }
}

TEST(SandboxStart, ALauncherThatFailsIsQuoted) {
  const std::string file = testing::TempDir() + "failing_launcher.lua";
  std::ofstream(file) << "return { name = 'failing', isolates = false, command = function(host)\n"
                         "  return { 'sh', '-c', 'echo the moon is full >&2; exit 3' } end }\n";
  Waiter waiter(real_clock(), {});
  const auto factory = make_sandbox_factory(file, PLUMB_GUEST, {});
  ASSERT_TRUE(factory) << full_sentence(factory.error());
  const auto sandbox = (*factory)->start(waiter);
  ASSERT_FALSE(sandbox);
  EXPECT_EQ(sandbox.error().code, Code::unavailable);
  EXPECT_NE(full_sentence(sandbox.error()).find("exit code 3: the moon is full"), std::string::npos)
      << full_sentence(sandbox.error());
}

TEST(SandboxStart, ABrokenLauncherFileIsNamedWithItsLine) {
  const std::string file = testing::TempDir() + "broken_launcher.lua";
  std::ofstream(file)
      << "return {\n  name = 'broken', command = function(host) return host.nothing.here end }\n";
  Waiter waiter(real_clock(), {});
  const auto factory = make_sandbox_factory(file, PLUMB_GUEST, {});
  ASSERT_TRUE(factory);
  const auto sandbox = (*factory)->start(waiter);
  ASSERT_FALSE(sandbox);
  EXPECT_EQ(sandbox.error().code, Code::config);
  EXPECT_NE(sandbox.error().sentence.find("broken_launcher.lua:2:"), std::string::npos)
      << sandbox.error().sentence;
  EXPECT_EQ(make_sandbox_factory("/no/such/launcher.lua", PLUMB_GUEST, {}).error().code,
            Code::not_found);
  EXPECT_EQ(make_sandbox_factory(launcher_file("bwrap"), "/no/such/guest", {}).error().code,
            Code::not_found);
}

TEST(SandboxStart, TheDigestFollowsLauncherAndOptions) {
  const auto digest = [](const std::string& launcher, SandboxOptions options) {
    return (*make_sandbox_factory(launcher_file(launcher), PLUMB_GUEST, std::move(options)))
        ->digest();
  };
  EXPECT_EQ(digest("bwrap", {}), digest("bwrap", {}));
  EXPECT_NE(digest("bwrap", {}), digest("process", {}));
  EXPECT_NE(digest("bwrap", {}), digest("bwrap", {.work_bytes = 1 << 20}));
  EXPECT_NE(digest("bwrap", {}), digest("bwrap", {.masked = {"/usr/share"}}));
}

TEST(LauncherChecks, EveryCheckIsASentenceAndAFailedOneHasARemedy) {
  const std::string file = testing::TempDir() + "checked_launcher.lua";
  std::ofstream(file)
      << "return { name = 'checked', command = function() return {} end, checks = function(host) "
         "return {\n"
         "  { name = 'good', command = { 'echo', 'version 1' }, remedy = 'r' },\n"
         "  { name = 'missing', command = { 'no-such-program' }, remedy = 'apt-get install it' },\n"
         "  { name = 'failing', command = { 'sh', '-c', 'echo why; exit 4' }, remedy = 'mend' },\n"
         "  { name = 'absent', file = '/proc/sys/no/such', expect = '0', remedy = 'r' },\n"
         "  { name = 'other', file = '/proc/sys/kernel/ostype', expect = 'Plan 9', remedy = "
         "'change' },\n"
         "  { name = 'either', file = '/proc/sys/kernel/ostype', expect = 'x', command = { 'true' "
         "} },\n"
         "} end }\n";
  const auto checks = run_launcher_checks(file);
  ASSERT_TRUE(checks) << full_sentence(checks.error());
  ASSERT_EQ(checks->size(), 6U);
  const std::vector<bool> expected{true, false, false, true, false, true};
  for (std::size_t i = 0; i < checks->size(); ++i) {
    EXPECT_EQ((*checks)[i].ok, expected[i]) << (*checks)[i].name;
    EXPECT_EQ((*checks)[i].remedy.empty(), expected[i]) << (*checks)[i].name;
  }
  EXPECT_EQ((*checks)[0].sentence, "version 1");
  EXPECT_EQ((*checks)[2].sentence, "sh: exit code 4: why");
}

}  // namespace
}  // namespace plumb::test
