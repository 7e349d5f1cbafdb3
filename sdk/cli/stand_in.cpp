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
                      "skill=P, malformed=Q, tok_s=N, ttft_ms=N, think=N, fault=NAME, policy=NAME, "
                      "joined by commas");
  command->add_option("--streams", options->streams, "Most requests at once")
      ->check(CLI::Range(1, 4096));
  command->footer("Example:\n  plumb standin --port 8000 --options skill=0.8,tok_s=60");
  command->callback([options, &exit_code] {
    const Status served = serve(*options);
    exit_code = served ? kOk : report(served.error());
  });
}

}  // namespace plumb::cli
