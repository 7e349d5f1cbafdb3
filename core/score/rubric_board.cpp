#include "core/score/rubric_board.hpp"

#include <algorithm>
#include <set>

#include "core/score/rubric.hpp"

namespace plumb {
namespace {

/// What a trial earned; nothing where it cannot be told. A published rubric ends after its turns,
/// so that a trial which was capped earns nothing, whatever its grader says of what came later.
std::optional<std::int64_t> points_of(const TrialRecord& record) {
  if (record.verdict.outcome == Outcome::capped) return 0;
  return is_scored(record) ? record.verdict.points : std::nullopt;
}

/// Counts the trials of one rubric; of one repeat only where it is given.
std::vector<RubricTally> tally(const BoardContestant& contestant,
                               const std::vector<BoardTask>& tasks, const std::string& rubric,
                               std::optional<int> repeat) {
  std::vector<RubricTally> tallies;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (!tasks[i].rubric || tasks[i].rubric->name != rubric) continue;
    const Rubric& of = *tasks[i].rubric;
    auto at = std::ranges::find(tallies, of.category, &RubricTally::category);
    if (at == tallies.end()) at = tallies.insert(at, {.category = of.category});
    at->tasks += 1;
    at->planned += repeat ? 1 : contestant.cells[i].tally.planned;
    for (const TrialRecord* record : contestant.cells[i].counted) {
      if (repeat && record->key.repeat != *repeat) continue;
      const auto points = points_of(*record);
      if (!points) continue;
      at->scored += 1;
      at->earned += *points;
      at->possible += of.points;
    }
  }
  return tallies;
}

}  // namespace

Json rubrics_json(const BoardContestant& contestant, const std::vector<BoardTask>& tasks,
                  int repeats) {
  std::set<std::string> names;
  for (const BoardTask& task : tasks) {
    if (task.rubric) names.insert(task.rubric->name);
  }
  Json sections = Json::array();
  for (const std::string& name : names) {
    Json section = to_json(rubric_section(name, tally(contestant, tasks, name, std::nullopt)));
    Json passes = Json::array();
    for (int repeat = 0; repeat < repeats; ++repeat) {
      const auto total = rubric_section(name, tally(contestant, tasks, name, repeat)).total;
      passes.push_back(total ? Json(*total) : Json(nullptr));
    }
    section["passes"] = std::move(passes);
    sections.push_back(std::move(section));
  }
  return sections;
}

}  // namespace plumb
