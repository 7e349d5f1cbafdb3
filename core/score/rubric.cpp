#include "core/score/rubric.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace plumb {
namespace {

using Tallies = std::span<const RubricTally>;

std::optional<double> share(const RubricTally& tally) {
  if (tally.scored == 0 || tally.possible == 0) return std::nullopt;
  return static_cast<double>(tally.earned) / static_cast<double>(tally.possible) * 100;
}

/// Halves go up, as the published counts round them.
double rounded(double value) { return std::floor(value + 0.5); }

RubricLine line_of(const RubricTally& tally, std::optional<double> score, int depth) {
  return {.name = tally.category,
          .depth = depth,
          .score = score,
          .planned = tally.planned,
          .scored = tally.scored,
          .earned = tally.earned,
          .possible = tally.possible};
}

std::optional<RubricTally> tally_of(Tallies tallies, std::string_view category) {
  const auto found = std::ranges::find(tallies, category, &RubricTally::category);
  return found == tallies.end() ? std::nullopt : std::optional(*found);
}

// --- ToolCall-15

constexpr int kToolCallCategories = 5;
constexpr int kToolCallScenarios = 3;  // of each category
constexpr std::array kToolCallBands = {90, 75, 60, 40, 0};

/// What a category lacks of the published one; "" where it lacks nothing.
std::string tool_call_gap(const RubricTally& tally) {
  if (tally.tasks < kToolCallScenarios) {
    return fmt::format("{} of the {} scenarios of {}", kToolCallScenarios - tally.tasks,
                       kToolCallScenarios, tally.category);
  }
  if (tally.scored < tally.planned) {
    return fmt::format("{} of the {} trials of {}", tally.planned - tally.scored, tally.planned,
                       tally.category);
  }
  return "";
}

RubricSection tool_call_section(Tallies tallies) {
  RubricSection section{.title = "ToolCall-15 rubric"};
  double sum = 0;
  for (const RubricTally& tally : tallies) {
    std::optional<double> score;
    if (std::string gap = tool_call_gap(tally); gap.empty()) {
      score = share(tally);
    } else {
      section.missing.push_back(std::move(gap));
    }
    if (score) score = rounded(*score);
    sum += score.value_or(0);
    section.lines.push_back(line_of(tally, score, 0));
  }
  if (const int absent = kToolCallCategories - static_cast<int>(tallies.size()); absent > 0) {
    section.missing.push_back(fmt::format("{} of the {} categories", absent, kToolCallCategories));
  }
  const bool complete =
      std::ranges::all_of(section.lines, [](const auto& line) { return line.score.has_value(); });
  if (!complete || tallies.size() != kToolCallCategories) return section;
  section.total = rounded(sum / kToolCallCategories);
  section.band =
      *std::ranges::find_if(kToolCallBands, [&](int least) { return *section.total >= least; });
  return section;
}

// --- BFCL v4

enum class Weigh { alike, by_tasks };

/// A part of the leaderboard's tree: a category, or a group whose score comes from its parts.
struct Part {
  std::string_view name;
  Weigh weigh = Weigh::alike;
  std::vector<Part> parts = {};
};

const std::vector<Part>& bfcl_parts() {
  static const std::vector<Part> parts = {
      {"non-live",
       Weigh::alike,
       {{"simple", Weigh::alike, {{"simple_python"}, {"simple_java"}, {"simple_javascript"}}},
        {"multiple"},
        {"parallel"},
        {"parallel_multiple"}}},
      {"live",
       Weigh::by_tasks,
       {{"live_simple"}, {"live_multiple"}, {"live_parallel"}, {"live_parallel_multiple"}}},
      {"irrelevance (both)", Weigh::alike, {{"irrelevance"}, {"live_irrelevance"}}}};
  return parts;
}

/// Parts of the published total for which no task can be imported.
constexpr std::array kNeverInBfcl = {"multi_turn", "agentic"};

struct Weighed {
  std::optional<double> score;
  int tasks = 0;
};

class BfclCount {
 public:
  BfclCount(Tallies tallies, RubricSection& section) : tallies_(tallies), section_(section) {}

