#include "core/score/readings.hpp"

#include <algorithm>

#include "core/score/statistics.hpp"

namespace plumb {
namespace {

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

int sign(double value) { return (value > 0 ? 1 : 0) - (value < 0 ? 1 : 0); }

/// The completion rate if every trial that ran out of time had passed.
std::optional<double> rate_without_time_caps(std::vector<Tally> by_task) {
  for (Tally& tally : by_task) {
    tally.passed += tally.time_capped;
    tally.capped -= tally.time_capped;
  }
  return completion_rate(by_task);
}

/// Another contestant's rate and its interval.
struct Rival {
  double rate;
  double low;
};

std::optional<Rival> rival_of(const std::vector<Tally>& by_task) {
  const Json known = completion(by_task);
  if (!known["rate"].is_number()) return std::nullopt;
  return Rival{known["rate"].get<double>(), known["low"].get<double>()};
}

/// Whether time alone decides who of two is ahead, or that one is clearly behind.
bool decides(double rate, double in_time, const Rival& rival) {
  const bool other_order = sign(rate - rival.rate) != sign(in_time - rival.rate);
  return other_order || (rate < rival.low && in_time >= rival.low);
}

std::string timeout_label(const std::vector<Tally>& own, const std::vector<Rival>& rivals) {
  const auto rate = completion_rate(own);
  if (!rate) return "";
  Tally total;
  for (const Tally& tally : own) total += tally;
  if (total.time_capped == 0) return "legitimate";
  const double in_time = *rate_without_time_caps(own);
  const bool decisive = rivals.empty() ? total.time_capped * 10 > total.planned
                                       : std::ranges::any_of(rivals, [&](const Rival& rival) {
                                           return decides(*rate, in_time, rival);
                                         });
  if (decisive) return "capped";
  return total.time_capped * 3 >= total.failed + total.capped ? "borderline" : "legitimate";
}

}  // namespace

std::vector<Tally> tallies(const BoardContestant& contestant) {
  std::vector<Tally> by_task;
  for (const Cell& cell : contestant.cells) by_task.push_back(cell.tally);
  return by_task;
}

std::optional<double> completion_rate(const std::vector<Tally>& by_task) {
  std::vector<double> rates;
  for (const Tally& tally : by_task) {
    if (const auto rate = tally.rate()) rates.push_back(*rate);
  }
  return mean(rates);
}

Json completion(const std::vector<Tally>& by_task) {
  std::vector<int> counts;
  std::vector<double> floors;
  std::vector<double> ceilings;
  for (const Tally& tally : by_task) {
    if (tally.scored() > 0) counts.push_back(tally.scored());
    if (tally.due() <= 0) continue;
    const double due = tally.due();
    floors.push_back(tally.passed / due);
    ceilings.push_back((tally.passed + tally.late + tally.invalid + tally.not_run) / due);
  }
  Json json = {{"rate", nullptr},        {"low", nullptr},
               {"high", nullptr},        {"interval", "these tasks, Wilson 95 %"},
               {"n_effective", nullptr}, {"floor", nullptr},
               {"ceiling", nullptr}};
  const auto rate = completion_rate(by_task);
  if (!rate) return json;
  const double n = effective_count(counts);
  const Interval interval = wilson(*rate, n);
  json["rate"] = *rate;
  json["low"] = interval.low;
  json["high"] = interval.high;
  json["n_effective"] = n;
  json["floor"] = or_null(mean(floors));
  json["ceiling"] = or_null(mean(ceilings));
  return json;
}

Json pass_table(const std::vector<Tally>& by_task, int repeats, PassKind kind) {
  Json table = Json::object();
  // The table is for reading; a run of thousands of repeats is no reason for thousands of rows.
  constexpr int kMostRows = 100;
  for (int k = 1; k <= std::min(repeats, kMostRows); ++k) {
    std::vector<double> values;
    for (const Tally& tally : by_task) {
      const auto value = kind == PassKind::any ? pass_at(tally.scored(), tally.passed, k)
                                               : pass_hat(tally.scored(), tally.passed, k);
      if (value) values.push_back(*value);
    }
    table[std::to_string(k)] = or_null(mean(values));
  }
  return table;
}

std::vector<std::string> timeout_labels(const Board& board) {
  std::vector<std::string> labels;
  for (std::size_t own = 0; own < board.contestants.size(); ++own) {
    std::vector<Rival> rivals;
    for (std::size_t other = 0; other < board.contestants.size(); ++other) {
      const auto rival = rival_of(tallies(board.contestants[other]));
      if (other != own && rival) rivals.push_back(*rival);
    }
    labels.push_back(timeout_label(tallies(board.contestants[own]), rivals));
  }
  return labels;
}

}  // namespace plumb
