#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/endpoint/endpoint.hpp"
#include "core/endpoint/server_kind.hpp"

namespace plumb {

/// All kinds that are known. Immutable after load(): any thread may read. One that was never loaded
/// knows none.
class ServerBook {
 public:
  /// Reads every *.lua of the folder. Code::config with file and line, or file and field.
  [[nodiscard]] static Result<ServerBook> load(const std::filesystem::path& folder);

  /// Null when there is no such file.
  [[nodiscard]] const ServerKind* find(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] const std::vector<ServerKind>& kinds() const { return kinds_; }
  /// Whether an error's message says this ("context_full", ...) in the words of any kind.
  [[nodiscard]] bool says(std::string_view what, std::string_view message) const;
  /// Code::config, with the names that exist, when a contestant names a kind that is not there.
  [[nodiscard]] Status check_name(const std::string& name) const;

 private:
  std::vector<ServerKind> kinds_;  ///< by name
};
/// plugins/servers of this installation.
[[nodiscard]] std::filesystem::path server_book_folder();

/// What a server says about itself, and by which route ("/props
/// default_generation_settings.n_ctx").
struct Declared {
  Json value;
  std::string route;
};

/// Facts that were asked of a server before anything was measured.
struct ServerFacts {
  std::string kind;  ///< "" = none of the known ones
  /// How the kind was found: "by hand", a route and what stood there, or why it was not found.
  std::string found_by;
  /// "version", "model" (as served), "models" (list), "window" (tokens of one request), "slots",
  /// "vision" (bool), "weights", "chat_template" (its SHA-256), ... what the kind's file names
  /// (fact_types()).
  std::map<std::string, Declared> facts;
  std::vector<std::string>
      silent;  ///< routes that a server of this kind should have and that failed
};

/// Recognises the kind of server (unless `kind` names it) and asks its discovery routes, one after
/// the other. Never fails for what a server says: what it does not tell, or tells in another shape,
/// is absent. The Fault of a server that is not there.
/// @param model  as the contestant names it; "" where the server has but one
[[nodiscard]] std::expected<ServerFacts, Fault> discover_server(Endpoint& endpoint,
                                                                const ServerBook& book,
                                                                const std::string& kind,
                                                                const std::string& model,
                                                                Waiter& waiter);

/// SHA-256 of a fixed tool conversation as this server renders ("text:...") or tokenizes
/// ("tokens:...") it; nothing where the kind has no such route. Two contestants with different
/// hashes of one sort read different prompts.
[[nodiscard]] std::optional<std::string> rendered_prompt_hash(Endpoint& endpoint,
                                                              const ServerKind& kind,
                                                              const std::string& model,
                                                              Waiter& waiter);

}  // namespace plumb
