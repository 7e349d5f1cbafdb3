#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "core/endpoint/server_book.hpp"
#include "core/run/bench.hpp"
#include "core/run/observer.hpp"
#include "core/sandbox/sandbox.hpp"
#include "core/store/store.hpp"

namespace plumb {

/// Makes the endpoint of a contestant; a stand-in is started with these tasks. What it returns owns
/// all it needs.
using EndpointFactory = std::function<Result<std::unique_ptr<Endpoint>>(
    const Contestant&, const std::vector<std::shared_ptr<const Task>>& tasks)>;

struct RunRequest {
  Bench bench;
  bool check_ruler = true;
  bool resume = false;
  Duration outage_patience =
      std::chrono::seconds(30);  ///< how long a contestant that fell silent is waited for
  std::string version;           ///< of the program, kept with the run
};

struct RunParts {
  Store& store;
  SandboxFactory& sandboxes;
  EndpointFactory make_endpoint;
  const ServerBook& servers;
  RunObserver& observer;
};

/// What a run of this bench would do, probes included, and nothing of it done: {"schema":
/// "plumb.plan/1", trials, concurrency, budget{}, contestants[{name, model, pace{}, pressure{},
/// tasks[{name, expected_turns, turns, seconds, tokens, opening_tokens, stop_seconds, calibrated,
/// skipped}]}]}. `skipped` is null or a sentence, `pressure` null or what pressure_json() says.
/// Errors as of conduct_run().
[[nodiscard]] Result<Json> plan_run(RunRequest request, const RunParts& parts,
                                    std::stop_token stop);

/// Conducts a run from its bench to its scorecard and returns the scorecard (its run.exit_code says
/// how it went; an interrupted run and an outage have one as well). Every trial is durable before
/// the observer hears of it. Code::usage, config: nothing was begun; unavailable: a contestant
/// cannot be reached at all (nothing was begun); io: the store failed, what was announced is kept
/// and --resume goes on.
[[nodiscard]] Result<Json> conduct_run(RunRequest request, const RunParts& parts,
                                       std::stop_token stop);

}  // namespace plumb
