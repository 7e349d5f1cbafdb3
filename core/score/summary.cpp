#include "core/score/summary.hpp"

#include "core/base/clock.hpp"
#include "core/score/board.hpp"
#include "core/score/recipe.hpp"
#include "core/score/speed.hpp"
#include "core/score/tool_calls.hpp"

namespace plumb {
namespace {

Json server_figures(const RunInfo& run, const std::string& contestant) {
  Json sessions = Json::array();
  for (const Json& note : run.notes) {
    if (json_or(note, "id", "") != kServerFigures) continue;
    if (json_or(note, "contestant", "") == contestant)
      sessions.push_back(object_in(note, "figures"));
  }
  return sessions;
}

/// As the trials saw it: their speeds, and what they sent.
Json client(const BoardContestant& contestant) {
  const auto scored = contestant.scored();
  std::int64_t requests = 0;
  int retries = 0;
  Clocks clocks;
  for (const TrialRecord* record : scored) {
    requests += static_cast<std::int64_t>(record->requests.size());
    retries += record->retries;
    clocks.model_s += record->clocks.model_s;
    clocks.tool_s += record->clocks.tool_s;
    clocks.waiting_s += record->clocks.waiting_s;
  }
  return {{"trials", scored.size()},   {"requests", requests},     {"retries", retries},
          {"model_s", clocks.model_s}, {"tool_s", clocks.tool_s},  {"waiting_s", clocks.waiting_s},
          {"speed", speed(scored)},    {"tokens", tokens(scored)}, {"turns", turns(scored)}};
}

Json member(const Json& plan, const char* key) {
  const auto found = plan.find(key);
  return found == plan.end() ? Json(nullptr) : *found;
}

}  // namespace

Json run_summary(const RunInfo& run, const std::vector<TrialRecord>& records) {
  const Board board = make_board(run, records);
  Json contestants = Json::array();
  for (const BoardContestant& contestant : board.contestants) {
    const Json& plan = contestant.plan;
    const auto recipe = recipe_of(run, contestant.name);
    contestants.push_back(
        {{"name", contestant.name},
         {"model", json_or(plan, "model", "")},
         {"url", json_or(plan, "url", "")},
         {"stand_in", json_or(plan, "stand_in", false)},
         {"recipe", object_in(plan, "recipe")},
         {"contradictions", recipe ? recipe_contradictions(*recipe) : Json::array()},
         {"probe", plan.is_object() ? member(plan, "probe") : Json(nullptr)},
         {"server_figures", server_figures(run, contestant.name)},
         {"client", client(contestant)}});
  }
  return {{"schema", "plumb.run_summary/1"},
          {"run",
           {{"id", run.id},
            {"started_at", iso_time(run.started_ms)},
            {"state", run.state},
            {"suite", run.suite},
            {"repeats", run.repeats},
            {"version", json_or(run.plan, "version", "")},
            {"proxies", run.plan.is_object() ? member(run.plan, "proxies") : Json(nullptr)}}},
          {"contestants", std::move(contestants)}};
}

}  // namespace plumb
