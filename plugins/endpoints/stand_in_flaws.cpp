#include "plugins/endpoints/stand_in_flaws.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "plugins/endpoints/stand_in_markup.hpp"

namespace plumb {
namespace {

using enum StandInFault;

/// Beyond this a call is not padded until max_tokens cuts it off: nobody wants to read it.
constexpr std::int64_t kMostPadding = 65536;

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

/// A value that a schema of one parameter forbids by its enum, range or length.
std::optional<Json> forbidden_value(const Json& schema) {
  if (!schema.is_object()) return std::nullopt;
  if (schema.contains("enum")) return Json("none of these");
  const auto number = [&](const char* key) { return json_or<std::int64_t>(schema, key, 0); };
  if (schema.contains("maximum")) return Json(number("maximum") + 1);
  if (schema.contains("minimum")) return Json(number("minimum") - 1);
  if (schema.contains("maxLength")) {
    const auto length = std::clamp<std::int64_t>(number("maxLength"), 0, 4096);
    return Json(std::string(static_cast<std::size_t>(length) + 1, 'x'));
  }
  if (number("minLength") > 0) return Json("");
  return std::nullopt;
}

std::optional<Json> with_forbidden_value(const Json& arguments, const Json& schema) {
  const Json properties = schema.value("properties", Json::object());
  if (!properties.is_object()) return std::nullopt;
  for (const auto& [name, property] : properties.items()) {
    auto value = forbidden_value(property);
    if (!value) continue;
    Json wrong = arguments;
    wrong[name] = *std::move(value);
    return wrong;
  }
  return std::nullopt;
}

/// `{"a":1,...}` becomes `{"a":1,"a":1,...}`.
void double_key(StandInCall& call) {
  const auto arguments = parse_json(call.arguments);
  if (!arguments || !arguments->is_object() || arguments->empty()) return;
  const auto first = arguments->begin();
  const std::string member = dump_json(Json{{first.key(), first.value()}});
  call.arguments =
      "{" + member.substr(1, member.size() - 2) + "," + dump_json(*arguments).substr(1);
}

std::string misspelt(const std::string& name, const std::vector<std::string>& known) {
  std::string wrong = name;
  if (const auto at = wrong.find('_'); at != std::string::npos) wrong[at] = '-';
  while (std::ranges::find(known, wrong) != known.end()) wrong += 's';
  return wrong;
}

/// The schema of a tool's parameters as it was offered, in any of the protocols.
Json schema_of(const StandInRequest& request, const std::string& name) {
  const auto tools = parse_json(request.tools_text);
  if (!tools || !tools->is_array()) return Json::object();
  for (const Json& tool : *tools) {
    const Json inner = tool.is_object() ? tool.value("function", tool) : Json();
    if (json_or(inner, "name", "") != name) continue;
    for (const char* key : {"parameters", "input_schema"}) {
      if (inner.contains(key) && inner[key].is_object()) return inner[key];
    }
  }
  return Json::object();
}

/// Flaws that take the call's schema.
void break_schema(StandInFault fault, const StandInRequest& request, StandInCall& call) {
  const auto arguments = parse_json(call.arguments);
  if (!arguments || !arguments->is_object()) return;
  const Json schema = schema_of(request, call.name);
  std::optional<Json> broken;
  if (fault == lost_parameter) {
    broken = without_required(*arguments, schema);
    if (!broken && !arguments->empty()) {
      broken = *arguments;
      broken->erase(std::prev(broken->end()));
    }
  } else if (fault == wrong_type) {
    broken = with_wrong_type(*arguments, schema);
  } else if (fault == enum_or_range) {
    broken = with_forbidden_value(*arguments, schema);
  } else {
    broken = *arguments;
    (*broken)["unheard_of"] = true;
  }
  if (broken) call.arguments = dump_json(*broken);
}

void break_call(StandInFault fault, const StandInRequest& request, StandInCall& call) {
  switch (fault) {
    case lost_brace:
      return lose_brace(call);
    case args_empty:
      return call.arguments.clear();
    case args_null:
      call.arguments = "null";
      return;
    case args_list:
      call.arguments = "[" + call.arguments + "]";
      return;
    case args_double_encoded:
      call.arguments = dump_json(Json(call.arguments));
      return;
    case duplicate_key:
      return double_key(call);
    case unknown_tool:
      call.name = unknown_name(call.name, request.tools);
      return;
    case near_miss_name:
      call.name = misspelt(call.name, request.tools);
      return;
    default:
      return break_schema(fault, request, call);
  }
}

void leak_calls(const StandInOptions& options, bool by_model, StandInReply& reply,
                std::string& into) {
  for (const StandInCall& call : reply.calls) {
    if (&call != &reply.calls.front()) into += '\n';
    into += by_model ? broken_call(call, options.leaked, options.broken)
                     : written_call(call, options.leaked);
  }
  reply.calls.clear();
}

}  // namespace

std::optional<Json> without_required(const Json& arguments, const Json& schema) {
  const auto required = schema.find("required");
  if (required == schema.end() || !required->is_array()) return std::nullopt;
  for (const Json& name : *required) {
    if (!name.is_string() || !arguments.contains(name.get<std::string>())) continue;
    Json less = arguments;
    less.erase(name.get<std::string>());
    return less;
  }
  return std::nullopt;
}

std::optional<Json> with_wrong_type(const Json& arguments, const Json& schema) {
  const auto properties = schema.find("properties");
  if (properties == schema.end() || !properties->is_object()) return std::nullopt;
  for (const auto& [name, value] : arguments.items()) {
    const auto property = properties->find(name);
    if (property == properties->end()) continue;
    const std::string type = json_or(*property, "type", "");
    if (type.empty()) continue;
    Json wrong = arguments;
    wrong[name] = type == "string" ? Json(Json::array({7})) : Json("seven");
    return wrong;
  }
  return std::nullopt;
}

std::string unknown_name(const std::string& name, const std::vector<std::string>& known) {
  std::string unknown = name + "_command";
  while (std::ranges::find(known, unknown) != known.end()) unknown += "_x";
  return unknown;
}

bool is_flaw_of_calls(StandInFault fault) {
  switch (fault) {
    case lost_brace:
    case lost_parameter:
    case args_empty:
    case args_null:
    case args_list:
    case args_double_encoded:
    case duplicate_key:
    case unknown_tool:
    case near_miss_name:
    case wrong_type:
    case enum_or_range:
    case extra_property:
    case truncated_call:
    case finish_lies:
      return true;
    default:
      return false;
  }
}

void put_flaw(StandInFault fault, const StandInOptions& options, const StandInRequest& request,
              bool by_model, std::int64_t limit, StandInReply& reply) {
  switch (fault) {
    case truncated_call:
    case finish_lies:
      if (!reply.calls.empty()) overstretch(reply.calls.back(), limit);
      break;
    case leaked_text:
    case leaked_stream:
    case deterministic_500:
      leak_calls(options, by_model, reply, reply.text);
      break;
    case leaked_reasoning:
      reply.only_thinks = by_model;
      leak_calls(options, false, reply, reply.reasoning);
      break;
    case all_reasoning:
      reply.only_thinks = by_model;
      leak_calls(options, false, reply, reply.text);
      reply.reasoning += std::exchange(reply.text, "");
      break;
    case no_call:
      if (!reply.calls.empty()) {
        reply.text = fmt::format("I would call {} now.", reply.calls.front().name);
        reply.calls.clear();
      }
      break;
    case swallowed:
      // The model's part of it is what its server then eats.
      if (by_model) leak_calls(options, true, reply, reply.text);
      break;
    case empty:
      reply = {};
      break;
    default:
      if (!is_flaw_of_calls(fault)) break;
      for (StandInCall& call : reply.calls) break_call(fault, request, call);
      break;
  }
}

}  // namespace plumb
