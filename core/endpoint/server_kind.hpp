#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/endpoint/contestant.hpp"

namespace plumb {

/// Steps into an answer: the key of a table (`*` and `?` match as in a shell), "[]" for any entry
/// of a list, "[1]" for the first, "[model]" for the entry of the model that is asked for.
using JsonPath = std::vector<std::string>;

/// Something in an answer that proves what kind of server gave it.
struct ServerMark {
  std::string route;
  std::string header;  ///< name of a response header in lower case; "" = look into the body
  JsonPath path;       ///< into the body; empty: the body as text
  /// The value is one of these, or contains one of those (lower case); both empty: it is there.
  std::vector<std::string> is;
  std::vector<std::string> contains;
};

/// One place where a server says a fact.
struct FactSource {
  std::vector<std::string> routes;  ///< the first that answers; later ones are older names of it
  Json body;                        ///< of a POST, with "$model" in it; null is a GET
  JsonPath path;
  std::string has;       ///< the value is a list (or table), and the fact is whether this is in it
  bool negated = false;  ///< the fact is the opposite
};

/// Series of the server's metrics that make up one of our figures: their sum.
struct SeriesSource {
  std::vector<std::string> series;
  std::map<std::string, std::vector<std::string>> where;  ///< label -> values that count
  /// The value is not the sample's but the product of these labels (of an info series).
  std::vector<std::string> labels;
  std::string by;              ///< one value for each value of this label, which counts from 0
  bool at_completion = false;  ///< moves only when a request is finished
  std::string note;            ///< what a reader of the figure must know
};

struct MetricsPlan {
  std::string route;                                         ///< "" = this kind has no metrics
  std::map<std::string, std::vector<SeriesSource>> figures;  ///< the first whose series are there
  /// Labels that number copies of one engine's figures: of copies the largest counts.
  std::vector<std::string> copies;
  /// Name of a response header, in lower case, whose number changes when the server is restarted.
  std::string start_header;
  std::string model_label;  ///< the label that names the model, where a page may hold several
};

/// How a conversation is rendered as the model reads it.
struct RenderRoute {
  std::string route;
  Json body;  ///< with "$model", "$messages" and "$tools" in it
  JsonPath path;
};

/// One request on the way to a completion that no parser of the server's has touched.
struct RawStep {
  std::string route;
  /// With "$messages", "$tools", ... in it, and whatever steps before took; a member whose value is
  /// not known is left out.
  Json body;
  std::map<std::string, JsonPath> takes;  ///< name -> where in the answer it stands
  /// The request in which the model writes: the sampling of a chat request is added to it.
  bool samples = false;
  std::string limit;  ///< of that request: what it calls the most tokens that may be written
};

/// What is particular to one kind of server, as data: a Lua table in a file of its own
/// (plugins/servers/NAME.lua; docs/servers.md describes its fields).
struct ServerKind {
  std::string name;   ///< of the file, without .lua
  std::string title;  ///< for a person
  std::vector<ServerMark> marks;
  Dialect dialect;  ///< how it wants to be asked in the chat protocol
  /// Words by which an error of it is known: "context_full", "roles", "no_vision", "unknown_model",
  /// "loading", "bad_history", "no_tools", "unparsed" -> parts of messages, lower case.
  std::map<std::string, std::vector<std::string>> error_words;
  /// What a user does about something that was found ("parser_off", "metrics_off", "context_floor",
  /// ...) -> a sentence that names the flag.
  std::map<std::string, std::string> remedies;
  std::map<std::string, std::vector<FactSource>> discovery;  ///< fact -> where, best place first
  MetricsPlan metrics;
  std::optional<RenderRoute> render;
  /// Takes "prompt" and "text", perhaps "finish", "prompt_tokens", "completion_tokens" and
  /// "window"; empty: this kind offers no raw completion.
  std::vector<RawStep> raw;

  /// The remedy, or `otherwise` where the file has none.
  [[nodiscard]] std::string remedy(const std::string& what, const std::string& otherwise) const;
};

/// What a fact of discovery is. Anything else that stands in its place is no fact.
enum class FactType { count, flag, text, texts, digest };
/// The facts that a server file may name.
[[nodiscard]] const std::map<std::string, FactType>& fact_types();

/// Reads one file. Code::config with file and line, or file and field.
[[nodiscard]] Result<ServerKind> read_server_file(const std::filesystem::path& file);

}  // namespace plumb
