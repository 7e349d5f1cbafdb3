#include <set>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/run/survey.hpp"
#include "core/sandbox/host_checks.hpp"
#include "core/task/task.hpp"
#include "sdk/cli/commands.hpp"
#include "sdk/cli/host.hpp"

namespace plumb::cli {
namespace {

struct DoctorOptions {
  bool json = false;
};

/// A whole sandbox, started and used: what the single checks are for.
HostCheck try_sandbox(const std::stop_token& stop) {
  HostCheck check{.name = "a command runs in a sandbox"};
  const auto started = std::chrono::steady_clock::now();
  const auto sandboxes = make_sandboxes(false);
  if (!sandboxes) {
    check.sentence = full_sentence(sandboxes.error());
    check.remedy = "reinstall Plumbline";
    return check;
  }
  Waiter waiter(real_clock(), stop);
  const auto sandbox = (*sandboxes)->start(waiter);
  const auto result = sandbox ? (*sandbox)->exec({.argv = {"true"}})
                              : Result<ExecResult>(std::unexpected(sandbox.error()));
  check.ok = result && result->code == 0;
  check.sentence =
      check.ok ? fmt::format("{} in {}", (*sandboxes)->name(),
                             human_seconds(to_seconds(std::chrono::steady_clock::now() - started)))
               : (result ? "the command failed" : full_sentence(result.error()));
  if (!check.ok) check.remedy = "mend what is named above; without isolation: --unsafe-sandbox";
  return check;
}

/// The commands that the starter tasks need.
std::vector<HostCheck> check_commands(const std::stop_token& stop) {
  const auto suite = load_suite({find_tasks("tasks/starter")});
  if (!suite) {
    return {{.name = "the starter tasks",
             .ok = false,
             .sentence = full_sentence(suite.error()),
             .remedy = "reinstall Plumbline, or set PLUMB_HOME to its folder"}};
  }
  std::set<std::string> commands;
  for (const auto& task : suite->tasks)
    commands.insert(task->needs_commands.begin(), task->needs_commands.end());
  const auto sandboxes = make_sandboxes(false);
  if (!sandboxes) return {};
  Waiter waiter(real_clock(), stop);
  const auto found = survey_commands(**sandboxes, {commands.begin(), commands.end()}, waiter);
  if (!found) return {};  // said by the check above
  std::vector<HostCheck> checks;
  for (const auto& [command, digest] : *found) {
    const bool ok = !digest.empty();
    checks.push_back(
        {.name = command,
         .ok = ok,
         .sentence = ok ? "found in the sandbox" : "starter tasks that need it are skipped",
         .remedy = ok ? "" : "apt-get install " + command});
  }
  return checks;
}

Result<int> examine(const DoctorOptions& options) {
  const Signals signals;
  PLUMB_TRY(auto checks, run_launcher_checks(launcher_file(false)));
  checks.push_back(try_sandbox(signals.stop()));
  const bool can_start = checks.back().ok;
  if (can_start) {
    for (HostCheck& check : check_commands(signals.stop())) checks.push_back(std::move(check));
  }
  const bool ok = std::ranges::all_of(checks, &HostCheck::ok);
  if (options.json) {
    Json report = {{"schema", "plumb.doctor/1"}, {"ok", ok}};
    for (const HostCheck& check : checks) {
      report["checks"].push_back({{"name", check.name},
                                  {"ok", check.ok},
                                  {"sentence", check.sentence},
                                  {"remedy", check.remedy}});
    }
    fmt::print("{}\n", dump_json(report, 2));
    return ok ? kOk : kUsage;
  }
  for (const HostCheck& check : checks) {
    fmt::print(" {:<3} {:<45} {}\n", check.ok ? "ok" : "NO", check.name,
               printable(check.sentence, true));
    if (!check.ok && !check.remedy.empty()) fmt::print("       mend it: {}\n", check.remedy);
  }
  fmt::print("\n{}\n", ok ? "This host can do all that Plumbline needs."
                          : "Something is missing; see above.");
  return ok ? kOk : kUsage;
}

}  // namespace

void add_doctor(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<DoctorOptions>();
  CLI::App* command =
      app.add_subcommand("doctor", "What this host can do, what is missing, and what mends it");
  command->add_flag("--json", options->json, "Print the report as JSON");
  command->footer("Exit codes: 0 all is there, 1 something is missing.");
  command->callback([options, &exit_code] {
    const auto result = examine(*options);
    exit_code = result ? *result : report(result.error());
  });
}

}  // namespace plumb::cli
