#pragma once

#include <vector>

#include "core/score/board.hpp"

namespace plumb {

/// What a contestant was put under and what that came to: the plan's {context_fill,
/// tool_error_rate, sweep, window, window_basis, kv_capacity_tokens, kv_doubt, at_once,
/// tokens_at_once} with
/// `reached` {median, low, high} (shares of the window that first requests took, as the server
/// counted them), `filler_tokens` (median), `cut` (trials with less filler than was asked for) and
/// `planted_errors`. Null without pressure.
[[nodiscard]] Json pressure(const Json& plan, const std::vector<const TrialRecord*>& scored);

/// The trials that may run at once hold more than the server's KV cache does; null where they fit
/// or where nobody knows.
[[nodiscard]] Json capacity_alarm(const BoardContestant& contestant);

/// One for each contestant of a sweep: how it does at each value, and the first at which it breaks.
/// docs/scorecard.md has the shape and the rule.
[[nodiscard]] Json sweeps(const Board& board);

}  // namespace plumb
