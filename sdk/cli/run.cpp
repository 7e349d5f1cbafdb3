#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "core/base/files.hpp"
#include "core/base/text.hpp"
#include "core/score/summary.hpp"
#include "plugins/reporters/reporters.hpp"
#include "sdk/cli/commands.hpp"
#include "sdk/cli/host.hpp"
#include "sdk/cli/output.hpp"

namespace plumb::cli {
namespace fs = std::filesystem;

namespace {

struct RunOptions {
  std::vector<std::string> targets;
  std::vector<std::string> models;
  std::optional<int> repeats;
  std::optional<int> concurrency;
  std::optional<std::uint64_t> seed;
  std::optional<double> hard_stop;
  std::optional<double> context_fill;
  std::optional<double> tool_error_rate;
  std::string sweep;
  std::string budget;
  bool dry_run = false;
  std::vector<std::string> task_globs;
  std::vector<std::string> categories;
  int limit = 0;
  double outage_patience_s = 30;
  std::string db = "plumb.db";
  std::string json;
  std::string markdown;
  std::string summary;
  bool resume = false;
  bool no_ruler = false;
  bool unsafe = false;
};

bool is_url(const std::string& text) {
  return text.starts_with("http://") || text.starts_with("https://");
}

/// HOST:PORT, where the scheme was forgotten.
bool looks_like_address(const std::string& text) {
  const auto colon = text.find(':');
  std::error_code error;
  return colon != std::string::npos && colon + 1 < text.size() && text[colon + 1] >= '0' &&
         text[colon + 1] <= '9' && !fs::exists(text, error);
}

bool is_bench(const std::string& text) {
  const fs::path path(text);
  return path.extension() == ".lua" && path.filename() != "task.lua";
}

/// The bench that bench file, targets and options make together.
Result<Bench> make_bench(const RunOptions& options) {
  Bench bench;
  std::vector<std::string> tasks;
  int benches = 0;
  for (const std::string& target : options.targets) {
    if (is_url(target)) {
      PLUMB_TRY(Contestant contestant, parse_contestant(target));
      bench.contestants.push_back(std::move(contestant));
    } else if (is_bench(target)) {
      if (++benches > 1)
        return fail(Code::usage, "one bench file at a time: " + target + " is the second");
      PLUMB_TRY(Bench loaded, load_bench(target));
      loaded.contestants.insert(loaded.contestants.end(), bench.contestants.begin(),
                                bench.contestants.end());
      bench = std::move(loaded);
    } else if (looks_like_address(target)) {
      return fail(Code::usage,
                  "\"" + target + "\" is no folder of tasks; for a server, type http://" + target);
    } else {
      tasks.push_back(find_tasks(target));
    }
  }
  for (const std::string& model : options.models) {
    PLUMB_TRY(Contestant contestant, parse_contestant(model));
    bench.contestants.push_back(std::move(contestant));
  }
  if (!tasks.empty()) bench.suite = std::move(tasks);
  if (bench.suite.empty()) bench.suite = {find_tasks("tasks/starter")};
  bench.repeats = options.repeats.value_or(bench.repeats);
  bench.concurrency = options.concurrency.value_or(bench.concurrency);
  bench.seed = options.seed.value_or(bench.seed);
  if (!options.budget.empty()) PLUMB_CHECK(set_budget_rule(bench.budget, options.budget));
  bench.budget.hard_stop = options.hard_stop.value_or(bench.budget.hard_stop);
  if (options.context_fill) bench.context_fill = options.context_fill;
  if (options.tool_error_rate) bench.tool_error_rate = options.tool_error_rate;
  if (!options.sweep.empty()) {
    PLUMB_TRY(bench.sweep, parse_sweep(options.sweep));
  }
  bench.task_globs = options.task_globs;
  bench.categories = options.categories;
  bench.limit = options.limit;
  return bench;
}

/// Where the Markdown copy goes: where the user said, or beside him when he gave a URL and nothing
/// else.
std::string markdown_file(const RunOptions& options, const Json& card) {
  if (!options.markdown.empty()) return options.markdown;
  const bool shortest_way = options.models.empty() && std::ranges::any_of(options.targets, is_url);
  return shortest_way ? "plumb-" + json_or(card["run"], "id", "run") + ".md" : "";
}

/// Where the summary of the servers goes: where the user said, or beside the database, where a run
/// leaves its things.
std::string summary_file(const RunOptions& options) {
  if (!options.summary.empty()) return options.summary;
  return (fs::path(options.db).parent_path() / "run_summary.json").string();
}

Status write_summary(Store& store, const Json& card, const std::string& file) {
  PLUMB_TRY(const RunInfo run, store.run(json_or(card["run"], "id", "last")));
  PLUMB_TRY(const auto records, store.trials(run.id));
  return write_output(file, dump_json(run_summary(run, records), 2) + "\n");
}

/// Said when a run ends before its end.
void print_how_to_go_on(const Json& card) {
  const std::string state = json_or(card["run"], "state", "finished");
  if (state == "finished") return;
  fmt::print("\nThis run is not finished ({}). The same command with --resume goes on with it.\n",
             state == "outage" ? "an endpoint stopped answering" : "it was interrupted");
}

Result<int> run(const RunOptions& options) {
  const Signals signals;
  PLUMB_TRY(Bench bench, make_bench(options));
  PLUMB_CHECK(check_bench(bench));
  PLUMB_TRY(const auto sandboxes, make_sandboxes(options.unsafe));
  PLUMB_TRY(const auto endpoints, Endpoints::create());
  PLUMB_TRY(const auto store, Store::open(options.db));

  const bool json_on_stdout = options.json == "-";
  std::FILE* out = json_on_stdout ? stderr : stdout;
  const bool terminal = ::isatty(fileno(out)) == 1;
  const TerminalStyle style = terminal_style(out);
  const int max_streams = std::max(8, bench.concurrency * 2);
  Result<Json> card = [&] {
    const auto progress = make_progress(out, terminal, style);
    RunRequest request{.bench = std::move(bench),
                       .check_ruler = !options.no_ruler,
                       .resume = options.resume,
                       .outage_patience = from_seconds(options.outage_patience_s),
                       .version = PLUMB_VERSION};
    const RunParts parts{.store = *store,
                         .sandboxes = *sandboxes,
                         .make_endpoint = endpoints->factory(max_streams, store.get()),
                         .servers = endpoints->servers(),
                         .observer = *progress};
    return options.dry_run ? plan_run(std::move(request), parts, signals.stop())
                           : conduct_run(std::move(request), parts, signals.stop());
  }();
  if (!card) return std::unexpected(card.error());
  if (options.dry_run) {
    if (!json_on_stdout) fmt::print("\n{}", terminal_plan(*card, style));
    if (!options.json.empty()) PLUMB_CHECK(write_output(options.json, dump_json(*card, 2) + "\n"));
    return kOk;
  }

  if (json_on_stdout) {
    PLUMB_CHECK(write_output("-", json_scorecard(*card)));
  } else {
    fmt::print("\n{}", terminal_scorecard(*card, style));
    if (!options.json.empty()) PLUMB_CHECK(write_json_scorecard(options.json, *card));
  }
  if (const std::string file = markdown_file(options, *card); !file.empty()) {
    PLUMB_CHECK(write_file(file, markdown_scorecard(*card)));
    if (!json_on_stdout) fmt::print("\nA Markdown copy for a forum post: {}\n", file);
  }
  PLUMB_CHECK(write_summary(*store, *card, summary_file(options)));
  if (!json_on_stdout) print_how_to_go_on(*card);
  std::fflush(stdout);
  return json_or(card->at("run"), "exit_code", kInvalid);
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Run agent tasks and print the scorecard");
  command->add_option(
      "targets", options->targets,
      "A bench file (BENCH.lua), folders of tasks, or the URL of a server (default tasks: "
      "tasks/starter)");
  command
      ->add_option(
          "--model", options->models,
          "A contestant, NAME=URL[,key=value...]; keys: model, api=chat|responses|messages, "
          "temperature, top_p, top_k, max_tokens, seed, thinking, key_env, insecure, "
          "extra_body=@FILE, header=NAME:VALUE, idle_timeout_s, total_timeout_s, attempts "
          "and more (docs/contestants.md). NAME=replay:RUN is a stored run. "
          "NAME=standin:skill=0.8 is a simulated model. May repeat")
      ->type_name("NAME=URL")
      ->allow_extra_args(false);
  command->add_option("--repeats", options->repeats, "Trials per task and contestant (default: 3)");
  command->add_option("--concurrency", options->concurrency, "Live trials at once (default: 4)");
  command->add_option("--seed", options->seed, "Seed of all that varies (default: 1)");
  command
      ->add_option("--task", options->task_globs,
                   "Only tasks whose name matches, e.g. 'fetch-*'; may repeat")
      ->type_name("GLOB")
      ->allow_extra_args(false);
  command->add_option("--category", options->categories, "Only tasks of this category; may repeat")
      ->allow_extra_args(false);
  command->add_option("--limit", options->limit, "At most so many tasks")
      ->check(CLI::PositiveNumber);
  command->add_option("--budget", options->budget,
                      "How budgets are made: calibrated (from each contestant's measured "
                      "speed; default) or fixed (the same seconds for all)");
  command
      ->add_option("--context-fill", options->context_fill,
                   "Fill this share of the window before each task, for contestants that do not "
                   "say context_fill (docs/pressure.md)")
      ->type_name("SHARE");
  command
      ->add_option("--tool-error-rate", options->tool_error_rate,
                   "Let this share of the valid calls fail in passing, for contestants that do not "
                   "say tool_error_rate")
      ->type_name("RATE");
  command
      ->add_option("--sweep", options->sweep,
                   "Run every contestant once for each value, and say where it breaks: "
                   "context_fill=0,0.5,0.75,0.9 or tool_error_rate=0,0.1,0.3")
      ->type_name("KEY=V1,V2,...");
  command->add_option(
      "--hard-stop", options->hard_stop,
      "A trial goes on to so many times its budget (default: 2; 1 kills at the budget)");
  command
      ->add_option(
          "--outage-patience", options->outage_patience_s,
          "How long an endpoint that fell silent is waited for, before the run ends and can "
          "be resumed (default: 30)")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 86'400.0));
  command->add_option("--db", options->db, "The database (default: plumb.db)")->type_name("FILE");
  command
      ->add_option("--json", options->json,
                   "Write the scorecard as JSON to FILE, or - for the standard output")
      ->type_name("FILE");
  command->add_option("--markdown", options->markdown, "Write a Markdown copy to FILE")
      ->type_name("FILE");
  command
      ->add_option("--summary", options->summary,
                   "Write what is known of the servers as JSON to FILE (default: "
                   "run_summary.json beside the database)")
      ->type_name("FILE");
  command->add_flag("--resume", options->resume,
                    "Go on with the unfinished run of the same plan, or begin it");
  command->add_flag("--dry-run", options->dry_run,
                    "Probe the contestants, print every one's budget for each task, and stop");
  command->add_flag("--no-ruler", options->no_ruler, "Skip the ruler check; the scorecard says so");
  command->add_flag("--unsafe-sandbox", options->unsafe,
                    "Run commands without isolation, as you; the scorecard says so");
  command->footer(
      "Examples:\n"
      "  plumb run http://127.0.0.1:8000\n"
      "  plumb run tasks/starter --model mine=http://127.0.0.1:8000/v1,model=qwen3,temperature=0.6 "
      "--repeats 5\n"
      "  plumb run bench.lua --json card.json\n"
      "  plumb run tasks/starter --model try=standin:skill=0.8,malformed=0.05\n\n"
      "Exit codes: 0 valid, 1 usage or configuration, 3 invalid measurement, 4 endpoint "
      "unreachable, 130 interrupted.");
  command->callback([options, &exit_code] {
    const auto result = run(*options);
    exit_code = result ? *result : report(result.error());
  });
}

}  // namespace plumb::cli
