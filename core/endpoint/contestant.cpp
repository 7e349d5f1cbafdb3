#include "core/endpoint/contestant.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/endpoint/contestant_rules.hpp"

namespace plumb {
namespace {

const std::vector<std::string> kKeys = {
    "name",    "url",     "model",          "sampling",        "extra_body",
    "key_env", "headers", "idle_timeout_s", "total_timeout_s", "attempts",
    "recipe"};
const std::vector<std::string> kSamplingKeys = {"temperature", "top_p", "max_tokens", "seed",
                                                "thinking"};

/// Reads members of one table, and keeps the first complaint.
class TableReader {
 public:
  TableReader(const Json& table, Code code, std::string where)
      : table_(table), code_(code), where_(std::move(where)) {}

  void only(const std::vector<std::string>& known) {
    for (const auto& [key, value] : table_.items()) {
      if (std::ranges::find(known, key) != known.end()) continue;
      complain(fmt::format("unknown key \"{}\"{}; the keys are {}", printable(shortened(key, 60)),
                           did_you_mean(key, known), join(known, ", ")));
    }
  }
  void text(const char* key, std::string& into) {
    if (const Json* value = member(key)) {
      if (!value->is_string()) return complain(fmt::format("\"{}\" must be a text", key));
      into = value->get<std::string>();
    }
  }
  void number(const char* key, double least, double most, auto& into) {
    if (const Json* value = member(key)) {
      const double number = value->is_number() ? value->get<double>() : std::nan("");
      const bool fits = number >= least && number <= most;  // not a number fits nowhere
      if (!fits) {
        return complain(fmt::format("\"{}\" must be a number from {} to {}, and is {}", key, least,
                                    most, shown(*value)));
      }
      into = number;
    }
  }
  void integer(const char* key, std::int64_t least, std::int64_t most, auto& into) {
    if (const Json* value = member(key)) {
      const double number = value->is_number() ? value->get<double>() : std::nan("");
      const bool whole = std::isfinite(number) && number == std::floor(number);
      if (!whole || number < static_cast<double>(least) || number > static_cast<double>(most)) {
        return complain(fmt::format("\"{}\" must be a whole number from {} to {}, and is {}", key,
                                    least, most, shown(*value)));
      }
      into =
          value->is_number_float() ? static_cast<std::int64_t>(number) : value->get<std::int64_t>();
    }
  }
  void boolean(const char* key, std::optional<bool>& into) {
    if (const Json* value = member(key)) {
      if (!value->is_boolean()) {
        return complain(fmt::format("\"{}\" must be true or false, and is {}", key, shown(*value)));
      }
      into = value->get<bool>();
    }
  }
  /// A table; an empty list stands for an empty one, since Lua cannot tell them apart.
  [[nodiscard]] Json table(const char* key) {
    const Json* value = member(key);
    if (value == nullptr || (value->is_array() && value->empty())) return Json::object();
    if (value->is_object()) return *value;
    complain(fmt::format("\"{}\" must be a table, and is {}", key, shown(*value)));
    return Json::object();
  }
  void complain(std::string sentence) {
    if (complaint_.empty()) complaint_ = std::move(sentence);
  }
  [[nodiscard]] Status status() const {
    if (complaint_.empty()) return {};
    return fail(code_, fmt::format("{}: {}", where_, complaint_));
  }

 private:
  static std::string shown(const Json& value) { return printable(shortened(dump_json(value), 60)); }
  const Json* member(const char* key) {
    const auto at = table_.find(key);
    return at == table_.end() || at->is_null() ? nullptr : &*at;
  }

  const Json& table_;
  Code code_;
  std::string where_;
  std::string complaint_;
};

bool is_token(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
  });
}

void read_headers(TableReader& reader, Contestant& contestant) {
  const Json headers = reader.table("headers");
  for (const auto& [name, value] : headers.items()) {
    const bool one_line =
        value.is_string() && std::ranges::none_of(value.get_ref<const std::string&>(), [](char c) {
          return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
        });
    // The value may be a secret, so no complaint shows it.
    if (!is_token(name) || !one_line) {
      return reader.complain(
          fmt::format("header \"{}\" must have a name of letters, digits and "
                      "hyphens and a text of one line as its value",
                      printable(shortened(name, 60))));
    }
    contestant.headers.emplace_back(name, value.get<std::string>());
  }
}

void read_sampling(TableReader& sampling, Sampling& into) {
  sampling.only(kSamplingKeys);
  sampling.number("temperature", 0, 100, into.temperature);
  sampling.number("top_p", 0, 1, into.top_p);
  sampling.integer("max_tokens", 1, std::int64_t{1} << 31, into.max_tokens);
  sampling.integer("seed", 0, (std::int64_t{1} << 53) - 1, into.seed);
  sampling.boolean("thinking", into.thinking);
}

}  // namespace

bool is_contestant_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

std::string url_complaint(std::string_view url) {
  const std::string shown = printable(shortened(redacted_url(url), 200));
  if (url.starts_with("standin:")) return {};
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
  if (const auto at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
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

Result<Contestant> read_contestant(const Json& table, Code code) {
  if (!table.is_object()) return fail(code, "a contestant must be a table with a name and a url");
  const std::string name = json_or(table, "name", "");
  const std::string where = fmt::format("contestant \"{}\"", printable(shortened(name, 64)));
  TableReader reader(table, code, where);
  Contestant contestant;
  reader.only(kKeys);
  reader.text("name", contestant.name);
  if (!is_contestant_name(contestant.name)) {
    reader.complain("its name must be 1 to 64 letters, digits, dots, hyphens and underscores");
  }
  reader.text("url", contestant.url);
  if (std::string complaint = url_complaint(contestant.url); !complaint.empty()) {
    reader.complain("the url " + complaint);
  }
  reader.text("model", contestant.model);
  reader.text("key_env", contestant.key_env);
  reader.number("idle_timeout_s", 0.001, 86'400, contestant.idle_timeout_s);
  reader.number("total_timeout_s", 0.001, 604'800, contestant.total_timeout_s);
  std::int64_t attempts = contestant.attempts;
  reader.integer("attempts", 1, 20, attempts);
  contestant.attempts = static_cast<int>(attempts);
  contestant.extra_body = reader.table("extra_body");
  contestant.recipe = reader.table("recipe");
  read_headers(reader, contestant);
  const Json sampling_table = reader.table("sampling");
  PLUMB_CHECK(reader.status());
  TableReader sampling(sampling_table, code, where + ", sampling");
  read_sampling(sampling, contestant.sampling);
  PLUMB_CHECK(sampling.status());
  return contestant;
}

Result<Contestant> contestant_from_json(const Json& table) {
  return read_contestant(table, Code::config);
}

Json Contestant::identity() const {
  Json shown = Json::object();
  const auto keep = [&shown](const char* key, const auto& value) {
    if (value) shown[key] = *value;
  };
  keep("temperature", sampling.temperature);
  keep("top_p", sampling.top_p);
  keep("max_tokens", sampling.max_tokens);
  keep("seed", sampling.seed);
  keep("thinking", sampling.thinking);
  Json identity = {{"name", name},     {"model", model},       {"sampling", std::move(shown)},
                   {"recipe", recipe}, {"attempts", attempts}, {"extra_body", extra_body}};
  if (is_stand_in()) identity["stand_in"] = url;
  return identity;
}

}  // namespace plumb
