#include "plugins/endpoints/anthropic.hpp"

#include <algorithm>

#include "core/base/base64.hpp"
#include "core/base/text.hpp"
#include "plugins/endpoints/anthropic_reader.hpp"
#include "plugins/endpoints/history.hpp"
#include "plugins/endpoints/request_parts.hpp"

namespace plumb {
namespace {

constexpr const char* kMaxTokens = "max_tokens";
/// The protocol demands a limit.
constexpr std::int64_t kDefaultMaxTokens = 8192;
constexpr std::int64_t kLeastThinkingBudget = 1024;

/// Blocks of nothing but blanks are refused.
void add_text(Json& blocks, const std::string& text) {
  if (!trimmed(text).empty()) blocks.push_back({{"type", "text"}, {"text", text}});
}

void add_pictures(Json& blocks, const std::vector<Image>& images) {
  for (const Image& image : images) {
    blocks.push_back(
        {{"type", "image"},
         {"source",
          {{"type", "base64"}, {"media_type", image.type}, {"data", base64(image.bytes)}}}});
  }
}

Json result_block(const Message& message) {
  Json block = {{"type", "tool_result"}, {"tool_use_id", message.call_id}};
  if (message.images.empty()) {
    block["content"] = message.text;
    return block;
  }
  block["content"] = Json::array();
  add_text(block["content"], message.text);
  add_pictures(block["content"], message.images);
  return block;
}

Json assistant_blocks(const Message& message) {
  Json blocks = Json::array();
  if (auto sealed = parse_json(message.sealed_reasoning); sealed && sealed->is_array()) {
    blocks = *std::move(sealed);
  }
  add_text(blocks, message.text);
  for (const ToolCall& call : message.calls) {
    // History is sendable: the arguments are an object.
    blocks.push_back({{"type", "tool_use"},
                      {"id", call.id},
                      {"name", call.name},
                      {"input", parse_json(call.arguments).value_or(Json::object())}});
  }
  return blocks;
}

Json user_blocks(const Message& message) {
  if (message.role == Role::tool) return Json::array({result_block(message)});
  Json blocks = Json::array();
  add_text(blocks, message.text);
  add_pictures(blocks, message.images);
  return blocks;
}

/// Roles alternate: results of tools are the user's, and what follows in one role is one message.
void set_messages(Json& body, const std::vector<Message>& history) {
  Json sent = Json::array();
  std::string system;
  for (const Message& message : history) {
    if (message.role == Role::system) {
      if (!system.empty()) system += "\n\n";
      system += message.text;
      continue;
    }
    const bool assistant = message.role == Role::assistant;
    const char* const role = assistant ? "assistant" : "user";
    Json blocks = assistant ? assistant_blocks(message) : user_blocks(message);
    if (blocks.empty()) continue;
    if (sent.empty() || sent.back()["role"] != role) {
      sent.push_back({{"role", role}, {"content", Json::array()}});
    }
    Json& content = sent.back()["content"];
    std::ranges::move(blocks, std::back_inserter(content));
  }
  if (!system.empty()) body["system"] = system;
  body["messages"] = std::move(sent);
}

void set_tools(Json& body, const Dialect& dialect, std::span<const ToolSpec> tools) {
  if (tools.empty()) return;
  for (const ToolSpec& tool : tools) {
    body["tools"].push_back({{"name", tool.name},
                             {"description", tool.description},
                             {"input_schema", tool.parameters}});
  }
  if (!dialect.tool_choice && !dialect.parallel_tool_calls) return;
  body["tool_choice"]["type"] = dialect.tool_choice == "required" ? "any" : "auto";
  if (dialect.parallel_tool_calls) {
    body["tool_choice"]["disable_parallel_tool_use"] = !*dialect.parallel_tool_calls;
  }
}

/// Thoughts count into the limit of the whole answer, so their budget is below it: half of it, or
/// what the user wrote out. A limit that leaves no room for anything beside them is raised.
void fit_thinking_budget(Json& body) {
  const auto thinking = body.find("thinking");
  if (thinking == body.end() || json_or(*thinking, "type", "") != "enabled") return;
  const auto limit = json_or<std::int64_t>(body, kMaxTokens, kDefaultMaxTokens);
  const auto budget =
      json_or<std::int64_t>(*thinking, "budget_tokens", std::max(kLeastThinkingBudget, limit / 2));
  (*thinking)["budget_tokens"] = budget;
  if (budget >= limit) body[kMaxTokens] = limit + budget;
}

/// Everything but the conversation and the tools.
void set_settings(Json& body, const Contestant& contestant, const ChatRequest& request) {
  body["stream"] = request.streamed;
  body[kMaxTokens] = kDefaultMaxTokens;
  set_common(body, contestant, request, kMaxTokens);
  const auto thinking = contestant.sampling.thinking;
  if (thinking)
    switch_thinking(body, contestant.dialect.thinking_switch.value_or("thinking"), *thinking);
  add_extra_body(body, contestant, request);
  fit_thinking_budget(body);
}

class MessagesProtocol final : public Protocol {
 public:
  std::string_view path() const override { return "/messages"; }
  std::string_view noun() const override { return "a messages request"; }

  std::vector<std::pair<std::string, std::string>> headers(const std::string& key) const override {
    std::vector<std::pair<std::string, std::string>> all = {{"anthropic-version", "2023-06-01"}};
    if (key.empty()) return all;
    all.emplace_back("x-api-key", key);
    // Others that speak this protocol look here (vLLM's --api-key, for one); Anthropic itself takes
    // such a header for a login that it does not support, and tells its keys by their beginning.
    if (!key.starts_with("sk-ant-")) all.emplace_back("Authorization", "Bearer " + key);
    return all;
  }

  std::string body(const Contestant& contestant, const ChatRequest& request) const override {
    const Dialect& dialect = contestant.dialect;
    Json body = Json::object();
    const HistoryRules rules{.any_id = false};
    set_messages(body, sendable_history(request.messages, dialect, rules));
    set_tools(body, dialect, request.tools);
    set_settings(body, contestant, request);
    return dump_json(body);
  }

  std::optional<std::int64_t> max_tokens(const Contestant& contestant,
                                         const ChatRequest& request) const override {
    Json body = Json::object();
    set_settings(body, contestant, request);
    return json_or<std::int64_t>(body, kMaxTokens, kDefaultMaxTokens);
  }

  std::unique_ptr<AnswerReader> reader(Assembler& assembler) const override {
    return std::make_unique<MessagesReader>(assembler);
  }
};

}  // namespace

const Protocol& messages_protocol() {
  static const MessagesProtocol protocol;
  return protocol;
}

}  // namespace plumb
