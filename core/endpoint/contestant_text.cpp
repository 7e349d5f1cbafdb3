#include <cctype>

#include <fmt/format.h>

#include "core/base/files.hpp"
#include "core/base/text.hpp"
#include "core/endpoint/contestant_rules.hpp"

namespace plumb {
namespace {

const std::vector<std::string> kOptions = {
    "model",  "temperature",    "top_p",           "max_tokens",
    "seed",   "thinking",       "extra_body",      "key_env",
    "header", "idle_timeout_s", "total_timeout_s", "attempts"};

bool is_url(std::string_view text) {
  return text.starts_with("http://") || text.starts_with("https://") ||
         text.starts_with("standin:");
}

/// "127.0.0.1-8000" of "http://127.0.0.1:8000/v1".
std::string name_of(std::string_view url) {
  if (url.starts_with("standin:")) return "stand-in";
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

/// Puts one option into the table that read_contestant() judges. A word that is no number stays
/// text there, and is complained about by its key.
Status set_option(Json& table, const std::string& key, const std::string& value) {
  const auto numeric = [&value]() -> Json {
    if (const auto whole = parse_int(value)) return *whole;
    if (const auto number = parse_number(value)) return *number;
    return value;
  };
  if (key == "model" || key == "key_env") {
    table[key] = value;
  } else if (key == "thinking") {
    table["sampling"][key] = value == "true"    ? Json(true)
                             : value == "false" ? Json(false)
                                                : Json(value);
  } else if (key == "temperature" || key == "top_p" || key == "max_tokens" || key == "seed") {
    table["sampling"][key] = numeric();
  } else if (key == "idle_timeout_s" || key == "total_timeout_s" || key == "attempts") {
    table[key] = numeric();
  } else if (key == "extra_body") {
    PLUMB_TRY(table[key], read_extra_body(value));
  } else if (key == "header") {
    const auto colon = value.find(':');
    if (colon == std::string::npos) return fail(Code::usage, "header must be header=NAME:VALUE");
    table["headers"][value.substr(0, colon)] = trimmed(std::string_view(value).substr(colon + 1));
  } else {
    return fail(Code::usage, fmt::format("unknown option \"{}\"{}; the options are {}",
                                         printable(shortened(key, 60)), did_you_mean(key, kOptions),
                                         join(kOptions, ", ")));
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
                                printable(shortened(parts[i], 60)), join(kOptions, ", ")));
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
