#include "core/score/board.hpp"

#include <algorithm>
#include <set>

namespace plumb {
namespace {

std::optional<double> share(int part, int whole) {
  if (whole <= 0) return std::nullopt;
  return static_cast<double>(part) / whole;
}

std::set<std::string> broken_tasks(const RunInfo& run) {
  std::set<std::string> names;
  for (const Json& broken : list_in(object_in(run.plan, "ruler"), "broken")) {
    names.insert(json_or(broken, "task", ""));
  }
  return names;
}

/// The place of the name, which is added when the plan does not have it: what was measured is
/// shown.
template <class Named, class Make>
std::size_t place_of(std::vector<Named>& all, const std::string& name, const Make& make) {
  const auto it = std::ranges::find(all, name, &Named::name);
  if (it != all.end()) return static_cast<std::size_t>(it - all.begin());
  all.push_back(make());
  return all.size() - 1;
}

std::optional<Rubric> rubric_of(const Json& task) {
  const Json& rubric = object_in(task, "rubric");
  if (rubric.empty()) return std::nullopt;
  return Rubric{.name = json_or(rubric, "name", ""),
                .category = json_or(rubric, "category", ""),
                .points = json_or(rubric, "points", 0)};
}

void lay_out(Board& board, const std::vector<TrialRecord>& records) {
  std::map<TrialKey, std::pair<const TrialRecord*, const TrialRecord*>> ends;  // first, last
  for (const TrialRecord& record : records) {
    auto& [first, last] = ends.try_emplace(record.key, &record, &record).first->second;
    if (record.attempt < first->attempt) first = &record;
    if (record.attempt >= last->attempt) last = &record;
  }
  for (const auto& [key, end] : ends) {
    const std::size_t task = place_of(board.tasks, key.task,
                                      [&] { return BoardTask{.name = key.task, .category = ""}; });
    const std::size_t contestant = place_of(board.contestants, key.contestant, [&] {
      return BoardContestant{.name = key.contestant, .plan = Json::object(), .cells = {}};
    });
    auto& cells = board.contestants[contestant].cells;
    if (cells.size() < board.tasks.size()) cells.resize(board.tasks.size());
    Cell& cell = cells[task];
    cell.first.add(*end.first);
    cell.tally.add(*end.second);
    cell.retried += end.first == end.second ? 0 : 1;
    cell.counted.push_back(end.second);
  }
  for (BoardContestant& contestant : board.contestants) contestant.cells.resize(board.tasks.size());
}

/// Counts what was planned and has no record: skipped where the ruler of the task is broken, else
/// not run.
void count_missing(Board& board, const RunInfo& run, std::size_t planned_tasks) {
  const auto broken = broken_tasks(run);
  const auto whole = static_cast<std::int64_t>(planned_tasks) * run.repeats;
  const auto planned = json_or(run.plan, "trials_per_contestant", whole);
  for (BoardContestant& contestant : board.contestants) {
    for (std::size_t task = 0; task < planned_tasks; ++task) {
      Cell& cell = contestant.cells[task];
      // Of a shard only the sum is known, so there a task's plan is what it has.
      const int missing = planned == whole ? run.repeats - cell.tally.planned : 0;
      for (Tally* tally : {&cell.tally, &cell.first}) {
        if (missing <= 0) continue;
        tally->planned += missing;
        if (broken.contains(board.tasks[task].name)) {
          tally->skipped += missing;
          tally->reasons[reason_name(Reason::ruler_broken)] += missing;
        } else {
          tally->not_run += missing;
        }
      }
    }
  }
}

}  // namespace

const Json& object_in(const Json& object, const char* key) {
  static const Json nothing = Json::object();
  if (!object.is_object()) return nothing;
  const auto it = object.find(key);
  return it != object.end() && it->is_object() ? *it : nothing;
}

const Json& list_in(const Json& object, const char* key) {
  static const Json nothing = Json::array();
  if (!object.is_object()) return nothing;
  const auto it = object.find(key);
  return it != object.end() && it->is_array() ? *it : nothing;
}

bool is_scored(const TrialRecord& record) {
  const Outcome outcome = record.verdict.outcome;
  return outcome == Outcome::passed || outcome == Outcome::failed || outcome == Outcome::capped;
}

std::optional<double> Tally::coverage() const { return share(scored(), due()); }
std::optional<double> Tally::rate() const { return share(passed, scored()); }

void Tally::add(const TrialRecord& record) {
  const Verdict& verdict = record.verdict;
  ++planned;
  switch (verdict.outcome) {
    case Outcome::passed:
      ++passed;
      clean += verdict.clean ? 1 : 0;
      break;
    case Outcome::failed:
      ++failed;
      break;
    case Outcome::capped:
      ++capped;
      late += verdict.late ? 1 : 0;
      unfinished += verdict.unfinished ? 1 : 0;
      time_capped += verdict.reason == Reason::time ? 1 : 0;
      break;
    case Outcome::invalid:
      ++invalid;
      break;
    case Outcome::skipped:
      ++skipped;
      break;
  }
  if (is_scored(record)) share_held += verdict.share_held();
  if (verdict.outcome == Outcome::passed) return;
  not_the_models += is_scored(record) && verdict.not_the_models ? 1 : 0;
  ++reasons[reason_name(verdict.reason)];
  ++blame[blame_name(verdict.blame)];
}

Tally& Tally::operator+=(const Tally& other) {
  planned += other.planned;
  passed += other.passed;
  failed += other.failed;
  capped += other.capped;
  invalid += other.invalid;
  skipped += other.skipped;
  not_run += other.not_run;
  clean += other.clean;
  late += other.late;
  unfinished += other.unfinished;
  time_capped += other.time_capped;
  not_the_models += other.not_the_models;
  share_held += other.share_held;
  for (const auto& [reason, count] : other.reasons) reasons[reason] += count;
  for (const auto& [who, count] : other.blame) blame[who] += count;
  return *this;
}

Tally BoardContestant::total() const {
  Tally sum;
  for (const Cell& cell : cells) sum += cell.tally;
  return sum;
}

std::vector<const TrialRecord*> BoardContestant::scored() const {
  std::vector<const TrialRecord*> records;
  for (const Cell& cell : cells) {
    std::ranges::copy_if(cell.counted, std::back_inserter(records),
                         [](const TrialRecord* record) { return is_scored(*record); });
  }
  return records;
}

Board make_board(const RunInfo& run, const std::vector<TrialRecord>& records) {
  Board board;
  for (const Json& task : list_in(run.plan, "tasks")) {
    board.tasks.push_back({.name = json_or(task, "name", ""),
                           .category = json_or(task, "category", ""),
                           .expected_turns = json_or(task, "expected_turns", 0),
                           .rubric = rubric_of(task)});
  }
  for (const Json& contestant : list_in(run.plan, "contestants")) {
    board.contestants.push_back(
        {.name = json_or(contestant, "name", ""), .plan = contestant, .cells = {}});
  }
  const std::size_t planned_tasks = board.tasks.size();
  lay_out(board, records);
  count_missing(board, run, planned_tasks);
  return board;
}

}  // namespace plumb
