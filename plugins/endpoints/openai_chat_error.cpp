#include "plugins/endpoints/openai_chat_error.hpp"

#include <algorithm>

#include "core/base/json.hpp"
#include "core/base/text.hpp"

namespace plumb {
namespace {

constexpr std::size_t kQuoted = 300;

int code_in(const Json& object) {
  const std::string as_text = json_or(object, "code", "");
  const auto code =
      as_text.empty() ? json_or<std::int64_t>(object, "code", 0) : parse_int(as_text).value_or(0);
  return code >= 100 && code <= 599 ? static_cast<int>(code) : 0;
}

std::string message_in(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array() && !value.empty()) return message_in(value.front());
  for (const char* key : {"message", "msg", "detail", "error"}) {
    if (value.is_object() && value.contains(key)) return message_in(value[key]);
  }
  return value.is_null() ? "" : dump_json(value);
}

}  // namespace

bool says_context_full(std::string_view message) {
  const std::string text = lower(message);
  const std::vector<std::string> known = {
      "maximum context length",  "model's context length",
      "context_length_exceeded", "requested token count exceeds",
      "exceed_context_size",     "exceeds the available context size"};
  return std::ranges::any_of(
      known, [&](const std::string& words) { return text.find(words) != std::string::npos; });
}

void blot(std::string& text, const std::vector<std::string>& secrets) {
  constexpr std::string_view kBlot = "[secret]";
  for (const std::string& secret : secrets) {
    for (std::size_t at = 0; (at = text.find(secret, at)) != std::string::npos;
         at += kBlot.size()) {
      text.replace(at, secret.size(), kBlot);
    }
  }
}

std::string quotable(std::string_view text, const std::vector<std::string>& secrets) {
  std::string clean(text.substr(0, std::size_t{64} << 10));
  blot(clean, secrets);
  return shortened(printable(trimmed(clean)), kQuoted);
}

ServerError read_server_error(std::string_view body, const std::vector<std::string>& secrets) {
  const auto value = parse_json(body);
  if (!value || !value->is_object()) return {quotable(body, secrets)};
  const bool nested = value->contains("error") && !(*value)["error"].is_null();
  const Json& error = nested ? (*value)["error"] : *value;
  return {quotable(message_in(error), secrets), code_in(error)};
}

}  // namespace plumb
