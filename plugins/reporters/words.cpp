#include "plugins/reporters/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/text.hpp"
#include "core/trial/verdict.hpp"
#include "plugins/reporters/sweep.hpp"

namespace plumb {
namespace {

std::string plural(int count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

constexpr std::array<const char*, 3> kGroups = {"not passed", "not scored", "skipped"};

/// Which of kGroups a reason belongs to.
std::size_t group_of(const std::string& reason_word) {
  const Reason reason = reason_from(reason_word).value_or(Reason::wrong_result);
  if (reason >= Reason::context_floor) return 2;
  return reason >= Reason::never_reached ? 1 : 0;
}

std::string budget_fact(const Json& budget) {
  const std::string mode = text_at(budget, {"mode"});
  if (mode.empty()) return {};
  std::string fact = "budget " + mode;
  const Json& per_turn = at(budget, {"seconds_per_turn"});
  if (mode == "fixed" && per_turn.is_number()) {
    fact += fmt::format(" {:g} s/turn", per_turn.get<double>());
  }
  const Json& hard_stop = at(budget, {"hard_stop"});
  if (hard_stop.is_number()) fact += fmt::format(", hard stop {:g}x", hard_stop.get<double>());
  return fact;
}

std::string listed_words(const Json& words) {
  std::vector<std::string> shown;
  for (const Json& word : words) {
    if (word.is_string()) shown.push_back(printable(word.get<std::string>()));
  }
  return join(shown, ", ");
}

void add_ruler_facts(const Json& ruler, std::vector<std::string>& facts) {
  if (!json_or(ruler, "checked", false)) {
    facts.emplace_back("ruler NOT checked");
    return;
  }
  facts.push_back(fmt::format("ruler {}/{} proven ({} failed{})", count_at(ruler, {"proven"}),
                              count_at(ruler, {"of"}),
                              plural(count_at(ruler, {"controls_failed"}), "control"),
                              json_or(ruler, "cached", false) ? ", cached" : ""));
  const Json& trivial = at(ruler, {"trivial"});
  if (!trivial.is_object()) return;
  std::vector<std::string> rates;
  for (const auto& [name, rate] : trivial.items()) {
    rates.push_back(fmt::format("{} {}", printable(name), percent(rate, 0)));
  }
  if (!rates.empty()) facts.push_back(join(rates, ", "));
}

}  // namespace

const Json& at(const Json& card, std::initializer_list<const char*> path) {
  static const Json nothing = nullptr;
  const Json* value = &card;
  for (const char* key : path) {
    if (!value->is_object()) return nothing;
    const auto it = value->find(key);
    if (it == value->end()) return nothing;
    value = &*it;
  }
  return *value;
}

int count_at(const Json& card, std::initializer_list<const char*> path) {
  const Json& value = at(card, path);
  return value.is_number_integer() ? value.get<int>() : 0;
}

std::string text_at(const Json& card, std::initializer_list<const char*> path) {
  const Json& value = at(card, path);
  return value.is_string() ? printable(value.get_ref<const std::string&>()) : std::string();
}

std::string percent(const Json& share, int decimals) {
  if (!share.is_number()) return "-";
  return fmt::format("{:.{}f} %", share.get<double>() * 100, decimals);
}

std::string percent_range(const Json& low, const Json& high) {
  if (!low.is_number() || !high.is_number()) return "-";
  return fmt::format("{:.0f}-{:.0f} %", low.get<double>() * 100, high.get<double>() * 100);
}

std::string number(const Json& value, int decimals) {
  if (!value.is_number()) return "-";
  return fmt::format("{:.{}f}", value.get<double>(), decimals);
}

std::string token_rate(const Json& value) {
  return number(value, value.is_number() && value.get<double>() >= 100 ? 0 : 1);
}

std::string seconds(const Json& value) {
  return number(value, value.is_number() && value.get<double>() < 9.995 ? 2 : 1);
}

std::string duration_ms(const Json& ms) {
  return ms.is_number() ? human_seconds(ms.get<double>() / 1e3) : "-";
}

std::string passed_of_scored(const Json& group) {
  const int scored = count_at(group, {"trials", "scored"});
  if (scored > 0) return fmt::format("{}/{}", count_at(group, {"trials", "passed"}), scored);
  const int skipped = count_at(group, {"trials", "skipped"});
  return skipped > 0 && skipped == count_at(group, {"trials", "planned"}) ? "skipped" : "-";
}

std::vector<std::string> header_facts(const Json& card) {
  const Json& run = at(card, {"run"});
  const auto tasks = at(card, {"tasks"}).size();
  std::vector<std::string> facts = {
      text_at(run, {"suite"}),
      fmt::format("{} x {}", plural(static_cast<int>(tasks), "task"), count_at(run, {"repeats"})),
      "run " + text_at(run, {"id"}),
      "sandbox " + text_at(run, {"sandbox"}) +
          (json_or(run, "isolated", true) ? "" : " (NOT isolated)")};
  const std::string budget = budget_fact(at(run, {"budget"}));
  if (!budget.empty()) facts.push_back(budget);
  add_ruler_facts(at(run, {"ruler"}), facts);
  return facts;
}

std::vector<std::string> reasons(const Json& contestant) {
  const Json& counts = at(contestant, {"reasons"});
  std::array<std::vector<std::pair<int, std::string>>, 3> groups;
  for (const auto& [name, count] : counts.items()) {
    if (!counts.is_object() || !count.is_number_integer()) continue;
    groups[group_of(name)].emplace_back(-count.get<int>(), printable(name));
  }
  const int not_run = count_at(contestant, {"trials", "not_run"});
  if (not_run > 0) groups[1].emplace_back(-not_run, "not run");
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].empty()) continue;
    std::ranges::sort(groups[i]);
    std::vector<std::string> parts;
    for (const auto& [count, name] : groups[i]) parts.push_back(fmt::format("{} {}", -count, name));
    lines.push_back(std::string(kGroups[i]) + ": " + join(parts, ", "));
  }
  return lines;
}

