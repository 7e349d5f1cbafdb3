// A reply on its way out of the server.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/hash.hpp"
#include "core/base/json.hpp"
#include "plugins/endpoints/stand_in_reply.hpp"

namespace plumb {
namespace {

using enum StandInFault;

/// Beyond this a call is not padded until max_tokens cuts it off: nobody wants to read it.
constexpr std::int64_t kMostPadding = 65536;

bool is_json_object(const std::string& text) {
  const auto json = parse_json(text);
  return json && json->is_object();
}

/// A call as a model writes it, before a server has parsed it.
std::string written_call(const StandInCall& call, StandInLeak format) {
  const std::string name = dump_json(call.name);
  switch (format) {
    case StandInLeak::llama:
      return fmt::format("<function={}>{}</function>", call.name, call.arguments);
    case StandInLeak::mistral:
      return fmt::format("[TOOL_CALLS] [{{\"name\": {}, \"arguments\": {}}}]", name,
                         call.arguments);
    case StandInLeak::bare_json:
      return fmt::format("{{\"name\": {}, \"parameters\": {}}}", name, call.arguments);
    case StandInLeak::hermes:
      break;
  }
  return fmt::format("<tool_call>\n{{\"name\": {}, \"arguments\": {}}}\n</tool_call>", name,
                     call.arguments);
}

void leak_calls(StandInReply& reply, std::string& into, StandInLeak format) {
  for (const StandInCall& call : reply.calls) {
    if (&call != &reply.calls.front()) into += '\n';
    into += written_call(call, format);
  }
  reply.calls.clear();
}

void lose_parameter(StandInCall& call) {
  auto arguments = parse_json(call.arguments);
  if (!arguments || !arguments->is_object() || arguments->empty()) return;
  arguments->erase(std::prev(arguments->end()));
  call.arguments = dump_json(*arguments);
}

void lose_brace(StandInCall& call) {
  if (call.arguments.ends_with('}')) call.arguments.pop_back();
}

/// Makes a call so long that the limit cuts it off, or cuts it half way where there is no limit
/// worth the padding.
void overstretch(StandInCall& call, std::int64_t limit) {
  if (limit > kMostPadding) {
    call.arguments.resize(call.arguments.size() / 2);
    return;
  }
  lose_brace(call);
  if (call.arguments.ends_with('"')) {
    call.arguments.pop_back();
  } else {
    call.arguments += call.arguments == "{" ? R"("text":")" : R"(,"more":")";
  }
  while (static_cast<std::int64_t>(call.arguments.size()) < limit * 4) call.arguments += "word ";
}

void strike(StandInFault fault, StandInReply& reply, std::int64_t limit, StandInLeak format) {
  switch (fault) {
    case lost_brace:
      for (StandInCall& call : reply.calls) lose_brace(call);
      break;
    case lost_parameter:
      for (StandInCall& call : reply.calls) lose_parameter(call);
      break;
    case args_empty:
      for (StandInCall& call : reply.calls) call.arguments.clear();
      break;
    case truncated_call:
    case finish_lies:
      if (!reply.calls.empty()) overstretch(reply.calls.back(), limit);
      break;
    case leaked_reasoning:
      leak_calls(reply, reply.reasoning, format);
      break;
    case all_reasoning:
      leak_calls(reply, reply.text, format);
      reply.reasoning += std::exchange(reply.text, "");
      break;
    case leaked_text:
      leak_calls(reply, reply.text, format);
      break;
    case swallowed:
      reply = {.hidden_tokens = completion_tokens(reply)};
      break;
    case empty:
      reply = {};
      break;
    default:
      break;
  }
}

/// Cuts a text after so many tokens; the number of tokens that are left for what follows.
std::int64_t cut_text(std::string& text, std::int64_t tokens) {
  std::size_t end = 0;
  while (end < text.size() && tokens > 0) {
    end = token_end(text, end);
    --tokens;
  }
  text.resize(end);
  return tokens;
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

}  // namespace

bool fault_strikes(StandInFault fault, bool in_trial) {
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
      return in_trial;
  }
}

StandInReply finished_reply(const StandInOptions& options, const StandInRequest& request,
                            StandInReply reply, std::int64_t limit, bool in_trial,
                            const std::string& key) {
  const StandInFault fault = fault_strikes(options.fault, in_trial) ? options.fault : none;
  if (!options.parallel || !request.parallel.value_or(true)) {
    reply.calls.resize(std::min<std::size_t>(1, reply.calls.size()));
  }
  if (fault == unknown_dropped) {
    std::erase_if(reply.calls, [&](const StandInCall& call) {
      return std::ranges::find(request.tools, call.name) == request.tools.end();
    });
  }
  strike(fault, reply, limit, options.leaked);
  // Ollama marshals arguments from a map: what is no object stays in the text.
  const bool cannot_parse = options.flavour == StandInFlavour::ollama &&
                            std::ranges::any_of(reply.calls, [](const StandInCall& call) {
                              return !call.arguments.empty() && !is_json_object(call.arguments);
                            });
  if (!options.parser || cannot_parse) leak_calls(reply, reply.text, options.leaked);
  const bool cut = cut_at(reply, limit);
  name_calls(options, request, reply, key);
  reply.finish = finish_of(fault, reply, cut);
  return reply;
}

}  // namespace plumb
