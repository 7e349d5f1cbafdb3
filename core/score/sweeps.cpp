#include "core/score/sweeps.hpp"

#include <algorithm>
#include <utility>

#include "core/score/readings.hpp"
#include "core/score/speed.hpp"
#include "core/score/statistics.hpp"

namespace plumb {
namespace {

/// One contestant at all values of its sweep, in the order of the values.
struct Series {
  std::string of;
  std::string key;
  std::vector<std::pair<double, const BoardContestant*>> points;
};

std::vector<Series> series_of(const Board& board) {
  std::vector<Series> all;
  for (const BoardContestant& contestant : board.contestants) {
    const Json& sweep = object_in(object_in(contestant.plan, "pressure"), "sweep");
    if (sweep.empty()) continue;
    const std::string of = json_or(sweep, "of", "");
    auto at = std::ranges::find(all, of, &Series::of);
    if (at == all.end())
      at = all.insert(at, {.of = of, .key = json_or(sweep, "key", ""), .points = {}});
    at->points.emplace_back(json_or(sweep, "value", 0.0), &contestant);
  }
  for (Series& series : all) {
    std::ranges::stable_sort(series.points, {}, [](const auto& point) { return point.first; });
  }
  return all;
}

/// A mean over tasks, and how many trials it is worth.
struct Rate {
  double rate = 0;
  double n = 0;
};

/// Both contestants at the tasks that both have scored trials of; nothing where there is none.
std::optional<std::pair<Rate, Rate>> paired(const BoardContestant& first,
                                            const BoardContestant& other) {
  std::pair<Rate, Rate> both;
  std::vector<int> first_counts;
  std::vector<int> other_counts;
  for (std::size_t i = 0; i < first.cells.size() && i < other.cells.size(); ++i) {
    const auto before = first.cells[i].tally.rate();
    const auto after = other.cells[i].tally.rate();
    if (!before || !after) continue;
    both.first.rate += *before;
    both.second.rate += *after;
    first_counts.push_back(first.cells[i].tally.scored());
    other_counts.push_back(other.cells[i].tally.scored());
  }
  if (first_counts.empty()) return std::nullopt;
  both.first.rate /= static_cast<double>(first_counts.size());
  both.second.rate /= static_cast<double>(other_counts.size());
  both.first.n = effective_count(first_counts);
  both.second.n = effective_count(other_counts);
  return both;
}

Interval drop_interval(const Rate& first, const Rate& other, double z) {
  return difference_interval(other.rate, other.n, first.rate, first.n, z);
}

/// The smallest drop that would have been seen; null where even a fall to 0 would not.
Json detectable(const Rate& first, const Rate& other, double z) {
  constexpr int kSteps = 200;
  for (int i = 1; i <= kSteps; ++i) {
    const double drop = static_cast<double>(i) / kSteps;
    if (drop > first.rate) break;
    if (drop_interval(first, {first.rate - drop, other.n}, z).high < 0) return drop;
  }
  return nullptr;
}

Json point_json(double value, const BoardContestant& contestant) {
  const auto scored = contestant.scored();
  int calls = 0;
  int invalid = 0;
  for (const TrialRecord* record : scored) {
    calls += record->calls.total;
    invalid += record->calls.total - record->calls.valid;
  }
  const Json pressed = pressure(contestant.plan, scored);
  return {{"value", value},
          {"contestant", contestant.name},
          {"reached", pressed.is_object() ? pressed["reached"] : Json(nullptr)},
          {"scored", scored.size()},
          {"completion", completion(tallies(contestant))},
          {"invalid_per_100_calls", calls > 0 ? Json(100.0 * invalid / calls) : Json(nullptr)},
          {"planted_errors", pressed.is_object() ? pressed["planted_errors"] : Json(0)},
          {"turns", turns(scored)["mean"]},
          {"difference", nullptr}};
}

Json series_json(const Series& series) {
  const BoardContestant& first = *series.points.front().second;
  const std::size_t comparisons = std::max<std::size_t>(1, series.points.size() - 1);
  const double z = z_two_sided(0.05 / static_cast<double>(comparisons));
  Json points = Json::array();
  Json breaks_at = nullptr;
  Json compared_to = nullptr;
  Json room = nullptr;
  Json seen = 0;  // the largest of what had to be dropped to be seen; null once no drop would do
  for (const auto& [value, contestant] : series.points) {
    Json point = point_json(value, *contestant);
    const auto both = contestant == &first ? std::nullopt : paired(first, *contestant);
    if (both) {
      const Interval interval = drop_interval(both->first, both->second, z);
      point["difference"] = {{"difference", both->second.rate - both->first.rate},
                             {"low", interval.low},
                             {"high", interval.high}};
      if (breaks_at.is_null() && interval.high < 0) breaks_at = value;
      compared_to = value;
      if (room.is_null() || both->first.rate < room) room = both->first.rate;
      const Json needed = detectable(both->first, both->second, z);
      if (seen.is_number() && (needed.is_null() || needed > seen)) seen = needed;
    }
    points.push_back(std::move(point));
  }
  return {{"contestant", series.of},
          {"key", series.key},
          {"rule",
           "the first value at which the 95 % interval of the difference to the first one, shared "
           "among the comparisons, lies below 0"},
          {"points", std::move(points)},
          {"breaks_at", std::move(breaks_at)},
          {"compared_to", compared_to},
          {"room", std::move(room)},
          {"detectable_drop", compared_to.is_null() ? Json(nullptr) : std::move(seen)}};
}

}  // namespace

Json sweeps(const Board& board) {
  Json all = Json::array();
  for (const Series& series : series_of(board)) all.push_back(series_json(series));
  return all;
}

}  // namespace plumb
