#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/json.hpp"
#include "core/schema/number.hpp"
#include "core/schema/pattern.hpp"

namespace plumb {

// What a schema is compiled to: one node for each subschema, joined by plain pointers, so that a
// validation looks nothing up in a schema's JSON.

struct Node;

/// A bit for each type of JSON; a whole number has both of its bits.
using TypeSet = std::uint8_t;
inline constexpr TypeSet kIntegerType = 1U << 2U;
inline constexpr TypeSet kNumberType = 1U << 3U;
inline constexpr TypeSet kAllTypes = 0x7F;

/// Bounds of a size or count, both included.
struct Bounds {
  std::uint64_t least = 0;
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
};

struct Limit {
  std::string keyword;
  Json bound;
};

struct NumberRules {
  std::vector<Limit> limits;
  std::optional<Divisor> divisor;
  Json divisor_as_written;
};

struct StringRules {
  Bounds characters;
  std::optional<Pattern> pattern;
};

struct ArrayRules {
  Bounds size;
  bool unique = false;
  std::vector<const Node*> first;
  const Node* rest = nullptr;
  const char* rest_keyword = "items";
  const Node* contains = nullptr;
  std::string contains_as_written;
  Bounds matches = {.least = 1};
};

struct ObjectRules {
  Bounds size;
  std::vector<std::string> required;
  std::vector<std::pair<std::string, const Node*>> properties;  ///< sorted by name
  std::vector<std::pair<Pattern, const Node*>> patterns;
  const Node* rest = nullptr;
  const Node* names = nullptr;
  std::vector<std::pair<std::string, std::vector<std::string>>> dependent_required;
  std::vector<std::pair<std::string, const Node*>> dependent_schemas;

  [[nodiscard]] bool looks_at_members() const {
    return !properties.empty() || !patterns.empty() || rest != nullptr || names != nullptr;
  }
};

/// `$ref`, or `$dynamicRef` when the anchor is not empty: then the outermost resource in the
/// dynamic scope that has this dynamic anchor decides.
struct Reference {
  const Node* target = nullptr;
  std::string dynamic_anchor;
};

struct Node {
  std::uint32_t id = 0;
  std::uint32_t resource = 0;  ///< number of the schema resource that it belongs to
  std::string place;
  bool fits_nothing = false;
  bool fits_all = false;   ///< judges nothing, so it marks nothing as evaluated either
  bool is_shared = false;  ///< several references lead here: results are worth remembering
  TypeSet types = kAllTypes;
  bool is_const = false;                     ///< its one choice came from `const`
  std::optional<std::vector<Json>> choices;  ///< sorted by compare_values()
  Json choices_as_written;
  std::optional<NumberRules> number;
  std::optional<StringRules> string;
  std::optional<ArrayRules> array;
  std::optional<ObjectRules> object;
  std::vector<Reference> references;
  std::vector<const Node*> all_of;
  std::vector<const Node*> any_of;
  std::vector<const Node*> one_of;
  const Node* forbidden = nullptr;  ///< `not`
  std::string forbidden_as_written;
  const Node* condition = nullptr;  ///< `if`
  const Node* when_true = nullptr;
  const Node* when_false = nullptr;
  const Node* unevaluated_items = nullptr;
  const Node* unevaluated_properties = nullptr;
};

struct SchemaProgram {
  std::deque<Node> nodes;
  const Node* root = nullptr;
  /// By resource and name; empty when nothing refers dynamically.
  std::map<std::pair<std::uint32_t, std::string>, const Node*> dynamic_anchors;
  bool has_dynamic_references = false;
};

/// Whether it judges by anything but other nodes for the same value, each told to hold, of which
/// one must hold, or just one.
[[nodiscard]] bool has_rules_of_its_own(const Node& node);

/// The nodes that judge the same value as this one. A dynamic reference counts with the target that
/// it has by itself.
[[nodiscard]] std::vector<const Node*> in_place_nodes(const Node& node);

/// Refuses a program that could judge one and the same value without end, or in too many ways.
[[nodiscard]] Status check_bounds(const SchemaProgram& program);

/// The bit of a type's name, or 0.
[[nodiscard]] TypeSet type_bit(std::string_view word);
/// All bits that a value has.
[[nodiscard]] TypeSet types_of(const Json& value);
/// "integer or null".
[[nodiscard]] std::string type_words(TypeSet types);

}  // namespace plumb
