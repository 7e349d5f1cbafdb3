// core/trial: one attempt of one contestant at one task: the agent loop, its budget and clocks, the
// transcript, and the verdict. It knows no HTTP, no database and no statistics.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/task/check.hpp"

namespace plumb {

enum class Outcome { passed, failed, capped, invalid, skipped };

/// Why; see DESIGN.md section 6. `none` goes with passed.
enum class Reason {
  none,
  // failed
  wrong_result,
  gave_up,
  malformed_calls,
  server_rejected,
  looped,
  refused,
  unsafe,
  // capped
  turns,
  time,
  tokens,
  context,
  // invalid
  never_reached,
  endpoint_error,
  sandbox_error,
  task_error,
  grader_error,
  interrupted,
  // skipped
  context_floor,
  no_vision,
  no_tools,
  no_parallel_calls,
  missing_command,
  requires_container,
  ruler_broken,
};

/// Who is to blame for what did not pass.
enum class Blame { none, model, server, transport, sandbox, task, harness, user, undetermined };

[[nodiscard]] const char* outcome_name(Outcome outcome);
[[nodiscard]] const char* reason_name(Reason reason);
[[nodiscard]] const char* blame_name(Blame blame);
[[nodiscard]] std::optional<Outcome> outcome_from(std::string_view name);
[[nodiscard]] std::optional<Reason> reason_from(std::string_view name);
[[nodiscard]] std::optional<Blame> blame_from(std::string_view name);

struct Verdict {
  Outcome outcome = Outcome::invalid;
  Reason reason = Reason::interrupted;
  Blame blame = Blame::undetermined;
  std::string sentence;       ///< the evidence, for a person
  std::vector<Check> checks;  ///< of the first grading
  std::optional<int> points;  ///< of the task's rubric, by the first grading
  bool graded = false;
  bool grader_agrees = true;    ///< the second grading said the same
  bool clean = false;           ///< passed without an invalid call and without a retry
  bool late = false;            ///< capped, but passed before the hard stop
  bool unfinished = false;      ///< all checks hold, but the model never stopped
  bool not_the_models = false;  ///< failed on a defect that may be the server parser's (a call that
                                ///< came as text, an answer that the server could not read)

  /// Share of checks that hold, 0 without checks: the near miss.
  [[nodiscard]] double share_held() const;
};

}  // namespace plumb
