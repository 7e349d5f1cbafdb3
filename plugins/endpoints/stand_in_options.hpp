#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace plumb {

/// What a stand-in does wrong on purpose. Requests of trials are hit; a bare request (one that
/// names no trial) is answered as usual, but for stall and http_500, which hit every chat request.
enum class StandInFault {
  none,
  disconnect,   ///< the second response of each trial breaks off after some tokens
  http_500,     ///< every request
  http_429,     ///< every request, with `Retry-After: 0`
  stall,        ///< after the head of the response nothing more comes
  empty,        ///< the stream ends properly without a token
  leaked_text,  ///< calls are written into the text as <tool_call>, as by a server without a tool
                ///< parser
};

/// How a stand-in behaves: `standin:skill=0.8,malformed=0.05,tok_s=60,ttft_ms=120`.
struct StandInOptions {
  double skill = 1;        ///< chance, for each trial, that the oracle is played
  double malformed = 0;    ///< chance, for each turn with a call, that the call is broken
  double tok_s = 0;        ///< pace of the stream; 0: as fast as possible
  double ttft_ms = 0;      ///< from the request to the first token
  std::int64_t think = 0;  ///< tokens of reasoning before each answer
  StandInFault fault = StandInFault::none;
  std::string policy;  ///< always this policy, whatever the skill; "" = the deal decides
};

/// Reads what follows `standin:`, key=value joined by commas; "" is all defaults.
/// Code::usage with the word that is wrong and the words that exist.
[[nodiscard]] Result<StandInOptions> parse_stand_in_options(std::string_view text);

}  // namespace plumb
