// A disk that is full in the middle of a run, as a small tmpfs in a mount namespace of the test's
// own.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "core/base/fd.hpp"
#include "core/base/hash.hpp"
#include "core/store/store.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_folder.hpp"

namespace plumb {
namespace {

constexpr int kCannotMount = 77;

Status save(Store& store, int repeat) {
  Waiter waiter(real_clock(), {});
  auto record = test::trial_record({"hasty", "rename", repeat}, Outcome::passed);
  // Random digits do not compress.
  record.events[0]["text"] = random_hex(20'000);
  const auto saving = store.save("aa11", std::move(record), waiter.wake());
  waiter.wait([&] { return saving->done(); }, kNever);
  return saving->status();
}

/// Fills the disk, frees it, goes on. Returns what went wrong, "" when nothing did.
std::string fill_and_go_on(const std::string& folder) {
  const Fd ballast(::open((folder + "/ballast").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  if (::ftruncate(ballast.get(), 0) != 0 || ::posix_fallocate(ballast.get(), 0, 1 << 20) != 0) {
    return "the ballast does not fit";
  }
  const auto store = Store::open(folder + "/plumb.db");
  if (!store) return full_sentence(store.error());
  RunInfo run = test::planned_run({{"rename"}}, {"hasty"}, 1000);
  run.id = "aa11";
  if (const Status made = (*store)->create_run(run); !made) return full_sentence(made.error());
  int saved = 0;
  Status status;
  while (saved < 1000 && (status = save(**store, saved))) ++saved;
  if (status) return "the disk never was full";
  const std::string sentence = full_sentence(status.error());
  if (sentence.find("the disk is full") == std::string::npos) return "says: " + sentence;
  const auto kept = (*store)->trials("aa11");
  if (!kept) return full_sentence(kept.error());
  if (static_cast<int>(kept->size()) != saved) return "lost what it had";
  if (::ftruncate(ballast.get(), 0) != 0) return "the ballast stays";
  if (const Status after = save(**store, saved); !after) return full_sentence(after.error());
  return "";
}

TEST(FullDisk, IsSaidInASentenceAndLosesNothing) {
  const test::TempFolder folder;
  const std::string path = folder.path().string();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const int flags = ::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER;
    if (::unshare(flags) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", path.c_str(), "tmpfs", 0, "size=4m") != 0) {
      ::_exit(kCannotMount);
    }
    const std::string wrong = fill_and_go_on(path);
    if (!wrong.empty()) fmt::print(stderr, "{}\n", wrong);
    ::_exit(wrong.empty() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kCannotMount) {
    GTEST_SKIP() << "this host lets nobody mount a tmpfs in a namespace of their own";
  }
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace plumb
