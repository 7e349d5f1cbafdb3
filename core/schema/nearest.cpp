#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/schema/validation.hpp"

namespace plumb {
namespace {

constexpr std::size_t kErrorsTold = 3;

/// How far an alternative is from fitting; less is nearer.
using Distance = std::tuple<bool, std::size_t, std::size_t>;

/// An alternative for another type is the farthest; one whose tag (a member with one value or a
/// few) is another comes next; then the number of errors decides.
Distance distance_of(const Report& report, const std::string& path) {
  const bool other_type = std::ranges::any_of(report.errors, [&](const SchemaError& error) {
    return error.fault == SchemaFault::type && error.path == path;
  });
  const auto other_tags = std::ranges::count_if(report.errors, [&](const SchemaError& error) {
    return (error.keyword == "const" || error.keyword == "enum") &&
           error.path.find('/', path.size() + 1) == std::string::npos;
  });
  return {other_type, static_cast<std::size_t>(other_tags), report.errors.size()};
}

/// Whether each alternative wants something else in the very place, so that their wishes add up to
/// one.
bool are_plain(const std::vector<Report>& reports, const std::string& path) {
  return std::ranges::all_of(reports, [&](const Report& report) {
    return report.errors.size() == 1 && !report.has_hidden && report.errors.front().path == path &&
           report.errors.front().fault != SchemaFault::missing;
  });
}

/// The gravest mistake: what is missing, then what has the wrong type, then the rest.
SchemaFault fault_of(const Report& report) {
  if (report.errors.empty()) return SchemaFault::value;
  return std::ranges::min(report.errors, {}, &SchemaError::fault).fault;
}

SchemaError sum_of(const std::vector<Report>& reports) {
  std::vector<std::string> wishes;
  bool only_types = true;
  for (const Report& report : reports) {
    const SchemaError& error = report.errors.front();
    if (error.expected == kNothingExpected) continue;
    if (std::ranges::find(wishes, error.expected) == wishes.end()) wishes.push_back(error.expected);
    only_types &= error.fault == SchemaFault::type;
  }
  SchemaError sum = reports.front().errors.front();
  sum.expected = wishes.empty() ? kNothingExpected : shortened(join(wishes, " or "), 400);
  sum.fault = only_types ? SchemaFault::type : SchemaFault::value;
  return sum;
}

/// What the node is another name for: its only reference, or what stands alone in its allOf.
const Node* meant_by(const Node& node) {
  if (has_rules_of_its_own(node) || !node.any_of.empty() || !node.one_of.empty() ||
      node.references.size() + node.all_of.size() != 1) {
    return nullptr;
  }
  return node.references.empty() ? node.all_of.front() : node.references.front().target;
}

/// Alternatives that are nothing but lists of alternatives are replaced by what is in those, in the
/// order in which a reader comes across them.
void add_flat(const std::vector<const Node*>& nodes, std::vector<const Node*>& flat) {
  for (const Node* node : nodes) {
    while (const Node* const meant = meant_by(*node)) node = meant;
    const bool is_list = !has_rules_of_its_own(*node) && node->references.empty() &&
                         node->all_of.empty() && node->any_of.empty() != node->one_of.empty();
    if (is_list) {
      add_flat(node->any_of.empty() ? node->one_of : node->any_of, flat);
    } else {
      flat.push_back(node);
    }
  }
}

}  // namespace

std::vector<Report> Validation::compared(const Nodes& nodes, const Json& value, const Spot& at) {
  std::vector<Report> reports(nodes.size());
  ++comparing_;
  for (std::size_t i = 0; i < nodes.size(); ++i) check(*nodes[i], value, at, nullptr, &reports[i]);
  --comparing_;
  return reports;
}

void Validation::tell_nearest(const Nodes& nodes, const char* keyword, const Json& value,
                              const Spot& at, Report& report) {
  const auto count = [](const Nodes& among) {
    return fmt::format("one of {} alternatives", among.size());
  };
  // Alternatives within alternatives are told apart for the nearest one only, or the work would
  // grow with every level.
  if (comparing_ > 0) {
    report.has_hidden = true;
    add(&report, at, keyword, SchemaFault::value, count(nodes), shown_value(value));
    return;
  }
  Nodes flat;
  // What a dynamic reference means depends on the way to it.
  if (!program_.has_dynamic_references) add_flat(nodes, flat);
  std::vector<Report> reports = compared(flat, value, at);
  const auto fits = [](const Report& one) { return one.errors.empty(); };
  if (flat.empty() || std::ranges::any_of(reports, fits)) {
    // It is two alternatives of an inner oneOf that the value fits.
    flat = nodes;
    reports = compared(flat, value, at);
  }
  const std::string path = at.pointer();
  if (are_plain(reports, path)) {
    const SchemaError sum = sum_of(reports);
    add(&report, at, keyword, sum.fault, sum.expected, sum.got);
    return;
  }
  const auto nearest = std::ranges::min_element(
      reports, {}, [&](const Report& one) { return distance_of(one, path); });
  const auto number = static_cast<std::size_t>(nearest - reports.begin());
  if (nearest->has_hidden) {
    *nearest = {};
    check(*flat[number], value, at, nullptr, &*nearest);
  }
  std::vector<std::string> told;
  for (const SchemaError& error : nearest->errors) {
    if (told.size() < kErrorsTold) told.push_back(describe(error));
  }
  add(&report, at, keyword, fault_of(*nearest),
      told.empty() ? count(flat)
                   : fmt::format("{}; the nearest, number {}, says: {}", count(flat), number + 1,
                                 shortened(join(told, "; "), 600)),
      fmt::format("{} {}", type_word(value), shown_value(value)));
}

}  // namespace plumb
