#include "core/schema/documents.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/schema/meta_schemas.hpp"
#include "core/schema/uri.hpp"

namespace plumb {
namespace {

using Names = std::set<std::string_view>;

bool nests_deeper_than(const Json& value, std::size_t levels) {
  if (!value.is_structured()) return false;
  if (levels == 0) return true;
  return std::ranges::any_of(
      value, [&](const Json& inner) { return nests_deeper_than(inner, levels - 1); });
}

const std::string* text_member(const Json& schema, const char* key) {
  const auto at = schema.find(key);
  return at != schema.end() && at->is_string() ? &at->get_ref<const std::string&>() : nullptr;
}

std::string without_empty_fragment(std::string uri) {
  if (uri.ends_with('#')) uri.pop_back();
  return uri;
}

std::string unescaped(std::string_view part) {
  std::string key;
  for (std::size_t at = 0; at < part.size(); ++at) {
    const bool escape = part[at] == '~' && at + 1 < part.size();
    key += !escape ? part[at] : part[++at] == '1' ? '/' : '~';
  }
  return key;
}

const Json* member_of(const Json& value, const std::string& key) {
  if (value.is_object()) {
    const auto at = value.find(key);
    return at == value.end() ? nullptr : &*at;
  }
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  const bool is_index = value.is_array() && error == std::errc() &&
                        end == key.data() + key.size() && index < value.size();
  return is_index ? &value[index] : nullptr;
}

bool is_schema(const Json& value) { return value.is_object() || value.is_boolean(); }

}  // namespace

std::unexpected<Error> bad_schema(const std::string& place, const std::string& what) {
  return fail(Code::config, fmt::format("the schema, at {}: {}",
                                        place.empty() ? "the top" : printable(place), what));
}

void for_each_subschema(
    const Json& schema, bool draft7,
    const std::function<void(std::string pointer, const Json& subschema)>& visit) {
  static const Names one = {"additionalProperties",
                            "contains",
                            "contentSchema",
                            "else",
                            "if",
                            "items",
                            "not",
                            "propertyNames",
                            "then",
                            "unevaluatedItems",
                            "unevaluatedProperties"};
  static const Names one_of_7 = {"additionalItems",
                                 "additionalProperties",
                                 "contains",
                                 "else",
                                 "if",
                                 "items",
                                 "not",
                                 "propertyNames",
                                 "then"};
  static const Names lists = {"allOf", "anyOf", "oneOf", "prefixItems"};
  static const Names lists_of_7 = {"allOf", "anyOf", "items", "oneOf"};
  static const Names maps = {
      "$defs",     "definitions", "dependencies", "dependentSchemas", "patternProperties",
      "properties"};
  static const Names maps_of_7 = {"$defs", "definitions", "dependencies", "patternProperties",
                                  "properties"};
  if (!schema.is_object()) return;
  for (const auto& [key, value] : schema.items()) {
    if (is_schema(value) && (draft7 ? one_of_7 : one).contains(key)) {
      visit(pointer_part(key), value);
    } else if (value.is_array() && (draft7 ? lists_of_7 : lists).contains(key)) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        if (is_schema(value[i])) visit(pointer_part(key) + "/" + std::to_string(i), value[i]);
      }
    } else if (value.is_object() && (draft7 ? maps_of_7 : maps).contains(key)) {
      for (const auto& [name, inner] : value.items()) {
        if (is_schema(inner)) visit(pointer_part(key) + pointer_part(name), inner);
      }
    }
  }
}

Result<const Resource*> Documents::add(const Json& document, const std::string& uri,
                                       const Dialect& dialect) {
  if (nests_deeper_than(document, kMaxJsonDepth)) {
    return bad_schema(uri, fmt::format("it is nested deeper than {} levels", kMaxJsonDepth));
  }
  Resource& resource = resources_.emplace_back(Resource{
      .uri = uri, .root = &document, .dialect = dialect, .anchors = {}, .dynamic_anchors = {}});
  by_uri_[uri] = &resource;
  PLUMB_CHECK(scan(document, resource, uri.empty() ? "" : uri + "#"));
  return &resource;
}

