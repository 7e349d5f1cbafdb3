#pragma once

#include <vector>

#include "core/score/board.hpp"
#include "core/score/statistics.hpp"

namespace plumb {

/// A rate of events among the calls of trials, whose calls are not independent.
struct CallRate {
  double rate = 0;
  Interval interval;
  double effective_calls = 0;  ///< as many independent calls would tell as much
};

/// `bad[i]` of `calls[i]` in trial i. Wilson's interval at the effective number of calls: rate (1 -
/// rate) over the variance of a ratio of cluster totals (W. G. Cochran, Sampling Techniques, 3rd
/// edition, 1977, section 6.3; the design effect of L. Kish, Survey Sampling, 1965), never more
/// than the calls themselves. Where no call or every call is bad, or there is one trial, the
/// clusters tell nothing and the calls count as they are. Requires one call at least.
[[nodiscard]] CallRate call_rate(const std::vector<int>& bad, const std::vector<int>& calls);

/// A trial for the survival of its calls.
struct CallSpan {
  int calls = 0;  ///< judged
  int bad = 0;  ///< the first spoilt one, from 1; 0: none, and the trial is censored after `calls`
};
struct SurvivalStep {
  int calls = 0;     ///< after so many calls
  double share = 1;  ///< of trials without a spoilt call
  Interval interval;
  int at_risk = 0;  ///< trials that made so many calls, with none spoilt before
};
/// The share of trials without a spoilt call after n calls, at the n given (Kaplan and Meier, JASA
/// 53, 1958), with Wilson's interval at the effective number share (1 - share) / Greenwood's
/// variance (K. J. Rothman, J. Chronic Dis. 31, 1978). Stops where no trial made so many calls.
[[nodiscard]] std::vector<SurvivalStep> call_survival(const std::vector<CallSpan>& trials,
                                                      const std::vector<int>& at);

/// The section "tool calls" of a contestant: {total, valid, malformed, malformed_rate, first_try{},
/// per_100{}, by_defect{}, by_attribution{}, defects[], survival[], recovered{},
/// clean_completions{}, cost{}}; see docs/scorecard.md.
[[nodiscard]] Json tool_calls(const std::vector<const TrialRecord*>& scored);

}  // namespace plumb
