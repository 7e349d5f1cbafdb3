#pragma once

#include <optional>
#include <string_view>

namespace plumb {

/// What can be wrong with a tool call. The letters are those of the taxonomy in docs/defects.md.
enum class Defect {
  // T: no call came where one was meant, or had to be.
  no_call,           ///< T0: the trial failed, and not one call was made in it
  leaked_text,       ///< T1: the call stands in the answer's text, in the markup of some format
  leaked_reasoning,  ///< T2: the same, in the reasoning
  swallowed,         ///< T2: tokens were counted, and nothing of them arrived
  server_rejected,   ///< T3: the server cannot read the answer, or refuses the history with it
  // P: the arguments' bytes.
  args_not_json,        ///< P1
  args_truncated,       ///< P2: the answer was cut off, and the JSON of its last call ends there
  args_empty,           ///< P3: nothing or null, though parameters are required
  args_not_object,      ///< P4
  args_double_encoded,  ///< P5: a JSON string that holds the object
  duplicate_key,        ///< P6: one key twice in an object, so that parsers disagree on its value
  // N: the name.
  unknown_tool,    ///< N1
  near_miss_name,  ///< N2
  // S: the tool's schema.
  missing_required,  ///< S1
  wrong_type,        ///< S2
  enum_or_range,     ///< S3: outside an enum, a range, a length, a pattern
  extra_property,    ///< S4: only where the schema forbids it
  // I, F: the answer around the call; the call itself is run.
  missing_id,              ///< I1
  duplicate_id,            ///< I2: the id of another call of the conversation
  index_collision,         ///< I3: two calls of one answer on one index of the stream
  finish_reason_mismatch,  ///< F1: the server's word for the end contradicts what arrived
  // L: the calls together.
  repeat_loop,  ///< L1: the same call with the same result, again and again
};
/// "args_not_json", ...
[[nodiscard]] const char* defect_name(Defect defect);
[[nodiscard]] std::optional<Defect> defect_from(std::string_view name);
/// "P1", ...; of `swallowed` "T2".
[[nodiscard]] const char* defect_code(Defect defect);
/// The call did not come through as one that can be run (T, P, N, S). The others (I, F, L) are told
/// beside calls that were run.
[[nodiscard]] bool spoils_call(Defect defect);

/// Whose a defect is.
enum class Attribution { model, server_parser, transport, harness, undetermined };
[[nodiscard]] const char* attribution_name(Attribution attribution);
[[nodiscard]] std::optional<Attribution> attribution_from(std::string_view name);

/// What became of the trial after a call that was spoilt.
enum class Aftermath {
  recovered_next_turn,  ///< the next answer had a valid call, and no spoilt one
  recovered_later,      ///< a later one had, or the trial passed all the same
  fatal,                ///< no valid call came after it, and the trial did not pass
};
[[nodiscard]] const char* aftermath_name(Aftermath aftermath);
[[nodiscard]] std::optional<Aftermath> aftermath_from(std::string_view name);

}  // namespace plumb
