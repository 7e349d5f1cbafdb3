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

/// Whether the fault of these options strikes a request of a trial, or a bare one.
[[nodiscard]] bool fault_strikes(StandInFault fault, bool in_trial);

/// What becomes of a reply on its way out: faults, a parser that is off, calls that may not stand
/// side by side, ids, the end at `limit` tokens, the finish.
/// @param in_trial  the faults of trials strike
/// @param key       the ids of calls are made of it
[[nodiscard]] StandInReply finished_reply(const StandInOptions& options,
                                          const StandInRequest& request, StandInReply reply,
                                          std::int64_t limit, bool in_trial,
                                          const std::string& key);

}  // namespace plumb
