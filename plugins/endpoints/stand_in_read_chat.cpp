#include <fmt/format.h>

#include "plugins/endpoints/stand_in_request.hpp"

namespace plumb {
namespace {

Status read_calls(const Json& message_json, StandInRequest& request, StandInMessage& message) {
  const auto calls = message_json.find("tool_calls");
  if (calls == message_json.end() || calls->is_null()) return {};
  if (!calls->is_array()) return fail(Code::protocol, "'tool_calls' must be a list");
  for (const Json& call : *calls) {
    const Json function = call.is_object() ? call.value("function", Json()) : Json();
    const std::string name = json_or(function, "name", "");
    if (name.empty()) {
      return fail(Code::protocol, "an earlier tool call has no function name");
    }
    const Json arguments = function.value("arguments", Json());
    note_call(request, message, json_or(call, "id", ""), name,
              arguments.is_string() ? arguments.get<std::string>() : dump_json(arguments));
  }
  return {};
}

Status read_message(const Json& json, StandInRequest& request) {
  if (!json.is_object()) return fail(Code::protocol, "a message must be an object");
  StandInMessage message;
  message.role = json_or(json, "role", "");
  PLUMB_CHECK(read_content(json.value("content", Json()), message));
  if (message.role == "assistant") {
    PLUMB_CHECK(read_calls(json, request, message));
  } else if (message.role == "tool") {
    message.call_ids = {json_or(json, "tool_call_id", "")};
    if (message.call_ids.front().empty()) {
      return fail(Code::protocol, "a message of role 'tool' needs a 'tool_call_id'");
    }
  }
  add_message(request, std::move(message));
  return {};
}

Status read_tools(const Json& body, StandInRequest& request) {
  const auto tools = body.find("tools");
  if (tools == body.end() || tools->is_null()) return {};
  if (!tools->is_array()) return fail(Code::protocol, "'tools' must be a list");
  request.has_empty_tools = tools->empty();
  for (const Json& tool : *tools) {
    const Json function = tool.is_object() ? tool.value("function", Json()) : Json();
    request.tools.push_back(json_or(function, "name", ""));
  }
  if (!tools->empty()) request.tools_text = dump_json(*tools);
  return {};
}

}  // namespace

Status read_chat(const Json& body, StandInRequest& request) {
  const auto messages = body.find("messages");
  if (messages == body.end() || !messages->is_array() || messages->empty()) {
    return fail(Code::protocol, "the request needs a list 'messages' with at least one message");
  }
  for (const Json& message : *messages) PLUMB_CHECK(read_message(message, request));
  PLUMB_CHECK(read_tools(body, request));
  if (json_or(body, "tool_choice", "") == "none") request.tools.clear();
  request.timings_per_token = json_or(body, "timings_per_token", false);
  request.logprobs = json_or(body, "logprobs", false);
  if (const auto parallel = body.find("parallel_tool_calls");
      parallel != body.end() && parallel->is_boolean()) {
    request.parallel = parallel->get<bool>();
  }
  if (const auto options = body.find("stream_options");
      options != body.end() && !options->is_null()) {
    request.has_stray_stream_options = !request.stream;
    request.include_usage = json_or(*options, "include_usage", false);
    request.continuous_usage = json_or(*options, "continuous_usage_stats", false);
  }
  return {};
}

}  // namespace plumb
