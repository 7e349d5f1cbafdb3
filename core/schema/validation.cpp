#include "core/schema/validation.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace plumb {
namespace {

/// Steps are calls of check() and members looked at. A schema and a value of any sane kind need a
/// few per byte of the value.
constexpr std::size_t kMostSteps = 50'000'000;
constexpr std::size_t kFreeStepsOfReport = 2'000'000;
/// What one level costs of the stack is a few hundred bytes.
constexpr std::size_t kMostLevels = 1'000;

}  // namespace

std::string Spot::pointer() const {
  if (around == nullptr) return "";
  // The value may be one key of megabytes.
  constexpr std::size_t kKeyTold = 256;
  return around->pointer() +
         (key != nullptr ? pointer_part(shortened(*key, kKeyTold)) : "/" + std::to_string(index));
}

void Evaluated::merge(const Evaluated& other) {
  const auto merge_marks = [](Marks& marks, const Marks& more) {
    if (marks.size() < more.size()) marks.resize(more.size());
    for (std::size_t i = 0; i < more.size(); ++i) {
      if (more[i]) marks[i] = true;
    }
  };
  all_members_ |= other.all_members_;
  all_items_ |= other.all_items_;
  mark_first_items(other.first_items_);
  merge_marks(members_, other.members_);
  merge_marks(items_, other.items_);
}

std::size_t ResultTable::slot(const Node* node, const Json* value, std::uint32_t scope) const {
  constexpr std::uint64_t kFactor = 0x9E3779B97F4A7C15ULL;
  const std::uint64_t who = (std::hash<const void*>()(node) ^ scope) * kFactor;
  const std::uint64_t hash = (who ^ std::hash<const void*>()(value)) * kFactor;
  const std::size_t mask = entries_.size() - 1;
  std::size_t at = (hash >> 32U) & mask;
  while (
      entries_[at].node != nullptr &&
      (entries_[at].node != node || entries_[at].value != value || entries_[at].scope != scope)) {
    at = (at + 1) & mask;
  }
  return at;
}

const KnownResult* ResultTable::find(const Node& node, const Json& value,
                                     std::uint32_t scope) const {
  if (entries_.empty()) return nullptr;
  const Entry& entry = entries_[slot(&node, &value, scope)];
  return entry.node == nullptr ? nullptr : &entry.result;
}

void ResultTable::put(const Node& node, const Json& value, std::uint32_t scope,
                      KnownResult result) {
  constexpr std::size_t kFirstSize = 64;
  if (used_ * 2 >= entries_.size()) {
    std::vector<Entry> old(std::max(kFirstSize, entries_.size() * 2));
    old.swap(entries_);
    for (Entry& entry : old) {
      if (entry.node == nullptr) continue;
      entries_[slot(entry.node, entry.value, entry.scope)] = std::move(entry);
    }
  }
  Entry& entry = entries_[slot(&node, &value, scope)];
  if (entry.node == nullptr) ++used_;
  entry = {&node, &value, scope, std::move(result)};
}

std::vector<SchemaError> Validation::errors() {
  const auto sum = [&](const char* expected) -> std::vector<SchemaError> {
    return {{.path = "", .keyword = "$ref", .expected = expected, .got = shown_value(value_)}};
  };
  steps_left_ = kMostSteps;
  const bool fits = check(*program_.root, value_, Spot(), nullptr, nullptr);
  if (gave_up_) return sum("a value that can be judged in bounded time");
  if (fits) return {};
  Report report = look_for_errors(kMostSteps - steps_left_);
  if (report.errors.empty()) return sum("a value that fits the schema");
  // Two branches of allOf may notice the same.
  std::vector<SchemaError> once;
  for (SchemaError& error : report.errors) {
    const bool is_known = std::ranges::any_of(once, [&](const SchemaError& other) {
      return other.path == error.path && other.keyword == error.keyword &&
             other.expected == error.expected;
    });
    if (!is_known) once.push_back(std::move(error));
  }
  return once;
}

Report Validation::look_for_errors(std::size_t steps_of_verdict) {
  Report report;
  steps_left_ = std::min(kMostSteps, kFreeStepsOfReport + 4 * steps_of_verdict);
  check(*program_.root, value_, Spot(), nullptr, &report);
  if (!report.errors.empty() || !gave_up_) return report;
  // The way to the first error alone, without comparing alternatives, is hardly longer than the
  // verdict's.
  report = {.most = 1};
  gave_up_ = false;
  ++comparing_;
  steps_left_ = kFreeStepsOfReport + 2 * steps_of_verdict;
  check(*program_.root, value_, Spot(), nullptr, &report);
  --comparing_;
  return report;
}

bool Validation::spend(std::size_t steps) {
  if (steps_left_ < steps) {
    gave_up_ = true;
    return false;
  }
  steps_left_ -= steps;
  return !gave_up_;
}

