#pragma once

#include <string>

#include "plugins/endpoints/stand_in_options.hpp"
#include "plugins/endpoints/stand_in_reply.hpp"
#include "plugins/endpoints/stand_in_request.hpp"

namespace plumb {

/// What an obedient model answers to a request that belongs to no trial. It looks at what the
/// server has left of the conversation, and follows these instructions, the first that fits:
///
///   a tool's result at the end                             "Done."
///   Call the tool NAME ... with PARAM "VALUE"              that call; each further `with PARAM
///                                                          "VALUE"` is another call of the tool
///   ... Answer with the code at the start                  X of `The code at the start is "X"`, or
///                                                          "I do not know."
///   Name the colours of the vertical bars in this picture  their names, joined by ", "
///   ... without end                                        words, or with `Count` numbers, until
///                                                          `limit` tokens are full
///   Answer with the word: X                                X
///   anything else                                          a sentence that depends on the prompt
///
/// What is said without an instruction, and the words without end, follow prompt, temperature and
/// seed: at temperature 0 the same each time (unless repeatable=off), else the same only for the
/// same seed (unless seeded=off).
[[nodiscard]] StandInReply obedient_reply(const StandInOptions& options,
                                          const StandInRequest& request, std::int64_t limit);

}  // namespace plumb
