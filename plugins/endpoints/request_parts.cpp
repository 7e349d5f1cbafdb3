#include "plugins/endpoints/request_parts.hpp"

#include <fmt/format.h>

namespace plumb {

Status check_extra_body(const Json& extra_body) {
  constexpr std::array kOurs = {"stream", "messages", "input", "tools", "model", "n"};
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

std::optional<std::int64_t> asked_max_tokens(const Contestant& contestant,
                                             const ChatRequest& request) {
  if (request.max_tokens) return request.max_tokens;
  for (const char* field : kMaxTokensFields) {
    const auto asked = json_or<std::int64_t>(contestant.extra_body, field, 0);
    if (asked > 0) return asked;
  }
  return contestant.sampling.max_tokens;
}

void set_common(Json& body, const Contestant& contestant, const ChatRequest& request,
                const char* max_tokens_field) {
  if (!contestant.model.empty()) body["model"] = contestant.model;
  body.update(sampling_fields(contestant, request.seed));
  const auto limit = request.max_tokens ? request.max_tokens : contestant.sampling.max_tokens;
  if (limit) body[max_tokens_field] = *limit;
}

void switch_thinking(Json& body, std::string_view form, bool on) {
  if (form == "chat_template_kwargs") body[form]["enable_thinking"] = on;
  if (form == "reasoning_effort") body[form] = on ? "medium" : "none";
  if (form == "reasoning") body[form]["enabled"] = on;
  if (form == "thinking") body[form]["type"] = on ? "enabled" : "disabled";
}

void add_extra_body(Json& body, const Contestant& contestant, const ChatRequest& request) {
  Json extra = contestant.extra_body;
  if (request.max_tokens) {
    for (const char* field : kMaxTokensFields) extra.erase(field);
  }
  body.update(extra, true);
}

}  // namespace plumb