bool Validation::check(const Node& node, const Json& value, const Spot& at, Evaluated* seen,
                       Report* report) {
  if (node.fits_all) return true;
  if (!spend(1)) return false;
  if (depth_ == kMostLevels) {
    gave_up_ = true;
    return false;
  }
  ++depth_;
  const bool holds = node.is_shared && value.is_structured()
                         ? remembered(node, value, at, seen, report)
                         : judge(node, value, at, seen, report);
  --depth_;
  return holds;
}

bool Validation::remembered(const Node& node, const Json& value, const Spot& at, Evaluated* seen,
                            Report* report) {
  const KnownResult* const known = known_.find(node, value, scope_);
  KnownResult result = known != nullptr ? *known : KnownResult();
  if (known == nullptr || (result.holds && seen != nullptr && result.evaluated == nullptr)) {
    Evaluated own;
    result.holds = judge(node, value, at, seen != nullptr ? &own : nullptr, nullptr);
    if (gave_up_) return false;
    if (result.holds && seen != nullptr) {
      result.evaluated = std::make_shared<const Evaluated>(std::move(own));
    }
    known_.put(node, value, scope_, result);
  }
  if (!result.holds) return report != nullptr && judge(node, value, at, seen, report);
  if (seen == nullptr) return true;
  seen->merge(*result.evaluated);
  return spend(result.evaluated->cost());
}

bool Validation::judge(const Node& node, const Json& value, const Spot& at, Evaluated* seen,
                       Report* report) {
  if (!program_.has_dynamic_references) return judge_in_scope(node, value, at, seen, report);
  const std::uint32_t around = scope_;
  scope_ = entered(node.resource);
  const bool holds = judge_in_scope(node, value, at, seen, report);
  scope_ = around;
  return holds;
}

bool Validation::judge_in_scope(const Node& node, const Json& value, const Spot& at,
                                Evaluated* seen, Report* report) {
  if (node.fits_nothing) {
    return add(report, at, "false", SchemaFault::value, kNothingExpected, shown_value(value));
  }
  if ((node.types & types_of(value)) == 0) {
    return add(
        report, at, "type", SchemaFault::type, type_words(node.types),
        value.is_null() ? "null" : fmt::format("{} {}", type_word(value), shown_value(value)));
  }
  Evaluated own;
  const bool is_collector =
      node.unevaluated_items != nullptr || node.unevaluated_properties != nullptr;
  Evaluated* const marks = is_collector ? &own : seen;
  bool holds = true;
  const auto goes_on = [&](bool held) {
    holds &= held;
    return holds || (report != nullptr && !report->is_full());
  };
  if (node.choices && !goes_on(choice(node, value, at, report))) return false;
  if (node.number && is_number(value) && !goes_on(number(*node.number, value, at, report))) {
    return false;
  }
  if (node.string && value.is_string() &&
      !goes_on(string(*node.string, value.get_ref<const std::string&>(), at, report))) {
    return false;
  }
  if (node.object && value.is_object() &&
      !goes_on(object(*node.object, value, at, marks, report))) {
    return false;
  }
  if (node.array && value.is_array() && !goes_on(array(*node.array, value, at, marks, report))) {
    return false;
  }
  if (!goes_on(in_place(node, value, at, marks, report))) return false;
  // What a keyword that failed has judged is not known, so its members would be called extra.
  if (is_collector && holds) holds = unevaluated(node, value, at, own, report);
  if (is_collector && holds && seen != nullptr) seen->merge(own);
  return holds;
}

bool Validation::in_place(const Node& node, const Json& value, const Spot& at, Evaluated* seen,
                          Report* report) {
  bool holds = true;
  const auto stops = [&] { return !holds && (report == nullptr || report->is_full()); };
  for (const Reference& reference : node.references) {
    holds &= check(target(reference), value, at, seen, report);
    if (stops()) return false;
  }
  for (const Node* const one : node.all_of) {
    holds &= check(*one, value, at, seen, report);
    if (stops()) return false;
  }
  if (!node.any_of.empty()) holds &= any_of(node, value, at, seen, report);
  if (stops()) return false;
  if (!node.one_of.empty()) holds &= one_of(node, value, at, seen, report);
  if (stops()) return false;
  if (node.forbidden != nullptr) holds &= forbidden(node, value, at, report);
  if (stops()) return false;
  if (node.condition != nullptr) holds &= conditional(node, value, at, seen, report);
  return holds;
}

bool Validation::any_of(const Node& node, const Json& value, const Spot& at, Evaluated* seen,
                        Report* report) {
  bool holds = false;
  for (const Node* const one : node.any_of) {
    Evaluated marks;
    if (!check(*one, value, at, seen != nullptr ? &marks : nullptr, nullptr)) continue;
    holds = true;
    if (seen == nullptr) break;
    seen->merge(marks);
  }
  if (!holds && report != nullptr) tell_nearest(node.any_of, "anyOf", value, at, *report);
  return holds;
}

