#include "core/score/scorecard.hpp"

#include <algorithm>

#include "core/score/alarms.hpp"
#include "core/score/board.hpp"
#include "core/score/readings.hpp"
#include "core/score/rubric_board.hpp"
#include "core/score/speed.hpp"
#include "core/score/sweeps.hpp"
#include "core/score/tool_calls.hpp"

namespace plumb {
namespace {

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json trials_json(const Tally& tally) {
  return {{"planned", tally.planned},       {"scored", tally.scored()},
          {"passed", tally.passed},         {"failed", tally.failed},
          {"capped", tally.capped},         {"invalid", tally.invalid},
          {"skipped", tally.skipped},       {"not_run", tally.not_run},
          {"clean", tally.clean},           {"late", tally.late},
          {"unfinished", tally.unfinished}, {"time_capped", tally.time_capped}};
}

/// What one contestant did at some tasks: the same shape for a task and for a category.
Json group_json(const std::vector<Tally>& by_task) {
  Tally total;
  for (const Tally& tally : by_task) total += tally;
  Json near_miss = nullptr;
  if (total.scored() > 0) near_miss = total.share_held / total.scored();
  return {{"trials", trials_json(total)},
          {"coverage", or_null(total.coverage())},
          {"rate", or_null(completion_rate(by_task))},
          {"near_miss", near_miss},
          {"reasons", total.reasons}};
}

Json first_attempts(const BoardContestant& contestant) {
  std::vector<Tally> by_task;
  Tally total;
  int retried = 0;
  for (const Cell& cell : contestant.cells) {
    by_task.push_back(cell.first);
    total += cell.first;
    retried += cell.retried;
  }
  return {{"retried", retried},
          {"scored", total.scored()},
          {"coverage", or_null(total.coverage())},
          {"rate", or_null(completion_rate(by_task))}};
}

/// Bounds on the rate of the model alone: trials whose fatal defect may be the server's, as failed
/// and as passed.
Json model_only(std::vector<Tally> by_task) {
  int trials = 0;
  const auto low = completion_rate(by_task);
  for (Tally& tally : by_task) {
    trials += tally.not_the_models;
    tally.passed += tally.not_the_models;
    tally.failed -= tally.not_the_models;
  }
  if (trials == 0) return nullptr;
  return {{"low", or_null(low)}, {"high", or_null(completion_rate(by_task))}, {"trials", trials}};
}

/// What its server said about itself in the last session of the run; null where it said nothing.
Json server_figures(const RunInfo& run, const std::string& contestant) {
  Json figures = nullptr;
  for (const Json& note : run.notes) {
    if (json_or(note, "id", "") == kServerFigures &&
        json_or(note, "contestant", "") == contestant) {
      figures = object_in(note, "figures");
    }
  }
  return figures;
}

/// Whether its seconds were its own, and the speeds that they are made of.
Json contestant_budget(const Json& plan, const std::vector<const TrialRecord*>& scored) {
  const Json& pace = object_in(object_in(object_in(plan, "probe"), "speed"), "pace");
  const bool calibrated = std::ranges::any_of(
      scored, [](const TrialRecord* record) { return record->budget.calibrated; });
  return {{"calibrated", calibrated}, {"pace", pace.empty() ? Json(nullptr) : pace}};
}

Json contestant_json(const RunInfo& run, const BoardContestant& contestant,
                     const std::vector<BoardTask>& tasks, const std::string& label) {
  const int repeats = run.repeats;
  const std::string proxy = json_or(object_in(run.plan, "proxies"), contestant.name.c_str(), "");
  const auto by_task = tallies(contestant);
  const auto scored = contestant.scored();
  const Tally total = contestant.total();
  Json clean_share = nullptr;
  if (total.passed > 0) clean_share = static_cast<double>(total.clean) / total.passed;
  const Json& plan = contestant.plan;
  const Json& asked = object_in(plan, "asked");
  return {{"name", contestant.name},
          {"model", json_or(plan, "model", "")},
          {"url", json_or(plan, "url", "")},
          {"proxy", proxy.empty() ? Json(nullptr) : Json(proxy)},
          {"stand_in", json_or(plan, "stand_in", false)},
          {"identity", object_in(plan, "identity")},
          {"asked", asked.empty() ? Json(nullptr) : asked},
          {"unsent", list_in(object_in(plan, "probe"), "unsent")},
          {"recipe", object_in(plan, "recipe")},
          {"server", object_in(object_in(plan, "probe"), "server")},
          {"server_figures", server_figures(run, contestant.name)},
          {"budget", contestant_budget(plan, scored)},
          {"pressure", pressure(plan, scored)},
          {"trials", trials_json(total)},
          {"reasons", total.reasons},
          {"blame", total.blame},
          {"coverage", or_null(total.coverage())},
          {"completion", completion(by_task)},
          {"model_only", model_only(by_task)},
          {"first_attempts", first_attempts(contestant)},
          {"clean_share", clean_share},
          {"pass_at", pass_table(by_task, repeats, PassKind::any)},
          {"pass_hat", pass_table(by_task, repeats, PassKind::all)},
          {"timeouts_vs_fails", label.empty() ? Json(nullptr) : Json(label)},
          {"tool_calls", tool_calls(scored)},
          {"rubrics", rubrics_json(contestant, tasks, repeats)},
          {"turns", turns(scored)},
          {"tokens", tokens(scored)},
          {"speed", speed(scored)}};
}

Json tasks_json(const Board& board) {
  Json tasks = Json::array();
  for (std::size_t i = 0; i < board.tasks.size(); ++i) {
    Json by_contestant = Json::object();
    for (const BoardContestant& contestant : board.contestants) {
      by_contestant[contestant.name] = group_json({contestant.cells[i].tally});
    }
    tasks.push_back({{"name", board.tasks[i].name},
                     {"category", board.tasks[i].category},
                     {"expected_turns", board.tasks[i].expected_turns},
                     {"by_contestant", std::move(by_contestant)}});
  }
  return tasks;
}

Json categories_json(const Board& board) {
  std::vector<std::string> names;
  for (const BoardTask& task : board.tasks) {
    if (!std::ranges::count(names, task.category)) names.push_back(task.category);
  }
  Json categories = Json::array();
  for (const std::string& name : names) {
    Json by_contestant = Json::object();
    int tasks = 0;
    for (const BoardContestant& contestant : board.contestants) {
      std::vector<Tally> own;
      for (std::size_t i = 0; i < board.tasks.size(); ++i) {
        if (board.tasks[i].category == name) own.push_back(contestant.cells[i].tally);
      }
      tasks = static_cast<int>(own.size());
      by_contestant[contestant.name] = group_json(own);
    }
    categories.push_back(
        {{"name", name}, {"tasks", tasks}, {"by_contestant", std::move(by_contestant)}});
  }
  return categories;
}

/// What the process that ran it ends with; 0 is a valid measurement.
int exit_code(const RunInfo& run, const Board& board) {
  constexpr int kInvalid = 3;
  constexpr int kOutage = 4;
  constexpr int kInterrupted = 130;
  if (run.state == "interrupted") return kInterrupted;
  if (run.state == "outage") return kOutage;
  if (!list_in(object_in(run.plan, "ruler"), "broken").empty()) return kInvalid;
  if (board.contestants.empty()) return kInvalid;
  for (const BoardContestant& contestant : board.contestants) {
    const Tally total = contestant.total();
    if (total.scored() == 0 || total.coverage().value_or(0) < kCoverageFloor) return kInvalid;
  }
  return 0;
}

Json run_json(const RunInfo& run, const Board& board) {
  const int code = exit_code(run, board);
  return {{"id", run.id},
          {"started_at", iso_time(run.started_ms)},
          {"finished_at", run.finished_ms == 0 ? Json(nullptr) : Json(iso_time(run.finished_ms))},
          {"state", run.state},
          {"suite", run.suite},
          {"seed", run.seed},
          {"repeats", run.repeats},
          {"sandbox", run.sandbox},
          {"isolated", run.isolated},
          {"budget", object_in(run.plan, "budget")},
          {"ruler", object_in(run.plan, "ruler")},
          {"scaffold", object_in(run.plan, "scaffold")},
          {"fingerprint", json_or(run.plan, "fingerprint", "")},
          {"version", json_or(run.plan, "version", "")},
          {"valid", code == 0},
          {"exit_code", code}};
}

}  // namespace

Json make_scorecard(const RunInfo& run, const std::vector<TrialRecord>& records) {
  const Board board = make_board(run, records);
  const auto labels = timeout_labels(board);
  Json contestants = Json::array();
  for (std::size_t i = 0; i < board.contestants.size(); ++i) {
    contestants.push_back(contestant_json(run, board.contestants[i], board.tasks, labels[i]));
  }
  return {{"schema", "plumb.scorecard/1"},
          {"run", run_json(run, board)},
          {"contestants", std::move(contestants)},
          {"categories", categories_json(board)},
          {"tasks", tasks_json(board)},
          {"comparisons", Json::array()},
          {"sweeps", sweeps(board)},
          {"alarms", alarms(run, board, labels)}};
}

}  // namespace plumb
