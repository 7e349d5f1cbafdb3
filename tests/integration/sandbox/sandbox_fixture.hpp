#pragma once

#include <iostream>
#include <memory>
#include <stop_token>
#include <string>

#include <gtest/gtest.h>

#include "core/sandbox/host_checks.hpp"
#include "core/sandbox/sandbox.hpp"

namespace plumb::test {

inline std::string launcher_file(const std::string& name) {
  return std::string(PLUMB_SANDBOXES) + "/" + name + ".lua";
}

/// Why this host can start no sandbox of the kind; "" when it can.
inline std::string missing_for(const std::string& launcher) {
  const auto checks = run_launcher_checks(launcher_file(launcher));
  if (!checks) return checks.error().sentence;
  for (const HostCheck& check : *checks) {
    if (!check.ok) return check.name + ": " + check.sentence + "; " + check.remedy;
  }
  return "";
}

/// A live sandbox per test.
class SandboxTest : public testing::Test {
 protected:
  explicit SandboxTest(std::string launcher = "bwrap") : launcher_(std::move(launcher)) {}

  void SetUp() override {
    static const std::string missing = missing_for(launcher_);
    if (!missing.empty()) {
      std::cerr << "\n*** SANDBOX TEST SKIPPED: " << missing << "\n\n";
      GTEST_SKIP() << missing;
    }
    start();
  }

  void start(SandboxOptions options = {.work_bytes = std::uint64_t{64} << 20}) {
    auto factory = make_sandbox_factory(launcher_file(launcher_), PLUMB_GUEST, std::move(options));
    ASSERT_TRUE(factory) << full_sentence(factory.error());
    factory_ = std::move(*factory);
    auto sandbox = factory_->start(waiter_);
    ASSERT_TRUE(sandbox) << full_sentence(sandbox.error());
    sandbox_ = std::move(*sandbox);
  }

  /// Runs a line of shell. A failure of the sandbox itself fails the test and reads as exit code
  /// -2.
  ExecResult shell(const std::string& line, Duration timeout = std::chrono::seconds(30)) {
    auto result = sandbox_->exec({.argv = {"bash", "-c", line}, .timeout = timeout});
    EXPECT_TRUE(result) << full_sentence(result.error());
    return result ? *result : ExecResult{.code = -2};
  }
  std::string said(const std::string& line) {
    const ExecResult result = shell(line);
    return result.out.text() + result.err.text();
  }

  std::string launcher_;
  std::stop_source stop_;
  Waiter waiter_{real_clock(), stop_.get_token()};
  std::unique_ptr<SandboxFactory> factory_;
  std::unique_ptr<Sandbox> sandbox_;
};

}  // namespace plumb::test
