#include <algorithm>
#include <functional>
#include <unordered_map>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/schema/compiler.hpp"

namespace plumb {
namespace {

enum class Vocabulary { core, applicator, validation, unevaluated };
enum class Drafts { both, only_2020, only_7 };

struct KeywordRule {
  Vocabulary vocabulary;
  Drafts drafts;
  Status (*read)(const Keyword&);
};

template <class T>
T& made(std::optional<T>& rules) {
  if (!rules) rules.emplace();
  return *rules;
}

bool is_schema(const Json& value) { return value.is_object() || value.is_boolean(); }

bool is_empty_table(const Json& value) { return value.is_structured() && value.empty(); }

Status one_schema(const Keyword& keyword, const Node*& node) {
  if (!is_schema(keyword.value)) return keyword.must_be("a schema");
  node = keyword.compiler.use(keyword.value);
  return {};
}

Status list_of_schemas(const Keyword& keyword, std::vector<const Node*>& nodes) {
  if (!keyword.value.is_array() || keyword.value.empty() ||
      !std::ranges::all_of(keyword.value, is_schema)) {
    return keyword.must_be("a list of schemas");
  }
  for (const Json& schema : keyword.value) nodes.push_back(keyword.compiler.use(schema));
  return {};
}

/// Calls `take(name, value)` for each member; an empty list is an empty object of Lua's.
Status each_member(const Keyword& keyword, std::string_view expected,
                   const std::function<Status(const std::string&, const Json&)>& take) {
  if (is_empty_table(keyword.value)) return {};
  if (!keyword.value.is_object()) return keyword.must_be(expected);
  for (const auto& [name, value] : keyword.value.items()) PLUMB_CHECK(take(name, value));
  return {};
}

Status each_schema(const Keyword& keyword,
                   const std::function<Status(const std::string&, const Json&)>& take) {
  return each_member(
      keyword, "a table of schemas", [&](const std::string& name, const Json& value) -> Status {
        if (is_schema(value)) return take(name, value);
        return bad_schema(keyword.home.place + pointer_part(keyword.name) + pointer_part(name),
                          fmt::format("a member of \"{}\" must be a schema, and is {}",
                                      keyword.name, shown_value(value)));
      });
}

Status count(const Keyword& keyword, std::uint64_t& bound) {
  constexpr double kBeyondAll = 1e18;
  const Json& value = keyword.value;
  if (!is_number(value) || !is_whole(value) || nearest_double(value) < 0) {
    return keyword.must_be("a whole number from 0");
  }
  bound = nearest_double(value) < kBeyondAll ? value.get<std::uint64_t>()
                                             : std::numeric_limits<std::uint64_t>::max();
  return {};
}

Result<std::vector<std::string>> names(const Keyword& keyword, const Json& value) {
  std::vector<std::string> list;
  if (is_empty_table(value)) return list;
  const auto is_text = [](const Json& one) { return one.is_string(); };
  if (!value.is_array() || !std::ranges::all_of(value, is_text)) {
    return keyword.must_be("a list of names");
  }
  for (const Json& name : value) list.push_back(name.get<std::string>());
  return list;
}

Status nothing(const Keyword&) { return {}; }

Status text(const Keyword& keyword) {
  return keyword.value.is_string() ? Status() : keyword.must_be("text");
}

Status read_ref(const Keyword& keyword) {
  if (!keyword.value.is_string()) return keyword.must_be("a URI");
  PLUMB_TRY(Reference reference,
            keyword.compiler.refer(keyword.node, keyword.schema, keyword.value.get<std::string>(),
                                   keyword.name == "$dynamicRef"));
  keyword.node.references.push_back(std::move(reference));
  return {};
}

Status read_definitions(const Keyword& keyword) {
  return each_schema(keyword, [](const std::string&, const Json&) -> Status { return {}; });
}

Status read_type(const Keyword& keyword) {
  const bool is_list = keyword.value.is_array();
  if (is_list && keyword.value.empty()) return keyword.must_be("a type or a list of types");
  const Json list = is_list ? keyword.value : Json::array({keyword.value});
  keyword.node.types = 0;
  for (const Json& one : list) {
    const std::string word = one.is_string() ? one.get<std::string>() : "";
    const TypeSet bit = type_bit(word);
    if (bit == 0) {
      static const std::vector<std::string> words = {"null",   "boolean", "integer", "number",
                                                     "string", "array",   "object"};
      return bad_schema(keyword.home.place,
                        fmt::format("\"type\" is {}, which is none of the types of JSON{}",
                                    shown_value(one), did_you_mean(word, words)));
    }
    keyword.node.types |= bit;
  }
  return {};
}

Status read_enum(const Keyword& keyword) {
  if (!keyword.value.is_array() || (keyword.value.empty() && keyword.compiler.is_strict())) {
    return keyword.must_be("a list of values");
  }
  std::vector<Json> sorted(keyword.value.begin(), keyword.value.end());
  std::ranges::sort(sorted, [](const Json& a, const Json& b) { return compare_values(a, b) < 0; });
  // Both keywords at once: what is left is what both allow.
  if (keyword.node.choices) {
    std::erase_if(*keyword.node.choices, [&](const Json& one) {
      return std::ranges::none_of(
          sorted, [&](const Json& other) { return compare_values(one, other) == 0; });
    });
    return {};
  }
  keyword.node.choices = std::move(sorted);
  keyword.node.choices_as_written = keyword.value;
  return {};
}

Status read_const(const Keyword& keyword) {
  keyword.node.choices = std::vector<Json>{keyword.value};
  keyword.node.choices_as_written = keyword.value;
  keyword.node.is_const = true;
  return {};
}

Status read_limit(const Keyword& keyword) {
  if (!is_number(keyword.value)) return keyword.must_be("a number");
  made(keyword.node.number).limits.push_back({keyword.name, keyword.value});
  return {};
}

Status read_multiple_of(const Keyword& keyword) {
  NumberRules& rules = made(keyword.node.number);
  rules.divisor = Divisor::of(keyword.value);
  rules.divisor_as_written = keyword.value;
  return rules.divisor ? Status() : keyword.must_be("a number above 0 of 18 digits at most");
}

Status read_pattern(const Keyword& keyword) {
  if (!keyword.value.is_string()) return keyword.must_be("a regular expression");
  auto pattern = keyword.compiler.pattern(keyword.value.get<std::string>());
  if (!pattern) return bad_schema(keyword.home.place, pattern.error().sentence);
  made(keyword.node.string).pattern = std::move(*pattern);
  return {};
}

Status read_unique(const Keyword& keyword) {
  if (!keyword.value.is_boolean()) return keyword.must_be("true or false");
  made(keyword.node.array).unique = keyword.value.get<bool>();
  return {};
}

Status read_items(const Keyword& keyword) {
  ArrayRules& rules = made(keyword.node.array);
  if (!keyword.value.is_array()) return one_schema(keyword, rules.rest);
  if (!keyword.home.resource->dialect.draft7) {
    return keyword.must_be("a schema (for a list of schemas there is \"prefixItems\")");
  }
  return keyword.value.empty() ? Status() : list_of_schemas(keyword, rules.first);
}

Status read_additional_items(const Keyword& keyword) {
  const auto items = keyword.schema.find("items");
  if (items == keyword.schema.end() || !items->is_array()) return {};
  ArrayRules& rules = made(keyword.node.array);
  rules.rest_keyword = "additionalItems";
  return one_schema(keyword, rules.rest);
}

Status read_contains(const Keyword& keyword) {
  made(keyword.node.array).contains_as_written = shown_value(keyword.value);
  return one_schema(keyword, keyword.node.array->contains);
}

Status read_not(const Keyword& keyword) {
  keyword.node.forbidden_as_written = shown_value(keyword.value);
  return one_schema(keyword, keyword.node.forbidden);
}

Status read_required(const Keyword& keyword) {
  PLUMB_TRY(made(keyword.node.object).required, names(keyword, keyword.value));
  return {};
}

Status read_properties(const Keyword& keyword) {
  // The members of an object are sorted already.
  return each_schema(keyword, [&](const std::string& name, const Json& schema) -> Status {
    made(keyword.node.object).properties.emplace_back(name, keyword.compiler.use(schema));
    return {};
  });
}

Status read_pattern_properties(const Keyword& keyword) {
  return each_schema(keyword, [&](const std::string& name, const Json& schema) -> Status {
    auto pattern = keyword.compiler.pattern(name);
    if (!pattern) return bad_schema(keyword.home.place, pattern.error().sentence);
    made(keyword.node.object)
        .patterns.emplace_back(std::move(*pattern), keyword.compiler.use(schema));
    return {};
  });
}

Status read_dependent_required(const Keyword& keyword) {
  return each_member(
      keyword, "a table of lists", [&](const std::string& name, const Json& value) -> Status {
        PLUMB_TRY(std::vector<std::string> list, names(keyword, value));
        made(keyword.node.object).dependent_required.emplace_back(name, std::move(list));
        return {};
      });
}

Status read_dependent_schemas(const Keyword& keyword) {
  return each_schema(keyword, [&](const std::string& name, const Json& schema) -> Status {
    made(keyword.node.object).dependent_schemas.emplace_back(name, keyword.compiler.use(schema));
    return {};
  });
}

Status read_dependencies(const Keyword& keyword) {
  return each_member(keyword, "a table of schemas and lists",
                     [&](const std::string& name, const Json& value) -> Status {
                       ObjectRules& rules = made(keyword.node.object);
                       if (is_schema(value)) {
                         rules.dependent_schemas.emplace_back(name, keyword.compiler.use(value));
                         return {};
                       }
                       PLUMB_TRY(std::vector<std::string> list, names(keyword, value));
                       rules.dependent_required.emplace_back(name, std::move(list));
                       return {};
                     });
}

const std::unordered_map<std::string_view, KeywordRule>& rules() {
  using enum Vocabulary;
  using enum Drafts;
  using K = const Keyword&;
  static const std::unordered_map<std::string_view, KeywordRule> table = {
      // Read where the documents are taken in.
      {"$schema", {core, both, nothing}},
      {"$id", {core, both, nothing}},
      {"$anchor", {core, only_2020, nothing}},
      {"$dynamicAnchor", {core, only_2020, nothing}},
      {"$vocabulary", {core, only_2020, nothing}},
      {"$defs", {core, both, read_definitions}},
      {"definitions", {core, both, read_definitions}},
      {"$ref", {core, both, read_ref}},
      {"$dynamicRef", {core, only_2020, read_ref}},
      // They say something to a reader, and judge nothing.
      {"$comment", {core, both, text}},
      {"title", {core, both, text}},
      {"description", {core, both, text}},
      {"default", {core, both, nothing}},
      {"examples", {core, both, nothing}},
      {"deprecated", {core, both, nothing}},
      {"readOnly", {core, both, nothing}},
      {"writeOnly", {core, both, nothing}},
      {"format", {core, both, text}},
      {"contentEncoding", {core, both, text}},
      {"contentMediaType", {core, both, text}},
      {"contentSchema", {core, only_2020, nothing}},

      {"type", {validation, both, read_type}},
      {"enum", {validation, both, read_enum}},
      {"const", {validation, both, read_const}},
      {"minimum", {validation, both, read_limit}},
      {"maximum", {validation, both, read_limit}},
      {"exclusiveMinimum", {validation, both, read_limit}},
      {"exclusiveMaximum", {validation, both, read_limit}},
      {"multipleOf", {validation, both, read_multiple_of}},
      {"minLength",
       {validation, both, [](K k) { return count(k, made(k.node.string).characters.least); }}},
      {"maxLength",
       {validation, both, [](K k) { return count(k, made(k.node.string).characters.most); }}},
      {"pattern", {validation, both, read_pattern}},
      {"minItems", {validation, both, [](K k) { return count(k, made(k.node.array).size.least); }}},
      {"maxItems", {validation, both, [](K k) { return count(k, made(k.node.array).size.most); }}},
      {"uniqueItems", {validation, both, read_unique}},
      {"minContains",
       {validation, only_2020, [](K k) { return count(k, made(k.node.array).matches.least); }}},
      {"maxContains",
       {validation, only_2020, [](K k) { return count(k, made(k.node.array).matches.most); }}},
      {"minProperties",
       {validation, both, [](K k) { return count(k, made(k.node.object).size.least); }}},
      {"maxProperties",
       {validation, both, [](K k) { return count(k, made(k.node.object).size.most); }}},
      {"required", {validation, both, read_required}},
      {"dependentRequired", {validation, only_2020, read_dependent_required}},

      {"allOf", {applicator, both, [](K k) { return list_of_schemas(k, k.node.all_of); }}},
      {"anyOf", {applicator, both, [](K k) { return list_of_schemas(k, k.node.any_of); }}},
      {"oneOf", {applicator, both, [](K k) { return list_of_schemas(k, k.node.one_of); }}},
      {"not", {applicator, both, read_not}},
      {"if", {applicator, both, [](K k) { return one_schema(k, k.node.condition); }}},
      {"then", {applicator, both, [](K k) { return one_schema(k, k.node.when_true); }}},
      {"else", {applicator, both, [](K k) { return one_schema(k, k.node.when_false); }}},
      {"prefixItems",
       {applicator, only_2020, [](K k) { return list_of_schemas(k, made(k.node.array).first); }}},
      {"items", {applicator, both, read_items}},
      {"additionalItems", {applicator, only_7, read_additional_items}},
      {"contains", {applicator, both, read_contains}},
      {"properties", {applicator, both, read_properties}},
      {"patternProperties", {applicator, both, read_pattern_properties}},
      {"additionalProperties",
       {applicator, both, [](K k) { return one_schema(k, made(k.node.object).rest); }}},
      {"propertyNames",
       {applicator, both, [](K k) { return one_schema(k, made(k.node.object).names); }}},
      {"dependentSchemas", {applicator, only_2020, read_dependent_schemas}},
      // 2020-12 has split it in two, and its meta-schema still knows it.
      {"dependencies", {applicator, both, read_dependencies}},

      {"unevaluatedItems",
       {unevaluated, only_2020, [](K k) { return one_schema(k, k.node.unevaluated_items); }}},
      {"unevaluatedProperties",
       {unevaluated, only_2020, [](K k) { return one_schema(k, k.node.unevaluated_properties); }}},
  };
  return table;
}

bool is_spoken(const KeywordRule& rule, const Dialect& dialect) {
  switch (rule.vocabulary) {
    case Vocabulary::applicator:
      return dialect.applicator;
    case Vocabulary::validation:
      return dialect.validation;
    case Vocabulary::unevaluated:
      return dialect.unevaluated;
    case Vocabulary::core:
      break;
  }
  return true;
}

std::unexpected<Error> unknown(const Keyword& keyword, bool draft7) {
  std::vector<std::string> known;
  for (const auto& [name, rule] : rules()) {
    if (rule.drafts != (draft7 ? Drafts::only_2020 : Drafts::only_7)) known.emplace_back(name);
  }
  std::ranges::sort(known);
  const std::string name = shortened(keyword.name, 60);
  return bad_schema(
      keyword.home.place,
      fmt::format("\"{}\" is no keyword of JSON Schema {}{}; say it in the description, or call it "
                  "\"x-{}\"",
                  printable(name), draft7 ? "draft 7" : "2020-12", did_you_mean(name, known),
                  printable(name)));
}

}  // namespace

std::unexpected<Error> Keyword::must_be(std::string_view expected) const {
  return bad_schema(
      home.place, fmt::format("\"{}\" must be {}, and is {}", name, expected, shown_value(value)));
}

Status read_keyword(const Keyword& keyword) {
  const Dialect& dialect = keyword.home.resource->dialect;
  const auto at = rules().find(keyword.name);
  const bool is_known = at != rules().end() &&
                        at->second.drafts != (dialect.draft7 ? Drafts::only_2020 : Drafts::only_7);
  if (!is_known) {
    if (!keyword.compiler.is_strict() || keyword.name.starts_with("x-")) return {};
    return unknown(keyword, dialect.draft7);
  }
  return is_spoken(at->second, dialect) ? at->second.read(keyword) : Status();
}

}  // namespace plumb
