#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/task/policy.hpp"
#include "plugins/endpoints/stand_in_deal.hpp"
#include "plugins/endpoints/stand_in_options.hpp"
#include "plugins/endpoints/stand_in_request.hpp"

namespace plumb {

/// Why an answer ended, as the server says.
enum class StandInFinish { stop, calls, length, abort };

/// One answer, not yet in the shape of any protocol.
struct StandInReply {
  std::string reasoning;
  std::string text;
  std::vector<StandInCall> calls;
  StandInFinish finish = StandInFinish::stop;
  std::int64_t hidden_tokens = 0;  ///< generated, and not to be seen
  /// As the model wrote it, where the server made more or less of it; 0: what is seen and hidden.
  std::int64_t written_tokens = 0;
  bool only_thinks = false;  ///< the model did not end its thoughts
};

/// The end of the token that begins at `begin`: 4 bytes on, and never inside a character.
[[nodiscard]] std::size_t token_end(std::string_view text, std::size_t begin);
[[nodiscard]] std::int64_t count_tokens(std::string_view text);
/// Tokens of an answer, reasoning included: at least 1 (the end of text).
[[nodiscard]] std::int64_t completion_tokens(const StandInReply& reply);

/// What speculation spent on an answer of so many tokens.
struct StandInSpeculation {
  std::int64_t drafts = 0;
  std::int64_t drafted = 0;
  std::int64_t accepted = 0;
  std::vector<std::int64_t> per_position;  ///< accepted at each place of a draft
};
[[nodiscard]] StandInSpeculation speculation(double draft, std::int64_t tokens);

/// What the policy of this trial answers to this conversation. A pure function of its arguments: a
/// request that is sent again is answered the same. Code::not_found for a policy that the task does
/// not have, config for one that fails.
[[nodiscard]] Result<StandInReply> reply_in_trial(const StandInOptions& options,
                                                  const StandInTrial& trial, const Task& task,
                                                  const StandInRequest& request);

/// Tokens of reasoning, where this request is answered with some.
[[nodiscard]] std::string stand_in_reasoning(const StandInOptions& options,
                                             const StandInRequest& request);

/// The fault that strikes the answer to this request: that of the options, or none.
/// @param in_trial  the request belongs to a trial
[[nodiscard]] StandInFault striking_fault(const StandInOptions& options,
                                          const StandInRequest& request, bool in_trial);

/// What the model really writes: a reply with the faults that are the model's.
/// @param limit  the most tokens of the answer
[[nodiscard]] StandInReply written_reply(const StandInOptions& options,
                                         const StandInRequest& request, StandInReply reply,
                                         StandInFault fault, std::int64_t limit);

/// What becomes of what was written on its way out: faults of the server, a parser that is off,
/// calls that may not stand side by side, ids, the end at `limit` tokens, the finish.
/// @param key  the ids of calls are made of it
[[nodiscard]] StandInReply finished_reply(const StandInOptions& options,
                                          const StandInRequest& request, StandInReply written,
                                          StandInFault fault, std::int64_t limit,
                                          const std::string& key);

/// Cuts a text after so many tokens; the number of tokens that are left for what follows.
std::int64_t cut_text(std::string& text, std::int64_t tokens);

}  // namespace plumb
