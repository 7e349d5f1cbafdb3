#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "core/base/json.hpp"
#include "core/schema/schema.hpp"

namespace plumb {

/// Which keywords a schema resource has.
struct Dialect {
  bool draft7 = false;
  bool applicator = true;
  bool validation = true;
  bool unevaluated = true;
};

/// A schema with a URI of its own: a document, or what stands below an `$id`.
struct Resource {
  std::string uri;  ///< absolute, without a fragment; "" for a document that has none
  const Json* root = nullptr;
  Dialect dialect;
  std::map<std::string, const Json*> anchors;  ///< dynamic ones included
  std::map<std::string, const Json*> dynamic_anchors;
};

/// A place where a schema stands.
struct Home {
  const Resource* resource = nullptr;
  std::string place;  ///< JSON Pointer, with the document's URI in front when it is not the first
};

/// Code::config: what is wrong at that place of a schema.
[[nodiscard]] std::unexpected<Error> bad_schema(const std::string& place, const std::string& what);

/// Calls `visit(pointer, subschema)` for each schema that stands directly in this one.
void for_each_subschema(
    const Json& schema, bool draft7,
    const std::function<void(std::string pointer, const Json& subschema)>& visit);

/// All documents that one compilation reads: the schema itself, and what its references name.
class Documents {
 public:
  explicit Documents(const SchemaDocuments& registered) : registered_(registered) {}

  /// Takes in a document that stays where it is while this lives. Code::config for an unknown
  /// dialect, a URI that is there twice, and nesting beyond kMaxJsonDepth.
  /// @param dialect  of the document when it does not name one
  [[nodiscard]] Result<const Resource*> add(const Json& document, const std::string& uri,
                                            const Dialect& dialect);

  struct Target {
    const Json* schema = nullptr;
    /// Set when the reference names a dynamic anchor.
    std::string dynamic_anchor;
  };
  /// What a reference in that resource names. Code::config when there is no such thing.
  [[nodiscard]] Result<Target> find(const Resource& from, const std::string& reference);

  [[nodiscard]] const Home& home(const Json& schema) const { return homes_.at(&schema); }

 private:
  [[nodiscard]] Status scan(const Json& schema, Resource& parent, const std::string& place);
  [[nodiscard]] Result<Resource*> entered(const Json& schema, Resource& parent,
                                          const std::string& place);
  [[nodiscard]] Status name_anchors(const Json& schema, Resource& resource,
                                    const std::string& place);
  [[nodiscard]] Result<Resource*> document(const Resource& from, const std::string& uri);
  [[nodiscard]] Result<Dialect> dialect_of(const Json& schema, const Dialect& otherwise,
                                           const std::string& place) const;
  [[nodiscard]] Result<Dialect> custom_dialect(const std::string& uri,
                                               const std::string& place) const;
  [[nodiscard]] Result<const Json*> pointed_at(Resource& resource, const std::string& pointer);

  const SchemaDocuments& registered_;
  std::deque<Resource> resources_;
  std::unordered_map<std::string, Resource*> by_uri_;
  std::unordered_map<const Json*, Home> homes_;
};

}  // namespace plumb
