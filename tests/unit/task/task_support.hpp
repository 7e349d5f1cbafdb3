#pragma once

#include <memory>
#include <string>

#include <gmock/gmock.h>

#include "core/task/live_task.hpp"
#include "tests/support/fake_sandbox.hpp"
#include "tests/support/task_folder.hpp"

namespace plumb::test {

/// A task of its own in a fake sandbox.
class LiveTaskTest : public testing::Test {
 protected:
  /// Opens the plain task with these members added.
  Status open(const std::string& more) {
    live_.reset();
    folder_ = std::make_unique<TaskFolder>(task_text(more));
    for (const auto& [name, text] : own_files_) folder_->put(name, text);
    PLUMB_TRY(const Suite suite, load_suite({folder_->path().string()}));
    task_ = suite.tasks.at(0);
    PLUMB_TRY(live_, LiveTask::open(*task_, std::make_unique<FakeSandbox>(world_), 5));
    return {};
  }
  void must_open(const std::string& more) {
    const Status opened = open(more);
    ASSERT_TRUE(opened) << full_sentence(opened.error());
  }
  /// What a tool with this body says.
  Result<ToolResult> call(const std::string& body, const Json& arguments = Json::object(),
                          Duration allowed = std::chrono::hours(1)) {
    PLUMB_CHECK(open(tool_members(body)));
    return live_->call_tool("probe", arguments, allowed);
  }
  static std::string tool_members(const std::string& body) {
    return "tools = { { name = 'probe', description = 'Does it.', parameters = { type = 'object' "
           "}, "
           "run = function(env, args) " +
           body + " end } }";
  }

  std::shared_ptr<FakeWorld> world_ = std::make_shared<FakeWorld>();
  std::map<std::string, std::string> own_files_;
  std::unique_ptr<TaskFolder> folder_;
  std::shared_ptr<const Task> task_;
  std::unique_ptr<LiveTask> live_;
};

}  // namespace plumb::test
