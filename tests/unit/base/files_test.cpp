#include "core/base/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "core/base/hash.hpp"

namespace plumb {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

/// A folder of its own for each test, gone afterwards.
class Files : public testing::Test {
 protected:
  Files() { fs::create_directories(root_); }
  ~Files() override { fs::remove_all(root_); }

  /// Writes a file below the root, with its folders.
  void put(const std::string& name, std::string_view bytes) {
    fs::create_directories((root_ / name).parent_path());
    ASSERT_TRUE(write_file(root_ / name, bytes));
  }
  std::vector<std::string> names() {
    std::vector<std::string> found;
    const auto files = list_tree(root_);
    EXPECT_TRUE(files);
    for (const auto& file : files.value()) found.push_back(file.path);
    return found;
  }

  const fs::path root_ = fs::temp_directory_path() / ("plumb-files-" + random_hex(8));
};

TEST_F(Files, ReadsBackEveryByteThatWasWritten) {
  std::string bytes;
  for (int i = 0; i < 300'000; ++i) bytes += static_cast<char>(i);
  ASSERT_TRUE(write_file(root_ / "a", bytes));
  EXPECT_EQ(read_file(root_ / "a").value(), bytes);
}

TEST_F(Files, AFileOfExactlyTheLimitIsRead) {
  put("a", "12345");
  EXPECT_EQ(read_file(root_ / "a", 5).value(), "12345");
  const auto refused = read_file(root_ / "a", 4);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::limit);
}

TEST_F(Files, ReadingSaysWhatIsWrongWithThePath) {
  const auto absent = read_file(root_ / "gone");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, Code::not_found);
  EXPECT_THAT(absent.error().sentence, HasSubstr((root_ / "gone").string()));
  EXPECT_EQ(read_file(root_).error().code, Code::io);
}

TEST_F(Files, APipeIsRefusedInsteadOfWaitedFor) {
  ASSERT_EQ(::mkfifo((root_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_file(root_ / "pipe").error().code, Code::io);
  EXPECT_FALSE(write_file(root_ / "pipe", "x"));
  EXPECT_TRUE(fs::is_fifo(root_ / "pipe"));
  fs::create_symlink("pipe", root_ / "link");
  EXPECT_FALSE(write_file(root_ / "link", "x"));
  EXPECT_TRUE(fs::is_symlink(root_ / "link"));
}

TEST_F(Files, WritingReplacesTheWholeFileAndLeavesNothingBeside) {
  put("a", "long old content");
  put("a", "new");
  EXPECT_EQ(read_file(root_ / "a").value(), "new");
  EXPECT_THAT(names(), ElementsAre("a"));
}

TEST_F(Files, AReaderSeesTheOldFileOrTheNewOne) {
  const std::string old_bytes(100'000, 'o');
  const std::string new_bytes(50'000, 'n');
  put("a", old_bytes);
  std::jthread writer([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      EXPECT_TRUE(write_file(root_ / "a", new_bytes));
      EXPECT_TRUE(write_file(root_ / "a", old_bytes));
    }
  });
  for (int i = 0; i < 200; ++i) {
    const auto seen = read_file(root_ / "a");
    ASSERT_TRUE(seen);
    ASSERT_TRUE(*seen == old_bytes || *seen == new_bytes) << seen->size();
  }
}

TEST_F(Files, AWriteThatFailsLeavesTheOldFileAndNothingBeside) {
  put("folder/inner", "kept");
  const auto refused = write_file(root_ / "folder", "x");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().sentence, HasSubstr((root_ / "folder").string()));
  EXPECT_FALSE(write_file(root_ / "gone" / "a", "x"));
  EXPECT_THAT(names(), ElementsAre("folder/inner"));
}

TEST_F(Files, WritingThroughALinkReplacesWhatItPointsTo) {
  put("real", "old");
  fs::create_symlink("real", root_ / "link");
  ASSERT_TRUE(write_file(root_ / "link", "new"));
  EXPECT_TRUE(fs::is_symlink(root_ / "link"));
  EXPECT_EQ(read_file(root_ / "real").value(), "new");
}

TEST_F(Files, ATreeIsListedByPath) {
  put("b", "");
  put("a/z", "");
  put("a.txt", "");
  put("a/.hidden", "");
  fs::create_directories(root_ / "empty");
  fs::permissions(root_ / "b", fs::perms::owner_exec, fs::perm_options::add);
  EXPECT_THAT(names(), ElementsAre("a.txt", "a/.hidden", "a/z", "b"));
  EXPECT_TRUE(list_tree(root_).value().back().executable);
  EXPECT_FALSE(list_tree(root_).value().front().executable);
}

TEST_F(Files, ATreeWithAnythingButFilesAndFoldersIsRefused) {
  put("inside", "x");
  for (const char* target : {"inside", "/etc", "nowhere", "."}) {
    fs::create_symlink(target, root_ / "link");
    const auto refused = list_tree(root_);
    ASSERT_FALSE(refused) << target;
    EXPECT_EQ(refused.error().code, Code::config);
    EXPECT_THAT(refused.error().sentence, HasSubstr((root_ / "link").string()));
    fs::remove(root_ / "link");
  }
  ASSERT_EQ(::mkfifo((root_ / "pipe").c_str(), 0600), 0);
  EXPECT_FALSE(list_tree(root_));
  EXPECT_FALSE(hash_tree(root_));
}

TEST_F(Files, ATreeThatIsNotThereIsAnError) {
  EXPECT_FALSE(list_tree(root_ / "gone"));
  put("a", "");
  EXPECT_FALSE(list_tree(root_ / "a"));
}

TEST_F(Files, TheHashOfATreeChangesWithNameBytesAndExecuteBit) {
  put("a", "1");
  put("b", "2");
  const std::string before = hash_tree(root_).value();
  EXPECT_EQ(hash_tree(root_).value(), before);

  put("a", "3");
  EXPECT_NE(hash_tree(root_).value(), before);
  put("a", "1");
  EXPECT_EQ(hash_tree(root_).value(), before);

  fs::permissions(root_ / "a", fs::perms::owner_exec, fs::perm_options::add);
  EXPECT_NE(hash_tree(root_).value(), before);
  fs::permissions(root_ / "a", fs::perms::owner_exec, fs::perm_options::remove);
  EXPECT_EQ(hash_tree(root_).value(), before);

  fs::rename(root_ / "b", root_ / "c");
  EXPECT_NE(hash_tree(root_).value(), before);
}

TEST_F(Files, TheHashOfATreeDoesNotDependOnWhereItLies) {
  put("one/a", "1");
  put("two/a", "1");
  EXPECT_EQ(hash_tree(root_ / "one").value(), hash_tree(root_ / "two").value());
}

}  // namespace
}  // namespace plumb
