#include "plugins/endpoints/stand_in_reply.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/hash.hpp"
#include "core/base/text.hpp"

namespace plumb {
namespace {

constexpr std::size_t kCharactersPerToken = 4;

Result<std::string> content_text(const Json& message) {
  const auto content = message.find("content");
  if (content == message.end() || content->is_null()) return std::string();
  if (content->is_string()) return content->get<std::string>();
  if (!content->is_array())
    return fail(Code::protocol, "'content' must be a text or a list of parts");
  std::string text;
  for (const Json& part : *content) text += json_or(part, "text", "");
  return text;
}

Status check_calls(const Json& message) {
  const auto calls = message.find("tool_calls");
  if (calls == message.end()) return {};
  if (!calls->is_array()) return fail(Code::protocol, "'tool_calls' must be a list");
  for (const Json& call : *calls) {
    const Json function = call.is_object() ? call.value("function", Json()) : Json();
    if (json_or(function, "name", "").empty()) {
      return fail(Code::protocol, "an earlier tool call has no function name");
    }
    const auto arguments = parse_json(json_or(function, "arguments", ""));
    if (!arguments || !arguments->is_object()) {
      return fail(Code::protocol, "the arguments of an earlier tool call are not a JSON object");
    }
  }
  return {};
}

Status add_message(StandInRequest& request, const Json& message) {
  static constexpr std::array<std::string_view, 4> kRoles = {"system", "user", "assistant", "tool"};
  const std::string role = json_or(message, "role", "");
  if (std::ranges::find(kRoles, role) == kRoles.end()) {
    return fail(Code::protocol, fmt::format("'{}' is no role of a message", shortened(role, 40)));
  }
  PLUMB_TRY(const std::string text, content_text(message));
  if (role == "assistant") {
    PLUMB_CHECK(check_calls(message));
    ++request.turn;
    request.replies.emplace_back();
  } else if (role == "tool" && json_or(message, "tool_call_id", "").empty()) {
    return fail(Code::protocol, "a message of role 'tool' needs a 'tool_call_id'");
  } else if (role != "system" && !request.replies.empty()) {
    std::string& reply = request.replies.back();
    if (!reply.empty()) reply += '\n';
    reply += text;
  }
  return {};
}

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

std::string reasoning_of(const StandInOptions& options) {
  static constexpr std::array<std::string_view, 4> kWords = {"let ", "me  ", "see ", "now "};
  std::string text;
  for (std::int64_t i = 0; i < options.think; ++i) {
    text += kWords[static_cast<std::size_t>(i) % kWords.size()];
  }
  return text;
}

std::string call_id(const StandInTrial& trial, std::int64_t turn) {
  return "call_" + sha256_hex(fmt::format("plumb.call/1\n{}\n{}\n{}\n{}\n{}", trial.run_seed,
                                          trial.contestant, trial.task, trial.repeat, turn))
                       .substr(0, 24);
}

}  // namespace

Result<StandInRequest> parse_stand_in_request(std::string_view body) {
  PLUMB_TRY(const Json request_json, parse_json(body));
  const auto messages =
      request_json.is_object() ? request_json.find("messages") : request_json.end();
  if (messages == request_json.end() || !messages->is_array() || messages->empty()) {
    return fail(Code::protocol, "the request needs a list 'messages' with at least one message");
  }
  StandInRequest request;
  for (const Json& message : *messages) PLUMB_CHECK(add_message(request, message));
  request.stream = json_or(request_json, "stream", false);
  if (const auto stream_options = request_json.find("stream_options");
      stream_options != request_json.end() && !stream_options->is_null()) {
    if (!request.stream) return fail(Code::protocol, "'stream_options' needs 'stream' to be true");
    request.include_usage = json_or(*stream_options, "include_usage", false);
  }
  std::size_t size = dump_json(*messages).size();
  if (const auto tools = request_json.find("tools"); tools != request_json.end()) {
    if (!tools->is_array() || tools->empty()) {
      return fail(Code::protocol, "'tools' must be a list with at least one tool, or absent");
    }
    size += dump_json(*tools).size();
  }
  request.prompt_tokens = static_cast<std::int64_t>(size / kCharactersPerToken);
  return request;
}

Result<StandInReply> reply_in_trial(const StandInOptions& options, const StandInTrial& trial,
                                    const Task& task, const StandInRequest& request) {
  const std::string policy = deal(options, trial, task).policy;
  PLUMB_TRY(const auto past, past_of(options, trial, task, policy, request));
  PLUMB_TRY(const PolicyStep step, next_step(task, policy, trial.seed, past));
  StandInReply reply{.reasoning = reasoning_of(options), .text = step.text, .call = std::nullopt};
  if (!step.call) return reply;

  StandInCall call = is_turn_spoilt(options, trial, request.turn)
                         ? spoil_call(*step.call, task.tools, trial, request.turn)
                         : StandInCall{"", step.call->tool, dump_json(step.call->arguments)};
  if (options.fault == StandInFault::leaked_text) {
    reply.text += fmt::format("<tool_call>\n{{\"name\": {}, \"arguments\": {}}}\n</tool_call>",
                              dump_json(call.name), call.arguments);
    return reply;
  }
  call.id = call_id(trial, request.turn);
  reply.call = std::move(call);
  return reply;
}

StandInReply reply_to_bare_request(const StandInOptions& options) {
  return {.reasoning = reasoning_of(options), .text = "ready", .call = std::nullopt};
}

}  // namespace plumb
