#include <fmt/format.h>
#include <unistd.h>

#include "core/base/text.hpp"
#include "core/endpoint/probe.hpp"
#include "core/run/entrant.hpp"
#include "plugins/reporters/reporters.hpp"
#include "sdk/cli/commands.hpp"
#include "sdk/cli/host.hpp"
#include "sdk/cli/output.hpp"

namespace plumb::cli {
namespace {

struct ProbeCommand {
  std::vector<std::string> urls;
  std::vector<std::string> models;
  int concurrency = 1;
  std::int64_t longest_prompt = 32'768;
  bool no_speed = false;
  bool grid = false;
  std::string json;
};

/// A line that says what is being looked at; on a terminal it is overwritten.
class StepLine {
 public:
  StepLine(std::FILE* out, bool terminal, int width)
      : out_(out), terminal_(terminal), width_(width) {}
  ~StepLine() { clear(); }
  void show(const std::string& name, const std::string& step) {
    const std::string line =
        shortened(name + ": " + step + " ...", static_cast<std::size_t>(width_ - 1));
    if (!terminal_) {
      fmt::print(out_, "{}\n", line);
    } else {
      clear();
      fmt::print(out_, "{}", line);
      shown_ = true;
    }
    std::fflush(out_);
  }

 private:
  void clear() {
    if (shown_) fmt::print(out_, "\r\x1b[K");
    shown_ = false;
  }
  std::FILE* out_;
  bool terminal_;
  int width_;
  bool shown_ = false;
};

Result<std::vector<Contestant>> contestants_of(const ProbeCommand& command) {
  std::vector<Contestant> contestants;
  for (const auto* list : {&command.urls, &command.models}) {
    for (const std::string& text : *list) {
      PLUMB_TRY(Contestant contestant, parse_contestant(text));
      contestants.push_back(std::move(contestant));
    }
  }
  if (contestants.empty()) {
    return fail(Code::usage,
                "say what to probe: plumb probe http://HOST:PORT, or --model NAME=URL");
  }
  return contestants;
}

Result<int> probe_all(const ProbeCommand& command) {
  const Signals signals;
  PLUMB_TRY(auto contestants, contestants_of(command));
  PLUMB_TRY(const auto endpoints, Endpoints::create());
  const EndpointFactory factory = endpoints->factory(std::max(16, 2 * command.concurrency));
  const TerminalStyle style = terminal_style(stdout);
  Json cards = Json::array();
  bool reached = true;
  for (Contestant& contestant : contestants) {
    StepLine line(stderr, ::isatty(STDERR_FILENO) == 1, style.width);
    PLUMB_CHECK(settle_model(
        contestant, factory, {},
        [&](const std::string& stage) { line.show(contestant.name, stage); }, signals.stop()));
    const ProbeParts parts{
        .make_endpoint = [&](const Contestant& variant) { return factory(variant, {}); },
        .servers = endpoints->servers(),
        .on_step = [&](const std::string& step) { line.show(contestant.name, step); }};
    PLUMB_TRY(const CapabilityCard card, probe(contestant, parts,
                                               {.concurrency = command.concurrency,
                                                .longest_prompt = command.longest_prompt,
                                                .speed = !command.no_speed,
                                                .grid = command.grid},
                                               signals.stop()));
    reached = reached && !card.lacks("reachable");
    cards.push_back(to_json(card));
  }
  const Json shown = cards.size() == 1 ? cards.front() : cards;
  if (command.json != "-") {
    for (const Json& card : cards) fmt::print("{}", terminal_capability_card(card, style));
  }
  if (!command.json.empty()) PLUMB_CHECK(write_output(command.json, dump_json(shown, 2) + "\n"));
  return reached ? kOk : kUnreachable;
}

}  // namespace

void add_probe(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ProbeCommand>();
  CLI::App* command =
      app.add_subcommand("probe", "Find out what an endpoint can do, and how fast it is");
  command->add_option("urls", options->urls, "Where models are served");
  command
      ->add_option("--model", options->models,
                   "NAME=URL[,key=value...], as for `plumb run`; may repeat")
      ->allow_extra_args(false)
      ->type_name("NAME=URL");
  command
      ->add_option("--concurrency", options->concurrency,
                   "Measure speed at so many requests at once, too")
      ->check(CLI::Range(1, 256));
  command
      ->add_option("--longest-prompt", options->longest_prompt,
                   "Tokens of the longest prompt to try (default: 32768)")
      ->check(CLI::Range(1024, 10'000'000));
  command->add_flag("--no-speed", options->no_speed, "Only what it can do");
  command->add_flag("--grid", options->grid,
                    "Also time to first token and rate by context depth and concurrency");
  command
      ->add_option("--json", options->json,
                   "Write the card as JSON to FILE, or - for the standard output")
      ->type_name("FILE");
  command->footer(
      "Each line of the card says whether it was measured, is declared by the server, or is "
      "unknown.\n\n"
      "Examples:\n"
      "  plumb probe http://127.0.0.1:8000\n"
      "  plumb probe --model mine=http://127.0.0.1:8000/v1,model=qwen3,thinking=false "
      "--concurrency 4\n"
      "  plumb probe http://127.0.0.1:8000 --grid --json card.json\n"
      "  plumb probe standin:flavour=vllm,context=32768,tok_s=60\n\n"
      "Exit codes: 0 probed, 1 usage or configuration, 4 endpoint unreachable, 130 interrupted.");
  command->callback([options, &exit_code] {
    const auto result = probe_all(*options);
    exit_code = result ? *result : report(result.error());
  });
}

}  // namespace plumb::cli
