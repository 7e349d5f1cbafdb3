#include "plugins/endpoints/stand_in_reply.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "core/base/json.hpp"
#include "core/trial/planted.hpp"
#include "plugins/endpoints/stand_in_encoder.hpp"
#include "plugins/endpoints/stand_in_flaws.hpp"

namespace plumb {
namespace {

constexpr std::size_t kBytesPerToken = 4;

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// A policy, played along a conversation. The calls of one step may take several answers: where
/// they may not stand side by side each has one to itself, and a call that was spoilt, or that
/// failed in passing, is made again.
class PlayedPolicy {
 public:
  PlayedPolicy(PolicyPlay play, const StandInOptions& options, const StandInTrial& trial,
               const StandInRequest& request)
      : play_(std::move(play)), options_(options), trial_(trial), request_(request) {}

  /// Takes in what came back after the answer of this turn.
  Status play_on(std::int64_t turn) {
    const StandInComeback& comeback = request_.comebacks[static_cast<std::size_t>(turn)];
    if (play_.step().calls.empty()) return play_.play_on(std::array{comeback.all});
    // A call that a limit or the server kept back is made again, too.
    const std::vector<std::size_t> made = open_calls();
    const bool counts = !comeback.results.empty() && comeback.results.size() < made.size();
    const std::size_t answered = counts ? comeback.results.size() : made.size();
    for (std::size_t i = 0; i < answered; ++i) {
      if (is_spoilt(turn, i)) continue;
      const bool has_own = made.size() > 1 && i < comeback.results.size();
      const std::string& reply = has_own ? comeback.results[i] : comeback.all;
      if (!tells_planted_failure(reply)) replies_[made[i]] = reply;
    }
    if (!open_calls().empty()) return {};
    std::vector<std::string> replies;
    for (auto& [call, reply] : replies_) replies.push_back(std::move(reply));
    replies_.clear();
    return play_.play_on(replies);
  }

  /// The calls of the step that have no reply yet, by their place in it.
  [[nodiscard]] std::vector<std::size_t> open_calls() const {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < play_.step().calls.size(); ++i) {
      if (!replies_.contains(i)) open.push_back(i);
    }
    return open;
  }
  [[nodiscard]] const PolicyStep& step() const { return play_.step(); }

 private:
  /// A call that was spoilt is made again; where a fault strikes every answer, that would never
  /// end.
  [[nodiscard]] bool is_spoilt(std::int64_t turn, std::size_t ordinal) const {
    const bool once = options_.fault_turn == turn + 1 && is_flaw_of_calls(options_.fault);
    return once || is_call_spoilt(options_, trial_, turn, ordinal);
  }

  PolicyPlay play_;
  const StandInOptions& options_;
  const StandInTrial& trial_;
  const StandInRequest& request_;
  std::map<std::size_t, std::string> replies_;  ///< to calls of this step
};

/// The share of the declared window that the trial's first request took.
double opening_share(const StandInOptions& options, const StandInRequest& request) {
  return std::clamp(
      static_cast<double>(request.opening_tokens) / static_cast<double>(options.context), 0.0, 1.0);
}

}  // namespace

std::size_t token_end(std::string_view text, std::size_t begin) {
  std::size_t end = std::min(begin + kBytesPerToken, text.size());
  while (end < text.size() && continues_character(text[end])) ++end;
  return end;
}

std::int64_t count_tokens(std::string_view text) {
  std::int64_t count = 0;
  for (std::size_t end = 0; end < text.size(); ++count) end = token_end(text, end);
  return count;
}

std::int64_t completion_tokens(const StandInReply& reply) {
  if (reply.written_tokens > 0) return reply.written_tokens;
  std::int64_t tokens =
      count_tokens(reply.reasoning) + count_tokens(reply.text) + reply.hidden_tokens;
  for (const StandInCall& call : reply.calls) {
    tokens += count_tokens(call.name) + count_tokens(call.arguments);
  }
  return std::max<std::int64_t>(1, tokens);
}

StandInSpeculation speculation(double draft, std::int64_t tokens) {
  StandInSpeculation spent;
  spent.per_position.resize(kDraftedPerStep);
  for (std::int64_t made = 0; draft > 0 && made < tokens; ++spent.drafts) {
    const std::int64_t accepted = accepted_in_step(draft, spent.drafts);
    made += 1 + accepted;
    spent.drafted += kDraftedPerStep;
    spent.accepted += accepted;
    for (std::int64_t i = 0; i < accepted; ++i) ++spent.per_position[static_cast<std::size_t>(i)];
  }
  return spent;
}

Result<StandInReply> reply_in_trial(const StandInOptions& options, const StandInTrial& trial,
                                    const Task& task, const StandInRequest& request) {
  const StandInDeal dealt = deal(options, trial, task, opening_share(options, request));
  PLUMB_TRY(auto play, PolicyPlay::start(task, dealt.policy, trial.seed));
  PlayedPolicy policy(std::move(play), options, trial, request);
  // Answers that the task put there before its prompt are not the policy's.
  const auto not_ours =
      std::ranges::count(task.opening, Role::assistant, [](const Message& m) { return m.role; });
  const bool loops = options.fault == StandInFault::repeat_loop;
  for (std::int64_t turn = not_ours; turn < request.turn && !loops; ++turn) {
    PLUMB_CHECK(policy.play_on(turn));
  }
  StandInReply reply{.reasoning = stand_in_reasoning(options, request), .text = policy.step().text};
  for (const std::size_t place : policy.open_calls()) {
    const PolicyStep::Call& call = policy.step().calls[place];
    const std::size_t ordinal = reply.calls.size();
    reply.calls.push_back(is_call_spoilt(options, trial, request.turn, ordinal)
                              ? spoil_call(call, task.tools, trial, request.turn, ordinal)
                              : StandInCall{"", call.tool, dump_json(call.arguments)});
  }
  return reply;
}

std::string stand_in_reasoning(const StandInOptions& options, const StandInRequest& request) {
  static constexpr std::array<std::string_view, 4> kWords = {"let ", "me  ", "see ", "now "};
  const bool off =
      options.thinking == StandInThinking::none ||
      (options.thinking == StandInThinking::switchable && !request.thinking.value_or(true));
  std::string text;
  for (std::int64_t i = 0; !off && i < options.think; ++i) {
    text += kWords[static_cast<std::size_t>(i) % kWords.size()];
  }
  return text;
}

}  // namespace plumb
