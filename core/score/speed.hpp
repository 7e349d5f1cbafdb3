#pragma once

#include <vector>

#include "core/score/board.hpp"

namespace plumb {

/// {ttft_ms{median, p95}, decode_tok_s, in_flight_tok_s, s_per_completed}; what is not known is
/// null.
[[nodiscard]] Json speed(const std::vector<const TrialRecord*>& scored);
/// {prompt, completion, per_completed}; null when the server left a response uncounted.
[[nodiscard]] Json tokens(const std::vector<const TrialRecord*>& scored);
/// {mean, median, max} of the scored trials.
[[nodiscard]] Json turns(const std::vector<const TrialRecord*>& scored);

}  // namespace plumb