Status Documents::scan(const Json& schema, Resource& parent, const std::string& place) {
  if (homes_.contains(&schema)) return {};
  Resource* resource = &parent;
  if (schema.is_object()) {
    PLUMB_TRY(resource, entered(schema, parent, place));
    PLUMB_CHECK(name_anchors(schema, *resource, place));
  }
  homes_.emplace(&schema, Home{.resource = resource, .place = place});
  Status status;
  for_each_subschema(schema, resource->dialect.draft7,
                     [&](const std::string& pointer, const Json& inner) {
                       if (status) status = scan(inner, *resource, place + pointer);
                     });
  return status;
}

/// The resource that begins here, or the one around.
Result<Resource*> Documents::entered(const Json& schema, Resource& parent,
                                     const std::string& place) {
  PLUMB_TRY(const Dialect dialect, dialect_of(schema, parent.dialect, place));
  const bool is_root = &schema == parent.root;
  if (is_root) parent.dialect = dialect;
  const auto id_at = schema.find("$id");
  if (id_at == schema.end()) return &parent;
  if (dialect.draft7 && schema.contains("$ref")) return &parent;
  if (!id_at->is_string())
    return bad_schema(place, "\"$id\" must be a URI, and is " + shown_value(*id_at));
  const UriParts id = split_fragment(id_at->get_ref<const std::string&>());
  if (!id.fragment.empty() && !dialect.draft7) {
    return bad_schema(place, "\"$id\" may have no fragment; that is what \"$anchor\" is for");
  }
  if (id.document.empty()) return &parent;
  const std::string uri = resolve_uri(parent.uri, id.document);
  const auto [known, is_new] = by_uri_.try_emplace(uri, nullptr);
  if (!is_new && known->second->root != &schema) {
    return bad_schema(place, fmt::format("\"$id\" {} is there twice", shown_value(*id_at)));
  }
  if (is_root) {
    parent.uri = uri;
    known->second = &parent;
    return &parent;
  }
  known->second = &resources_.emplace_back(Resource{
      .uri = uri, .root = &schema, .dialect = dialect, .anchors = {}, .dynamic_anchors = {}});
  return known->second;
}

Status Documents::name_anchors(const Json& schema, Resource& resource, const std::string& place) {
  const auto name = [&](const char* keyword, const std::string& anchor) -> Status {
    const auto [at, is_new] = resource.anchors.try_emplace(anchor, &schema);
    if (is_new || at->second == &schema) return {};
    return bad_schema(place,
                      fmt::format("\"{}\" {} is there twice", keyword, shown_value(Json(anchor))));
  };
  if (resource.dialect.draft7) {
    const std::string* const id = schema.contains("$ref") ? nullptr : text_member(schema, "$id");
    const std::string fragment = id == nullptr ? "" : split_fragment(*id).fragment;
    return fragment.empty() ? Status() : name("$id", fragment);
  }
  for (const char* const keyword : {"$anchor", "$dynamicAnchor"}) {
    const auto at = schema.find(keyword);
    if (at == schema.end()) continue;
    if (!at->is_string() || at->get_ref<const std::string&>().empty()) {
      return bad_schema(place,
                        fmt::format("\"{}\" must be a name, and is {}", keyword, shown_value(*at)));
    }
    PLUMB_CHECK(name(keyword, at->get<std::string>()));
  }
  if (const std::string* const anchor = text_member(schema, "$dynamicAnchor")) {
    resource.dynamic_anchors.emplace(*anchor, &schema);
  }
  return {};
}

Result<Dialect> Documents::dialect_of(const Json& schema, const Dialect& otherwise,
                                      const std::string& place) const {
  const auto at = schema.find("$schema");
  if (at == schema.end()) return otherwise;
  if (!at->is_string()) {
    return bad_schema(place, "\"$schema\" must be a URI, and is " + shown_value(*at));
  }
  const std::string uri = without_empty_fragment(at->get<std::string>());
  if (uri == kDraft2020) return Dialect();
  if (uri == kDraft7 || uri == "https://json-schema.org/draft-07/schema") {
    return Dialect{.draft7 = true};
  }
  return custom_dialect(uri, place);
}

