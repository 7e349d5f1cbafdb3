#include "plugins/endpoints/stand_in_reply.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/json.hpp"
#include "plugins/endpoints/stand_in_encoder.hpp"

namespace plumb {
namespace {

constexpr std::size_t kBytesPerToken = 4;

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// The turns so far. A spoilt turn is one that was drawn and in which the policy wanted to make a
/// call, so the policy is asked about the drawn turns only.
Result<std::vector<PolicyPast>> past_of(const StandInOptions& options, const StandInTrial& trial,
                                        const Task& task, const std::string& policy,
                                        const StandInRequest& request) {
  std::vector<PolicyPast> past;
  for (std::int64_t turn = 0; turn < request.turn; ++turn) {
    bool advanced = true;
    if (is_turn_spoilt(options, trial, turn)) {
      PLUMB_TRY(const PolicyStep step, next_step(task, policy, trial.seed, past));
      advanced = !step.call;
    }
    past.push_back({advanced, request.replies[static_cast<std::size_t>(turn)]});
  }
  return past;
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
  const std::string policy = deal(options, trial, task).policy;
  PLUMB_TRY(const auto past, past_of(options, trial, task, policy, request));
  PLUMB_TRY(const PolicyStep step, next_step(task, policy, trial.seed, past));
  StandInReply reply{.reasoning = stand_in_reasoning(options, request), .text = step.text};
  if (!step.call) return reply;
  reply.calls.push_back(is_turn_spoilt(options, trial, request.turn)
                            ? spoil_call(*step.call, task.tools, trial, request.turn)
                            : StandInCall{"", step.call->tool, dump_json(step.call->arguments)});
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
