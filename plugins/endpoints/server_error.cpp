#include "plugins/endpoints/server_error.hpp"

#include <map>

#include "core/base/json.hpp"
#include "core/base/secrets.hpp"
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

/// The status that stands behind a word, since inside a stream there is no other.
int status_of(const Json& error) {
  if (const int code = code_in(error); code != 0) return code;
  static const std::map<std::string, int, std::less<>> known_words = {
      {"invalid_request_error", 400}, {"invalid_prompt", 400},      {"authentication_error", 401},
      {"permission_error", 403},      {"not_found_error", 404},     {"request_too_large", 413},
      {"rate_limit_error", 429},      {"rate_limit_exceeded", 429}, {"api_error", 500},
      {"server_error", 500},          {"overloaded_error", 529}};
  for (const char* key : {"code", "type"}) {
    const auto word = known_words.find(json_or(error, key, ""));
    if (word != known_words.end()) return word->second;
  }
  return 0;
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

std::string quotable(std::string_view text, const std::vector<std::string>& secrets) {
  std::string clean(text.substr(0, std::size_t{64} << 10));
  blot(clean, secrets);
  return shortened(printable(trimmed(clean)), kQuoted);
}

ServerError read_server_error(std::string_view body, const std::vector<std::string>& secrets) {
  const auto value = parse_json(body);
  if (!value || !value->is_object()) return {quotable(body, secrets)};
  const Json* error = &*value;
  for (const char* key : {"response", "error"}) {
    if (error->is_object() && error->contains(key) && !(*error)[key].is_null()) {
      error = &(*error)[key];
    }
  }
  return {quotable(message_in(*error), secrets), status_of(*error)};
}

}  // namespace plumb
