#include "plugins/endpoints/openai_responses.hpp"

#include "plugins/endpoints/history.hpp"
#include "plugins/endpoints/openai_responses_reader.hpp"
#include "plugins/endpoints/request_parts.hpp"

namespace plumb {
namespace {

constexpr const char* kMaxTokens = "max_output_tokens";

Json input_parts(const Message& message) {
  Json parts = Json::array();
  if (!message.text.empty() || message.images.empty()) {
    parts.push_back({{"type", "input_text"}, {"text", message.text}});
  }
  for (const Image& image : message.images) {
    parts.push_back({{"type", "input_image"}, {"image_url", data_url(image)}, {"detail", "auto"}});
  }
  return parts;
}

void add_assistant(Json& input, const Message& message) {
  if (!message.text.empty() || message.calls.empty()) {
    // As parts of type output_text vLLM (0.32) takes it with the id and the status of an answer
    // only.
    input.push_back({{"type", "message"}, {"role", "assistant"}, {"content", message.text}});
  }
  for (const ToolCall& call : message.calls) {
    input.push_back({{"type", "function_call"},
                     {"call_id", call.id},
                     {"name", call.name},
                     {"arguments", call.arguments}});
  }
}

Json output_of(const Message& message) {
  if (message.images.empty()) return message.text;
  return input_parts(message);
}

/// The system prompt that opens the conversation has a place of its own.
void set_input(Json& body, const std::vector<Message>& history) {
  Json input = Json::array();
  for (const Message& message : history) {
    if (message.role == Role::system && input.empty()) {
      std::string instructions = json_or(body, "instructions", "");
      if (!instructions.empty()) instructions += "\n\n";
      body["instructions"] = instructions + message.text;
    } else if (message.role == Role::assistant) {
      add_assistant(input, message);
    } else if (message.role == Role::tool) {
      input.push_back({{"type", "function_call_output"},
                       {"call_id", message.call_id},
                       {"output", output_of(message)}});
    } else {
      input.push_back({{"type", "message"},
                       {"role", role_name(message.role)},
                       {"content", input_parts(message)}});
    }
  }
  body["input"] = std::move(input);
}

void set_tools(Json& body, const Dialect& dialect, std::span<const ToolSpec> tools) {
  if (tools.empty()) return;
  for (const ToolSpec& tool : tools) {
    // Strict schemas are a dialect of their own, which tasks do not write.
    body["tools"].push_back({{"type", "function"},
                             {"name", tool.name},
                             {"description", tool.description},
                             {"parameters", tool.parameters},
                             {"strict", false}});
  }
  if (dialect.parallel_tool_calls) body["parallel_tool_calls"] = *dialect.parallel_tool_calls;
  if (dialect.tool_choice) body["tool_choice"] = *dialect.tool_choice;
}

void set_thinking(Json& body, const Dialect& dialect, bool on) {
  const std::string form = dialect.thinking_switch.value_or("reasoning_effort");
  if (form == "reasoning_effort") {
    body["reasoning"]["effort"] = on ? "medium" : "none";
  } else {
    switch_thinking(body, form, on);
  }
}

class ResponsesProtocol final : public Protocol {
 public:
  std::string_view path() const override { return "/responses"; }
  std::string_view noun() const override { return "a responses request"; }

  std::vector<std::pair<std::string, std::string>> headers(const std::string& key) const override {
    if (key.empty()) return {};
    return {{"Authorization", "Bearer " + key}};
  }

  std::string body(const Contestant& contestant, const ChatRequest& request) const override {
    const Dialect& dialect = contestant.dialect;
    Json body = {{"stream", request.streamed}, {"store", false}};
    set_input(body, sendable_history(request.messages, dialect, {}));
    set_tools(body, dialect, request.tools);
    set_common(body, contestant, request, kMaxTokens);
    if (const auto thinking = contestant.sampling.thinking) set_thinking(body, dialect, *thinking);
    add_extra_body(body, contestant, request);
    return dump_json(body);
  }

  std::optional<std::int64_t> max_tokens(const Contestant& contestant,
                                         const ChatRequest& request) const override {
    return asked_max_tokens(contestant, request);
  }

  std::unique_ptr<AnswerReader> reader(Assembler& assembler) const override {
    return std::make_unique<ResponsesReader>(assembler);
  }
};

}  // namespace

const Protocol& responses_protocol() {
  static const ResponsesProtocol protocol;
  return protocol;
}

}  // namespace plumb
