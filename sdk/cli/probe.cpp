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

/// The models that are probed, one after the other: two probes at once would measure each other.
class Probes {
 public:
  Probes(const ProbeCommand& command, Endpoints& endpoints, const Signals& signals)
      : command_(command),
        signals_(signals),
        servers_(endpoints.servers()),
        factory_(endpoints.factory(std::max(16, 2 * command.concurrency))) {}

  /// Before anything is measured, so that a model that must be named is said at once. Who cannot be
  /// reached is told of and left out.
  Status settle(std::vector<Contestant> contestants) {
    asked_ = contestants.size();
    for (Contestant& contestant : contestants) {
      const Status settled = settle_one(contestant);
      if (settled) {
        settled_.push_back(std::move(contestant));
      } else if (settled.error().code == Code::unavailable) {
        reached_ = false;
        report(settled.error());
      } else {
        return settled;
      }
    }
    return {};
  }

  /// Each card is shown, and written to a file, as soon as it is made.
  Status probe_each() {
    for (const Contestant& contestant : settled_) {
      auto card = probe_one(contestant);
      if (!card) {
        PLUMB_CHECK(write());
        return std::unexpected(std::move(card.error()));
      }
      reached_ = reached_ && !card->lacks("reachable");
      cards_.push_back(to_json(*card));
      if (command_.json != "-") {
        fmt::print("{}", terminal_capability_card(cards_.back(), style_));
        std::fflush(stdout);
        PLUMB_CHECK(write());
      }
    }
    return write();
  }

  [[nodiscard]] bool all_reached() const { return reached_; }

 private:
  static bool on_terminal() { return ::isatty(STDERR_FILENO) == 1; }

  Status settle_one(Contestant& contestant) {
    StepLine line(stderr, on_terminal(), style_.width);
    return settle_model(
        contestant, factory_, {},
        [&](const std::string& stage) { line.show(contestant.name, stage); }, signals_.stop());
  }

  Result<CapabilityCard> probe_one(const Contestant& contestant) {
    StepLine line(stderr, on_terminal(), style_.width);
    const ProbeParts parts{
        .make_endpoint = [&](const Contestant& variant) { return factory_(variant, {}); },
        .servers = servers_,
        .on_step = [&](const std::string& step) { line.show(contestant.name, step); }};
    return probe(contestant, parts,
                 {.concurrency = command_.concurrency,
                  .longest_prompt = command_.longest_prompt,
                  .speed = !command_.no_speed,
                  .grid = command_.grid},
                 signals_.stop());
  }

  /// One card where one was asked for, else the list of those that there are.
  [[nodiscard]] Status write() const {
    if (command_.json.empty() || (asked_ == 1 && cards_.empty())) return {};
    const Json& shown = asked_ == 1 ? cards_.front() : cards_;
    return write_output(command_.json, dump_json(shown, 2) + "\n");
  }

  const ProbeCommand& command_;
  const Signals& signals_;
  const ServerBook& servers_;
  const EndpointFactory factory_;
  const TerminalStyle style_ = terminal_style(stdout);
  std::size_t asked_ = 0;
  std::vector<Contestant> settled_;
  Json cards_ = Json::array();
  bool reached_ = true;
};

Result<int> probe_all(const ProbeCommand& command) {
  const Signals signals;
  PLUMB_TRY(auto contestants, contestants_of(command));
  PLUMB_TRY(const auto endpoints, Endpoints::create());
  Probes probes(command, *endpoints, signals);
  PLUMB_CHECK(probes.settle(std::move(contestants)));
  PLUMB_CHECK(probes.probe_each());
  return probes.all_reached() ? kOk : kUnreachable;
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
