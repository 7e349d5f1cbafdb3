#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/run/entrant.hpp"
#include "core/run/ruler.hpp"
#include "core/run/run.hpp"

namespace plumb {

using Tasks = std::vector<std::shared_ptr<const Task>>;

/// Everything that is known before the first trial.
struct Prepared {
  Suite suite;
  Scaffold scaffold;
  std::shared_ptr<const Task> path_check;
  Tasks stand_in_tasks;  ///< the suite and the path check
  CommandDigests commands;
  std::string identity;
  std::optional<RunInfo> resumed;  ///< the run to go on with
  std::vector<Entrant> entrants;   ///< by contestant
  std::vector<TaskRuler> rulers;   ///< by task; empty without a ruler check
};

/// Reads and checks what the run needs and meets every contestant that is up. Settles models and
/// names in the request's bench, and takes secrets out of its recipes. Errors as of conduct_run().
[[nodiscard]] Result<Prepared> prepare(RunRequest& request, const RunParts& parts,
                                       const std::stop_token& stop);

/// Ruler checks from the store where nothing changed since, else played now.
[[nodiscard]] Status check_all_rulers(Prepared& prepared, const RunParts& parts,
                                      const std::stop_token& stop);

/// The card that an earlier session of the run kept of this contestant; nothing where it could not
/// be reached then.
[[nodiscard]] std::optional<CapabilityCard> stored_card(const std::optional<RunInfo>& run,
                                                        const std::string& contestant);

/// What is known of the contestant's server before it is asked: that card, or the one of another
/// contestant of the same sweep (null: there is none).
[[nodiscard]] std::optional<CapabilityCard> known_card(const std::optional<RunInfo>& run,
                                                       const Contestant& contestant,
                                                       const Entrant* head);

/// The contestant's identity() with what the probe found out about its server: what is really asked
/// there. A parameter that it cannot be told is null. Null before the probe, and of a replay.
[[nodiscard]] Json asked_json(const Entrant& entrant);

/// What the plan of a run keeps of a contestant.
/// @param declared  as the bench has it
[[nodiscard]] Json contestant_plan(const Contestant& declared, const Entrant& entrant,
                                   const Bench& bench);

/// What is kept with the run.
[[nodiscard]] Json plan_json(const RunRequest& request, const Prepared& prepared,
                             const std::string& sandbox_digest);

}  // namespace plumb
