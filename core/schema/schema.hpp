// core/schema: judging values against JSON Schema and tool calls against the tools that were
// offered. It judges; it never repairs.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/schema/schema_error.hpp"

namespace plumb {

/// Documents that a `$ref` may name beside its own. The meta-schemas of 2020-12 and draft 7 are
/// always there. Nothing is ever fetched.
class SchemaDocuments {
 public:
  /// @param uri  absolute; a fragment is dropped. The last of two with the same URI counts.
  void add(std::string_view uri, Json document);
  /// The document, or nullptr. It lives as long as any copy of this object.
  [[nodiscard]] const Json* find(const std::string& uri) const;

 private:
  std::map<std::string, std::shared_ptr<const Json>> by_uri_;
};

struct SchemaOptions {
  /// Refuses what JSON Schema lets pass and no author means: a keyword that it does not know,
  /// unless that begins with "x-", and an empty `enum`.
  bool strict = false;
  const SchemaDocuments* documents = nullptr;  ///< read by compile() only
};

struct SchemaProgram;

/// A JSON Schema (2020-12, or draft 7 by `$schema`), compiled once. Immutable and cheap to copy;
/// any number of threads may validate with it. `format` and `content*` are annotations and judge
/// nothing.
class Schema {
 public:
  /// Code::config with the place and the reason for whatever is no schema: a wrong keyword value
  /// anywhere in it, a reference to nothing, an endless recursion, a pattern that cannot be matched
  /// in linear time, or more than a validator can judge in bounded time. An empty list stands for
  /// an empty object in `properties` and the like, and the other way round in `required`: Lua has
  /// one empty table for both.
  [[nodiscard]] static Result<Schema> compile(const Json& schema,
                                              const SchemaOptions& options = {});

  /// What is wrong with the value, 20 errors at most; empty when it is valid. `value` is nested
  /// kMaxJsonDepth deep at most, as parse_json() sees to. Needs up to 1 MiB of stack.
  [[nodiscard]] std::vector<SchemaError> validate(const Json& value) const;

 private:
  std::shared_ptr<const SchemaProgram> program_;
};

}  // namespace plumb
