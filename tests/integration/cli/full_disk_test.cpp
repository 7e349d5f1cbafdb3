// A disk that fills up in the middle of a run, as a small tmpfs that only the test sees.
#include <sched.h>
#include <sys/mount.h>

#include <set>

#include "tests/integration/cli/cli_fixture.hpp"

namespace plumb::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class FullDisk : public Cli {
 protected:
  /// A tmpfs in a mount namespace of this thread alone; false where the host forbids it.
  [[nodiscard]] static bool mount_small(const std::string& folder) {
    std::filesystem::create_directory(folder);
    return ::unshare(CLONE_NEWNS) == 0 &&
           ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=768k") == 0;
  }
  void fill_and_go_on() const {
    constexpr std::size_t kTrials = 150;
    const std::vector<std::string> arguments = {
        "run", kQuick, "--model",       "a=standin:skill=0.7", "--repeats",
        "50",  "--db", "disk/plumb.db", "--no-ruler",          "--resume"};
    const PlumbEnd end = plumb(arguments);
    EXPECT_EQ(end.code, 1) << end.out << end.err;
    EXPECT_THAT(end.err, AllOf(HasSubstr("the disk is full"), HasSubstr("--resume goes on")));
    std::set<TrialKey> announced;
    for (const std::string& line : split(end.out, '\n')) {
      if (const auto trial = announced_trial(line)) announced.insert(*trial);
    }
    EXPECT_GT(announced.size(), 0U);
    EXPECT_LT(announced.size(), kTrials);

    ASSERT_EQ(::mount("tmpfs", file("disk").c_str(), "tmpfs", MS_REMOUNT, "size=64m"), 0);
    const Outcomes kept = outcomes("last", "disk/plumb.db");
    for (const TrialKey& key : announced) {
      EXPECT_TRUE(kept.contains(key)) << key.task << " #" << key.repeat << " was announced";
    }
    const PlumbEnd resumed = plumb(arguments);
    EXPECT_EQ(resumed.code, 0) << resumed.out << resumed.err;
    EXPECT_THAT(resumed.out,
                HasSubstr(fmt::format("150 trials, {} of them already there", kept.size())));
    EXPECT_EQ(trials("last", "disk/plumb.db").size(), kTrials);
  }
};

TEST_F(FullDisk, IsSaidAndTheRunGoesOnAfterwards) {
  bool mounted = false;
  std::jthread([&] {
    mounted = mount_small(file("disk"));
    if (mounted) fill_and_go_on();
  }).join();
  if (!mounted) GTEST_SKIP() << "this host lets nobody mount a tmpfs in a namespace of their own";
}

}  // namespace
}  // namespace plumb::test
