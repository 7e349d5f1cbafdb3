#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/task/policy.hpp"
#include "core/task/task.hpp"
#include "plugins/endpoints/stand_in_options.hpp"

namespace plumb {

/// The header by which a stand-in is told the trial. No other endpoint is sent it.
inline constexpr const char* kTrialHeader = "X-Plumbline-Trial";

/// Which trial a request belongs to.
struct StandInTrial {
  std::string task;
  std::uint64_t seed = 0;  ///< env.seed, as the policy sees it
  std::uint64_t run_seed = 0;
  std::string contestant;
  std::int64_t repeat = 0;
  std::string policy;  ///< play this one, whatever the deal; "" = the deal decides
};

/// Reads the header's compact JSON: {"task","seed","run_seed","contestant","repeat","policy"?}.
/// Code::protocol with the member that is missing or of another type.
[[nodiscard]] Result<StandInTrial> parse_stand_in_trial(std::string_view header);

struct StandInDeal {
  std::string policy;
  bool oracle = false;
};

/// Which policy a stand-in plays in a trial. Anybody can compute it again, so the true completion
/// rate is known:
///
///   key     = "<run_seed>\n<contestant>\n<task>\n<repeat>", numbers in decimal
///   u(x)    = the first 8 bytes of SHA-256(x), big-endian, / 2^64      (hash_unit)
///   share   = tokens of the trial's first request / the declared window, at most 1
///   s       = skill + share * (skill_at_full - skill); skill, where skill_at_full is not set
///   oracle  if u("plumb.deal/1\n" + key) < s
///   else    the n-th of the task's own negative controls (sorted by name, counted from 0),
///           n = the first 8 bytes of SHA-256("plumb.control/1\n" + key), big-endian, mod their
///           number
///
/// A task without controls of its own is dealt `nop`. The policy of the trial comes before that of
/// the options, and both before the deal.
/// @param share  of the window
[[nodiscard]] StandInDeal deal(const StandInOptions& options, const StandInTrial& trial,
                               const Task& task, double share = 0);
/// What `s` is above.
[[nodiscard]] double skill_at(const StandInOptions& options, double share);

/// Whether the call number `ordinal` (from 0) of turn `turn` (the number of assistant messages
/// before it) is to be broken. Each call is drawn for itself:
///
///   u("plumb.malformed/1\n" + key + "\n<turn>") < malformed, of the first call of a turn;
///   behind the turn stands "\n<ordinal>" for the others.
[[nodiscard]] bool is_call_spoilt(const StandInOptions& options, const StandInTrial& trial,
                                  std::int64_t turn, std::size_t ordinal = 0);

/// A call as it goes over the wire: `arguments` are bytes that need not be JSON.
struct StandInCall {
  std::string id;
  std::string name;
  std::string arguments;
  std::size_t tool_place = 0;  ///< of its tool among those that are offered
};

/// Breaks a call in one of four ways, picked by SHA-256("plumb.malformed_kind/1\n" + key +
/// "\n<turn>") mod 4, with the ordinal as above: 0 the closing brace is missing, 1 a required
/// parameter is missing, 2 a parameter has the wrong type, 3 no such tool is offered. Where the
/// tool's schema leaves no room for 1 or 2, it is 0.
[[nodiscard]] StandInCall spoil_call(const PolicyStep::Call& call,
                                     const std::vector<ToolSpec>& tools, const StandInTrial& trial,
                                     std::int64_t turn, std::size_t ordinal = 0);

}  // namespace plumb
