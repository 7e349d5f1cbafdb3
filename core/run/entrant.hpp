#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/endpoint/capability.hpp"
#include "core/endpoint/in_flight.hpp"
#include "core/endpoint/metrics_watch.hpp"
#include "core/endpoint/probe.hpp"
#include "core/run/run.hpp"
#include "core/task/task.hpp"
#include "core/trial/budget.hpp"

namespace plumb {

/// A contestant as a run knows it.
struct Entrant {
  Contestant contestant;  ///< its model and dialect completed by what was found
  /// Of a contestant that is brought up: asked for its models while that goes on.
  std::unique_ptr<Endpoint> door;
  std::optional<CapabilityCard> card;
  /// The contestant of the same sweep that is asked at the same server and has the watch; its own
  /// place where there is none.
  std::size_t head = 0;
  bool probed = false;  ///< in this session; else its card was read back, without its tables
  // Null until it was met; each uses those above it.
  std::shared_ptr<Endpoint> line;  ///< to its server; of all of its sweep, as the next two
  std::shared_ptr<InFlight> in_flight;
  std::shared_ptr<Endpoint> endpoint;   ///< the line, with what is in flight on it counted
  std::unique_ptr<MetricsWatch> watch;  ///< null where its server publishes nothing

  [[nodiscard]] Budget budget(const BudgetRule& rule, const Task& task) const;
  /// Reads the server's metrics from now on, where it has any.
  void begin_watch(const ServerBook& servers);
};

/// What the plan of a run keeps of a contestant's probe; null before there is one.
[[nodiscard]] Json found_json(const Entrant& entrant);

/// How a contestant is probed before a run: briefly, at the run's concurrency, with prompts as long
/// as its tasks need.
[[nodiscard]] ProbeOptions probe_options(const Contestant& contestant, const Bench& bench,
                                         const Suite& suite);

/// What a server's own metrics said while the run went on.
struct WatchReport {
  Json figures;  ///< {contestant, server{}, client{}, ...}: ServerFigures::to_json()
  Json alarms = Json::array();
};
/// Ends the watch; nothing where there was none.
[[nodiscard]] std::optional<WatchReport> finish_watch(Entrant& entrant, const ServerBook& servers);

/// Why a planned trial is not run at all.
struct Skip {
  Reason reason = Reason::missing_command;
  Blame blame = Blame::user;
  std::string sentence;
};
/// What the task needs and this contestant was found not to have.
[[nodiscard]] std::optional<Skip> unmet_need(const Entrant& entrant, const Task& task);

/// Finds the model of a contestant that names none, and waits for a server that loads its model.
/// Code::unavailable when nobody answers or the model does not get loaded, usage when it must be
/// said which model.
/// @param on_stage  what is waited for, as a sentence without the contestant's name
[[nodiscard]] Status settle_model(Contestant& contestant, const EndpointFactory& make_endpoint,
                                  const std::vector<std::shared_ptr<const Task>>& tasks,
                                  const std::function<void(const std::string&)>& on_stage,
                                  const std::stop_token& stop);

/// A contestant that came as a bare URL goes by its model: an address says little, and is nobody's
/// business in a report. `contestant` is one of `contestants`.
void name_by_model(std::vector<Contestant>& contestants, Contestant& contestant);

/// What is known of the server of a sweep's first contestant, for another of the same sweep.
[[nodiscard]] CapabilityCard card_for(const Contestant& contestant, const CapabilityCard& of_head);
/// Probes a contestant whose server is up, or takes the card that an earlier session of the run
/// kept, and makes its endpoint. `longest_prompt` is what the suite needs.
/// @param head  of the same sweep, whose endpoint it shares, since both ask one server; null: none
[[nodiscard]] Result<Entrant> meet(const Contestant& contestant, const RunParts& parts,
                                   const std::vector<std::shared_ptr<const Task>>& tasks,
                                   const ProbeOptions& options, std::optional<CapabilityCard> known,
                                   const std::stop_token& stop, const Entrant* head = nullptr);

}  // namespace plumb
