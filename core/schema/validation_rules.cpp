#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/schema/validation.hpp"

namespace plumb {
namespace {

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string choices_shown(const Node& node) {
  if (node.is_const) return shown_value(node.choices_as_written);
  std::vector<std::string> known;
  std::size_t size = 0;
  for (const Json& one : node.choices_as_written) {
    known.push_back(shown_value(one));
    size += known.back().size();
    if (size > 300) break;
  }
  return "one of " + shortened(join(known, ", "), 300);
}

struct LimitText {
  const char* words;
  bool holds;
};

LimitText judged(std::string_view keyword, std::strong_ordering order) {
  if (keyword == "minimum") return {"at least", order >= 0};
  if (keyword == "maximum") return {"at most", order <= 0};
  if (keyword == "exclusiveMinimum") return {"more than", order > 0};
  return {"less than", order < 0};
}

}  // namespace

bool Validation::choice(const Node& node, const Json& value, const Spot& at, Report* report) {
  const auto before = [](const Json& a, const Json& b) { return compare_values(a, b) < 0; };
  if (std::ranges::binary_search(*node.choices, value, before)) return true;
  if (report == nullptr) return false;
  return add(report, at, node.is_const ? "const" : "enum", SchemaFault::value, choices_shown(node),
             shown_value(value));
}

bool Validation::number(const NumberRules& rules, const Json& value, const Spot& at,
                        Report* report) {
  bool holds = true;
  for (const Limit& limit : rules.limits) {
    const LimitText text = judged(limit.keyword, compare_numbers(value, limit.bound));
    if (text.holds) continue;
    holds = false;
    if (report == nullptr) return false;
    add(report, at, limit.keyword.c_str(), SchemaFault::value,
        fmt::format("{} {}", text.words, shown_value(limit.bound)), shown_value(value));
  }
  if (rules.divisor && !rules.divisor->divides(value)) {
    holds = add(report, at, "multipleOf", SchemaFault::value,
                "a multiple of " + shown_value(rules.divisor_as_written), shown_value(value));
  }
  return holds;
}

bool Validation::string(const StringRules& rules, const std::string& value, const Spot& at,
                        Report* report) {
  bool holds =
      size(rules.characters, characters(value), "Length", {"character", "characters"}, at, report);
  if (!holds && report == nullptr) return false;
  if (rules.pattern && !rules.pattern->found_in(value)) {
    holds = report == nullptr
                ? false
                : add(report, at, "pattern", SchemaFault::value,
                      "text that matches " + printable(shortened(rules.pattern->source(), 200)),
                      shown_value(Json(value)));
  }
  return holds;
}

bool Validation::size(const Bounds& bounds, std::size_t count, const char* what, Unit unit,
                      const Spot& at, Report* report) {
  if (count >= bounds.least && count <= bounds.most) return true;
  if (report == nullptr) return false;
  const bool few = count < bounds.least;
  const std::uint64_t bound = few ? bounds.least : bounds.most;
  return add(
      report, at, ((few ? "min" : "max") + std::string(what)).c_str(), SchemaFault::value,
      fmt::format("at {} {} {}", few ? "least" : "most", bound, bound == 1 ? unit.one : unit.many),
      fmt::to_string(count));
}

bool Validation::array(const ArrayRules& rules, const Json& value, const Spot& at, Evaluated* seen,
                       Report* report) {
  bool holds = size(rules.size, value.size(), "Items", {"item", "items"}, at, report);
  const auto stops = [&] { return !holds && (report == nullptr || report->is_full()); };
  if (stops()) return false;
  if (rules.unique) holds &= unique(value, at, report);
  if (stops()) return false;
  holds &= items(rules, value, at, seen, report);
  if (stops() || rules.contains == nullptr) return holds;
  return contains(rules, value, at, seen, report) && holds;
}

bool Validation::items(const ArrayRules& rules, const Json& value, const Spot& at, Evaluated* seen,
                       Report* report) {
  bool holds = true;
  const std::size_t judged_items =
      rules.rest != nullptr ? value.size() : std::min(rules.first.size(), value.size());
  for (std::size_t i = 0; i < judged_items; ++i) {
    const bool is_first = i < rules.first.size();
    holds &= inner(is_first ? *rules.first[i] : *rules.rest, value[i], {&at, nullptr, i},
                   is_first ? "prefixItems" : rules.rest_keyword, report);
    if (!holds && (report == nullptr || report->is_full())) return false;
  }
  if (seen != nullptr) seen->mark_first_items(judged_items);
  return holds;
}

bool Validation::contains(const ArrayRules& rules, const Json& value, const Spot& at,
                          Evaluated* seen, Report* report) {
  constexpr auto kNoBound = std::numeric_limits<std::uint64_t>::max();
  std::size_t matches = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (seen == nullptr && rules.matches.most == kNoBound && matches >= rules.matches.least) break;
    if (!check(*rules.contains, value[i], {&at, nullptr, i}, nullptr, nullptr)) continue;
    ++matches;
    if (seen != nullptr) seen->mark_item(i);
  }
  if (matches >= rules.matches.least && matches <= rules.matches.most) return true;
  if (report == nullptr) return false;
  const bool few = matches < rules.matches.least;
  return add(report, at,
             few ? (rules.matches.least == 1 ? "contains" : "minContains") : "maxContains",
             SchemaFault::value,
             fmt::format("at {} {} items that fit {}", few ? "least" : "most",
                         few ? rules.matches.least : rules.matches.most, rules.contains_as_written),
             fmt::to_string(matches));
}

