#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/endpoint/contestant_rules.hpp"
#include "core/schema/leaked_call.hpp"

namespace plumb {
namespace {

const std::vector<std::string> kKeys = {"name",
                                        "url",
                                        "model",
                                        "api",
                                        "server",
                                        "sampling",
                                        "dialect",
                                        "key_env",
                                        "headers",
                                        "extra_body",
                                        "attempts",
                                        "idle_timeout_s",
                                        "total_timeout_s",
                                        "insecure",
                                        "concurrency",
                                        "adaptive",
                                        "metrics_url",
                                        "group",
                                        "rescue",
                                        "up",
                                        "down",
                                        "recipe",
                                        "ready_timeout_s",
                                        "context_fill",
                                        "tool_error_rate",
                                        "context"};
const std::vector<std::string> kSamplingKeys = {
    "temperature",        "top_p",      "top_k", "min_p",   "presence_penalty", "frequency_penalty",
    "repetition_penalty", "max_tokens", "seed",  "thinking"};
const std::vector<std::string> kDialectKeys = {
    "merge_roles", "system_as_user", "max_tokens_field", "thinking_switch", "parallel_tool_calls",
    "tool_choice", "id_format",      "stream_usage",     "sampling_names",  "send_reasoning"};
/// What sampling_names may name: all of a sampler that has a field of its own.
const std::vector<std::string> kSamplers = {
    "temperature",        "top_p", "top_k", "min_p", "presence_penalty", "frequency_penalty",
    "repetition_penalty", "seed"};

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
  /// One of a few words.
  void word(const char* key, const std::vector<std::string>& words, auto& into) {
    if (const Json* value = member(key)) {
      const std::string said = value->is_string() ? value->get<std::string>() : "";
      if (std::ranges::find(words, said) == words.end()) {
        return complain(
            fmt::format("\"{}\" must be {}, and is {}", key, join(words, ", "), shown(*value)));
      }
      into = said;
    }
  }
  /// A command and its arguments.
  void command(const char* key, std::vector<std::string>& into) {
    const Json* value = member(key);
    if (value == nullptr) return;
    const bool fine = value->is_array() && std::ranges::all_of(*value, [](const Json& word) {
                        return word.is_string() &&
                               word.get_ref<const std::string&>().find('\0') == std::string::npos;
                      });
    if (!fine || (!value->empty() && value->front().get_ref<const std::string&>().empty())) {
      return complain(
          fmt::format("\"{}\" must be a list of texts, a command and its arguments", key));
    }
    into = value->get<std::vector<std::string>>();
  }
  void boolean(const char* key, auto& into) {
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
  [[nodiscard]] bool has(const char* key) { return member(key) != nullptr; }
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
  sampling.integer("top_k", -1, std::int64_t{1} << 31, into.top_k);
  sampling.number("min_p", 0, 1, into.min_p);
  sampling.number("presence_penalty", -100, 100, into.presence_penalty);
  sampling.number("frequency_penalty", -100, 100, into.frequency_penalty);
  sampling.number("repetition_penalty", 0.001, 100, into.repetition_penalty);
  sampling.integer("max_tokens", 1, std::int64_t{1} << 31, into.max_tokens);
  sampling.integer("seed", 0, (std::int64_t{1} << 53) - 1, into.seed);
  sampling.boolean("thinking", into.thinking);
}

void read_sampling_names(TableReader& reader, Dialect& into) {
  if (!reader.has("sampling_names")) return;
  auto& names = into.sampling_names.emplace();
  const Json table = reader.table("sampling_names");
  for (const auto& [parameter, name] : table.items()) {
    if (std::ranges::find(kSamplers, parameter) == kSamplers.end()) {
      return reader.complain(fmt::format(
          "\"sampling_names\" has no \"{}\"{}; there are {}", printable(shortened(parameter, 60)),
          did_you_mean(parameter, kSamplers), join(kSamplers, ", ")));
    }
    if (!name.is_string() || !is_token(name.get_ref<const std::string&>())) {
      return reader.complain(fmt::format(
          "\"sampling_names\": the name of {} must be a word of letters, digits, - and _",
          parameter));
    }
    names[parameter] = name.get<std::string>();
  }
}

void read_dialect(TableReader& dialect, Dialect& into) {
  dialect.only(kDialectKeys);
  dialect.boolean("merge_roles", into.merge_roles);
  dialect.boolean("system_as_user", into.system_as_user);
  dialect.word("max_tokens_field", {"max_tokens", "max_completion_tokens"}, into.max_tokens_field);
  dialect.word("thinking_switch",
               {"chat_template_kwargs", "reasoning_effort", "reasoning", "thinking", "none"},
               into.thinking_switch);
  dialect.boolean("parallel_tool_calls", into.parallel_tool_calls);
  dialect.word("tool_choice", {"auto", "required"}, into.tool_choice);
  dialect.word("id_format", {"as_sent", "nine"}, into.id_format);
  dialect.boolean("stream_usage", into.stream_usage);
  dialect.word("send_reasoning", {"reasoning_content", "reasoning"}, into.send_reasoning);
  read_sampling_names(dialect, into);
}

void read_pace(TableReader& reader, Contestant& contestant) {
  reader.number("idle_timeout_s", 0.001, 86'400, contestant.idle_timeout_s);
  reader.number("total_timeout_s", 0.001, 604'800, contestant.total_timeout_s);
  reader.number("ready_timeout_s", 0.001, 604'800, contestant.ready_timeout_s);
  std::int64_t attempts = contestant.attempts;
  reader.integer("attempts", 1, 20, attempts);
  contestant.attempts = static_cast<int>(attempts);
  std::int64_t concurrency = contestant.concurrency;
  reader.integer("concurrency", 0, 100'000, concurrency);
  contestant.concurrency = static_cast<int>(concurrency);
  reader.boolean("adaptive", contestant.adaptive);
}

void read_pressure(TableReader& reader, Contestant& contestant) {
  reader.number("context_fill", 0, kMostContextFill, contestant.context_fill);
  reader.number("tool_error_rate", 0, kMostToolErrorRate, contestant.tool_error_rate);
  reader.integer("context", 1, std::int64_t{1} << 31, contestant.context);
  // Failures on purpose are drawn as they were then, where the rate is the one of then.
  if (contestant.is_replay() && contestant.fill() > 0) {
    reader.complain(
        "a stored run answers as it did then, so there is no window to fill; leave out "
        "\"context_fill\"");
  }
}

void read_place(TableReader& reader, Contestant& contestant) {
  reader.text("url", contestant.url);
  if (std::string complaint = url_complaint(contestant.url); !complaint.empty()) {
    reader.complain("the url " + complaint);
  }
  reader.text("metrics_url", contestant.metrics_url);
  if (!contestant.metrics_url.empty()) {
    std::string complaint = url_complaint(contestant.metrics_url);
    if (complaint.empty() && contestant.metrics_url.find("://") == std::string::npos) {
      complaint = "is no URL; type http://HOST:PORT/metrics";
    }
    if (!complaint.empty()) reader.complain("the metrics_url " + complaint);
  }
  reader.boolean("insecure", contestant.insecure);
  reader.text("key_env", contestant.key_env);
  read_headers(reader, contestant);
  reader.text("group", contestant.group);
  reader.word("rescue", {leak_formats().begin(), leak_formats().end()}, contestant.rescue);
  reader.command("up", contestant.up);
  reader.command("down", contestant.down);
}

}  // namespace

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
  read_place(reader, contestant);
  reader.text("model", contestant.model);
  reader.word("api", {"chat", "responses", "messages"}, contestant.api);
  reader.text("server", contestant.server);
  read_pace(reader, contestant);
  read_pressure(reader, contestant);
  contestant.extra_body = reader.table("extra_body");
  contestant.recipe = reader.table("recipe");
  const Json dialect_table = reader.table("dialect");
  const Json sampling_table = reader.table("sampling");
  PLUMB_CHECK(reader.status());
  TableReader sampling(sampling_table, code, where + ", sampling");
  read_sampling(sampling, contestant.sampling);
  PLUMB_CHECK(sampling.status());
  TableReader dialect(dialect_table, code, where + ", dialect");
  read_dialect(dialect, contestant.dialect);
  PLUMB_CHECK(dialect.status());
  return contestant;
}

Result<Contestant> contestant_from_json(const Json& table) {
  return read_contestant(table, Code::config);
}

}  // namespace plumb
