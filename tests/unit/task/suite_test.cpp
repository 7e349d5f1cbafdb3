#include <gmock/gmock.h>

#include "core/task/task.hpp"
#include "tests/support/task_folder.hpp"

namespace plumb {
namespace {

using testing::HasSubstr;

std::string task_named(const std::string& name) { return test::task_text("name = '" + name + "'"); }

class SuiteLoading : public testing::Test {
 protected:
  void add(const std::string& folder, const std::string& text) {
    test::put_file(folder_.path() / folder / "task.lua", text);
  }
  [[nodiscard]] std::string path(const std::string& name = "") const {
    return (folder_.path() / name).string();
  }
  test::TempFolder folder_;
};

TEST_F(SuiteLoading, TasksComeInTheOrderOfTheirNames) {
  add("s/b", task_named("b"));
  add("s/a", task_named("a"));
  const auto suite = load_suite({path("s")});
  ASSERT_TRUE(suite) << suite.error().sentence;
  ASSERT_EQ(suite->tasks.size(), 2);
  EXPECT_EQ(suite->name, "s");
  EXPECT_EQ(suite->tasks[0]->name, "a");
}

TEST_F(SuiteLoading, ATaskIsNamedByItsFolderOrItsFile) {
  add("s/a", task_named("a"));
  EXPECT_EQ(load_suite({path("s/a")})->name, "a");
  EXPECT_EQ(load_suite({path("s/a/")})->name, "a");
  EXPECT_EQ(load_suite({path("s/a/task.lua")})->name, "a");
  EXPECT_EQ(load_suite({path("s"), path("s/a")})->tasks.size(), 1);
}

TEST_F(SuiteLoading, AllMistakesAreToldTogether) {
  add("s/a", "return {}");
  add("s/b", task_named("c"));
  add("s/d", task_named("d"));
  const auto suite = load_suite({path("s")});
  ASSERT_FALSE(suite);
  EXPECT_THAT(suite.error().sentence, HasSubstr("2 tasks cannot be used:\n"));
  EXPECT_THAT(suite.error().sentence, HasSubstr("differs from its folder's"));
}

TEST_F(SuiteLoading, TwoTasksOfOneNameAreRefused) {
  add("s/a", task_named("a"));
  add("t/a", task_named("a"));
  EXPECT_THAT(load_suite({path("s"), path("t")}).error().sentence,
              HasSubstr("two tasks are named \"a\""));
}

TEST_F(SuiteLoading, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(load_suite({path("none")}).error().code, Code::not_found);
  EXPECT_THAT(load_suite({path()}).error().sentence, HasSubstr("holds no task"));
}

TEST_F(SuiteLoading, TheDigestFollowsTheContent) {
  add("s/a", task_named("a"));
  const std::string before = load_suite({path("s")})->digest;
  EXPECT_EQ(load_suite({path("s")})->digest, before);
  test::put_file(folder_.path() / "s/a/hidden/test.py", "x");
  EXPECT_NE(load_suite({path("s")})->digest, before);
}

TEST_F(SuiteLoading, TasksOfASuiteShareItsCommonFolder) {
  add("s/a", "local words = require 'words'\n" + task_named("a"));
  test::put_file(folder_.path() / "s" / "common" / "words.lua", "return { 'one' }");
  const auto before = load_suite({path("s")});
  ASSERT_TRUE(before) << before.error().sentence;
  EXPECT_EQ(before->tasks.size(), 1);
  for (const char* spelling : {"s/a", "s/a/", "s/../s/a/task.lua"}) {
    EXPECT_TRUE(load_suite({path(spelling)})) << spelling;
  }
  test::put_file(folder_.path() / "s" / "common" / "words.lua", "return { 'two' }");
  EXPECT_NE(load_suite({path("s")})->tasks[0]->digest, before->tasks[0]->digest);
}

TEST_F(SuiteLoading, ALinkInATaskIsRefused) {
  add("s/a", task_named("a"));
  std::filesystem::create_symlink("/etc/passwd", folder_.path() / "s/a/link");
  EXPECT_FALSE(load_suite({path("s")}));
}

}  // namespace
}  // namespace plumb
