// The bytes of an answer, in three protocols. They are written by hand from captured streams: an
// encoder that shared code with the readers under test would share their mistakes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/endpoints/stand_in_options.hpp"
#include "plugins/endpoints/stand_in_reply.hpp"

namespace plumb {

/// What stands around an answer. The bytes are a function of it and the reply alone.
struct StandInHead {
  StandInFlavour flavour = StandInFlavour::plain;
  StandInFault fault = StandInFault::none;  ///< as far as it concerns the shape
  std::string id;                           ///< 32 hex digits; the flavour makes its own of them
  std::int64_t created = 0;                 ///< seconds since 1970
  std::int64_t prompt_tokens = 1;
  std::int64_t cached_tokens = 0;
  bool reports_cached = false;
  bool include_usage = false;
  bool continuous_usage = false;
  bool timings_per_token = false;
  double prompt_ms = 0;              ///< until the first token
  double token_ms = 0;               ///< between tokens
  std::size_t tokens_per_chunk = 1;  ///< without speculation
  double draft = 0;                  ///< share of drafted tokens that are accepted; 0: none drafted
};

/// Bytes of a stream that go out together, once so many tokens have been generated before them.
struct StandInFrame {
  std::int64_t tokens_before = 0;
  std::string bytes;
};

/// The answer as a stream of server-sent events in the shape of the protocol and the flavour.
[[nodiscard]] std::vector<StandInFrame> encode_stream(StandInProtocol protocol,
                                                      const StandInReply& reply,
                                                      const StandInHead& head);
/// The same answer as one JSON.
[[nodiscard]] std::string encode_whole(StandInProtocol protocol, const StandInReply& reply,
                                       const StandInHead& head);

// --- By protocol.

[[nodiscard]] std::vector<StandInFrame> stream_chat(const StandInReply& reply,
                                                    const StandInHead& head);
[[nodiscard]] std::string whole_chat(const StandInReply& reply, const StandInHead& head);
[[nodiscard]] std::vector<StandInFrame> stream_responses(const StandInReply& reply,
                                                         const StandInHead& head);
[[nodiscard]] std::string whole_responses(const StandInReply& reply, const StandInHead& head);
[[nodiscard]] std::vector<StandInFrame> stream_messages(const StandInReply& reply,
                                                        const StandInHead& head);
[[nodiscard]] std::string whole_messages(const StandInReply& reply, const StandInHead& head);

// --- What they share.

[[nodiscard]] std::string json_text(std::string_view text);
/// The arguments as they stand in a JSON: a text, or what the fault makes of it.
[[nodiscard]] std::string arguments_json(const std::string& arguments, StandInFault fault);
/// Whether the arguments are sent as one value and not in pieces.
[[nodiscard]] bool sends_arguments_whole(const std::string& arguments, StandInFault fault);

/// How many tokens are drafted in each step of speculation.
inline constexpr std::int64_t kDraftedPerStep = 3;
/// How many of them are accepted in a step: over many steps exactly 3 x `draft` on average.
[[nodiscard]] std::int64_t accepted_in_step(double draft, std::int64_t step);

/// Cuts texts into the pieces that chunks carry, and counts tokens as it goes.
class StandInPieces {
 public:
  explicit StandInPieces(const StandInHead& head) : head_(head) {}

  /// Calls `send(piece)` for each piece; tokens() is the number before it.
  template <class Send>
  void cut(std::string_view text, Send&& send) {
    for (std::size_t begin = 0; begin < text.size();) {
      std::int64_t count = 0;
      const std::size_t end = piece_end(text, begin, count);
      send(text.substr(begin, end - begin));
      tokens_ += count;
      begin = end;
    }
  }
  void add(std::int64_t tokens) { tokens_ += tokens; }
  [[nodiscard]] std::int64_t tokens() const { return tokens_; }

 private:
  [[nodiscard]] std::size_t piece_end(std::string_view text, std::size_t begin,
                                      std::int64_t& count);

  const StandInHead& head_;
  std::int64_t tokens_ = 0;
  std::int64_t step_ = 0;
};

}  // namespace plumb
