#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/endpoint/contestant.hpp"
#include "core/endpoint/pace.hpp"
#include "core/endpoint/server_book.hpp"

namespace plumb {

/// Why a line of a capability card is to be believed.
enum class Basis {
  measured,  ///< seen in an answer
  declared,  ///< the server says so
  unknown,   ///< neither
};
[[nodiscard]] const char* basis_name(Basis basis);

/// One line of a capability card.
struct Finding {
  std::string id;  ///< "tool_calls"
  Basis basis = Basis::unknown;
  Json value;            ///< for a program; null when unknown
  std::string sentence;  ///< for a person: what was seen, and how
};

/// One prompt, sent twice: with a new beginning (cold) and again (warm).
struct PrefillPoint {
  std::int64_t prompt_tokens = 0;
  double cold_ttft_ms = 0;
  std::optional<double> warm_ttft_ms;
  std::optional<std::int64_t> warm_cached_tokens;  ///< as the server counts them
  std::optional<double> prefill_tok_s;  ///< prompt tokens / cold time to first token, less the
                                        ///< time of an almost empty prompt
};

/// Answers of the same length to one kind of text.
struct DecodeFigure {
  std::string text;     ///< "dense" (nothing to guess) or "predictable" (speculation shines)
  int concurrency = 1;  ///< requests in flight together
  int answers = 0;
  std::int64_t tokens = 0;  ///< of each answer, the median
  /// (tokens - 1) / (last - first token) of one answer, the median; nothing where answers come in
  /// one piece.
  std::optional<double> tok_s;
  std::optional<double> low_tok_s;
  std::optional<double> high_tok_s;
  double ttft_ms = 0;       ///< median
  double quoted_tok_s = 0;  ///< tokens / wall time of an answer, the median: what people quote
  double total_tok_s = 0;   ///< all tokens / time with a request in flight
  std::optional<double> draft_acceptance;  ///< of the drafted tokens, where the server tells
};

/// Prompts of one length, several at once (`plumb probe --grid`).
struct GridCell {
  std::int64_t prompt_tokens = 0;
  int concurrency = 1;
  double ttft_ms = 0;           ///< median, cold
  std::optional<double> tok_s;  ///< of one answer, median
  std::optional<double> total_tok_s;
};

/// What an endpoint can do, and how fast: the result of a probe.
struct CapabilityCard {
  std::string contestant;
  std::string model;
  std::string url;  ///< redacted
  ServerFacts server;
  std::vector<Finding> findings;
  std::vector<PrefillPoint> prefill;
  std::vector<DecodeFigure> decode;
  std::vector<GridCell> grid;
  std::optional<Pace> pace;  ///< where all of it could be measured
  std::string pace_missing;  ///< why there is none
  Dialect dialect;           ///< how the server wants to be asked, as far as it was found out
  std::vector<std::string> unsent;  ///< sampling parameters that it could not be told
  std::vector<Json> alarms;         ///< {id, contestant, task, sentence, evidence, remedy}

  [[nodiscard]] const Finding* find(std::string_view id) const;
  [[nodiscard]] std::optional<std::int64_t> declared_window() const;
  /// The tokens that one request can really hold: what was measured where a prompt was refused or
  /// cut, else what is declared.
  [[nodiscard]] std::optional<std::int64_t> window() const;
  /// The finding's value is false: it was looked for, and is not there.
  [[nodiscard]] bool lacks(std::string_view id) const;
};
/// {"schema": "plumb.probe/1", ...}, documented in docs/probe.md.
[[nodiscard]] Json to_json(const CapabilityCard& card);
/// What a run needs of a stored card: all but the tables of speeds.
[[nodiscard]] CapabilityCard capability_card_from_json(const Json& json);

}  // namespace plumb
