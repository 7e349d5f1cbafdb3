#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/endpoint/endpoint.hpp"
#include "core/sandbox/sandbox.hpp"
#include "core/task/task.hpp"
#include "core/trial/inquest.hpp"
#include "core/trial/pressure.hpp"
#include "core/trial/record.hpp"
#include "core/trial/scaffold.hpp"

namespace plumb {

/// What is to be attempted. The references outlive the attempt.
struct Trial {
  TrialKey key;
  int attempt = 1;
  const Task& task;
  const Scaffold& scaffold;
  Budget budget;
  std::uint64_t seed = 0;                    ///< env.seed
  std::optional<std::int64_t> request_seed;  ///< sent to the server
  std::string trial_header;                  ///< told to stand-ins only
  std::optional<std::int64_t> window;        ///< of the endpoint, in tokens, where it is known
  InquestBook* inquests = nullptr;  ///< of the contestant, over its trials; null keeps none
  std::string rescue;  ///< of leak_formats(): calls that leak so are run all the same; "" = none
  Pressure pressure;
  std::function<void(int turn)> on_turn = [](int) {};
};

/// Runs one attempt of one contestant at one task, in a sandbox of its own. Blocks, on the calling
/// thread, until there is a verdict. Whatever goes wrong, with the model, the server, the sandbox
/// or the task, is in the verdict. A stop of the waiter ends it within 100 ms of the next event;
/// the verdict is then `invalid: interrupted`.
[[nodiscard]] TrialRecord run_trial(const Trial& trial, Endpoint& endpoint,
                                    SandboxFactory& sandboxes, Waiter& waiter);

}  // namespace plumb
