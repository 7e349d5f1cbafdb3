#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <exception>

#include "core/base/text.hpp"
#include "sdk/cli/commands.hpp"
#include "sdk/cli/host.hpp"

namespace {

constexpr const char* kAbout =
    "Plumbline measures whether a model finishes real agent tasks, and proves its own ruler first.";

constexpr const char* kExamples = R"(
Examples:
  plumb run http://127.0.0.1:8000                       grade the model served there on the starter tasks
  plumb run tasks/starter --model a=http://h1:8000/v1 --model b=http://h2:8000/v1 --repeats 5
  plumb run tasks/starter --model try=standin:skill=0.8 no model at hand: a simulated one
  plumb probe http://127.0.0.1:8000                     what that server can do, and how fast it is
  plumb check tasks/starter                             prove the ruler: oracles pass, negative controls fail
  plumb show last                                       the trials of the newest run

Exit codes: 0 valid, 1 usage or configuration, 3 invalid measurement, 4 endpoint unreachable, 130 interrupted.)";

/// Names a mistyped command; the parser alone would only say that one is missing.
bool knows_command(const CLI::App& app, const std::string& word) {
  std::vector<std::string> commands;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    commands.push_back(command->get_name());
  }
  if (word.starts_with("-") || std::ranges::find(commands, word) != commands.end()) return true;
  std::fprintf(stderr, "plumb: there is no command \"%s\"%s; the commands are %s\n",
               plumb::printable(word).c_str(), plumb::did_you_mean(word, commands).c_str(),
               plumb::join(commands, ", ").c_str());
  return false;
}

int run_main(int argc, char** argv) {
  CLI::App app(kAbout, "plumb");
  app.set_version_flag("--version", std::string("plumb ") + PLUMB_VERSION);
  app.require_subcommand(1);
  app.footer(kExamples);
  int exit_code = 0;
  plumb::cli::add_run(app, exit_code);
  plumb::cli::add_probe(app, exit_code);
  plumb::cli::add_check(app, exit_code);
  plumb::cli::add_score(app, exit_code);
  plumb::cli::add_runs(app, exit_code);
  plumb::cli::add_show(app, exit_code);
  plumb::cli::add_recipe(app, exit_code);
  plumb::cli::add_new(app, exit_code);
  plumb::cli::add_stand_in(app, exit_code);
  plumb::cli::add_import(app, exit_code);
  plumb::cli::add_doctor(app, exit_code);
  if (argc > 1 && !knows_command(app, argv[1])) return plumb::cli::kUsage;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? plumb::cli::kOk : plumb::cli::kUsage;
  }
  return exit_code;
}

/// Sandboxes and streams take several descriptors each; the usual soft limit is for other times.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  raise_descriptor_limit();
  try {
    return run_main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "plumb: this is a bug of Plumbline: %s\n", error.what());
    return plumb::cli::kUsage;
  }
}
