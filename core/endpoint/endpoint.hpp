#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/base/waiter.hpp"
#include "core/wire/message.hpp"

namespace plumb {

/// How long a server that says it is still loading its model is waited for.
inline constexpr Duration kLoadingPatience = std::chrono::minutes(10);

struct ChatRequest {
  std::span<const Message> messages;
  std::span<const ToolSpec> tools;         ///< may be empty
  std::optional<std::int64_t> max_tokens;  ///< overrides the contestant's
  std::optional<std::int64_t> seed;        ///< overrides the contestant's
  /// False asks for the answer as one JSON: all that is said of times, but the end, is then one
  /// instant.
  bool streamed = true;
  std::optional<int> attempts;  ///< overrides the contestant's
  /// Told to stand-ins only (which trial this is, as compact JSON); "" sends nothing.
  std::string trial_header;
  /// How long the answer may be in flight, all told (what is left of the trial's hard stop).
  Duration allowed = std::chrono::hours(24);
  Duration loading_patience = kLoadingPatience;
  /// Told true when an attempt goes out and false when it is over: between attempts nothing is in
  /// flight. May be empty; must not block.
  std::function<void(bool begins)> on_attempt = {};
};

/// Why there is no answer. Transport errors are never model text.
struct Fault {
  enum class Kind {
    connect,       ///< nothing was there: name, route, refusal, TLS
    no_answer,     ///< connected, and no byte came before the timeout or the end
    broken,        ///< bytes came, then the stream ended without its terminator or fell silent
    http_status,   ///< the server answered with an error status
    stream_error,  ///< status 200, and an error inside the stream
    not_a_stream,  ///< status 200, and something else than the protocol (HTML, nothing, garbage)
    cut_off,       ///< `allowed` ran out while the answer was on its way: the hard stop, not the
                   ///< endpoint
    cancelled,     ///< somebody asked to stop
  };
  Kind kind = Kind::connect;
  int status = 0;              ///< HTTP status where there was one
  std::string sentence;        ///< for a person, with the start of what the server said; no secret
  bool any_byte = false;       ///< in any of the attempts
  bool any_token = false;      ///< text, reasoning or a call arrived, in any of the attempts
  bool deterministic = false;  ///< the server refuses *this request*: a status that is_passing() is
                               ///< not, or the same 500 each time
  bool context_full = false;   ///< the server says that the conversation outgrew its window
  /// The server says that it cannot read what the model wrote. Asking again would deal the model a
  /// second hand.
  bool unparsed = false;
  bool loading = false;  ///< the server is up and still loads its model
  ChatResponse partial;  ///< what had arrived when it was cut off or could not be read
};
[[nodiscard]] const char* fault_name(Fault::Kind kind);

/// What one request cost, attempts that failed included.
struct ChatCost {
  /// Of the attempt that answered, was cut off, or could not be read: the model's clock.
  Duration in_flight{};
  Duration waited{};     ///< failed attempts, backoff, Retry-After and loading: never charged
  int attempts = 0;      ///< but those that found the server loading
  int broken_calls = 0;  ///< attempts that broke off inside a call
  /// One sentence for each attempt that failed; loading is told once.
  std::vector<std::string> faults;
};

struct ChatReply {
  std::expected<ChatResponse, Fault> answer;
  ChatCost cost;
};

/// What a model writes in answer to a conversation before its server has parsed it.
struct RawCompletion {
  std::string prompt;  ///< the conversation as the model reads it, special tokens kept
  std::string text;    ///< as the model wrote it, special tokens kept
  Usage usage;
  Finish finish = Finish::stop;  ///< stop or length
};

/// A plain request beside the chat, for discovery, tokenizing and metrics.
struct PlainRequest {
  /// "/version": from the server's root; "models": below the base URL; or a whole URL. Where that
  /// is another host or port than the endpoint's, neither key nor headers of the contestant are
  /// sent.
  std::string target;
  std::string body;  ///< JSON, sent by POST; "" is a GET
  Duration patience = std::chrono::seconds(10);
  std::size_t max_bytes = std::size_t{4} << 20;  ///< more of an answer is not read
};
struct PlainReply {
  int status = 0;
  std::string content_type;  ///< lower case
  std::string body;          ///< as it came, to be parsed: see Endpoint::without_secrets()
  /// Names in lower case, values as they came.
  std::vector<std::pair<std::string, std::string>> headers;
};

struct ServedModel {
  std::string id;
};

/// A served model with its settings. Thread-safe: many trials ask at once. Lives longer than its
/// trials.
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  /// One response to one conversation; retries within bounds. Blocks in waiter.wait().
  [[nodiscard]] virtual ChatReply chat(const ChatRequest& request, Waiter& waiter) = 0;
  /// The same conversation with the same sampling and seed, completed without the server's parsers:
  /// what the model really writes. Nothing where the server offers no way. One attempt of each
  /// step; `streamed` and `on_attempt` are not used. Blocks in waiter.wait().
  [[nodiscard]] virtual std::expected<std::optional<RawCompletion>, Fault> complete_raw(
      const ChatRequest& /*request*/, Waiter& /*waiter*/) {
    return std::nullopt;
  }
  /// What the server says it serves. One attempt.
  [[nodiscard]] virtual std::expected<std::vector<ServedModel>, Fault> models(Waiter& waiter) = 0;
  /// Any status is a reply; a Fault is a failed transport. One attempt.
  [[nodiscard]] virtual std::expected<PlainReply, Fault> fetch(const PlainRequest& request,
                                                               Waiter& waiter) = 0;
  /// What is kept or shown of a plain reply goes through this: a server may say our key. Not what
  /// is parsed: a short key ("vllm", "1") is an ordinary word of an answer.
  [[nodiscard]] virtual std::string without_secrets(std::string text) const { return text; }
};

}  // namespace plumb
