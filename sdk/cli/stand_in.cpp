#include <algorithm>

#include <fmt/format.h>

#include "plugins/endpoints/stand_in.hpp"
#include "sdk/cli/commands.hpp"
#include "sdk/cli/host.hpp"

namespace plumb::cli {
namespace {

struct StandInCommand {
  std::vector<std::string> tasks = {"tasks/starter"};
  std::string options;
  int port = 8000;
  int streams = 64;
};

Status serve(const StandInCommand& command) {
  const Signals signals;
  std::vector<std::string> paths(command.tasks.size());
  std::ranges::transform(command.tasks, paths.begin(), find_tasks);
  PLUMB_TRY(const Suite suite, load_suite(paths));
  PLUMB_TRY(const auto options, parse_stand_in_options(command.options));
  PLUMB_TRY(const auto server,
            StandInServer::start(options, suite.tasks, command.port, command.streams));
  fmt::print("A stand-in (a simulated model) answers at {}. Ctrl-C ends it.\n", server->url());
  std::fflush(stdout);
  Waiter waiter(real_clock(), signals.stop());
  waiter.wait([] { return false; }, kNever);
  return {};
}

/// Lines of at most 100 columns.
std::string list_of(const std::vector<std::string>& words) {
  constexpr std::size_t kColumns = 96;
  std::string text = "   ";
  std::size_t line = text.size();
  for (const std::string& word : words) {
    if (line + 1 + word.size() > kColumns) {
      text += "\n   ";
      line = 3;
    }
    text += " " + word;
    line += 1 + word.size();
  }
  return text;
}

std::string footer() {
  return fmt::format(
      "Options:\n"
      "  skill=P malformed=P policy=NAME        what is played in a trial\n"
      "  tok_s=N ttft_ms=N prefill_tok_s=N draft=P slots=N load_s=N cache=on|off\n"
      "                                         how fast, with how much speculation, for how many\n"
      "  think=N thinking=switchable|stuck|none tokens of reasoning; can they be switched off?\n"
      "  context=N effective=N overflow=refuse|truncate\n"
      "                                         the window that is declared, and the real one\n"
      "  parser=on|off leaked=FORMAT asked=FORMAT parallel=on|off\n"
      "                                         tool calls: structured, or left in the text; how "
      "the\n"
      "                                         model writes them, and how the prompt wants them:\n"
      "                                         hermes, llama, mistral, bare_json, qwen_xml, "
      "granite\n"
      "  blame=server|model broken=opener|brace|closer fault_turn=N raw=on|off\n"
      "                                         whose the fault is, how a model breaks a call, "
      "which\n"
      "                                         answer is struck; can the raw completion be had?\n"
      "  vision=on|off|blind strict_roles=on|off repeatable=on|off seeded=on|off\n"
      "  metrics=on|v0|off|html cache_report=on|off\n"
      "  flavour=NAME fault=NAME\n"
      "Flavours:\n{}\n"
      "Faults:\n{}\n"
      "Example:\n"
      "  plumb standin --port 8000 --options flavour=vllm,skill=0.8,tok_s=60",
      list_of(stand_in_flavours()), list_of(stand_in_faults()));
}

}  // namespace

void add_stand_in(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<StandInCommand>();
  CLI::App* command =
      app.add_subcommand("standin", "Serve a stand-in: a simulated model, over real HTTP");
  command->add_option("tasks", options->tasks,
                      "Tasks whose policies it can play (default: tasks/starter)");
  command
      ->add_option("--port", options->port, "Port on 127.0.0.1; 0 takes a free one (default: 8000)")
      ->check(CLI::Range(0, 65535));
  command->add_option("--options", options->options,
                      "key=value joined by commas; they are listed below");
  command->add_option("--streams", options->streams, "Most requests at once")
      ->check(CLI::Range(1, 4096));
  command->footer(footer());
  command->callback([options, &exit_code] {
    const Status served = serve(*options);
    exit_code = served ? kOk : report(served.error());
  });
}

}  // namespace plumb::cli