Result<Dialect> Documents::custom_dialect(const std::string& uri, const std::string& place) const {
  const Json* const meta = registered_.find(uri);
  if (meta == nullptr) {
    return bad_schema(place, fmt::format("\"$schema\" names {}; known are {}, {} and registered "
                                         "documents",
                                         shown_value(Json(uri)), kDraft2020, kDraft7));
  }
  const auto vocabulary = meta->find("$vocabulary");
  if (!meta->is_object() || vocabulary == meta->end() || !vocabulary->is_object()) return Dialect();
  constexpr std::string_view kPrefix = "https://json-schema.org/draft/2020-12/vocab/";
  static const Names known = {"core",      "applicator",        "unevaluated", "validation",
                              "meta-data", "format-annotation", "content"};
  Dialect dialect{.applicator = false, .validation = false, .unevaluated = false};
  for (const auto& [name, needed] : vocabulary->items()) {
    const std::string_view word =
        name.starts_with(kPrefix) ? std::string_view(name).substr(kPrefix.size()) : "";
    if (needed == Json(true) && !known.contains(word)) {
      return bad_schema(place, fmt::format("{} needs the vocabulary {}, which Plumbline lacks",
                                           shown_value(Json(uri)), shown_value(Json(name))));
    }
    if (word == "applicator") dialect.applicator = true;
    if (word == "validation") dialect.validation = true;
    if (word == "unevaluated") dialect.unevaluated = true;
  }
  return dialect;
}

Result<Resource*> Documents::document(const Resource& from, const std::string& uri) {
  if (const auto at = by_uri_.find(uri); at != by_uri_.end()) return at->second;
  const Json* const registered = registered_.find(uri);
  if (registered == nullptr) {
    return fail(Code::config, fmt::format("there is no document {} here, and nothing is fetched",
                                          shown_value(Json(uri))));
  }
  PLUMB_CHECK(add(*registered, uri, from.dialect));
  return by_uri_.at(uri);
}

Result<const Json*> Documents::pointed_at(Resource& resource, const std::string& pointer) {
  const Json* at = resource.root;
  Resource* around = &resource;
  std::string place = home(*at).place;
  for (const std::string& part : split(std::string_view(pointer).substr(1), '/')) {
    at = member_of(*at, unescaped(part));
    if (at == nullptr)
      return fail(Code::config, "there is nothing at " + shown_value(Json("#" + pointer)));
    place += "/" + part;
    if (const auto known = homes_.find(at); known != homes_.end()) {
      around = const_cast<Resource*>(known->second.resource);
    }
  }
  if (!is_schema(*at)) {
    return fail(Code::config, fmt::format("what stands at {} is no schema but {}",
                                          shown_value(Json("#" + pointer)), shown_value(*at)));
  }
  PLUMB_CHECK(scan(*at, *around, place));
  return at;
}

Result<Documents::Target> Documents::find(const Resource& from, const std::string& reference) {
  const UriParts parts = split_fragment(resolve_uri(from.uri, reference));
  PLUMB_TRY(Resource* const resource, document(from, parts.document));
  const std::string& fragment = parts.fragment;
  if (fragment.empty()) return Target{.schema = resource->root, .dynamic_anchor = {}};
  if (fragment.starts_with('/')) {
    PLUMB_TRY(const Json* const schema, pointed_at(*resource, fragment));
    return Target{.schema = schema, .dynamic_anchor = {}};
  }
  const auto anchor = resource->anchors.find(fragment);
  if (anchor == resource->anchors.end()) {
    return fail(Code::config, "there is no anchor " + shown_value(Json(fragment)));
  }
  const auto dynamic = resource->dynamic_anchors.find(fragment);
  const bool is_dynamic =
      dynamic != resource->dynamic_anchors.end() && dynamic->second == anchor->second;
  return Target{.schema = anchor->second, .dynamic_anchor = is_dynamic ? fragment : ""};
}

void SchemaDocuments::add(std::string_view uri, Json document) {
  by_uri_[split_fragment(uri).document] = std::make_shared<const Json>(std::move(document));
}

const Json* SchemaDocuments::find(const std::string& uri) const {
  const auto at = by_uri_.find(uri);
  return at == by_uri_.end() ? meta_schema(uri) : at->second.get();
}

}  // namespace plumb