bool Validation::unique(const Json& value, const Spot& at, Report* report) {
  std::vector<std::size_t> order(value.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    const auto by_value = compare_values(value[a], value[b]);
    return by_value != 0 ? by_value < 0 : a < b;
  });
  const auto twin = std::ranges::adjacent_find(
      order, [&](std::size_t a, std::size_t b) { return compare_values(value[a], value[b]) == 0; });
  if (twin == order.end()) return true;
  if (report == nullptr) return false;
  return add(report, at, "uniqueItems", SchemaFault::value, "items that all differ",
             fmt::format("{} as item {} and again as item {}", shown_value(value[*twin]), twin[0],
                         twin[1]));
}

bool Validation::object(const ObjectRules& rules, const Json& value, const Spot& at,
                        Evaluated* seen, Report* report) {
  bool holds = size(rules.size, value.size(), "Properties", {"property", "properties"}, at, report);
  const auto stops = [&] { return !holds && (report == nullptr || report->is_full()); };
  if (stops()) return false;
  holds &= present(rules, value, at, report);
  if (stops()) return false;
  if (rules.looks_at_members()) holds &= members(rules, value, at, seen, report);
  if (stops()) return false;
  for (const auto& [name, node] : rules.dependent_schemas) {
    if (value.contains(name)) holds &= check(*node, value, at, seen, report);
    if (stops()) return false;
  }
  return holds;
}

bool Validation::present(const ObjectRules& rules, const Json& value, const Spot& at,
                         Report* report) {
  bool holds = true;
  const auto need = [&](const std::string& name, const char* keyword) {
    if (value.contains(name)) return true;
    holds = false;
    if (report == nullptr) return false;
    add(report, {&at, &name}, keyword, SchemaFault::missing, "a value", "nothing");
    return !report->is_full();
  };
  for (const std::string& name : rules.required) {
    if (!need(name, "required")) return holds;
  }
  for (const auto& [name, needed] : rules.dependent_required) {
    if (!value.contains(name)) continue;
    for (const std::string& other : needed) {
      if (!need(other, "dependentRequired") && !holds) return false;
    }
  }
  return holds;
}

bool Validation::members(const ObjectRules& rules, const Json& value, const Spot& at,
                         Evaluated* seen, Report* report) {
  bool holds = true;
  std::size_t position = 0;
  auto property = rules.properties.begin();
  for (const auto& [name, member] : value.get_ref<const Json::object_t&>()) {
    if (!spend(1 + rules.patterns.size())) return false;
    const Spot spot{&at, &name};
    bool is_known = false;
    // Both are sorted by name.
    while (property != rules.properties.end() && property->first < name) ++property;
    if (property != rules.properties.end() && property->first == name) {
      is_known = true;
      holds &= inner(*property->second, member, spot, "properties", report);
    }
    for (const auto& [pattern, node] : rules.patterns) {
      if (!pattern.found_in(name)) continue;
      is_known = true;
      holds &= inner(*node, member, spot, "patternProperties", report);
    }
    if (!is_known && rules.rest != nullptr) {
      is_known = true;
      holds &= inner(*rules.rest, member, spot, "additionalProperties", report);
    }
    if (rules.names != nullptr) holds &= member_name(*rules.names, name, spot, report);
    if (!holds && (report == nullptr || report->is_full())) return false;
    if (is_known && seen != nullptr) seen->mark_member(position);
    ++position;
  }
  return holds;
}

bool Validation::member_name(const Node& names, const std::string& name, const Spot& at,
                             Report* report) {
  const Json text = name;
  if (check(names, text, at, nullptr, nullptr)) return true;
  if (report == nullptr) return false;
  Report why;
  check(names, text, at, nullptr, &why);
  const bool is_closed = names.fits_nothing;
  return add(report, at, "propertyNames", is_closed ? SchemaFault::extra : SchemaFault::value,
             is_closed || why.errors.empty() ? kNothingExpected
                                             : "a name that is " + why.errors.front().expected,
             "the name " + shown_value(text));
}

}  // namespace plumb
