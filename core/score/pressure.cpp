#include <algorithm>

#include <fmt/format.h>

#include "core/score/alarms.hpp"
#include "core/score/statistics.hpp"
#include "core/score/sweeps.hpp"

namespace plumb {
namespace {

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

}  // namespace

Json pressure(const Json& plan, const std::vector<const TrialRecord*>& scored) {
  Json json = object_in(plan, "pressure");
  if (json.empty()) return nullptr;
  const double window = json_or(json, "window", 0.0);
  std::vector<double> reached;
  std::vector<double> filler;
  int cut = 0;
  int planted = 0;
  for (const TrialRecord* record : scored) {
    planted += record->planted_errors;
    if (record->filling) filler.push_back(static_cast<double>(record->filling->tokens));
    cut += record->filling && record->filling->cut ? 1 : 0;
    if (window <= 0 || record->requests.empty()) continue;
    const auto prompt = record->requests.front().prompt_tokens;
    if (prompt) reached.push_back(static_cast<double>(*prompt) / window);
  }
  json["reached"] = nullptr;
  if (!reached.empty()) {
    json["reached"] = {{"median", or_null(quantile(reached, 0.5))},
                       {"low", std::ranges::min(reached)},
                       {"high", std::ranges::max(reached)}};
  }
  json["filler_tokens"] = or_null(quantile(filler, 0.5));
  json["cut"] = cut;
  json["planted_errors"] = planted;
  return json;
}

Json capacity_alarm(const BoardContestant& contestant) {
  const Json& pressed = object_in(contestant.plan, "pressure");
  const double held = json_or(pressed, "tokens_at_once", 0.0);
  const double capacity = json_or(pressed, "kv_capacity_tokens", 0.0);
  const double at_once = json_or(pressed, "at_once", 1.0);
  const std::string doubt = json_or(pressed, "kv_doubt", "");
  if (!doubt.empty() && held > json_or(pressed, "window", 0.0)) {
    return to_json(
        {.id = "kv_unknown",
         .contestant = contestant.name,
         .sentence = fmt::format("{:g} trials at once hold {:.0f} tokens, and the server "
                                 "does not say whether it can hold so many",
                                 at_once, held),
         .remedy = doubt});
  }
  if (capacity <= 0 || held <= capacity) return nullptr;
  const auto most = std::max(1, static_cast<int>(at_once * capacity / held));
  return to_json(
      {.id = "kv_overcommitted",
       .contestant = contestant.name,
       .sentence = fmt::format("{:g} trials at once with {:.0f} tokens each are more than the "
                               "server's KV cache holds: it puts requests off, and the time that "
                               "takes is not the model's",
                               at_once, held / at_once),
       .evidence = fmt::format("{:.0f} tokens in {:.0f}", held, capacity),
       .remedy = fmt::format("run with --concurrency {}", most)});
}

}  // namespace plumb
