#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "core/base/files.hpp"
#include "core/base/text.hpp"
#include "core/endpoint/contestant_rules.hpp"

namespace plumb {
namespace {

/// Where an option stands in a bench table, and how its text is read.
struct Option {
  enum class Kind { text, number, boolean, file, header };
  std::string key;
  std::string table;  ///< "sampling", "dialect" or ""
  Kind kind;
};

const std::vector<Option>& options() {
  using Kind = Option::Kind;
  static const std::vector<Option> all = {{"model", "", Kind::text},
                                          {"api", "", Kind::text},
                                          {"server", "", Kind::text},
                                          {"temperature", "sampling", Kind::number},
                                          {"top_p", "sampling", Kind::number},
                                          {"top_k", "sampling", Kind::number},
                                          {"min_p", "sampling", Kind::number},
                                          {"presence_penalty", "sampling", Kind::number},
                                          {"frequency_penalty", "sampling", Kind::number},
                                          {"repetition_penalty", "sampling", Kind::number},
                                          {"max_tokens", "sampling", Kind::number},
                                          {"seed", "sampling", Kind::number},
                                          {"thinking", "sampling", Kind::boolean},
                                          {"merge_roles", "dialect", Kind::boolean},
                                          {"system_as_user", "dialect", Kind::boolean},
                                          {"max_tokens_field", "dialect", Kind::text},
                                          {"thinking_switch", "dialect", Kind::text},
                                          {"parallel_tool_calls", "dialect", Kind::boolean},
                                          {"tool_choice", "dialect", Kind::text},
                                          {"id_format", "dialect", Kind::text},
                                          {"stream_usage", "dialect", Kind::boolean},
                                          {"send_reasoning", "dialect", Kind::text},
                                          {"extra_body", "", Kind::file},
                                          {"key_env", "", Kind::text},
                                          {"header", "", Kind::header},
                                          {"insecure", "", Kind::boolean},
                                          {"idle_timeout_s", "", Kind::number},
                                          {"total_timeout_s", "", Kind::number},
                                          {"attempts", "", Kind::number},
                                          {"concurrency", "", Kind::number},
                                          {"adaptive", "", Kind::boolean},
                                          {"metrics_url", "", Kind::text},
                                          {"group", "", Kind::text},
                                          {"rescue", "", Kind::text},
                                          {"ready_timeout_s", "", Kind::number},
                                          {"context_fill", "", Kind::number},
                                          {"tool_error_rate", "", Kind::number},
                                          {"context", "", Kind::number}};
  return all;
}

std::vector<std::string> option_names() {
  std::vector<std::string> names;
  for (const Option& option : options()) names.push_back(option.key);
  return names;
}

bool is_url(std::string_view text) {
  return text.starts_with("http://") || text.starts_with("https://") ||
         text.starts_with("standin:") || text.starts_with("replay:");
}

/// "127.0.0.1-8000" of "http://127.0.0.1:8000/v1".
std::string name_of(std::string_view url) {
  if (url.starts_with("standin:")) return "stand-in";
  if (url.starts_with("replay:")) return "replay";
  const std::string plain = redacted_url(url);
  std::string_view host = std::string_view(plain).substr(plain.find("://") + 3);
  host = host.substr(0, host.find('/'));
  std::string name;
  for (const char c : host.substr(0, 64)) {
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' ? c : '-';
  }
  const auto first = name.find_first_not_of('-');
  return first == std::string::npos ? "endpoint" : name.substr(first);
}

Result<Json> read_extra_body(const std::string& value) {
  if (!value.starts_with('@')) {
    return fail(Code::usage, "extra_body names a file: extra_body=@FILE.json");
  }
  const std::string path = value.substr(1);
  auto bytes = read_file(path, std::size_t{1} << 20);
  if (!bytes) {
    return fail(Code::usage, "extra_body: cannot read " + path, std::move(bytes).error());
  }
  auto body = parse_json(*bytes);
  if (!body) {
    return fail(Code::usage, "extra_body: " + path + " is not JSON", std::move(body).error());
  }
  if (!body->is_object()) {
    return fail(Code::usage, "extra_body: " + path + " must hold a JSON object");
  }
  return body;
}

Json number_or_text(const std::string& value) {
  if (const auto whole = parse_int(value)) return *whole;
  if (const auto number = parse_number(value)) return *number;
  return value;
}

Json boolean_or_text(const std::string& value) {
  if (value == "true") return true;
  if (value == "false") return false;
  return value;
}

Status unknown_option(const std::string& key) {
  for (const char* of_a_bench : {"up", "down", "recipe", "sampling_names", "headers"}) {
    if (key == of_a_bench) {
      return fail(Code::usage,
                  fmt::format("\"{}\" cannot be given here; write it into a bench file", key));
    }
  }
  const std::vector<std::string> names = option_names();
  return fail(Code::usage, fmt::format("unknown option \"{}\"{}; the options are {}",
                                       printable(shortened(key, 60)), did_you_mean(key, names),
                                       join(names, ", ")));
}

/// Puts one option into the table that read_contestant() judges. A word that is no number stays
/// text there, and is complained about by its key.
Status set_option(Json& table, const std::string& key, const std::string& value) {
  const auto option = std::ranges::find(options(), key, &Option::key);
  if (option == options().end()) return unknown_option(key);
  Json& into = option->table.empty() ? table : table[option->table];
  switch (option->kind) {
    case Option::Kind::text:
      into[key] = value;
      break;
    case Option::Kind::number:
      into[key] = number_or_text(value);
      break;
    case Option::Kind::boolean:
      into[key] = boolean_or_text(value);
      break;
    case Option::Kind::file: {
      PLUMB_TRY(into[key], read_extra_body(value));
      break;
    }
    case Option::Kind::header: {
      const auto colon = value.find(':');
      if (colon == std::string::npos) return fail(Code::usage, "header must be header=NAME:VALUE");
      into["headers"][value.substr(0, colon)] = trimmed(std::string_view(value).substr(colon + 1));
      break;
    }
  }
  return {};
}

}  // namespace

Result<Contestant> parse_contestant(const std::string& text) {
  Json table = Json::object();
  std::string rest = text;
  if (!is_url(text)) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) {
      const std::string shown = printable(shortened(redacted_url(text), 200));
      return fail(Code::usage,
                  fmt::format("\"{}\" is neither a URL nor NAME=URL; type http://{} if it is a "
                              "host, or NAME=http://HOST:PORT",
                              shown, shown.empty() ? "HOST:PORT" : shown));
    }
    table["name"] = text.substr(0, equals);
    rest = text.substr(equals + 1);
  }
  if (rest.starts_with("standin:")) {
    table["url"] = rest;
  } else {
    const std::vector<std::string> parts = split(rest, ',');
    table["url"] = parts.front();
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const auto equals = parts[i].find('=');
      if (equals == std::string::npos) {
        return fail(Code::usage,
                    fmt::format("\"{}\" is not KEY=VALUE; the options are {}",
                                printable(shortened(parts[i], 60)), join(option_names(), ", ")));
      }
      PLUMB_CHECK(set_option(table, parts[i].substr(0, equals), parts[i].substr(equals + 1)));
    }
  }
  const bool unnamed = !table.contains("name");
  if (unnamed) table["name"] = name_of(table["url"].get<std::string>());
  PLUMB_TRY(Contestant contestant, read_contestant(table, Code::usage));
  contestant.named_by_url = unnamed;
  return contestant;
}

}  // namespace plumb
