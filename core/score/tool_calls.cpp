#include "core/score/tool_calls.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

namespace plumb {
namespace {

/// Where a survival curve is told, besides the calls at which it falls.
const std::vector<int> kMilestones = {1, 2, 5, 10, 20, 40, 80, 160};
constexpr std::size_t kMostSteps = 200;

Json share(int count, int of) {
  return {{"count", count},
          {"of", of},
          {"share", of > 0 ? Json(static_cast<double>(count) / of) : Json(nullptr)}};
}

Json per_100(const std::vector<const TrialRecord*>& scored) {
  std::vector<int> bad;
  std::vector<int> calls;
  for (const TrialRecord* record : scored) {
    if (record->calls.total == 0) continue;
    bad.push_back(record->calls.spoilt());
    calls.push_back(record->calls.total);
  }
  if (calls.empty()) {
    return {{"rate", nullptr}, {"low", nullptr}, {"high", nullptr}, {"effective_calls", 0}};
  }
  const CallRate found = call_rate(bad, calls);
  return {{"rate", 100 * found.rate},
          {"low", 100 * found.interval.low},
          {"high", 100 * found.interval.high},
          {"effective_calls", found.effective_calls}};
}

Json survival(const std::vector<const TrialRecord*>& scored) {
  std::vector<CallSpan> spans;
  std::set<int> at(kMilestones.begin(), kMilestones.end());
  for (const TrialRecord* record : scored) {
    if (record->calls.total == 0) continue;
    const int bad = record->calls.first_spoilt();
    // A record that does not say which call was spoilt says nothing here.
    if (bad == 0 && record->calls.spoilt() > 0) continue;
    spans.push_back({.calls = record->calls.total, .bad = bad});
    if (spans.back().bad > 0 && at.size() < kMostSteps) at.insert(spans.back().bad);
  }
  Json steps = Json::array();
  for (const SurvivalStep& step : call_survival(spans, {at.begin(), at.end()})) {
    steps.push_back({{"calls", step.calls},
                     {"share", step.share},
                     {"low", step.interval.low},
                     {"high", step.interval.high},
                     {"at_risk", step.at_risk}});
  }
  return steps;
}

struct DefectTally {
  int count = 0;
  std::map<Aftermath, int> aftermath;
  std::string example;
};

/// By defect, attribution and, of a call that leaked, the markup.
using DefectKey = std::tuple<Defect, Attribution, std::string>;

std::map<DefectKey, DefectTally> tally_defects(const std::vector<const TrialRecord*>& scored) {
  std::map<DefectKey, DefectTally> tallies;
  for (const TrialRecord* record : scored) {
    for (const CallDefect& one : record->calls.defects) {
      const bool leaked =
          one.defect == Defect::leaked_text || one.defect == Defect::leaked_reasoning;
      DefectTally& tally = tallies[{one.defect, one.attribution, leaked ? one.what : ""}];
      ++tally.count;
      if (one.aftermath) ++tally.aftermath[*one.aftermath];
      if (!tally.example.empty()) continue;
      tally.example = record->key.task + " #" + std::to_string(record->key.repeat + 1) + ", turn " +
                      std::to_string(one.turn);
    }
  }
  return tallies;
}

Json defect_rows(const std::map<DefectKey, DefectTally>& tallies) {
  Json rows = Json::array();
  for (const auto& [key, tally] : tallies) {
    const auto& [defect, attribution, format] = key;
    Json row = {{"defect", defect_name(defect)},
                {"code", defect_code(defect)},
                {"attribution", attribution_name(attribution)},
                {"count", tally.count},
                {"example", tally.example}};
    if (!format.empty()) row["format"] = format;
    for (const Aftermath aftermath :
         {Aftermath::recovered_next_turn, Aftermath::recovered_later, Aftermath::fatal}) {
      const auto at = tally.aftermath.find(aftermath);
      row[aftermath_name(aftermath)] = at == tally.aftermath.end() ? 0 : at->second;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

CallRate call_rate(const std::vector<int>& bad, const std::vector<int>& calls) {
  const double all_bad = std::accumulate(bad.begin(), bad.end(), 0.0);
  const double all = std::accumulate(calls.begin(), calls.end(), 0.0);
  const double rate = all_bad / all;
  const double trials = static_cast<double>(calls.size());
  double squares = 0;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    squares += std::pow(bad[i] - rate * calls[i], 2);
  }
  const double variance = trials > 1 ? squares * trials / (trials - 1) / (all * all) : 0;
  const double effective = variance > 0 ? std::clamp(rate * (1 - rate) / variance, 1.0, all) : all;
  return {.rate = rate, .interval = wilson(rate, effective), .effective_calls = effective};
}

std::vector<SurvivalStep> call_survival(const std::vector<CallSpan>& trials,
                                        const std::vector<int>& at) {
  std::map<int, int> events;
  for (const CallSpan& trial : trials) {
    if (trial.bad > 0) ++events[trial.bad];
  }
  const auto at_risk = [&](int call) {
    return static_cast<int>(std::ranges::count_if(trials, [&](const CallSpan& trial) {
      return (trial.bad > 0 ? trial.bad : trial.calls) >= call;
    }));
  };
  std::vector<SurvivalStep> steps;
  double share = 1;
  double greenwood = 0;  // sum of d / (n (n - d))
  auto event = events.begin();
  for (const int calls : at) {
    const int risk = at_risk(calls);
    if (risk == 0) break;
    for (; event != events.end() && event->first <= calls; ++event) {
      const double n = at_risk(event->first);
      const double d = event->second;
      share *= 1 - d / n;
      if (d < n) greenwood += d / (n * (n - d));
    }
    const double variance = share * share * greenwood;
    const double effective =
        variance > 0 && share < 1 ? share * (1 - share) / variance : static_cast<double>(risk);
    steps.push_back({.calls = calls,
                     .share = share,
                     .interval = wilson(share, std::max(1.0, effective)),
                     .at_risk = risk});
  }
  return steps;
}

Json tool_calls(const std::vector<const TrialRecord*>& scored) {
  CallCounts sum;
  int passed = 0;
  int clean = 0;
  for (const TrialRecord* record : scored) {
    sum.total += record->calls.total;
    sum.valid += record->calls.valid;
    sum.intended += record->calls.intended;
    sum.valid_at_first += record->calls.valid_at_first;
    sum.lost_turns += record->calls.lost_turns;
    sum.lost_seconds += record->calls.lost_seconds;
    passed += record->verdict.outcome == Outcome::passed ? 1 : 0;
    clean += record->verdict.clean ? 1 : 0;
  }
  const auto tallies = tally_defects(scored);
  std::map<std::string, int> by_defect;
  std::map<std::string, int> by_attribution;
  int recovered = 0;
  int fatal = 0;
  for (const auto& [key, tally] : tallies) {
    by_defect[defect_name(std::get<Defect>(key))] += tally.count;
    by_attribution[attribution_name(std::get<Attribution>(key))] += tally.count;
    for (const auto& [aftermath, count] : tally.aftermath) {
      (aftermath == Aftermath::fatal ? fatal : recovered) += count;
    }
  }
  Json json = {{"total", sum.total},
               {"valid", sum.valid},
               {"malformed", sum.spoilt()},
               {"malformed_rate", nullptr},
               {"first_try", share(sum.valid_at_first, sum.intended)},
               {"per_100", per_100(scored)},
               {"by_defect", by_defect},
               {"by_attribution", by_attribution},
               {"defects", defect_rows(tallies)},
               {"survival", survival(scored)},
               {"recovered", share(recovered, recovered + fatal)},
               {"clean_completions", share(clean, passed)},
               {"cost", {{"turns", sum.lost_turns}, {"seconds", sum.lost_seconds}}}};
  if (sum.total > 0) json["malformed_rate"] = static_cast<double>(sum.spoilt()) / sum.total;
  return json;
}

}  // namespace plumb
