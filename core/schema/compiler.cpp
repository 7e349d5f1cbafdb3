#include "core/schema/compiler.hpp"

#include <set>

#include <fmt/format.h>

namespace plumb {
namespace {

constexpr std::size_t kMostNodes = 50'000;
constexpr std::size_t kMostPatterns = 1'000;

bool judges_nothing(const Node& node) {
  return !has_rules_of_its_own(node) && node.references.empty() && node.all_of.empty() &&
         node.any_of.empty() && node.one_of.empty();
}

}  // namespace

Status Compiler::run(const Json& schema) {
  PLUMB_TRY(const Resource* const top, documents_.add(schema, "", Dialect()));
  static_cast<void>(top);
  if (!schema.is_object() && !schema.is_boolean()) {
    return bad_schema(
        "", "a schema is an object, or true or false, and this is " + shown_value(schema));
  }
  // The value itself is one use; a reference to "#" is another.
  program_.root = use(schema);
  do {
    PLUMB_CHECK(drain());
  } while (use_dynamic_anchors());
  for (Node& node : program_.nodes) {
    node.fits_all = judges_nothing(node);
    node.is_shared = uses_[&node] > 1;
  }
  return check_bounds(program_);
}

const Node* Compiler::use(const Json& schema) {
  Node& node = node_of(schema);
  ++uses_[&node];
  return &node;
}

Node& Compiler::node_of(const Json& schema) {
  Node*& node = nodes_[&schema];
  if (node == nullptr) {
    node = &program_.nodes.emplace_back();
    node->id = static_cast<std::uint32_t>(program_.nodes.size() - 1);
    queue_.push_back(&schema);
  }
  return *node;
}

Status Compiler::drain() {
  for (; !queue_.empty(); queue_.pop_front()) {
    if (program_.nodes.size() > kMostNodes) {
      return bad_schema("", fmt::format("it has more than {} subschemas", kMostNodes));
    }
    const Json& schema = *queue_.front();
    PLUMB_CHECK(fill(schema, *nodes_.at(&schema)));
  }
  return {};
}

Status Compiler::fill(const Json& schema, Node& node) {
  const Home& home = documents_.home(schema);
  node.place = home.place;
  node.resource = number_of(home.resource);
  if (schema.is_boolean()) {
    node.fits_nothing = !schema.get<bool>();
    return {};
  }
  const bool draft7 = home.resource->dialect.draft7;
  const bool is_hidden = draft7 && schema.contains("$ref");
  for (const auto& [name, value] : schema.items()) {
    if (is_hidden && name != "$ref") continue;
    PLUMB_CHECK(read_keyword({name, value, schema, home, node, *this}));
  }
  // What nothing refers to must be a schema, too.
  for_each_subschema(schema, draft7,
                     [&](const std::string&, const Json& inner) { node_of(inner); });
  return {};
}

Result<Reference> Compiler::refer(const Node& from, const Json& schema,
                                  const std::string& reference, bool dynamic) {
  auto target = documents_.find(*documents_.home(schema).resource, reference);
  if (!target) {
    return bad_schema(
        from.place, fmt::format("the reference {} leads nowhere: {}", shown_value(Json(reference)),
                                target.error().sentence));
  }
  Reference made{.target = use(*target->schema), .dynamic_anchor = {}};
  if (dynamic) made.dynamic_anchor = std::move(target->dynamic_anchor);
  program_.has_dynamic_references |= !made.dynamic_anchor.empty();
  return made;
}

Result<Pattern> Compiler::pattern(const std::string& source) {
  if (const auto known = patterns_.find(source); known != patterns_.end()) return known->second;
  if (patterns_.size() == kMostPatterns) {
    return fail(Code::config, fmt::format("there are more than {} patterns", kMostPatterns));
  }
  PLUMB_TRY(Pattern made, Pattern::compile(source));
  patterns_.emplace(source, made);
  return made;
}

std::uint32_t Compiler::number_of(const Resource* resource) {
  const auto [at, is_new] = numbers_.try_emplace(resource, numbers_.size());
  if (is_new) resources_.push_back(resource);
  return at->second;
}

/// Whether that brought new nodes.
bool Compiler::use_dynamic_anchors() {
  if (!program_.has_dynamic_references) return false;
  for (std::size_t i = 0; i < resources_.size(); ++i) {
    for (const auto& [name, schema] : resources_[i]->dynamic_anchors) {
      const Node*& node = program_.dynamic_anchors[{static_cast<std::uint32_t>(i), name}];
      // Who refers to it shows only while a value is judged.
      if (node == nullptr) uses_[node = use(*schema)] += 2;
    }
  }
  return !queue_.empty();
}

}  // namespace plumb
