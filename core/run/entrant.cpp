#include "core/run/entrant.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/run/pressure.hpp"
#include "core/run/reach.hpp"

namespace plumb {
namespace {

/// How long a server may be silent when it is asked for its models.
constexpr double kDiscoveryIdle = 8;

/// The last part of a model's id, in the letters that a contestant's name may have.
std::string name_from_model(const std::string& model) {
  std::string name = split(model, '/').back().substr(0, 60);
  for (char& c : name) {
    const bool fits =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
    if (!fits) c = '-';
  }
  return name;
}

/// Takes over the endpoint of the head, where there is one.
bool asks_server_of(Entrant& entrant, const Entrant* head) {
  if (head == nullptr || !head->endpoint) return false;
  entrant.probed = head->probed;
  entrant.line = head->line;
  entrant.in_flight = head->in_flight;
  entrant.endpoint = head->endpoint;
  return true;
}

}  // namespace

Budget Entrant::budget(const BudgetRule& rule, const Task& task) const {
  const Pace* pace = card && card->pace ? &*card->pace : nullptr;
  return make_budget(rule, turns_under_pressure(contestant, task), pace,
                     opening_tokens(*this, task));
}

void Entrant::begin_watch(const ServerBook& servers) {
  auto source = metrics_source(contestant, contestant.server, servers);
  if (!source || watch) return;
  MetricsWatch::Options options{.model = contestant.model};
  // Whoever is taken down and brought up again is to be seen soon after.
  if (!contestant.up.empty()) options.longest_pause = std::chrono::seconds(5);
  watch = std::make_unique<MetricsWatch>(
      *line, std::move(*source), [counter = in_flight.get()] { return counter->now(); },
      real_clock(), std::move(options));
}

std::optional<WatchReport> finish_watch(Entrant& entrant, const ServerBook& servers) {
  if (!entrant.watch) return std::nullopt;
  const ServerKind* kind = entrant.watch->kind();
  if (kind == nullptr) kind = servers.find(entrant.contestant.server);
  ServerFigures figures = entrant.watch->finish();
  const auto& facts = entrant.card->server.facts;
  if (const auto caching = facts.find("prefix_caching"); caching != facts.end()) {
    figures.declare_prefix_caching(caching->second.value == true);
  }
  entrant.watch.reset();
  const ClientFigures client = entrant.in_flight->figures();
  WatchReport report{.figures = figures.to_json(client)};
  for (Json& alarm : figures.alarms(entrant.contestant.name, client, kind)) {
    const std::string id = json_or(alarm, "id", "");
    const bool by_us = id == "server_restarted" || id == "counter_reset";
    if (!by_us || entrant.contestant.up.empty()) report.alarms.push_back(std::move(alarm));
  }
  return report;
}

Json found_json(const Entrant& entrant) {
  return entrant.card ? to_json(*entrant.card) : Json(nullptr);
}

ProbeOptions probe_options(const Contestant& contestant, const Bench& bench, const Suite& suite) {
  constexpr std::int64_t kLeast = 1024;
  constexpr int kMost = 256;  // more at once would take longer to measure than they teach
  ProbeOptions options{
      .concurrency = std::min(bench.concurrency, kMost), .brief = true, .longest_prompt = kLeast};
  if (contestant.concurrency > 0) {
    options.concurrency = std::min(options.concurrency, contestant.concurrency);
  }
  options.fill = contestant.fill();
  for (const Contestant& other : bench.contestants) {
    const bool of_sweep = !contestant.sweep_of.empty() && other.sweep_of == contestant.sweep_of;
    if (of_sweep) options.fill = std::max(options.fill, other.fill());
  }
  for (const auto& task : suite.tasks) {
    options.longest_prompt = std::max(options.longest_prompt, task->needs_context);
  }
  return options;
}

std::optional<Skip> unmet_need(const Entrant& entrant, const Task& task) {
  if (!entrant.card) return std::nullopt;
  const CapabilityCard& card = *entrant.card;
  if (const auto window = card.window(); window && *window < task.needs_context) {
    const Finding* found = card.find("window");
    const bool measured = found != nullptr && *window != card.declared_window().value_or(-1);
    return Skip{
        Reason::context_floor, Blame::none,
        fmt::format("the task needs a window of {} tokens; {}", task.needs_context,
                    measured ? found->sentence : fmt::format("the server declares {}", *window))};
  }
  const Finding* calls = card.find("tool_calls");
  if (!task.tools.empty() && calls != nullptr && calls->value == "refused") {
    return Skip{Reason::no_tools, Blame::user, "the task has tools; " + calls->sentence};
  }
  if (task.needs_vision && card.lacks("vision")) {
    return Skip{Reason::no_vision, Blame::none,
                "the task shows a picture; " + card.find("vision")->sentence};
  }
  if (task.needs_parallel_calls && card.lacks("parallel_calls")) {
    return Skip{
        Reason::no_parallel_calls, Blame::none,
        "the task needs several calls in one answer; " + card.find("parallel_calls")->sentence};
  }
  return std::nullopt;
}

Status settle_model(Contestant& contestant, const EndpointFactory& make_endpoint,
                    const std::vector<std::shared_ptr<const Task>>& tasks,
                    const std::function<void(const std::string&)>& on_stage,
                    const std::stop_token& stop) {
  if (contestant.is_stand_in()) {
    if (contestant.model.empty()) contestant.model = "stand-in";
    return {};
  }
  Contestant hasty = contestant;
  hasty.idle_timeout_s = std::min(hasty.idle_timeout_s, kDiscoveryIdle);
  PLUMB_TRY(const auto endpoint, make_endpoint(hasty, tasks));
  Waiter waiter(real_clock(), stop);
  const auto models =
      models_once_loaded(*endpoint, waiter, [&] { on_stage("its server is loading the model"); });
  if (waiter.stopped()) return fail(Code::cancelled, "interrupted");
  const std::string where = redacted_url(contestant.url);
  if (!models) {
    const Fault& fault = models.error();
    const bool nobody = fault.kind == Fault::Kind::connect;
    if (!nobody && !fault.loading && !contestant.model.empty()) return {};
    const std::string remedy = fault.loading ? "it was still loading after " +
                                                   human_seconds(to_seconds(kLoadingPatience)) +
                                                   "; run again once it is up"
                               : nobody ? "is the server running, and is the URL right?"
                                        : "name the model with model=...";
    return fail(Code::unavailable, "contestant \"" + contestant.name + "\" cannot be reached at " +
                                       where + ": " + fault.sentence + "; " + remedy);
  }
  if (contestant.model.empty() && models->size() != 1) {
    std::vector<std::string> ids;
    for (const ServedModel& model : *models) ids.push_back(model.id);
    return fail(Code::usage, where + " serves " + std::to_string(models->size()) +
                                 " models; say which one with model=ID" +
                                 (ids.empty() ? "" : ": " + join(ids, ", ")));
  }
  if (contestant.model.empty()) contestant.model = models->front().id;
  return {};
}

void name_by_model(std::vector<Contestant>& contestants, Contestant& contestant) {
  const std::string name = name_from_model(contestant.model);
  if (!contestant.named_by_url || contestant.is_stand_in() || name.empty()) return;
  contestant.name = name;
  for (int n = 2; std::ranges::count(contestants, contestant.name, &Contestant::name) > 1; ++n) {
    contestant.name = name + "-" + std::to_string(n);
  }
}

CapabilityCard card_for(const Contestant& contestant, const CapabilityCard& of_head) {
  CapabilityCard card = of_head;
  card.contestant = contestant.name;
  card.alarms.clear();  // said once
  return card;
}

Result<Entrant> meet(const Contestant& contestant, const RunParts& parts,
                     const std::vector<std::shared_ptr<const Task>>& tasks,
                     const ProbeOptions& options, std::optional<CapabilityCard> known,
                     const std::stop_token& stop, const Entrant* head) {
  Entrant entrant{.contestant = contestant, .card = std::move(known)};
  if (contestant.is_replay()) entrant.card.emplace();  // there is no server to measure
  if (!entrant.card) {
    const ProbeParts probe_parts{
        .make_endpoint =
            [&](const Contestant& variant) { return parts.make_endpoint(variant, tasks); },
        .servers = parts.servers,
        .on_step =
            [&](const std::string& step) {
              parts.observer.on_stage("probe of " + contestant.name + ": " + step);
            }};
    PLUMB_TRY(entrant.card, probe(contestant, probe_parts, options, stop));
    entrant.probed = true;
  }
  entrant.contestant.server = entrant.card->server.kind;
  entrant.contestant.dialect.complete(entrant.card->dialect);
  PLUMB_CHECK(check_fill(entrant.contestant, *entrant.card));
  if (asks_server_of(entrant, head)) return entrant;
  entrant.contestant.idle_timeout_s =
      patience_for_filler(entrant.contestant, *entrant.card, options.fill);
  PLUMB_TRY(entrant.line, parts.make_endpoint(entrant.contestant, tasks));
  const bool weighed = entrant.card->find("filler_weight") != nullptr;
  if (options.fill > 0 && !weighed && !entrant.card->lacks("reachable")) {
    Waiter waiter(real_clock(), stop);
    weigh_filler(*entrant.line, waiter, entrant.contestant, *entrant.card);
    if (waiter.stopped()) return fail(Code::cancelled, "interrupted");
  }
  entrant.in_flight = std::make_shared<InFlight>();
  entrant.endpoint = counted(*entrant.line, *entrant.in_flight);
  return entrant;
}

}  // namespace plumb
