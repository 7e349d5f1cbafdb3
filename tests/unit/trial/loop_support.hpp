#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "core/trial/loop.hpp"
#include "tests/support/fake_endpoint.hpp"
#include "tests/support/fake_sandbox.hpp"
#include "tests/support/task_folder.hpp"

namespace plumb::test {

/// Runs trials of the plain task (tool `echo`; passes when the final answer is "done") against
/// scripted answers.
class LoopTest : public testing::Test {
 protected:
  TrialRecord run(std::vector<ChatReply> replies, const std::string& more = "") {
    folder_ = std::make_unique<TaskFolder>(task_text(more));
    for (const auto& [name, content] : own_files_) folder_->put(name, content);
    const auto suite = load_suite({folder_->path().string()});
    if (!suite) {
      ADD_FAILURE() << suite.error().sentence;
      return {};
    }
    const auto task = suite->tasks.at(0);
    const Scaffold scaffold = *load_scaffold(scaffold_file());
    endpoint_ = std::make_unique<FakeEndpoint>(std::move(replies));
    endpoint_->on_chat = on_chat_;
    Waiter waiter(real_clock(), stop_.get_token());
    return run_trial({.key = {"model", task->name, 0},
                      .task = *task,
                      .scaffold = scaffold,
                      .budget = make_budget(rule_, task->expected_turns),
                      .seed = 5,
                      .request_seed = 77,
                      .trial_header = "header",
                      .window = window_,
                      .rescue = rescue_,
                      .pressure = pressure_,
                      .on_turn = [this](int turn) { turns_.push_back(turn); }},
                     *endpoint_, sandboxes_, waiter);
  }
  /// The text of the tool messages in the last request.
  [[nodiscard]] std::vector<std::string> tool_messages() const {
    std::vector<std::string> texts;
    for (const Message& message : endpoint_->seen.back().messages) {
      if (message.role == Role::tool) texts.push_back(message.text);
    }
    return texts;
  }
  static std::vector<Json> events_of(const TrialRecord& record, const std::string& type) {
    std::vector<Json> found;
    for (const Json& event : record.events) {
      if (event["type"] == type) found.push_back(event);
    }
    return found;
  }

  BudgetRule rule_{.slack = 2, .seconds_per_turn = 15, .hard_stop = 2, .tokens_per_turn = 1000};
  std::map<std::string, std::string> own_files_;
  std::function<void()> on_chat_;
  std::optional<std::int64_t> window_;
  std::string rescue_;
  Pressure pressure_;
  std::vector<int> turns_;
  std::stop_source stop_;
  FakeSandboxFactory sandboxes_;
  std::unique_ptr<TaskFolder> folder_;
  std::unique_ptr<FakeEndpoint> endpoint_;
};

inline constexpr const char* kHello = R"({"text":"hello"})";

}  // namespace plumb::test
