#pragma once

#include <cstdint>

#include "core/base/json.hpp"

namespace plumb {

/// How fast a contestant is, as its probe measured it while as many requests were in flight as the
/// run will have: what calibrated budgets are made of.
struct Pace {
  double ttft_ms = 0;            ///< to the first token, at an empty context
  double cold_ms_per_token = 0;  ///< more for each token of the prompt that the server has not seen
  double warm_ms_per_token = 0;  ///< more for each one that it has
  double decode_tok_s = 0;       ///< of one stream, on text that speculation cannot guess
  double tokens_per_turn = 0;    ///< of an answer in a tool-using conversation, thinking included

  bool operator==(const Pace&) const = default;
};
[[nodiscard]] Json to_json(const Pace& pace);
[[nodiscard]] Pace pace_from_json(const Json& json);

}  // namespace plumb
