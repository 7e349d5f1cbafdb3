#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/trial/budget.hpp"
#include "core/trial/call_log.hpp"
#include "core/trial/filler.hpp"
#include "core/trial/verdict.hpp"

namespace plumb {

/// Which trial: unique within a run together with `attempt`.
struct TrialKey {
  std::string contestant;
  std::string task;
  int repeat = 0;  ///< from 0
  auto operator<=>(const TrialKey&) const = default;
};

/// One request that was answered, for the speed figures. Times on the calendar clock, in ms since
/// 1970, so that records of a resumed run can be laid side by side.
struct RequestTiming {
  double start_ms = 0;                 ///< sent
  double end_ms = 0;                   ///< ended
  std::optional<double> ttft_ms;       ///< to the first text, reasoning or tool delta
  std::optional<double> decode_s;      ///< first to last token
  std::optional<std::int64_t> tokens;  ///< completion tokens, as the server counted them
  std::optional<std::int64_t> prompt_tokens;
};

/// Where the model stood when it gave its final answer (within the budget or later).
struct FinishedAt {
  int turns = 0;
  double seconds = 0;  ///< model and tool clock
  std::int64_t tokens = 0;
};

/// Everything that is kept of one attempt at a trial.
struct TrialRecord {
  TrialKey key;
  int attempt = 1;         ///< from 1; an invalid trial is tried again, the first attempt is kept
  std::uint64_t seed = 0;  ///< env.seed
  std::int64_t started_ms = 0;  ///< since 1970
  Verdict verdict;
  Budget budget;
  Clocks clocks;
  int turns = 0;
  std::optional<FinishedAt> finished_at;
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  bool tokens_known = true;  ///< the server counted every response
  CallCounts calls;
  int planted_errors = 0;          ///< valid calls that were answered with a planted failure
  std::optional<Filling> filling;  ///< what stood before the task
  int retries = 0;                 ///< attempts beyond the first, over all requests
  std::vector<RequestTiming> requests;
  /// What every trial of this task begins with: {"system", "prompt", "tools"}; stored once for all
  /// that share it.
  Json opening = Json::object();
  /// The events after it, in order; see transcript.hpp.
  Json events = Json::array();
};

[[nodiscard]] Json to_json(const Verdict& verdict);
[[nodiscard]] Verdict verdict_from_json(const Json& json);
/// All of the record but `opening` and `events`, which the store keeps apart.
[[nodiscard]] Json to_json(const TrialRecord& record);
[[nodiscard]] TrialRecord record_from_json(const Json& json);

}  // namespace plumb
