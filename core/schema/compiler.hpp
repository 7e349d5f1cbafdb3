#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/schema/documents.hpp"
#include "core/schema/program.hpp"

namespace plumb {

/// Turns a schema and all that its references name into a program. Works through a queue, so that
/// no chain of references is too long for the stack.
class Compiler {
 public:
  Compiler(const SchemaOptions& options, const SchemaDocuments& registered, SchemaProgram& program)
      : options_(options), documents_(registered), program_(program) {}

  [[nodiscard]] Status run(const Json& schema);

  // For the keywords.

  /// The node of a schema that is used by the one at hand; it is filled later.
  [[nodiscard]] const Node* use(const Json& schema);
  [[nodiscard]] Result<Reference> refer(const Node& from, const Json& schema,
                                        const std::string& reference, bool dynamic);
  /// The same pattern is compiled once.
  [[nodiscard]] Result<Pattern> pattern(const std::string& source);
  [[nodiscard]] bool is_strict() const { return options_.strict; }

 private:
  Node& node_of(const Json& schema);
  [[nodiscard]] Status drain();
  [[nodiscard]] Status fill(const Json& schema, Node& node);
  [[nodiscard]] std::uint32_t number_of(const Resource* resource);
  bool use_dynamic_anchors();

  const SchemaOptions& options_;
  Documents documents_;
  SchemaProgram& program_;
  std::unordered_map<const Json*, Node*> nodes_;
  std::deque<const Json*> queue_;
  std::unordered_map<const Node*, std::size_t> uses_;
  std::unordered_map<std::string, Pattern> patterns_;
  std::vector<const Resource*> resources_;
  std::unordered_map<const Resource*, std::uint32_t> numbers_;
};

/// One keyword of a schema, where it stands.
struct Keyword {
  const std::string& name;
  const Json& value;
  const Json& schema;
  const Home& home;
  Node& node;
  Compiler& compiler;

  /// `"name" must be EXPECTED, and is ...`
  [[nodiscard]] std::unexpected<Error> must_be(std::string_view expected) const;
};

/// Puts what the keyword says into its node.
[[nodiscard]] Status read_keyword(const Keyword& keyword);

}  // namespace plumb
