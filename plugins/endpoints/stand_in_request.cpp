#include "plugins/endpoints/stand_in_request.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "plugins/endpoints/stand_in_markup.hpp"

namespace plumb {
namespace {

constexpr std::int64_t kBytesPerToken = 4;
constexpr std::int64_t kTokensPerPicture = 256;

std::optional<std::int64_t> whole_number(const Json& body, const char* key) {
  const auto it = body.find(key);
  if (it == body.end() || !it->is_number()) return std::nullopt;
  return integer_or<std::int64_t>(*it, 0);
}

std::optional<bool> yes_or_no(const Json& object, const char* key) {
  const auto it = object.is_object() ? object.find(key) : object.end();
  if (it == object.end() || !it->is_boolean()) return std::nullopt;
  return it->get<bool>();
}

Json member(const Json& object, const char* key) {
  return object.is_object() ? object.value(key, Json()) : Json();
}

/// "none" switches thinking off, any other word on.
std::optional<bool> by_effort(const std::string& effort) {
  if (effort.empty()) return std::nullopt;
  return effort != "none";
}

std::optional<bool> asked_thinking(StandInFlavour flavour, StandInProtocol protocol,
                                   const Json& body) {
  if (protocol == StandInProtocol::messages) {
    const std::string type = json_or(member(body, "thinking"), "type", "");
    return type.empty() ? std::nullopt : std::optional<bool>(type != "disabled");
  }
  if (protocol == StandInProtocol::responses) {
    return by_effort(json_or(member(body, "reasoning"), "effort", ""));
  }
  switch (flavour) {
    case StandInFlavour::ollama:
      return by_effort(json_or(body, "reasoning_effort", ""));
    case StandInFlavour::openrouter: {
      const Json reasoning = member(body, "reasoning");
      const auto enabled = yes_or_no(reasoning, "enabled");
      return enabled ? enabled : by_effort(json_or(reasoning, "effort", ""));
    }
    default:
      return yes_or_no(member(body, "chat_template_kwargs"), "enable_thinking");
  }
}

void read_sampling(const Json& body, StandInRequest& request) {
  if (const auto it = body.find("temperature"); it != body.end() && it->is_number()) {
    request.temperature = it->get<double>();
  }
  request.seed = whole_number(body, "seed");
  request.max_tokens = whole_number(body, "max_tokens");
}

bool is_system(const StandInMessage& message) {
  return message.role == "system" || message.role == "developer";
}

/// Takes bytes off the front of a text, no character left in part.
void drop_front(std::string& text, std::size_t bytes) {
  while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) ++bytes;
  text.erase(0, bytes);
}

Status read_part(const Json& part, StandInMessage& message) {
  if (part.is_string()) {
    message.text += part.get<std::string>();
    return {};
  }
  const std::string type = json_or(part, "type", "");
  if (type == "image_url" || type == "input_image") {
    const Json url = member(part, "image_url");
    message.pictures.push_back(url.is_string() ? url.get<std::string>() : json_or(url, "url", ""));
  } else if (type == "image") {
    const Json source = member(part, "source");
    message.pictures.push_back(fmt::format("data:{};base64,{}", json_or(source, "media_type", ""),
                                           json_or(source, "data", "")));
  } else if (part.is_object()) {
    message.text += json_or(part, "text", "");
  } else {
    return fail(Code::protocol, "a part of 'content' must be an object");
  }
  return {};
}

/// Of the request that began this conversation.
std::int64_t opening_tokens(const StandInRequest& request) {
  StandInRequest first{.tools_text = request.tools_text, .call_form = request.call_form};
  for (const StandInMessage& message : request.messages) {
    if (message.role == "assistant") break;
    first.messages.push_back(message);
  }
  return prompt_tokens(render_stand_in_prompt(first), first);
}

}  // namespace

std::optional<StandInProtocol> protocol_of(std::string_view path) {
  if (path == "/v1/chat/completions") return StandInProtocol::chat;
  if (path == "/v1/responses") return StandInProtocol::responses;
  if (path == "/v1/messages") return StandInProtocol::messages;
  return std::nullopt;
}

Status read_content(const Json& content, StandInMessage& message) {
  if (content.is_null()) return {};
  if (content.is_string()) {
    message.text += content.get<std::string>();
    return {};
  }
  if (!content.is_array())
    return fail(Code::protocol, "'content' must be a text or a list of parts");
  for (const Json& part : content) PLUMB_CHECK(read_part(part, message));
  return {};
}