  std::optional<double> mean(const std::vector<Part>& parts, Weigh weigh, int depth,
                             int* tasks = nullptr) {
    double sum = 0;
    double weights = 0;
    for (const Part& part : parts) {
      const Weighed weighed = count(part, depth);
      if (tasks != nullptr) *tasks += weighed.tasks;
      if (!weighed.score) continue;
      const double weight = weigh == Weigh::by_tasks ? weighed.tasks : 1;
      sum += *weighed.score * weight;
      weights += weight;
    }
    return weights > 0 ? std::optional(sum / weights) : std::nullopt;
  }

 private:
  Weighed count(const Part& part, int depth) {
    if (part.parts.empty()) return count_category(part, depth);
    const std::size_t place = section_.lines.size();
    section_.lines.push_back({.name = std::string(part.name), .depth = depth});
    Weighed weighed;
    weighed.score = mean(part.parts, part.weigh, depth + 1, &weighed.tasks);
    if (section_.lines.size() == place + 1) {
      section_.lines.pop_back();  // none of its categories is in the run
      return weighed;
    }
    RubricLine& group = section_.lines[place];
    group.score = weighed.score;
    for (std::size_t i = place + 1; i < section_.lines.size(); ++i) {
      const RubricLine& line = section_.lines[i];
      if (!tally_of(tallies_, line.name)) continue;  // a group: its categories are counted
      group.planned += line.planned;
      group.scored += line.scored;
      group.earned += line.earned;
      group.possible += line.possible;
    }
    return weighed;
  }

  Weighed count_category(const Part& part, int depth) {
    const auto tally = tally_of(tallies_, part.name);
    const auto score = tally ? share(*tally) : std::nullopt;
    if (tally) section_.lines.push_back(line_of(*tally, score, depth));
    if (!score) section_.missing.emplace_back(part.name);
    return {score, tally ? tally->tasks : 0};
  }

  Tallies tallies_;
  RubricSection& section_;
};

RubricSection bfcl_section(Tallies tallies) {
  RubricSection section{.title = "BFCL v4 (subset)"};
  section.total = BfclCount(tallies, section).mean(bfcl_parts(), Weigh::alike, 0);
  section.missing.insert(section.missing.end(), kNeverInBfcl.begin(), kNeverInBfcl.end());
  // On the leaderboard it stands beside the total.
  if (const auto relevance = tally_of(tallies, "live_relevance")) {
    section.lines.push_back(line_of(*relevance, share(*relevance), 0));
  }
  return section;
}

// --- Any other

RubricSection plain_section(const std::string& rubric, Tallies tallies) {
  RubricSection section{.title = rubric};
  RubricTally all;
  for (const RubricTally& tally : tallies) {
    section.lines.push_back(line_of(tally, share(tally), 0));
    all.scored += tally.scored;
    all.earned += tally.earned;
    all.possible += tally.possible;
  }
  section.total = share(all);
  return section;
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

}  // namespace

RubricSection rubric_section(const std::string& rubric, std::span<const RubricTally> tallies) {
  RubricSection section = rubric == "ToolCall-15" ? tool_call_section(tallies)
                          : rubric == "BFCL v4"   ? bfcl_section(tallies)
                                                  : plain_section(rubric, tallies);
  section.rubric = rubric;
  return section;
}

Json to_json(const RubricSection& section) {
  Json categories = Json::array();
  for (const RubricLine& line : section.lines) {
    categories.push_back({{"name", line.name},
                          {"depth", line.depth},
                          {"score", or_null(line.score)},
                          {"planned", line.planned},
                          {"scored", line.scored},
                          {"earned", line.earned},
                          {"possible", line.possible}});
  }
  return {{"rubric", section.rubric},
          {"title", section.title},
          {"total", or_null(section.total)},
          {"band", or_null(section.band)},
          {"categories", std::move(categories)},
          {"missing", section.missing}};
}

}  // namespace plumb