std::vector<std::string> remarks(const Json& contestant) {
  std::vector<std::string> lines = reasons(contestant);
  for (std::string& line : pressure_remarks(contestant)) lines.push_back(std::move(line));
  const std::string label = text_at(contestant, {"timeouts_vs_fails"});
  if (label == "capped") lines.emplace_back("capped: a floor, not a measurement");
  if (label == "borderline") {
    lines.emplace_back("borderline: many that did not pass ran out of time");
  }
  const Json& completion = at(contestant, {"completion"});
  const Json& coverage = at(contestant, {"coverage"});
  if (coverage.is_number() && coverage.get<double>() < 1 && at(completion, {"rate"}).is_number()) {
    lines.push_back(
        fmt::format("coverage {}: between {} and {} if what was not scored had failed, "
                    "or passed",
                    percent(coverage, 0), percent(at(completion, {"floor"})),
                    percent(at(completion, {"ceiling"}))));
  }
  if (const std::string unsent = listed_words(at(contestant, {"unsent"})); !unsent.empty()) {
    lines.push_back("sampling: the server could not be told " + unsent +
                    "; its own values hold there");
  }
  if (const Json& only = at(contestant, {"model_only"}); only.is_object()) {
    const int trials = count_at(only, {"trials"});
    lines.push_back(
        fmt::format("model only: between {} and {}; {} hang{} on spoilt calls that may not be the "
                    "model's",
                    percent(at(only, {"low"})), percent(at(only, {"high"})),
                    plural(trials, "trial"), trials == 1 ? "s" : ""));
  }
  if (const int retried = count_at(contestant, {"first_attempts", "retried"}); retried > 0) {
    lines.push_back(fmt::format("{} tried again; by first attempts alone {} of {} scored",
                                plural(retried, "invalid trial"),
                                percent(at(contestant, {"first_attempts", "rate"})),
                                count_at(contestant, {"first_attempts", "scored"})));
  }
  return lines;
}

bool lists_each_task(const Json& card) {
  constexpr std::size_t kMostRows = 100;
  return at(card, {"tasks"}).size() <= kMostRows;
}

std::string stand_in_sentence(const std::vector<std::string>& stand_ins, std::size_t contestants) {
  if (stand_ins.empty()) return {};
  constexpr std::size_t kMostNames = 6;
  const std::vector<std::string> but_last(stand_ins.begin(), stand_ins.end() - 1);
  std::string who =
      but_last.empty() ? stand_ins.back() : join(but_last, ", ") + " and " + stand_ins.back();
  if (stand_ins.size() > kMostNames) who = fmt::format("{} contestants", stand_ins.size());
  const bool one = stand_ins.size() == 1;
  const bool all = stand_ins.size() == contestants;
  return fmt::format(
      "{} {}: {}simulated by playing policies over real HTTP. {} figures try out "
      "Plumbline and say nothing about a real model.",
      who, one ? "is a stand-in" : "are stand-ins", one ? "a model " : "models ",
      all   ? "These"
      : one ? "Its"
            : "Their");
}

std::string alarm_sentence(const Json& alarm) {
  std::string text = text_at(alarm, {"id"}) + ": " + text_at(alarm, {"sentence"});
  const std::string remedy = text_at(alarm, {"remedy"});
  return remedy.empty() ? text : text + "; " + remedy;
}

}  // namespace plumb
