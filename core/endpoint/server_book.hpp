#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/endpoint/endpoint.hpp"

namespace plumb {

/// What is particular to one kind of server, as data: a Lua table in a file of its own
/// (plugins/servers/NAME.lua; docs/architecture.md describes its fields).
struct ServerKind {
  std::string name;   ///< of the file, without .lua
  std::string title;  ///< for a person
  Dialect dialect;    ///< how it wants to be asked
  /// Words by which an error of it is known: "context_full", "roles", "no_vision", "unknown_model",
  /// "loading", "bad_history" -> parts of messages, lower case.
  std::map<std::string, std::vector<std::string>> error_words;
  /// What a user does about something that the probe found: "parser_off", "metrics_off",
  /// "cache_report_off", "context_floor" -> a sentence that names the flag.
  std::map<std::string, std::string> remedies;
  Json discovery;  ///< routes and where in their answers the facts stand
  Json metrics;    ///< our figure -> names of series, newest first
};

/// All kinds that are known. Immutable after load(): any thread may read.
class ServerBook {
 public:
  /// Reads every *.lua of the folder. Code::config with file and line.
  [[nodiscard]] static Result<ServerBook> load(const std::filesystem::path& folder);

  /// Null when there is no such file.
  [[nodiscard]] const ServerKind* find(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names() const;
  /// Whether an error's message says this ("context_full", ...) in the words of any kind.
  [[nodiscard]] bool says(std::string_view what, std::string_view message) const;

 private:
  std::vector<ServerKind> kinds_;
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
  /// "version", "model" (as served), "models" (list), "window" (tokens of one request), "slots",
  /// "vision" (bool), "weights", "chat_template" (its SHA-256), ... what the kind's file names.
  std::map<std::string, Declared> facts;
  std::vector<std::string>
      silent;  ///< routes that a server of this kind should have and that failed
};

/// Recognises the kind of server (unless `kind` names it) and asks its discovery routes. Never
/// fails for what a server says: what it does not tell is absent. The Fault of a server that is not
/// there.
[[nodiscard]] std::expected<ServerFacts, Fault> discover_server(Endpoint& endpoint,
                                                                const ServerBook& book,
                                                                const std::string& kind,
                                                                const std::string& model,
                                                                Waiter& waiter);

/// SHA-256 of a fixed tool conversation as this server renders or tokenizes it; nothing where the
/// kind has no such route. Two contestants with different hashes read different prompts.
[[nodiscard]] std::optional<std::string> rendered_prompt_hash(Endpoint& endpoint,
                                                              const ServerKind& kind,
                                                              const std::string& model,
                                                              Waiter& waiter);

}  // namespace plumb