bool Validation::one_of(const Node& node, const Json& value, const Spot& at, Evaluated* seen,
                        Report* report) {
  std::vector<std::size_t> fitting;
  for (std::size_t i = 0; i < node.one_of.size() && fitting.size() < 2; ++i) {
    Evaluated marks;
    if (!check(*node.one_of[i], value, at, seen != nullptr ? &marks : nullptr, nullptr)) continue;
    fitting.push_back(i + 1);
    if (seen != nullptr) seen->merge(marks);
  }
  if (fitting.size() == 1) return true;
  if (fitting.empty() && report != nullptr) {
    tell_nearest(node.one_of, "oneOf", value, at, *report);
  } else if (report != nullptr) {
    add(report, at, "oneOf", SchemaFault::value,
        fmt::format("what fits exactly one of {} alternatives", node.one_of.size()),
        fmt::format("{}, which fits both number {} and number {}", shown_value(value), fitting[0],
                    fitting[1]));
  }
  return false;
}

bool Validation::forbidden(const Node& node, const Json& value, const Spot& at, Report* report) {
  if (!check(*node.forbidden, value, at, nullptr, nullptr)) return !gave_up_;
  return add(report, at, "not", SchemaFault::value,
             "anything that does not fit " + node.forbidden_as_written, shown_value(value));
}

bool Validation::conditional(const Node& node, const Json& value, const Spot& at, Evaluated* seen,
                             Report* report) {
  Evaluated marks;
  const bool fits = check(*node.condition, value, at, seen != nullptr ? &marks : nullptr, nullptr);
  if (gave_up_) return false;
  if (fits && seen != nullptr) seen->merge(marks);
  const Node* const next = fits ? node.when_true : node.when_false;
  return next == nullptr || check(*next, value, at, seen, report);
}

bool Validation::unevaluated(const Node& node, const Json& value, const Spot& at, Evaluated& seen,
                             Report* report) {
  bool holds = true;
  const auto stops = [&] { return !holds && (report == nullptr || report->is_full()); };
  if (node.unevaluated_properties != nullptr && value.is_object()) {
    std::size_t position = 0;
    for (const auto& [name, member] : value.get_ref<const Json::object_t&>()) {
      if (seen.has_member(position++)) continue;
      holds &= inner(*node.unevaluated_properties, member, {&at, &name}, "unevaluatedProperties",
                     report);
      if (stops()) return false;
    }
    seen.mark_all_members();
  }
  if (node.unevaluated_items != nullptr && value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (seen.has_item(i)) continue;
      holds &=
          inner(*node.unevaluated_items, value[i], {&at, nullptr, i}, "unevaluatedItems", report);
      if (stops()) return false;
    }
    seen.mark_all_items();
  }
  return holds;
}

bool Validation::inner(const Node& node, const Json& value, const Spot& at, const char* keyword,
                       Report* report) {
  if (!node.fits_nothing) return check(node, value, at, nullptr, report);
  if (report == nullptr) return false;
  return add(report, at, keyword, at.key != nullptr ? SchemaFault::extra : SchemaFault::value,
             kNothingExpected, shown_value(value));
}

bool Validation::add(Report* report, const Spot& at, const char* keyword, SchemaFault fault,
                     std::string expected, std::string got) const {
  if (report != nullptr && !report->is_full() && !gave_up_) {
    report->errors.push_back({at.pointer(), keyword, std::move(expected), std::move(got), fault});
  }
  return false;
}

const Node& Validation::target(const Reference& reference) const {
  if (reference.dynamic_anchor.empty()) return *reference.target;
  const Node* outermost = reference.target;
  for (std::uint32_t scope = scope_; scope != 0; scope = scopes_[scope].around) {
    const auto anchor =
        program_.dynamic_anchors.find({scopes_[scope].resource, reference.dynamic_anchor});
    if (anchor != program_.dynamic_anchors.end()) outermost = anchor->second;
  }
  return *outermost;
}

/// The scope with that resource entered; one that is in it already stays where it is, since the
/// outermost counts.
std::uint32_t Validation::entered(std::uint32_t resource) {
  for (std::uint32_t scope = scope_; scope != 0; scope = scopes_[scope].around) {
    if (scopes_[scope].resource == resource) return scope_;
  }
  const auto [at, is_new] =
      scope_numbers_.try_emplace({scope_, resource}, static_cast<std::uint32_t>(scopes_.size()));
  if (is_new) scopes_.push_back({.around = scope_, .resource = resource});
  return at->second;
}

}  // namespace plumb
