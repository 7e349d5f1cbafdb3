#pragma once

#include <functional>
#include <memory>

#include "core/endpoint/capability.hpp"
#include "core/endpoint/endpoint.hpp"

namespace plumb {

struct ProbeOptions {
  int concurrency = 1;  ///< requests at once in the run: speed is measured alone and at this
  /// Before a run: answers are shorter where the server is slow, and predictable text is left out.
  bool brief = false;
  /// The longest prompt to try; less where the server declares a smaller window.
  std::int64_t longest_prompt = 32'768;
  /// Share of the window that the run will fill: a prompt that long is tried as well, and the
  /// server is asked how many tokens its cache holds.
  double fill = 0;
  bool speed = true;  ///< false: only what it can do
  bool grid = false;  ///< context depth x concurrency as well
};

struct ProbeParts {
  /// Makes an endpoint that asks in this way. Called several times with variants of the contestant.
  std::function<Result<std::unique_ptr<Endpoint>>(const Contestant&)> make_endpoint;
  const ServerBook& servers;
  /// Hears what is being looked at.
  std::function<void(const std::string& step)> on_step = [](const std::string&) {};
};

/// Asks a contestant's server what it can do and measures how fast it is. What it finds, the worst
/// included, is in the card; a server that is not there is the finding "reachable": false, and then
/// nothing else is asked. Blocks; Code::cancelled on a stop, Code::config when the contestant
/// cannot be asked at all.
[[nodiscard]] Result<CapabilityCard> probe(const Contestant& contestant, const ProbeParts& parts,
                                           const ProbeOptions& options, std::stop_token stop);

}  // namespace plumb
