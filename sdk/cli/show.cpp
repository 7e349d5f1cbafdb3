#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/score/scorecard.hpp"
#include "core/score/summary.hpp"
#include "core/trial/scaffold.hpp"
#include "plugins/reporters/reporters.hpp"
#include "sdk/cli/commands.hpp"
#include "sdk/cli/host.hpp"
#include "sdk/cli/output.hpp"

namespace plumb::cli {
namespace {

struct ShowOptions {
  std::string db = "plumb.db";
  std::string what = "last";
  std::string json;
  std::string markdown;
  std::string summary;
  bool scaffold = false;
  bool full = false;
};

Status print_score(const ShowOptions& options) {
  PLUMB_TRY(const auto store, open_existing(options.db));
  PLUMB_TRY(const RunInfo run, store->run(options.what));
  PLUMB_TRY(const auto records, store->trials(run.id));
  const Json card = make_scorecard(run, records);
  if (!options.summary.empty()) {
    PLUMB_CHECK(write_output(options.summary, dump_json(run_summary(run, records), 2) + "\n"));
  }
  if (!options.markdown.empty())
    PLUMB_CHECK(write_output(options.markdown, markdown_scorecard(card)));
  if (!options.json.empty()) return write_output(options.json, json_scorecard(card));
  if (options.markdown != "-" && options.summary != "-")
    fmt::print("{}", terminal_scorecard(card, terminal_style(stdout)));
  return {};
}

Status print_runs(const ShowOptions& options) {
  PLUMB_TRY(const auto store, open_existing(options.db));
  PLUMB_TRY(const auto runs, store->runs());
  fmt::print("{}", list_runs(runs, terminal_style(stdout)));
  return {};
}

/// RUN/CONTESTANT/TASK/REPEAT[/ATTEMPT]; repeats as the scorecard counts them, from 1.
struct TrialName {
  std::string run;
  TrialKey key;
  int attempt = 0;
};

Result<TrialName> parse_trial_name(const std::string& text) {
  const auto parts = split(text, '/');
  const auto repeat = parts.size() > 3 ? parse_int(parts[3]) : std::nullopt;
  const auto attempt = parts.size() > 4 ? parse_int(parts[4]) : std::optional<std::int64_t>(0);
  if (parts.size() < 4 || parts.size() > 5 || !repeat || *repeat < 1 || !attempt || *attempt < 0) {
    return fail(Code::usage,
                "\"" + text +
                    "\" names no trial; it is written RUN/CONTESTANT/TASK/REPEAT, for example "
                    "last/mine/rename-function/1 (`plumb show RUN` lists them)");
  }
  return TrialName{
      parts[0], {parts[1], parts[2], static_cast<int>(*repeat - 1)}, static_cast<int>(*attempt)};
}

Status print_trials(Store& store, const std::string& run_id) {
  PLUMB_TRY(const RunInfo run, store.run(run_id));
  PLUMB_TRY(const auto records, store.trials(run.id));
  for (const TrialRecord& record : records) {
    const Verdict& verdict = record.verdict;
    std::string outcome = outcome_name(verdict.outcome);
    if (verdict.reason != Reason::none) outcome += fmt::format(": {}", reason_name(verdict.reason));
    const std::string name = fmt::format(
        "{}/{}/{}/{}{}", run.id, record.key.contestant, record.key.task, record.key.repeat + 1,
        record.attempt > 1 ? fmt::format("/{}", record.attempt) : "");
    fmt::print("{:<56} {:<26} {:>3} turns {:>9}\n", name, outcome, record.turns,
               human_seconds(record.clocks.charged_s()));
  }
  return {};
}

Status print_what(const ShowOptions& options) {
  if (options.scaffold) {
    PLUMB_TRY(const Scaffold scaffold, load_scaffold(scaffold_file()));
    fmt::print("{}\n-- version {}, SHA-256 {}\n", scaffold.source, scaffold.version,
               scaffold.digest);
    return {};
  }
  PLUMB_TRY(const auto store, open_existing(options.db));
  if (options.what.find('/') == std::string::npos) return print_trials(*store, options.what);
  PLUMB_TRY(const TrialName name, parse_trial_name(options.what));
  PLUMB_TRY(const RunInfo run, store->run(name.run));
  PLUMB_TRY(const TrialRecord record, store->trial(run.id, name.key, name.attempt));
  if (!options.json.empty()) {
    Json json = to_json(record);
    json["opening"] = record.opening;
    json["events"] = record.events;
    return write_output(options.json, dump_json(json, 2) + "\n");
  }
  fmt::print("{}", show_trial(record, terminal_style(stdout), options.full));
  return {};
}

void add_db(CLI::App& command, ShowOptions& options) {
  command.add_option("--db", options.db, "The database (default: plumb.db)")->type_name("FILE");
}

void finish(int& exit_code, const Status& status) {
  exit_code = status ? kOk : report(status.error());
}

}  // namespace

void add_score(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* command = app.add_subcommand("score", "Print the scorecard of a stored run again");
  command->add_option("run", options->what, "Id of the run, a beginning of it, or \"last\"");
  command->add_option("--json", options->json,
                      "Write it as JSON to FILE, or - for the standard output");
  command->add_option("--markdown", options->markdown,
                      "Write it as Markdown to FILE, or - for the standard output");
  command->add_option("--summary", options->summary,
                      "Write what is known of the servers as JSON to FILE, or - for the standard "
                      "output");
  add_db(*command, *options);
  command->footer("Example:\n  plumb score last --markdown card.md");
  command->callback([options, &exit_code] { finish(exit_code, print_score(*options)); });
}

void add_runs(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* command = app.add_subcommand("runs", "List the stored runs");
  add_db(*command, *options);
  command->callback([options, &exit_code] { finish(exit_code, print_runs(*options)); });
}

void add_show(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* command = app.add_subcommand(
      "show", "Show the transcript of a trial, the trials of a run, or the scaffold");
  command->add_option(
      "what", options->what,
      "RUN/CONTESTANT/TASK/REPEAT[/ATTEMPT] for a transcript, RUN for its trials (default: last)");
  command->add_flag("--scaffold", options->scaffold,
                    "Show what surrounds every task: system prompt, truncation");
  command->add_flag("--full", options->full, "Shorten nothing");
  command->add_option("--json", options->json,
                      "Write the trial as JSON to FILE, or - for the standard output");
  add_db(*command, *options);
  command->footer("Examples:\n  plumb show last\n  plumb show last/mine/rename-function/1 --full");
  command->callback([options, &exit_code] { finish(exit_code, print_what(*options)); });
}

}  // namespace plumb::cli
