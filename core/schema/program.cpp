#include "core/schema/program.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/schema/documents.hpp"

namespace plumb {
namespace {

/// In how many ways one value may be judged by one node, and through how many nodes in a row.
constexpr std::uint64_t kMostWays = 10'000;
constexpr std::uint64_t kLongestChain = 100;

constexpr std::array<std::string_view, 7> kTypes = {"null",   "boolean", "integer", "number",
                                                    "string", "array",   "object"};

std::unexpected<Error> endless(const Node* node, const std::vector<bool>& settled) {
  // From a node that is not settled one comes to another such node, and so into the circle.
  std::vector<const Node*> seen;
  while (std::ranges::find(seen, node) == seen.end()) {
    seen.push_back(node);
    const auto next = in_place_nodes(*node);
    node = *std::ranges::find_if(next, [&](const Node* one) { return !settled[one->id]; });
  }
  return bad_schema(node->place,
                    "it refers to itself without going into the value, which has no end");
}

}  // namespace

bool has_rules_of_its_own(const Node& node) {
  return node.fits_nothing || node.types != kAllTypes || node.choices || node.number ||
         node.string || node.array || node.object || node.forbidden != nullptr ||
         node.condition != nullptr || node.unevaluated_items != nullptr ||
         node.unevaluated_properties != nullptr;
}

std::vector<const Node*> in_place_nodes(const Node& node) {
  std::vector<const Node*> nodes;
  for (const Reference& reference : node.references) nodes.push_back(reference.target);
  for (const auto* const list : {&node.all_of, &node.any_of, &node.one_of}) {
    nodes.insert(nodes.end(), list->begin(), list->end());
  }
  for (const Node* const one : {node.forbidden, node.condition, node.when_true, node.when_false}) {
    if (one != nullptr) nodes.push_back(one);
  }
  if (node.object) {
    for (const auto& [name, one] : node.object->dependent_schemas) nodes.push_back(one);
  }
  return nodes;
}

Status check_bounds(const SchemaProgram& program) {
  const std::size_t count = program.nodes.size();
  std::vector<std::vector<std::uint32_t>> users(count);
  std::vector<std::size_t> open(count);
  std::vector<std::uint32_t> ready;
  for (const Node& node : program.nodes) {
    const auto inner = in_place_nodes(node);
    open[node.id] = inner.size();
    for (const Node* const one : inner) users[one->id].push_back(node.id);
    if (inner.empty()) ready.push_back(node.id);
  }
  std::vector<bool> settled(count);
  std::vector<std::uint64_t> ways(count, 1);
  std::vector<std::uint64_t> chain(count, 1);
  while (!ready.empty()) {
    const std::uint32_t id = ready.back();
    ready.pop_back();
    settled[id] = true;
    if (ways[id] > kMostWays || chain[id] > kLongestChain) {
      return bad_schema(program.nodes[id].place,
                        "its references and combinations are too many to judge a value by");
    }
    for (const std::uint32_t user : users[id]) {
      ways[user] += ways[id];
      chain[user] = std::max(chain[user], chain[id] + 1);
      if (--open[user] == 0) ready.push_back(user);
    }
  }
  const auto unsettled = std::ranges::find(settled, false);
  if (unsettled == settled.end()) return {};
  return endless(&program.nodes[static_cast<std::size_t>(unsettled - settled.begin())], settled);
}

TypeSet type_bit(std::string_view word) {
  const auto at = std::ranges::find(kTypes, word);
  return at == kTypes.end() ? TypeSet{0} : static_cast<TypeSet>(1U << (at - kTypes.begin()));
}

TypeSet types_of(const Json& value) {
  if (is_number(value)) {
    return is_whole(value) ? static_cast<TypeSet>(kIntegerType | kNumberType) : kNumberType;
  }
  switch (value.type()) {
    case Json::value_t::null:
      return 1U << 0U;
    case Json::value_t::boolean:
      return 1U << 1U;
    case Json::value_t::string:
      return 1U << 4U;
    case Json::value_t::array:
      return 1U << 5U;
    default:
      return 1U << 6U;
  }
}

std::string type_words(TypeSet types) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    if ((types & (1U << i)) != 0) words.emplace_back(kTypes[i]);
  }
  return join(words, " or ");
}

}  // namespace plumb
