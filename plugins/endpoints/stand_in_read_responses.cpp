#include <fmt/format.h>

#include "plugins/endpoints/stand_in_request.hpp"

namespace plumb {
namespace {

/// Items of one answer (reasoning, text, calls) stand side by side; together they are one assistant
/// message.
StandInMessage& open_answer(std::vector<StandInMessage>& messages, bool& is_open) {
  if (!is_open) messages.push_back({.role = "assistant"});
  is_open = true;
  return messages.back();
}

Status read_item(const Json& item, StandInRequest& request, std::vector<StandInMessage>& messages,
                 bool& answer_is_open) {
  const std::string role = json_or(item, "role", "");
  const std::string type = json_or(item, "type", role.empty() ? "" : "message");
  if (type == "message" && role == "assistant") {
    const Json content = item.value("content", Json());
    const bool as_answered = item.contains("id") && item.contains("status");
    request.has_bare_output_text |= content.is_array() && !as_answered;
    return read_content(content, open_answer(messages, answer_is_open));
  }
  if (type == "function_call") {
    StandInMessage& answer = open_answer(messages, answer_is_open);
    const std::string name = json_or(item, "name", "");
    if (name.empty()) return fail(Code::protocol, "an item 'function_call' has no name");
    const Json arguments = item.value("arguments", Json());
    note_call(request, answer, json_or(item, "call_id", ""), name,
              arguments.is_string() ? arguments.get<std::string>() : dump_json(arguments));
    return {};
  }
  if (type == "reasoning") {
    open_answer(messages, answer_is_open);
    return {};
  }
  answer_is_open = false;
  if (type == "function_call_output") {
    StandInMessage message{.role = "tool"};
    message.call_ids = {json_or(item, "call_id", "")};
    if (message.call_ids.front().empty()) {
      return fail(Code::protocol, "an item 'function_call_output' needs a 'call_id'");
    }
    PLUMB_CHECK(read_content(item.value("output", Json()), message));
    messages.push_back(std::move(message));
    return {};
  }
  if (type != "message") {
    return fail(Code::protocol, fmt::format("'{}' is no type of an input item", type));
  }
  StandInMessage message{.role = role};
  PLUMB_CHECK(read_content(item.value("content", Json()), message));
  messages.push_back(std::move(message));
  return {};
}

}  // namespace

Status read_responses(const Json& body, StandInRequest& request) {
  request.include_usage = true;
  std::vector<StandInMessage> messages;
  if (const std::string system = json_or(body, "instructions", ""); !system.empty()) {
    messages.push_back({.role = "system", .text = system});
  }
  const auto input = body.find("input");
  if (input != body.end() && input->is_string()) {
    messages.push_back({.role = "user", .text = input->get<std::string>()});
  } else if (input != body.end() && input->is_array() && !input->empty()) {
    bool answer_is_open = false;
    for (const Json& item : *input) {
      if (!item.is_object()) return fail(Code::protocol, "an item of 'input' must be an object");
      PLUMB_CHECK(read_item(item, request, messages, answer_is_open));
    }
  } else {
    return fail(Code::protocol, "the request needs an 'input': a text or a list of items");
  }
  for (StandInMessage& message : messages) add_message(request, std::move(message));

  const Json tools = body.value("tools", Json());
  if (tools.is_array() && !tools.empty()) {
    for (const Json& tool : tools) request.tools.push_back(json_or(tool, "name", ""));
    request.tools_text = dump_json(tools);
  }
  if (json_or(body, "tool_choice", "") == "none") request.tools.clear();
  if (const Json parallel = body.value("parallel_tool_calls", Json()); parallel.is_boolean()) {
    request.parallel = parallel.get<bool>();
  }
  return {};
}

}  // namespace plumb
