// The routes by which a server completes a prompt without its parsers, as far as its flavour has
// them. The stand-in plays policies along conversations, so it remembers the prompts that it
// rendered.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/json.hpp"
#include "core/base/result.hpp"
#include "plugins/endpoints/stand_in_encoder.hpp"
#include "plugins/endpoints/stand_in_options.hpp"
#include "plugins/endpoints/stand_in_reply.hpp"
#include "plugins/endpoints/stand_in_request.hpp"

namespace plumb {

/// A token for every 4 bytes: their value, so that the text can be read back.
[[nodiscard]] Json stand_in_tokens(std::string_view text);
/// Code::protocol for what are no such tokens.
[[nodiscard]] Result<std::string> stand_in_text(const Json& tokens);

/// The conversations behind the latest prompts that were rendered. Thread-safe.
class StandInPrompts {
 public:
  /// @param body  the request that the prompt was rendered from
  void remember(const std::string& prompt, std::string body);
  [[nodiscard]] std::optional<std::string> body_of(std::string_view prompt) const;

 private:
  mutable std::mutex mutex_;
  std::deque<std::pair<std::uint64_t, std::string>> bodies_;  ///< by the prompt's hash, latest last
  std::size_t bytes_ = 0;
};

/// What a route does for a raw completion, in this flavour.
enum class StandInRawRoute { none, renders, completes, detokenizes };
[[nodiscard]] StandInRawRoute raw_route(StandInFlavour flavour, std::string_view path);

/// A request to complete a prompt.
struct StandInRawRequest {
  std::string prompt;
  std::optional<std::int64_t> max_tokens;
  std::optional<std::int64_t> seed;
  std::optional<double> temperature;
  bool keeps_special = false;   ///< special tokens stay in the text
  bool returns_tokens = false;  ///< llama-server: beside the text
};
[[nodiscard]] Result<StandInRawRequest> parse_raw_request(StandInFlavour flavour,
                                                          std::string_view body);

/// The answer to a request to read tokens back.
[[nodiscard]] Result<std::string> detokenized(StandInFlavour flavour, std::string_view body);

/// The conversation that a prompt was rendered from, or one message with the prompt in it.
[[nodiscard]] Result<StandInRequest> conversation_of(const StandInPrompts& prompts,
                                                     const StandInRawRequest& raw,
                                                     const StandInOptions& options);

struct StandInRawAnswer {
  std::string text;
  StandInFinish finish = StandInFinish::stop;
  std::int64_t tokens = 0;  ///< as many as of the same answer by way of a chat
};
/// What the model writes, cut at the limit.
[[nodiscard]] StandInRawAnswer raw_answer(const StandInReply& written, StandInLeak format,
                                          std::int64_t limit);
/// The answer as one JSON.
[[nodiscard]] std::string encode_raw(const StandInRawRequest& raw, const StandInRawAnswer& answer,
                                     const StandInHead& head);

}  // namespace plumb