void note_call(StandInRequest& request, StandInMessage& message, const std::string& id,
               const std::string& name, const std::string& arguments) {
  message.call_ids.push_back(id);
  message.calls += fmt::format("\n<call>{} {}</call>", name, arguments);
  const auto parsed = parse_json(arguments);
  if ((!parsed || !parsed->is_object()) && request.bad_arguments.empty()) {
    request.bad_arguments = parsed ? "they are no object" : parsed.error().sentence;
  }
}

void add_message(StandInRequest& request, StandInMessage message) {
  static constexpr std::array<std::string_view, 5> kRoles = {"system", "developer", "user",
                                                             "assistant", "tool"};
  if (std::ranges::find(kRoles, message.role) == kRoles.end() && request.unknown_role.empty()) {
    request.unknown_role = message.role.empty() ? "nothing" : message.role;
  }
  if (message.role == "assistant") {
    ++request.turn;
    request.comebacks.emplace_back();
  } else if (!is_system(message) && !request.comebacks.empty()) {
    StandInComeback& comeback = request.comebacks.back();
    if (message.role == "tool") comeback.results.push_back(message.text);
    if (!comeback.all.empty()) comeback.all += '\n';
    comeback.all += message.text;
  }
  request.messages.push_back(std::move(message));
}

Result<StandInRequest> parse_stand_in_request(const StandInOptions& options,
                                              StandInProtocol protocol, std::string_view body) {
  const StandInFlavour flavour = options.flavour;
  PLUMB_TRY(const Json json, parse_json(body));
  if (!json.is_object()) return fail(Code::protocol, "the request must be a JSON object");
  StandInRequest request;
  request.protocol = protocol;
  request.call_form = written_call({.name = "NAME", .arguments = "ARGUMENTS"}, options.asked);
  request.model = json_or(json, "model", "");
  request.stream = json_or(json, "stream", false);
  request.thinking = asked_thinking(flavour, protocol, json);
  read_sampling(json, request);
  switch (protocol) {
    case StandInProtocol::chat:
      PLUMB_CHECK(read_chat(json, request));
      // Ollama's /v1 knows the older name only (2026-08).
      if (flavour != StandInFlavour::ollama && !request.max_tokens) {
        request.max_tokens = whole_number(json, "max_completion_tokens");
      }
      break;
    case StandInProtocol::responses:
      PLUMB_CHECK(read_responses(json, request));
      request.max_tokens = whole_number(json, "max_output_tokens");
      break;
    case StandInProtocol::messages:
      PLUMB_CHECK(read_messages(json, request));
      break;
  }
  // These have no such field; one is as good as none.
  if (flavour == StandInFlavour::sglang || flavour == StandInFlavour::ollama) {
    request.parallel.reset();
  } else if (flavour == StandInFlavour::llamacpp && protocol == StandInProtocol::chat) {
    request.parallel = request.parallel.value_or(false);
  }
  request.opening_tokens = opening_tokens(request);
  return request;
}

std::string render_stand_in_prompt(const StandInRequest& request) {
  std::string prompt;
  if (!request.tools_text.empty()) {
    prompt += fmt::format("<|tools|>{}\n{}\n", request.tools_text, request.call_form);
  }
  for (const StandInMessage& message : request.messages) {
    prompt += fmt::format("<|{}|>\n{}{}\n", message.role, message.text, message.calls);
  }
  return prompt + "<|assistant|>\n";
}

std::int64_t prompt_tokens(std::string_view prompt, const StandInRequest& request) {
  std::int64_t pictures = 0;
  for (const StandInMessage& message : request.messages) {
    pictures += static_cast<std::int64_t>(message.pictures.size());
  }
  const auto bytes = static_cast<std::int64_t>(prompt.size());
  return (bytes + kBytesPerToken - 1) / kBytesPerToken + pictures * kTokensPerPicture;
}

void truncate_stand_in_prompt(StandInRequest& request, std::int64_t tokens) {
  const std::int64_t excess = prompt_tokens(render_stand_in_prompt(request), request) - tokens;
  auto left = static_cast<std::size_t>(std::max<std::int64_t>(0, excess) * kBytesPerToken);
  for (StandInMessage& message : request.messages) {
    if (left == 0) return;
    if (is_system(message)) continue;
    const std::size_t calls = std::min(left, message.calls.size());
    drop_front(message.calls, calls);
    const std::size_t text = std::min(left - calls, message.text.size());
    drop_front(message.text, text);
    left -= calls + text;
  }
}

std::string thinking_signature(std::string_view thinking) {
  return sha256_hex("plumb.signature/1\n" + std::string(thinking));
}

}  // namespace plumb
