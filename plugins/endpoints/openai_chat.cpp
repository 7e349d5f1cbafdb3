#include "plugins/endpoints/openai_chat.hpp"

#include "plugins/endpoints/history.hpp"
#include "plugins/endpoints/openai_chat_reader.hpp"
#include "plugins/endpoints/request_parts.hpp"

namespace plumb {
namespace {

Json sent_calls(const std::vector<ToolCall>& calls) {
  Json sent = Json::array();
  for (const ToolCall& call : calls) {
    sent.push_back({{"id", call.id},
                    {"type", "function"},
                    {"function", {{"name", call.name}, {"arguments", call.arguments}}}});
  }
  return sent;
}

Json sent_content(const Message& message) {
  if (message.images.empty()) return message.text;
  Json parts = Json::array();
  if (!message.text.empty()) parts.push_back({{"type", "text"}, {"text", message.text}});
  for (const Image& image : message.images) {
    parts.push_back({{"type", "image_url"}, {"image_url", {{"url", data_url(image)}}}});
  }
  return parts;
}

Json sent_message(const Message& message, const Dialect& dialect) {
  Json sent = {{"role", role_name(message.role)}, {"content", sent_content(message)}};
  if (message.role == Role::tool) sent["tool_call_id"] = message.call_id;
  // Where there is no text the content is "": null is refused by some servers (llama-cpp-python
  // 0.3.36 with 500), a missing field by others (DeepSeek: "missing field `content`").
  if (!message.calls.empty()) sent["tool_calls"] = sent_calls(message.calls);
  if (!message.reasoning.empty()) sent[*dialect.send_reasoning] = message.reasoning;
  return sent;
}

void set_dialect(Json& body, const Dialect& dialect, bool tools, bool streamed) {
  // Without `stream` it is refused by some servers.
  if (streamed && dialect.stream_usage.value_or(true)) {
    body["stream_options"]["include_usage"] = true;
  }
  // Without tools these two are refused by some servers.
  if (tools && dialect.parallel_tool_calls) {
    body["parallel_tool_calls"] = *dialect.parallel_tool_calls;
  }
  if (tools && dialect.tool_choice) body["tool_choice"] = *dialect.tool_choice;
}

class ChatProtocol final : public Protocol {
 public:
  std::string_view path() const override { return "/chat/completions"; }
  std::string_view noun() const override { return "a chat completion"; }

  std::vector<std::pair<std::string, std::string>> headers(const std::string& key) const override {
    if (key.empty()) return {};
    return {{"Authorization", "Bearer " + key}};
  }

  std::string body(const Contestant& contestant, const ChatRequest& request) const override {
    const Dialect& dialect = contestant.dialect;
    Json body = {{"stream", request.streamed}, {"messages", Json::array()}};
    const HistoryRules rules{.tool_pictures = false, .dots_in_names = true, .reasoning = true};
    for (const Message& message : sendable_history(request.messages, dialect, rules)) {
      body["messages"].push_back(sent_message(message, dialect));
    }
    // An empty list is refused by some servers.
    for (const ToolSpec& tool : request.tools) {
      body["tools"].push_back({{"type", "function"},
                               {"function",
                                {{"name", tool.name},
                                 {"description", tool.description},
                                 {"parameters", tool.parameters}}}});
    }
    set_dialect(body, dialect, !request.tools.empty(), request.streamed);
    set_common(body, contestant, request, dialect.max_tokens_field.value_or("max_tokens").c_str());
    if (const auto thinking = contestant.sampling.thinking) {
      switch_thinking(body, dialect.thinking_switch.value_or("chat_template_kwargs"), *thinking);
    }
    add_extra_body(body, contestant, request);
    return dump_json(body);
  }

  std::optional<std::int64_t> max_tokens(const Contestant& contestant,
                                         const ChatRequest& request) const override {
    return asked_max_tokens(contestant, request);
  }

  std::unique_ptr<AnswerReader> reader(Assembler& assembler) const override {
    return std::make_unique<ChatReader>(assembler);
  }
};

}  // namespace

const Protocol& chat_protocol() {
  static const ChatProtocol protocol;
  return protocol;
}

}  // namespace plumb
