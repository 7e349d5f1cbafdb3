#include "plugins/endpoints/openai_chat_request.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace plumb {
namespace {

/// One call of the latest assistant message, and whether a tool message answered it.
struct OpenCall {
  std::string id;
  std::string sent_id;
  bool answered = false;
};

/// Nine letters and digits: some chat templates accept no other length.
std::string made_id(std::size_t message, std::size_t call) {
  return fmt::format("c{:05}{:03}", message % 100'000, call % 1000);
}

/// Servers refuse names outside this set, and the model may have written anything.
std::string sendable_name(const std::string& name) {
  std::string sent;
  for (const char c : std::string_view(name).substr(0, 64)) {
    const bool fine =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
    sent += fine ? c : '_';
  }
  return sent.empty() ? "unnamed" : sent;
}

std::string sendable_arguments(const std::string& arguments) {
  const std::string_view text = trimmed(arguments);
  if (text.empty() || text == "null") return "{}";
  if (const auto value = parse_json(text); value && value->is_object()) return arguments;
  return dump_json({{"_malformed_arguments", arguments}});
}

Json assistant_message(const Message& message, std::size_t position, std::vector<OpenCall>& open) {
  Json sent = {{"role", "assistant"}, {"content", message.text}};
  open.clear();
  if (message.calls.empty()) return sent;
  if (message.text.empty()) sent["content"] = nullptr;
  Json& calls = sent["tool_calls"] = Json::array();
  for (const ToolCall& call : message.calls) {
    const bool doubled =
        std::ranges::any_of(open, [&](const OpenCall& one) { return one.sent_id == call.id; });
    const bool usable = !call.id.empty() && !doubled;
    open.push_back({call.id, usable ? call.id : made_id(position, open.size())});
    calls.push_back({{"id", open.back().sent_id},
                     {"type", "function"},
                     {"function",
                      {{"name", sendable_name(call.name)},
                       {"arguments", sendable_arguments(call.arguments)}}}});
  }
  return sent;
}

Json tool_message(const Message& message, std::vector<OpenCall>& open) {
  // Answers come in the order of the calls, so the first unanswered call with that id is the one
  // that is meant.
  const auto call = std::ranges::find_if(
      open, [&](const OpenCall& one) { return !one.answered && one.id == message.call_id; });
  std::string id = message.call_id;
  if (call != open.end()) {
    call->answered = true;
    id = call->sent_id;
  }
  return {{"role", "tool"}, {"tool_call_id", std::move(id)}, {"content", message.text}};
}

Json sent_messages(std::span<const Message> messages) {
  Json sent = Json::array();
  std::vector<OpenCall> open;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const Message& message = messages[i];
    if (message.role == Role::assistant) {
      sent.push_back(assistant_message(message, i, open));
    } else if (message.role == Role::tool) {
      sent.push_back(tool_message(message, open));
    } else {
      sent.push_back({{"role", role_name(message.role)}, {"content", message.text}});
    }
  }
  return sent;
}

void set_sampling(Json& body, const Sampling& sampling, std::optional<std::int64_t> seed) {
  if (sampling.temperature) body["temperature"] = *sampling.temperature;
  if (sampling.top_p) body["top_p"] = *sampling.top_p;
  if (sampling.max_tokens) body["max_tokens"] = *sampling.max_tokens;
  if (!seed) seed = sampling.seed;
  if (seed) body["seed"] = *seed;
  if (sampling.thinking) body["chat_template_kwargs"]["enable_thinking"] = *sampling.thinking;
}

}  // namespace

namespace {

/// "http://host:port" of a URL.
std::string_view root_of(std::string_view url) {
  const auto scheme = url.find("://");
  const auto host = scheme == std::string_view::npos ? 0 : scheme + 3;
  return url.substr(0, std::min(url.find_first_of("/?#", host), url.size()));
}

}  // namespace

bool same_server(std::string_view a, std::string_view b) {
  return lower(root_of(a)) == lower(root_of(b));
}

std::string plain_url(std::string_view url, std::string_view target) {
  if (target.starts_with('/')) return std::string(root_of(url)) + std::string(target);
  constexpr std::string_view kChat = "/chat/completions";
  std::string whole = chat_urls(url).chat;
  whole.replace(whole.find(kChat) + 1, kChat.size() - 1, target);
  return whole;
}

ChatUrls chat_urls(std::string_view url) {
  url = url.substr(0, url.find('#'));
  const auto question = std::min(url.find('?'), url.size());
  const std::string query(url.substr(question));
  std::string_view base = url.substr(0, question);
  const auto cut = [&base](std::string_view tail) {
    while (base.ends_with('/')) base.remove_suffix(1);
    if (base.ends_with(tail)) base.remove_suffix(tail.size());
    while (base.ends_with('/')) base.remove_suffix(1);
  };
  cut("/chat/completions");
  const auto host = base.find("://");
  const bool has_path =
      base.find('/', host == std::string_view::npos ? 0 : host + 3) != std::string_view::npos;
  const std::string whole = std::string(base) + (has_path ? "" : "/v1");
  return {whole + "/chat/completions" + query, redacted_url(whole)};
}

Status check_extra_body(const Json& extra_body) {
  constexpr std::array<const char*, 5> kOurs = {"stream", "messages", "tools", "model", "n"};
  for (const char* key : kOurs) {
    if (extra_body.contains(key)) {
      return fail(
          Code::config,
          fmt::format("extra_body must not set \"{}\": Plumbline sets it itself; take it out",
                      key));
    }
  }
  return {};
}

std::optional<std::int64_t> max_tokens_asked(const Contestant& contestant) {
  for (const char* key : {"max_completion_tokens", "max_tokens"}) {
    const auto asked = json_or<std::int64_t>(contestant.extra_body, key, 0);
    if (asked > 0) return asked;
  }
  return contestant.sampling.max_tokens;
}

std::string chat_body(const Contestant& contestant, const ChatRequest& request) {
  Json body = {{"stream", true}, {"stream_options", {{"include_usage", true}}}};
  if (!contestant.model.empty()) body["model"] = contestant.model;
  body["messages"] = sent_messages(request.messages);
  // An empty list is refused by some servers.
  for (const ToolSpec& tool : request.tools) {
    body["tools"].push_back({{"type", "function"},
                             {"function",
                              {{"name", tool.name},
                               {"description", tool.description},
                               {"parameters", tool.parameters}}}});
  }
  set_sampling(body, contestant.sampling, request.seed);
  // What the user wrote out holds over what we derived; tables are merged.
  body.update(contestant.extra_body, true);
  return dump_json(body);
}

}  // namespace plumb
