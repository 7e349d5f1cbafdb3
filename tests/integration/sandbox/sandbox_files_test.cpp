#include <algorithm>

#include "tests/integration/sandbox/sandbox_fixture.hpp"

namespace plumb::test {
namespace {

class SandboxFiles : public SandboxTest {};

TEST_F(SandboxFiles, WhatIsWrittenIsReadBack) {
  std::string bytes;
  for (int i = 0; i < 3'000'000; ++i) bytes += static_cast<char>(i * 7);
  ASSERT_TRUE(sandbox_->write("deep/er/file.bin", bytes));
  EXPECT_EQ(sandbox_->read("deep/er/file.bin").value(), bytes);
  EXPECT_EQ(sandbox_->read("/work/deep/er/file.bin").value().size(), bytes.size());
  ASSERT_TRUE(sandbox_->write("empty", ""));
  EXPECT_EQ(sandbox_->read("empty").value(), "");
  EXPECT_EQ(said("stat -c '%a %u' deep/er/file.bin"), "644 1000\n");
}

TEST_F(SandboxFiles, WritingReplacesInOneStepAndKeepsPermissionsAndLinks) {
  ASSERT_TRUE(sandbox_->write("run.sh", "#!/bin/sh\necho 1\n", 0755));
  ASSERT_TRUE(sandbox_->write("run.sh", "#!/bin/sh\necho 2\n"));
  EXPECT_EQ(said("./run.sh"), "2\n");
  shell("ln -s run.sh link");
  ASSERT_TRUE(sandbox_->write("link", "#!/bin/sh\necho 3\n"));
  EXPECT_EQ(said("readlink link; ./run.sh"), "run.sh\n3\n");
  EXPECT_EQ(said("ls -A"), "link\nrun.sh\n");
}

TEST_F(SandboxFiles, TheHostsFileTakesNewNames) {
  ASSERT_TRUE(sandbox_->write("/etc/hosts", "127.0.0.1 localhost\n127.1.0.1 news.test\n"));
  EXPECT_EQ(said("getent hosts news.test"), "127.1.0.1       news.test\n");
  ASSERT_TRUE(sandbox_->write("/etc/hosts", "127.0.0.1 localhost\n"));
  EXPECT_EQ(said("cat /etc/hosts"), "127.0.0.1 localhost\n");
  EXPECT_FALSE(sandbox_->write("/etc/passwd", "x"));
}

TEST_F(SandboxFiles, OnlyRegularFilesAreRead) {
  shell(
      "mkfifo fifo; mkdir folder; ln -s /dev/zero zero; ln -s loop loop; ln -s target link; echo t "
      "> target");
  for (const char* path : {"fifo", "folder", "zero", "loop", "/dev/null"}) {
    const auto read = sandbox_->read(path);
    ASSERT_FALSE(read) << path;
    EXPECT_EQ(read.error().code, Code::io) << path;
  }
  EXPECT_EQ(sandbox_->read("link").value(), "t\n");
  EXPECT_EQ(sandbox_->read("absent").error().code, Code::not_found);
  EXPECT_FALSE(sandbox_->write("fifo", "x"));
  EXPECT_FALSE(sandbox_->write("folder", "x"));
}

TEST_F(SandboxFiles, ReadingIsCapped) {
  shell("truncate -s 10G huge");
  const auto read = sandbox_->read("huge", 1000);
  EXPECT_EQ(read.error().code, Code::limit);
  EXPECT_NE(read.error().sentence.find("larger than 1000 bytes"), std::string::npos);
  ASSERT_TRUE(sandbox_->write("exact", std::string(1000, 'x')));
  EXPECT_EQ(sandbox_->read("exact", 1000).value().size(), 1000U);
}

TEST_F(SandboxFiles, AFullDiskIsASentenceAndTheSandboxLives) {
  EXPECT_NE(shell("head -c 100M /dev/zero > filler").code, 0);
  const auto written = sandbox_->write("more", std::string(100'000, 'x'));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::io);
  EXPECT_NE(written.error().sentence.find("No space left"), std::string::npos);
  EXPECT_EQ(sandbox_->read("more").error().code, Code::not_found);
  ASSERT_TRUE(sandbox_->remove("filler"));
  EXPECT_TRUE(sandbox_->write("more", "fits again"));
}

TEST_F(SandboxFiles, FoldersAreListedSorted) {
  shell("mkdir -p b/c a; echo 12345 > b/c/f; ln -s f b/link; touch a.txt");
  const auto flat = sandbox_->list("/work", false);
  ASSERT_TRUE(flat);
  ASSERT_EQ(flat->size(), 3U);
  EXPECT_EQ((*flat)[0].path, "a");
  EXPECT_EQ((*flat)[0].kind, DirEntry::Kind::folder);
  EXPECT_EQ((*flat)[1].path, "a.txt");
  const auto all = sandbox_->list(".", true);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 6U);
  EXPECT_EQ((*all)[4].path, "b/c/f");
  EXPECT_EQ((*all)[4].size, 6U);
  EXPECT_EQ((*all)[5].kind, DirEntry::Kind::link);
  EXPECT_EQ(sandbox_->list("absent", true).error().code, Code::not_found);
}

TEST_F(SandboxFiles, EndlessFoldersAreRefused) {
  shell("touch {1..200}; d=deep; for i in {1..200}; do mkdir $d && cd $d; done");
  EXPECT_EQ(sandbox_->list(".", true, 100).error().code, Code::limit);
  EXPECT_EQ(sandbox_->list("deep", true).error().code, Code::limit);
  EXPECT_EQ(sandbox_->remove("deep").error().code, Code::limit);
  EXPECT_TRUE(sandbox_->list(".", false));
}

TEST_F(SandboxFiles, RemovingTakesFoldersAndLeavesWhatLinksPointTo) {
  shell("mkdir -p tree/a/b; touch tree/a/b/c keep; ln -s ../keep tree/link; ln -s /work tree/up");
  ASSERT_TRUE(sandbox_->remove("tree"));
  EXPECT_EQ(said("ls -A"), "keep\n");
  EXPECT_EQ(sandbox_->remove("tree").error().code, Code::not_found);
  EXPECT_FALSE(sandbox_->remove("/usr/bin"));
}

TEST_F(SandboxFiles, NamesThatAreNoTextAreCarriedAsTheyAre) {
  const std::string name = "\xff\xfe \n\"name";
  ASSERT_TRUE(sandbox_->write(name, "x"));
  const auto all = sandbox_->list(".", true);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->at(0).path, name);
  EXPECT_EQ(sandbox_->read(name).value(), "x");
}

}  // namespace
}  // namespace plumb::test
