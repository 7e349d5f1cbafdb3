#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/endpoint/probe_talk.hpp"

namespace plumb {

/// Figures of one answer; nothing in them that was not seen.
struct AnswerFigures {
  std::int64_t tokens = 0;  ///< completion tokens, as the server counted them
  std::optional<std::int64_t> prompt_tokens;
  std::optional<std::int64_t> cached_tokens;
  double ttft_ms = 0;
  double decode_s = 0;  ///< first to last token
  Instant sent{};
  Instant ended{};
  ServerTimings server;

  /// (tokens - 1) / decode_s; nothing where the answer is too short to tell, or came in one piece
  /// behind something that buffers.
  [[nodiscard]] std::optional<double> tok_s() const;
};
/// Nothing where there was no answer, no token, or no count of tokens that can be true.
[[nodiscard]] std::optional<AnswerFigures> figures_of(const ChatReply& reply,
                                                      const Question& question);

/// Asks all of them at the same time, each from a thread of its own; in their order.
[[nodiscard]] std::vector<ChatReply> ask_together(ProbeTalk& talk,
                                                  std::span<const Question> questions);

[[nodiscard]] double median(std::vector<double> values);

}  // namespace plumb
