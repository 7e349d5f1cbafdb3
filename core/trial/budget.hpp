#pragma once

#include <cstdint>
#include <optional>

#include "core/base/clock.hpp"
#include "core/base/json.hpp"
#include "core/endpoint/pace.hpp"
#include "core/trial/verdict.hpp"

namespace plumb {

/// How the limits of a trial follow from its task, and from how fast its contestant is: part of the
/// fingerprint.
struct BudgetRule {
  bool calibrated = false;  ///< seconds from the contestant's pace, where a probe has measured one
  double slack = 2;         ///< turns = ceil(slack * expected_turns)
  double seconds_per_turn =
      15;                ///< `fixed`: seconds = seconds_per_turn * expected_turns, the same for all
  double hard_stop = 2;  ///< a trial goes on to hard_stop times its budget; at least 1
  std::int64_t tokens_per_turn = 8192;  ///< completion tokens = tokens_per_turn * turns
  // `calibrated`: see calibrated_seconds().
  double tool_seconds = 5;  ///< of an expected turn, for its tools
  double floor = 5;         ///< seconds of an expected turn at least, slack included
  double ceiling = 1200;    ///< and at most
};
[[nodiscard]] Json to_json(const BudgetRule& rule);

/// The limits of one trial. Over budget is marked; the trial ends at the stop values.
struct Budget {
  int turns = 0;
  double seconds = 0;       ///< model and tool clock together
  std::int64_t tokens = 0;  ///< completion tokens
  int stop_turns = 0;
  double stop_seconds = 0;
  std::int64_t stop_tokens = 0;
  bool calibrated = false;  ///< made from the contestant's pace
};

/// System prompt, tools and task, where nothing else is known.
inline constexpr std::int64_t kUsualOpening = 1500;

/// @param expected_turns  need not be whole: failed calls are made again
/// @param pace  null: none was measured, and the seconds are those of a fixed rule
/// @param opening  tokens of the first request
[[nodiscard]] Budget make_budget(const BudgetRule& rule, double expected_turns,
                                 const Pace* pace = nullptr, std::int64_t opening = kUsualOpening);

/// slack * the sum over the expected turns of (time to the first token at that context + expected
/// tokens / decode rate + tool_seconds), between floor and ceiling. The context begins with the
/// opening (new to the server) and grows by each answer and its result (400 tokens); what was there
/// before is read again at the warm rate. Expected tokens are those of the probe's tool-using
/// conversation, 2048 at most, so that rambling buys no time.
[[nodiscard]] double calibrated_seconds(const BudgetRule& rule, double expected_turns,
                                        const Pace& pace, std::int64_t opening = kUsualOpening);

/// The three clocks. Waiting (our queue, backoff, Retry-After) is never charged.
struct Clocks {
  double model_s = 0;
  double tool_s = 0;
  double waiting_s = 0;
  [[nodiscard]] double charged_s() const { return model_s + tool_s; }
};

/// Reads the clocks of a running trial against its budget.
class Meter {
 public:
  explicit Meter(const Budget& budget) : budget_(budget) {}

  void charge_model(Duration in_flight) { clocks_.model_s += to_seconds(in_flight); }
  void charge_tool(Duration duration) { clocks_.tool_s += to_seconds(duration); }
  void add_waiting(Duration duration) { clocks_.waiting_s += to_seconds(duration); }
  void add_turn(std::int64_t completion_tokens);
  /// Called after every turn, before anything else is asked of the model.
  void note_caps();

  /// The limit of the budget that was passed first, if any.
  [[nodiscard]] std::optional<Reason> first_cap() const { return first_cap_; }
  /// A hard-stop limit has been reached: the trial ends now.
  [[nodiscard]] bool must_stop() const;
  /// What is left on the model and tool clocks until the hard stop.
  [[nodiscard]] Duration left() const;
  [[nodiscard]] const Budget& budget() const { return budget_; }
  [[nodiscard]] const Clocks& clocks() const { return clocks_; }
  [[nodiscard]] int turns() const { return turns_; }
  [[nodiscard]] std::int64_t tokens() const { return tokens_; }

 private:
  Budget budget_;
  Clocks clocks_;
  int turns_ = 0;
  std::int64_t tokens_ = 0;
  std::optional<Reason> first_cap_;
};

}  // namespace plumb
