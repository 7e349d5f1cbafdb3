#include <algorithm>

#include <fmt/format.h>

#include "plugins/endpoints/stand_in_request.hpp"

namespace plumb {
namespace {

void read_thinking(const Json& block, StandInRequest& request) {
  const std::string signature = json_or(block, "signature", "");
  if (signature != thinking_signature(json_or(block, "thinking", ""))) {
    request.bad_thinking = "Invalid `signature` in `thinking` block";
  }
}

/// As the hosted API: thoughts count into the limit.
void check_budget(const Json& body, StandInRequest& request) {
  const Json thinking = body.value("thinking", Json());
  if (json_or(thinking, "type", "") != "enabled") return;
  const auto budget = json_or<std::int64_t>(thinking, "budget_tokens", 0);
  if (budget < 1024) {
    request.bad_budget =
        "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024";
  } else if (budget >= *request.max_tokens) {
    request.bad_budget = "`max_tokens` must be greater than `thinking.budget_tokens`";
  }
}

Status read_answer(const Json& content, bool thinks, StandInRequest& request) {
  StandInMessage message{.role = "assistant"};
  if (content.is_string()) {
    message.text = content.get<std::string>();
    add_message(request, std::move(message));
    return {};
  }
  if (!content.is_array()) return fail(Code::protocol, "'content' must be a text or a list");
  std::string first;
  bool calls = false;
  for (const Json& block : content) {
    const std::string type = json_or(block, "type", "");
    if (first.empty()) first = type;
    if (type == "thinking") {
      read_thinking(block, request);
    } else if (type == "tool_use") {
      calls = true;
      note_call(request, message, json_or(block, "id", ""), json_or(block, "name", ""),
                dump_json(block.value("input", Json())));
    } else {
      message.text += json_or(block, "text", "");
    }
  }
  if (thinks && calls && first != "thinking" && first != "redacted_thinking") {
    request.bad_thinking = fmt::format(
        "messages.{}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{}`",
        request.messages.size(), first);
  }
  add_message(request, std::move(message));
  return {};
}

/// A user's message holds results of tools, and text of its own.
Status read_user(const Json& content, StandInRequest& request) {
  StandInMessage own{.role = "user"};
  if (content.is_array()) {
    for (const Json& block : content) {
      if (json_or(block, "type", "") != "tool_result") {
        PLUMB_CHECK(read_content(Json::array({block}), own));
        continue;
      }
      StandInMessage result{.role = "tool"};
      result.call_ids = {json_or(block, "tool_use_id", "")};
      if (result.call_ids.front().empty()) {
        return fail(Code::protocol, "a block 'tool_result' needs a 'tool_use_id'");
      }
      PLUMB_CHECK(read_content(block.value("content", Json()), result));
      add_message(request, std::move(result));
    }
    if (own.text.empty() && own.pictures.empty()) return {};
  } else {
    PLUMB_CHECK(read_content(content, own));
  }
  add_message(request, std::move(own));
  return {};
}

}  // namespace

Status read_messages(const Json& body, StandInRequest& request) {
  request.include_usage = true;
  const auto messages = body.find("messages");
  if (messages == body.end() || !messages->is_array() || messages->empty()) {
    return fail(Code::protocol, "messages: at least one message is required");
  }
  if (!request.max_tokens) return fail(Code::protocol, "max_tokens: Field required");
  check_budget(body, request);
  if (const Json system = body.value("system", Json()); !system.is_null()) {
    StandInMessage message{.role = "system"};
    PLUMB_CHECK(read_content(system, message));
    add_message(request, std::move(message));
  }
  const bool thinks = request.thinking.value_or(false);
  for (const Json& message : *messages) {
    if (!message.is_object()) return fail(Code::protocol, "a message must be an object");
    const std::string role = json_or(message, "role", "");
    const Json content = message.value("content", Json());
    if (role == "assistant") {
      PLUMB_CHECK(read_answer(content, thinks, request));
    } else if (role == "user") {
      PLUMB_CHECK(read_user(content, request));
    } else {
      return fail(Code::protocol,
                  fmt::format("messages: Unexpected role \"{}\"", role.substr(0, 40)));
    }
  }
  const Json tools = body.value("tools", Json());
  if (tools.is_array() && !tools.empty()) {
    for (const Json& tool : tools) request.tools.push_back(json_or(tool, "name", ""));
    request.tools_text = dump_json(tools);
  }
  const Json choice = body.value("tool_choice", Json());
  if (json_or(choice, "type", "") == "none") request.tools.clear();
  if (json_or(choice, "disable_parallel_tool_use", false)) request.parallel = false;
  return {};
}

}  // namespace plumb
