#include <algorithm>
#include <cstdio>
#include <map>

#include <fmt/format.h>
#include <unistd.h>

#include "core/base/text.hpp"
#include "core/run/ruler.hpp"
#include "sdk/cli/commands.hpp"
#include "sdk/cli/host.hpp"

namespace plumb::cli {
namespace {

struct CheckOptions {
  std::vector<std::string> tasks;
  std::string json;
  int concurrency = 4;
  bool unsafe = false;
};

std::string describe(const PolicyRun& run) {
  std::string text = outcome_name(run.outcome);
  if (run.reason != Reason::none) text += fmt::format(": {}", reason_name(run.reason));
  return text;
}

/// One task: a line in short, then what each policy came to where something is wrong.
std::string task_report(const TaskRuler& ruler, std::size_t width) {
  int failed_controls = 0;
  int controls = 0;
  double seconds = 0;
  for (const PolicyRun& run : ruler.policies) {
    seconds += run.seconds;
    if (run.policy == kOracle) continue;
    ++controls;
    if (run.outcome != Outcome::passed && run.problem.empty()) ++failed_controls;
  }
  const PolicyRun& oracle = ruler.policies.front();
  std::string text = fmt::format(
      " {:<{}}  {:<7}  oracle {} in {} turn{}, {} of {} controls failed, {}\n", ruler.task, width,
      ruler.proven() ? "proven" : "BROKEN", describe(oracle), oracle.turns,
      oracle.turns == 1 ? "" : "s", failed_controls, controls, human_seconds(seconds));
  for (const std::string& problem : ruler.problems) text += fmt::format("   ! {}\n", problem);
  return text;
}

std::string policies_report(const TaskRuler& ruler) {
  std::string text;
  for (const PolicyRun& run : ruler.policies) {
    const std::string kind = run.policy == kOracle ? "" : run.trivial ? "trivial " : "control ";
    text += fmt::format("     {:<58} {:<24} {:>3} turn{} {:>9}\n", shortened(kind + run.policy, 55),
                        describe(run), run.turns, run.turns == 1 ? " " : "s",
                        human_seconds(run.seconds));
  }
  return text;
}

std::string summary_line(const std::vector<TaskRuler>& rulers) {
  const Json summary = ruler_summary(rulers);
  std::vector<std::string> trivial;
  for (const auto& [name, rate] : summary["trivial"].items()) {
    trivial.push_back(fmt::format("{} {:.0f} %", name, rate.get<double>() * 100));
  }
  return fmt::format(
      "ruler {}/{} proven, {} controls failed as they must; trivial agents score {}\n",
      summary["proven"].get<int>(), summary["of"].get<int>(), summary["controls_failed"].get<int>(),
      join(trivial, ", "));
}

/// The commands that tasks need and this host's sandbox lacks, as a problem of the task.
Status check_commands(const Suite& suite, SandboxFactory& sandboxes, const std::stop_token& stop) {
  std::vector<std::string> commands;
  for (const auto& task : suite.tasks) {
    commands.insert(commands.end(), task->needs_commands.begin(), task->needs_commands.end());
  }
  Waiter waiter(real_clock(), stop);
  PLUMB_TRY(const CommandDigests found, survey_commands(sandboxes, commands, waiter));
  std::vector<std::string> missing;
  for (const auto& [command, digest] : found) {
    if (digest.empty()) missing.push_back(command);
  }
  if (missing.empty()) return {};
  return fail(Code::config, "the sandbox lacks commands that these tasks need: " +
                                join(missing, ", ") + "; install them on this host (in /usr/bin)");
}

Result<int> check(const CheckOptions& options) {
  const Signals signals;
  std::vector<std::string> paths(options.tasks.size());
  std::ranges::transform(options.tasks, paths.begin(), find_tasks);
  PLUMB_TRY(const Suite suite, load_suite(paths));
  PLUMB_TRY(const auto sandboxes, make_sandboxes(options.unsafe));
  PLUMB_CHECK(check_commands(suite, *sandboxes, signals.stop()));
  PLUMB_TRY(const Scaffold scaffold, load_scaffold(scaffold_file()));
  PLUMB_TRY(const auto endpoints, Endpoints::create());
  PLUMB_TRY(const auto stand_in,
            endpoints->factory(options.concurrency * 2)(ruler_contestant(), suite.tasks));

  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  const bool quiet = options.json == "-";
  std::size_t width = 0;
  for (const auto& task : suite.tasks) width = std::max(width, task->name.size());
  const RulerNeeds needs{.stand_in = *stand_in,
                         .sandboxes = *sandboxes,
                         .scaffold = scaffold,
                         .concurrency = options.concurrency,
                         .on_progress =
                             [&](int done, int of) {
                               if (terminal)
                                 fmt::print(stderr, "\r\033[Kruler check: {} of {} policies played",
                                            done, of);
                             },
                         .on_task =
                             [&](const TaskRuler& ruler) {
                               if (terminal) fmt::print(stderr, "\r\033[K");
                               if (quiet) return;
                               fmt::print("{}", task_report(ruler, width));
                               if (!ruler.proven() || suite.tasks.size() == 1)
                                 fmt::print("{}", policies_report(ruler));
                               std::fflush(stdout);
                             }};
  PLUMB_TRY(const auto rulers, check_rulers(suite.tasks, needs, signals.stop()));
  if (terminal) fmt::print(stderr, "\r\033[K");
  if (!sandboxes->isolates())
    fmt::print(stderr, "plumb: the sandbox \"{}\" isolates nothing\n", sandboxes->name());
  if (!options.json.empty()) {
    Json report = {
        {"schema", "plumb.check/1"}, {"suite", suite.name}, {"summary", ruler_summary(rulers)}};
    for (const TaskRuler& ruler : rulers) report["tasks"].push_back(to_json(ruler));
    PLUMB_CHECK(write_output(options.json, dump_json(report, 2) + "\n"));
  }
  if (!quiet) fmt::print("\n{}", summary_line(rulers));
  const bool proven = std::ranges::all_of(rulers, &TaskRuler::proven);
  return proven ? kOk : kInvalid;
}

}  // namespace

void add_check(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command = app.add_subcommand(
      "check", "Prove the ruler: play every task's oracle, negative controls and trivial agents");
  command->add_option("tasks", options->tasks, "Folders of tasks")->required();
  command->add_option("--json", options->json,
                      "Write the report as JSON to FILE, or - for the standard output");
  command->add_option("--concurrency", options->concurrency, "Policies played at once")
      ->check(CLI::Range(1, 256));
  command->add_flag("--unsafe-sandbox", options->unsafe, "Run commands without isolation, as you");
  command->footer(
      "Example:\n  plumb check tasks/starter\n\nExit codes: 0 all proven, 3 a ruler is broken.");
  command->callback([options, &exit_code] {
    const auto result = check(*options);
    exit_code = result ? *result : report(result.error());
  });
}

}  // namespace plumb::cli
