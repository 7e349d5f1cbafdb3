// A reply on its way out of the server.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/hash.hpp"
#include "core/base/json.hpp"
#include "plugins/endpoints/stand_in_flaws.hpp"
#include "plugins/endpoints/stand_in_reply.hpp"

namespace plumb {
namespace {

using enum StandInFault;

bool is_json_object(const std::string& text) {
  const auto json = parse_json(text);
  return json && json->is_object();
}

/// True when something was cut off.
bool cut_at(StandInReply& reply, std::int64_t limit) {
  if (completion_tokens(reply) <= limit) return false;
  std::int64_t left = cut_text(reply.reasoning, limit);
  left = cut_text(reply.text, left);
  std::size_t kept = 0;
  for (StandInCall& call : reply.calls) {
    left -= count_tokens(call.name);
    if (left < 0) break;
    left = cut_text(call.arguments, left);
    ++kept;
  }
  reply.calls.resize(kept);
  reply.hidden_tokens = std::min(reply.hidden_tokens, std::max<std::int64_t>(0, left));
  return true;
}

std::string call_id(StandInFlavour flavour, StandInProtocol protocol, const std::string& digits) {
  switch (flavour) {
    case StandInFlavour::vllm:
      return "chatcmpl-tool-" + digits.substr(0, 32);
    case StandInFlavour::llamacpp:
      return digits.substr(0, 32);
    case StandInFlavour::mistral_strict:
      return digits.substr(0, 9);
    case StandInFlavour::ollama:
      return "call_" + digits.substr(0, 8);
    default:
      return (protocol == StandInProtocol::messages ? "toolu_" : "call_") + digits.substr(0, 24);
  }
}

void name_calls(const StandInOptions& options, const StandInRequest& request, StandInReply& reply,
                const std::string& key) {
  for (std::size_t i = 0; i < reply.calls.size(); ++i) {
    StandInCall& call = reply.calls[i];
    const auto place = std::ranges::find(request.tools, call.name) - request.tools.begin();
    call.tool_place = static_cast<std::size_t>(place);
    if (options.fault == no_id) continue;
    call.id = options.fault == same_id
                  ? std::string("000000000")
                  : call_id(options.flavour, request.protocol,
                            sha256_hex(fmt::format("plumb.call/1\n{}\n{}", key, i)));
  }
}

StandInFinish finish_of(StandInFault fault, StandInReply& reply, bool cut) {
  const bool called = !reply.calls.empty();
  if (fault == abort && !cut) return StandInFinish::abort;
  if (fault == empty_calls && called) {
    reply.calls.clear();
    return StandInFinish::calls;
  }
  if (fault == finish_lies && called) return StandInFinish::calls;
  if (cut || (fault == truncated_call && called)) return StandInFinish::length;
  return called && fault != stop_for_call ? StandInFinish::calls : StandInFinish::stop;
}

/// Those hit bare requests, too.
bool is_of_whole_server(StandInFault fault) {
  switch (fault) {
    case http_500:
    case http_503:
    case stall:
    case slow_start:
    case html:
    case garbage:
    case redirect:
    case endless:
    case long_line:
    case header_bomb:
    case no_usage:
    case cut_utf8:
    case same_index:
    case no_id:
    case same_id:
    case args_object:
    case unknown_dropped:
      return true;
    default:
      return false;
  }
}

/// What the server does to an answer whose calls were written well.
void mistreat(StandInFault fault, const StandInOptions& options, const StandInRequest& request,
              std::int64_t limit, StandInReply& reply) {
  if (fault == swallowed) {
    reply = {};
  } else if (fault == unknown_dropped) {
    std::erase_if(reply.calls, [&](const StandInCall& call) {
      return std::ranges::find(request.tools, call.name) == request.tools.end();
    });
  } else if (options.blame == StandInBlame::server && fault != deterministic_500 &&
             (fault != leaked_stream || request.stream)) {
    put_flaw(fault, options, request, false, limit, reply);
  }
}

}  // namespace

std::int64_t cut_text(std::string& text, std::int64_t tokens) {
  std::size_t end = 0;
  while (end < text.size() && tokens > 0) {
    end = token_end(text, end);
    --tokens;
  }
  text.resize(end);
  return tokens;
}

StandInFault striking_fault(const StandInOptions& options, const StandInRequest& request,
                            bool in_trial) {
  const StandInFault fault = options.fault;
  if (is_of_whole_server(fault)) return fault;
  const bool second_only =
      fault == deterministic_500 || fault == disconnect || fault == history_refused;
  const std::int64_t only = options.fault_turn > 0 ? options.fault_turn : second_only ? 2 : 0;
  return in_trial && (only == 0 || request.turn + 1 == only) ? fault : none;
}

StandInReply written_reply(const StandInOptions& options, const StandInRequest& request,
                           StandInReply reply, StandInFault fault, std::int64_t limit) {
  if (!options.parallel || !request.parallel.value_or(true)) {
    reply.calls.resize(std::min<std::size_t>(1, reply.calls.size()));
  }
  if (options.blame == StandInBlame::model) {
    put_flaw(fault, options, request, true, limit, reply);
  }
  return reply;
}

StandInReply finished_reply(const StandInOptions& options, const StandInRequest& request,
                            StandInReply written, StandInFault fault, std::int64_t limit,
                            const std::string& key) {
  StandInReply reply = std::move(written);
  const std::int64_t tokens = completion_tokens(reply);
  mistreat(fault, options, request, limit, reply);
  // Ollama marshals arguments from a map: what is no object stays in the text.
  const bool cannot_parse = options.flavour == StandInFlavour::ollama &&
                            std::ranges::any_of(reply.calls, [](const StandInCall& call) {
                              return !call.arguments.empty() && !is_json_object(call.arguments);
                            });
  if (!options.parser || cannot_parse) {
    put_flaw(leaked_text, options, request, false, limit, reply);
  }
  const bool cut = cut_at(reply, limit);
  name_calls(options, request, reply, key);
  reply.finish = finish_of(fault, reply, cut);
  // What the server loses was generated all the same, and what it adds was not.
  const std::int64_t seen = completion_tokens(reply);
  if (fault != empty && !cut) {
    reply.hidden_tokens += std::max<std::int64_t>(0, tokens - seen);
    reply.written_tokens = tokens;
  }
  return reply;
}

}  // namespace plumb
