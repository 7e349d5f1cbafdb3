#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/score/scorecard.hpp"
#include "core/task/task.hpp"

namespace plumb {

/// What became of some trials. planned = scored + invalid + skipped + not_run; scored = passed +
/// failed + capped.
struct Tally {
  int planned = 0;
  int passed = 0;
  int failed = 0;
  int capped = 0;
  int invalid = 0;
  int skipped = 0;
  int not_run = 0;
  int clean = 0;           ///< of the passed
  int late = 0;            ///< of the capped
  int unfinished = 0;      ///< of the capped
  int time_capped = 0;     ///< of the capped
  int not_the_models = 0;  ///< scored, not passed, on a defect that may not be the model's
  double share_held = 0;   ///< summed over the scored
  std::map<std::string, int> reasons;
  std::map<std::string, int> blame;

  [[nodiscard]] int scored() const { return passed + failed + capped; }
  /// What could have been scored: the denominator of coverage.
  [[nodiscard]] int due() const { return planned - skipped; }
  [[nodiscard]] std::optional<double> coverage() const;
  [[nodiscard]] std::optional<double> rate() const;
  void add(const TrialRecord& record);
  Tally& operator+=(const Tally& other);
};

/// One contestant at one task.
struct Cell {
  Tally tally;  ///< by the last attempt of each trial
  Tally first;  ///< by the first attempt of each trial
  int retried = 0;
  std::vector<const TrialRecord*> counted;  ///< last attempts
};

struct BoardTask {
  std::string name;
  std::string category;
  int expected_turns = 0;
  std::optional<Rubric> rubric;
};

struct BoardContestant {
  std::string name;
  Json plan;                ///< as the run's plan has it
  std::vector<Cell> cells;  ///< one per task, in the order of the board's tasks

  [[nodiscard]] Tally total() const;
  [[nodiscard]] std::vector<const TrialRecord*> scored() const;
};

/// Records laid out by contestant and task. Points into the records: must not outlive them.
struct Board {
  std::vector<BoardTask> tasks;
  std::vector<BoardContestant> contestants;
};
[[nodiscard]] Board make_board(const RunInfo& run, const std::vector<TrialRecord>& records);

/// The member when it is an object (a list), else an empty one: a stored plan may be of any shape.
[[nodiscard]] const Json& object_in(const Json& object, const char* key);
[[nodiscard]] const Json& list_in(const Json& object, const char* key);

[[nodiscard]] bool is_scored(const TrialRecord& record);

}  // namespace plumb
