#include "core/endpoint/contestant.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/endpoint/contestant_rules.hpp"

namespace plumb {

bool is_contestant_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

std::string url_complaint(std::string_view url) {
  const std::string shown = printable(shortened(redacted_url(url), 200));
  if (url.starts_with("standin:") || url.starts_with("replay:")) return {};
  const bool blank = std::ranges::any_of(
      url, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; });
  if (url.empty() || blank) return fmt::format("\"{}\" is no URL; type http://HOST:PORT", shown);
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) {
    return fmt::format("\"{}\" has no scheme; type http://{}", shown, shown);
  }
  const std::string kind = lower(url.substr(0, scheme));
  if (kind != "http" && kind != "https") {
    return fmt::format("\"{}\" is neither http nor https; type http://HOST:PORT", shown);
  }
  std::string_view host = url.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (host.find('@') != std::string_view::npos) {
    return fmt::format(
        "\"{}\" was given with a user or a password, which would end up in reports; name an "
        "environment variable that holds the key: key_env=NAME",
        shown);
  }
  const auto colon = host.rfind(':');
  const bool has_port = colon != std::string_view::npos && !host.ends_with(']');
  if (host.substr(0, has_port ? colon : host.size()).empty()) {
    return fmt::format("\"{}\" names no host; type {}://HOST:PORT", shown, kind);
  }
  if (has_port) {
    const auto port = parse_int(host.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535) {
      return fmt::format("\"{}\" has no valid port (1 to 65535)", shown);
    }
  }
  return {};
}

Json Dialect::to_json() const {
  Json shown = Json::object();
  const auto keep = [&shown](const char* key, const auto& value) {
    if (value) shown[key] = *value;
  };
  keep("merge_roles", merge_roles);
  keep("system_as_user", system_as_user);
  keep("max_tokens_field", max_tokens_field);
  keep("thinking_switch", thinking_switch);
  keep("parallel_tool_calls", parallel_tool_calls);
  keep("tool_choice", tool_choice);
  keep("id_format", id_format);
  keep("stream_usage", stream_usage);
  keep("sampling_names", sampling_names);
  keep("sampling_off", sampling_off);
  keep("send_reasoning", send_reasoning);
  return shown;
}

void Dialect::complete(const Dialect& found) {
  const auto take = [](auto& into, const auto& from) {
    if (!into) into = from;
  };
  take(merge_roles, found.merge_roles);
  take(system_as_user, found.system_as_user);
  take(max_tokens_field, found.max_tokens_field);
  take(thinking_switch, found.thinking_switch);
  take(parallel_tool_calls, found.parallel_tool_calls);
  take(tool_choice, found.tool_choice);
  take(id_format, found.id_format);
  take(stream_usage, found.stream_usage);
  take(sampling_names, found.sampling_names);
  take(sampling_off, found.sampling_off);
  take(send_reasoning, found.send_reasoning);
}

Dialect dialect_from_json(const Json& json) {
  Dialect dialect;
  const auto boolean = [&](const char* key, std::optional<bool>& into) {
    if (json.is_object() && json.contains(key)) into = json_or(json, key, false);
  };
  const auto text = [&](const char* key, std::optional<std::string>& into) {
    if (json.is_object() && json.contains(key)) into = json_or(json, key, "");
  };
  boolean("merge_roles", dialect.merge_roles);
  boolean("system_as_user", dialect.system_as_user);
  text("max_tokens_field", dialect.max_tokens_field);
  text("thinking_switch", dialect.thinking_switch);
  boolean("parallel_tool_calls", dialect.parallel_tool_calls);
  text("tool_choice", dialect.tool_choice);
  text("id_format", dialect.id_format);
  text("send_reasoning", dialect.send_reasoning);
  boolean("stream_usage", dialect.stream_usage);
  if (json.is_object() && json.contains("sampling_names")) {
    auto& names = dialect.sampling_names.emplace();
    for (const auto& [name, there] : json["sampling_names"].items()) {
      if (there.is_string()) names[name] = there.get<std::string>();
    }
  }
  if (json.is_object() && json.contains("sampling_off")) {
    auto& off = dialect.sampling_off.emplace();
    for (const auto& [name, there] : json["sampling_off"].items()) {
      if (there.is_number_integer()) off[name] = there.get<std::int64_t>();
    }
  }
  return dialect;
}

Json Contestant::identity() const {
  const Sampling sent = sent_sampling(sampling);
  Json asked = {{"temperature", *sent.temperature},
                {"top_p", *sent.top_p},
                {"top_k", *sent.top_k},
                {"min_p", *sent.min_p},
                {"presence_penalty", *sent.presence_penalty},
                {"frequency_penalty", *sent.frequency_penalty},
                {"repetition_penalty", *sent.repetition_penalty}};
  if (sent.max_tokens) asked["max_tokens"] = *sent.max_tokens;
  if (sent.seed) asked["seed"] = *sent.seed;
  if (sent.thinking) asked["thinking"] = *sent.thinking;
  Json identity = {{"name", name},
                   {"model", model},
                   {"api", api},
                   {"sampling", std::move(asked)},
                   {"merge_roles", dialect.merge_roles.value_or(false)},
                   {"system_as_user", dialect.system_as_user.value_or(false)},
                   {"id_format", dialect.id_format.value_or("as_sent")},
                   {"recipe", recipe},
                   {"attempts", attempts},
                   {"extra_body", extra_body}};
  if (dialect.send_reasoning) identity["send_reasoning"] = *dialect.send_reasoning;
  if (dialect.tool_choice) identity["tool_choice"] = *dialect.tool_choice;
  if (dialect.parallel_tool_calls) identity["parallel_tool_calls"] = *dialect.parallel_tool_calls;
  if (dialect.thinking_switch) identity["thinking_switch"] = *dialect.thinking_switch;
  if (dialect.sampling_names) identity["sampling_names"] = *dialect.sampling_names;
  if (!rescue.empty()) identity["rescue"] = rescue;
  if (fill() > 0) identity["context_fill"] = fill();
  if (fill() > 0 && context > 0) identity["context"] = context;
  if (error_rate() > 0) identity["tool_error_rate"] = error_rate();
  if (is_stand_in()) identity["stand_in"] = url;
  if (is_replay()) identity["replay"] = url;
  return identity;
}

}  // namespace plumb
