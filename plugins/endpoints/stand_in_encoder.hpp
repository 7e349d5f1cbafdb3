#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plugins/endpoints/stand_in_reply.hpp"

namespace plumb {

/// What stands around an answer. The bytes are a function of it and the reply alone.
struct StandInHead {
  std::string id;            ///< "chatcmpl-..."
  std::int64_t created = 0;  ///< seconds since 1970
  std::int64_t prompt_tokens = 1;
};

/// Bytes of a stream that go out together, once so many tokens have been generated before them.
struct StandInFrame {
  std::int64_t tokens_before = 0;
  std::string bytes;
};

/// Tokens of an answer, reasoning included: about 4 characters each, at least 1 (the end of text).
[[nodiscard]] std::int64_t completion_tokens(const StandInReply& reply);

/// The answer as a stream of server-sent events in the shape of a chat completion: a chunk with the
/// role, deltas of reasoning, text and the call (id and name first, then its arguments in pieces),
/// the finish, the usage with no choices when it is wanted, [DONE]. Written by hand from captured
/// streams: an encoder that shared code with the parser under test would share its mistakes.
[[nodiscard]] std::vector<StandInFrame> encode_stream(const StandInReply& reply,
                                                      const StandInHead& head, bool include_usage,
                                                      std::size_t tokens_per_chunk);

/// The same answer as one JSON.
[[nodiscard]] std::string encode_whole(const StandInReply& reply, const StandInHead& head);

/// An error's body: {"error":{message,type,param,code}}.
[[nodiscard]] std::string encode_error(int status, const std::string& sentence);

/// The list of models: one, "stand-in".
[[nodiscard]] std::string encode_models(std::int64_t created);

}  // namespace plumb
