#include "core/endpoint/server_kind.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/endpoint/metrics_sample.hpp"
#include "core/script/lua_state.hpp"

namespace plumb {
namespace {

using Words = std::vector<std::string>;

const Words kFields = {"title",     "recognise", "dialect", "error_words", "remedies",
                       "discovery", "metrics",   "render",  "raw"};
const Words kErrorWords = {"context_full", "roles",       "no_vision", "unknown_model",
                           "loading",      "bad_history", "no_tools",  "unparsed"};
const Words kRemedies = {"parser_off",       "metrics_off", "cache_report_off", "context_floor",
                         "prefix_cache_off", "preemptions", "thinking_stuck",   "no_vision",
                         "strict_roles",     "truncates",   "leaked_reasoning", "kv_unknown"};
const Words kSampling = {
    "temperature",        "top_p", "top_k", "min_p", "presence_penalty", "frequency_penalty",
    "repetition_penalty", "seed"};

Words keys_of(const std::map<std::string, FactType>& types) {
  Words keys;
  for (const auto& [name, type] : types) keys.push_back(name);
  return keys;
}

/// Reads members of the file's table, and keeps the first complaint with the path of its field.
class KindReader {
 public:
  [[nodiscard]] const std::string& complaint() const { return complaint_; }

  void complain(const std::string& where, std::string_view what) {
    if (complaint_.empty()) complaint_ = fmt::format("{}: {}", where, what);
  }
  void only(const Json& table, const std::string& where, const Words& known) {
    for (const auto& [key, value] : table.items()) {
      if (std::ranges::find(known, key) != known.end()) continue;
      complain(where, fmt::format("unknown field \"{}\"{}; the fields are {}",
                                  printable(shortened(key, 60)), did_you_mean(key, known),
                                  join(known, ", ")));
    }
  }
  /// A table; null counts as an empty one.
  [[nodiscard]] Json table(const Json& in, const char* key, const std::string& where) {
    const auto at = in.find(key);
    if (at == in.end() || at->is_null()) return Json::object();
    if (at->is_object()) return *at;
    complain(where + key, "must be a table with names");
    return Json::object();
  }
  [[nodiscard]] std::string text(const Json& in, const char* key, const std::string& where,
                                 bool required = false) {
    const auto at = in.find(key);
    if (at == in.end() && !required) return {};
    if (at != in.end() && at->is_string() && !at->get_ref<const std::string&>().empty()) {
      return at->get<std::string>();
    }
    complain(where + key, "must be a text");
    return {};
  }
  [[nodiscard]] bool flag(const Json& in, const char* key, const std::string& where) {
    const auto at = in.find(key);
    if (at == in.end()) return false;
    if (!at->is_boolean()) complain(where + key, "must be true or false");
    return at->is_boolean() && at->get<bool>();
  }
  /// One text or a list of them.
  [[nodiscard]] Words texts(const Json& value, const std::string& where) {
    if (value.is_string()) return {value.get<std::string>()};
    Words list;
    const bool fine = value.is_array() && !value.empty() &&
                      std::ranges::all_of(value, [](const Json& one) { return one.is_string(); });
    if (!fine) {
      complain(where, "must be a text or a list of texts");
      return list;
    }
    for (const Json& one : value) list.push_back(one.get<std::string>());
    return list;
  }
  [[nodiscard]] Words texts(const Json& in, const char* key, const std::string& where,
                            bool required = false) {
    const auto at = in.find(key);
    if (at != in.end()) return texts(*at, where + key);
    if (required) complain(where + key, "is missing");
    return {};
  }
  /// "a.b.c", or a list of steps where a key has a dot in it.
  [[nodiscard]] JsonPath path(const Json& in, const char* key, const std::string& where,
                              bool required = false) {
    const auto at = in.find(key);
    if (at != in.end() && at->is_string()) return split(at->get<std::string>(), '.');
    return texts(in, key, where, required);
  }
  /// One entry or a list of them, each with the path of its field.
  template <class Read>
  void each(const Json& value, const std::string& where, const Read& read) {
    if (!value.is_array()) return read(value, where);
    for (std::size_t i = 0; i < value.size(); ++i) {
      read(value[i], fmt::format("{}[{}]", where, i + 1));
    }
  }
  [[nodiscard]] bool is_table(const Json& value, const std::string& where) {
    if (!value.is_object()) complain(where, "must be a table with names");
    return value.is_object();
  }
  void route(const std::string& route, const std::string& where) {
    // "/x" is asked from the root of the server, "models" below the base URL.
    const bool fine = !route.empty() && route.find("://") == std::string::npos &&
                      route.find_first_of(" \r\n\t") == std::string::npos;
    if (!fine) complain(where, "must be a route like \"/version\", or \"models\"");
  }

 private:
  std::string complaint_;
};

void read_marks(KindReader& reader, const Json& file, ServerKind& kind) {
  const auto list = file.find("recognise");
  if (list == file.end()) return;
  reader.each(*list, "recognise", [&](const Json& table, const std::string& where) {
    if (!reader.is_table(table, where)) return;
    reader.only(table, where, {"route", "header", "path", "is", "contains"});
    ServerMark mark{.route = reader.text(table, "route", where + ".", true),
                    .header = lower(reader.text(table, "header", where + ".")),
                    .path = reader.path(table, "path", where + "."),
                    .is = reader.texts(table, "is", where + "."),
                    .contains = reader.texts(table, "contains", where + ".")};
    for (std::string& word : mark.is) word = lower(word);
    for (std::string& word : mark.contains) word = lower(word);
    reader.route(mark.route, where + ".route");
    if (mark.header.empty() && mark.path.empty() && mark.is.empty() && mark.contains.empty()) {
      reader.complain(where, "needs a header, a path or words that prove the kind");
    }
    kind.marks.push_back(std::move(mark));
  });
}

void read_discovery(KindReader& reader, const Json& file, ServerKind& kind) {
  const Json discovery = reader.table(file, "discovery", "");
  reader.only(discovery, "discovery", keys_of(fact_types()));
  for (const auto& [fact, value] : discovery.items()) {
    auto& sources = kind.discovery[fact];
    reader.each(value, "discovery." + fact, [&](const Json& table, const std::string& where) {
      if (!reader.is_table(table, where)) return;
      reader.only(table, where, {"route", "body", "path", "has", "negated"});
      FactSource source{
          .routes = reader.texts(table, "route", where + ".", true),
          .body = table.contains("body") ? reader.table(table, "body", where + ".") : Json(nullptr),
          .path = reader.path(table, "path", where + ".", true),
          .has = reader.text(table, "has", where + "."),
          .negated = reader.flag(table, "negated", where + ".")};
      for (const std::string& route : source.routes) reader.route(route, where + ".route");
      sources.push_back(std::move(source));
    });
  }
}

void read_sampling_off(KindReader& reader, const Json& table, Dialect& dialect) {
  if (!table.contains("sampling_off")) return;
  const Json values = reader.table(table, "sampling_off", "dialect.");
  reader.only(values, "dialect.sampling_off", kSampling);
  auto& off = dialect.sampling_off.emplace();
  for (const auto& [name, value] : values.items()) {
    if (!value.is_number_integer()) {
      reader.complain("dialect.sampling_off." + name, "must be a whole number");
    } else {
      off[name] = value.get<std::int64_t>();
    }
  }
}

void read_dialect(KindReader& reader, const Json& file, Dialect& dialect) {
  const Json table = reader.table(file, "dialect", "");
  reader.only(table, "dialect",
              {"merge_roles", "system_as_user", "max_tokens_field", "thinking_switch",
               "parallel_tool_calls", "tool_choice", "id_format", "stream_usage", "sampling_names",
               "sampling_off", "send_reasoning"});
  const auto flag = [&](const char* key, std::optional<bool>& into) {
    if (table.contains(key)) into = reader.flag(table, key, "dialect.");
  };
  const auto word = [&](const char* key, std::optional<std::string>& into, const Words& known) {
    if (!table.contains(key)) return;
    into = reader.text(table, key, "dialect.");
    if (std::ranges::find(known, *into) == known.end()) {
      reader.complain(std::string("dialect.") + key, "must be one of " + join(known, ", "));
    }
  };
  flag("merge_roles", dialect.merge_roles);
  flag("system_as_user", dialect.system_as_user);
  flag("parallel_tool_calls", dialect.parallel_tool_calls);
  flag("stream_usage", dialect.stream_usage);
  word("max_tokens_field", dialect.max_tokens_field, {"max_tokens", "max_completion_tokens"});
  word("thinking_switch", dialect.thinking_switch,
       {"chat_template_kwargs", "reasoning_effort", "reasoning", "thinking", "none"});
  word("tool_choice", dialect.tool_choice, {"auto", "required"});
  word("id_format", dialect.id_format, {"as_sent", "nine"});
  word("send_reasoning", dialect.send_reasoning, {"reasoning_content", "reasoning"});
  read_sampling_off(reader, table, dialect);
  if (!table.contains("sampling_names")) return;
  const Json names = reader.table(table, "sampling_names", "dialect.");
  reader.only(names, "dialect.sampling_names", kSampling);
  dialect.sampling_names.emplace();
  for (const auto& [name, value] : names.items()) {
    (*dialect.sampling_names)[name] =
        reader.text(names, name.c_str(), "dialect.sampling_names.", true);
  }
}

SeriesSource read_series(KindReader& reader, const Json& value, const std::string& where) {
  SeriesSource source;
  if (value.is_string()) {
    source.series = {value.get<std::string>()};
    return source;
  }
  if (!reader.is_table(value, where)) return source;
  reader.only(value, where, {"series", "where", "labels", "by", "at_completion", "note"});
  source.series = reader.texts(value, "series", where + ".", true);
  const Json conditions = reader.table(value, "where", where + ".");
  for (const auto& [label, values] : conditions.items()) {
    source.where[label] = reader.texts(values, where + ".where." + label);
  }
  source.labels = reader.texts(value, "labels", where + ".");
  source.by = reader.text(value, "by", where + ".");
  source.at_completion = reader.flag(value, "at_completion", where + ".");
  source.note = reader.text(value, "note", where + ".");
  return source;
}

void read_metrics(KindReader& reader, const Json& file, MetricsPlan& plan) {
  const Json table = reader.table(file, "metrics", "");
  if (table.empty()) return;
  reader.only(table, "metrics", {"route", "figures", "copies", "model_label", "start_header"});
  plan.route = reader.text(table, "route", "metrics.", true);
  reader.route(plan.route, "metrics.route");
  plan.copies = reader.texts(table, "copies", "metrics.");
  plan.model_label = reader.text(table, "model_label", "metrics.");
  plan.start_header = lower(reader.text(table, "start_header", "metrics."));
  const Json figures = reader.table(table, "figures", "metrics.");
  reader.only(figures, "metrics.figures", figure_names());
  for (const auto& [figure, value] : figures.items()) {
    auto& sources = plan.figures[figure];
    reader.each(value, "metrics.figures." + figure, [&](const Json& one, const std::string& where) {
      sources.push_back(read_series(reader, one, where));
    });
  }
}

void read_words(KindReader& reader, const Json& file, ServerKind& kind) {
  const Json words = reader.table(file, "error_words", "");
  reader.only(words, "error_words", kErrorWords);
  for (const auto& [what, value] : words.items()) {
    for (const std::string& part : reader.texts(value, "error_words." + what)) {
      // A short part is found in messages that mean something else.
      if (part.size() < 6) reader.complain("error_words." + what, "a part needs 6 letters or more");
      kind.error_words[what].push_back(lower(part));
    }
  }
  const Json remedies = reader.table(file, "remedies", "");
  reader.only(remedies, "remedies", kRemedies);
  for (const auto& [what, value] : remedies.items()) {
    kind.remedies[what] = reader.text(remedies, what.c_str(), "remedies.", true);
  }
}

void read_render(KindReader& reader, const Json& file, ServerKind& kind) {
  const Json table = reader.table(file, "render", "");
  if (table.empty()) return;
  reader.only(table, "render", {"route", "body", "path"});
  kind.render = RenderRoute{.route = reader.text(table, "route", "render.", true),
                            .body = reader.table(table, "body", "render."),
                            .path = reader.path(table, "path", "render.", true)};
  reader.route(kind.render->route, "render.route");
}

RawStep read_raw_step(KindReader& reader, const Json& table, const std::string& where) {
  RawStep step;
  if (!reader.is_table(table, where)) return step;
  reader.only(table, where, {"route", "body", "takes", "samples", "limit"});
  step.route = reader.text(table, "route", where + ".", true);
  reader.route(step.route, where + ".route");
  step.body = reader.table(table, "body", where + ".");
  step.samples = reader.flag(table, "samples", where + ".");
  step.limit = reader.text(table, "limit", where + ".", step.samples);
  const Json takes = reader.table(table, "takes", where + ".");
  for (const auto& [name, value] : takes.items()) {
    step.takes[name] = reader.path(takes, name.c_str(), where + ".takes.", true);
  }
  return step;
}

void read_raw(KindReader& reader, const Json& file, ServerKind& kind) {
  const auto list = file.find("raw");
  if (list == file.end()) return;
  reader.each(*list, "raw", [&](const Json& table, const std::string& where) {
    kind.raw.push_back(read_raw_step(reader, table, where));
  });
  const auto takes = [&kind](const char* name) {
    return std::ranges::any_of(kind.raw,
                               [&](const RawStep& step) { return step.takes.contains(name); });
  };
  if (!takes("prompt") || !takes("text")) {
    reader.complain("raw", "its steps must take a \"prompt\" and a \"text\"");
  }
  if (std::ranges::count(kind.raw, true, &RawStep::samples) != 1) {
    reader.complain("raw", "one of its steps must say samples = true");
  }
}

}  // namespace

const std::map<std::string, FactType>& fact_types() {
  using enum FactType;
  static const std::map<std::string, FactType> types = {
      {"version", text},
      {"model", text},
      {"models", texts},
      {"window", count},
      {"window_trained", count},
      {"max_output", count},
      {"slots", count},
      {"vision", flag},
      {"tools", flag},
      {"parallel_calls", flag},
      {"thinking", flag},
      {"weights", text},
      {"revision", text},
      {"quantization", text},
      {"dtype", text},
      {"kv_dtype", text},
      {"kv_capacity_tokens", count},
      {"prefix_caching", flag},
      {"speculation", text},
      {"tool_parser", text},
      {"reasoning_parser", text},
      {"chat_template", digest},
      {"hardware", text},
  };
  return types;
}

std::string ServerKind::remedy(const std::string& what, const std::string& otherwise) const {
  const auto found = remedies.find(what);
  return found == remedies.end() ? otherwise : found->second;
}

Result<ServerKind> read_server_file(const std::filesystem::path& file) {
  constexpr LuaLimits kLimits{.memory_bytes = std::size_t{16} << 20, .instructions = 10'000'000};
  PLUMB_TRY(const auto lua, LuaState::create({file.parent_path()}, kLimits));
  Json table;
  const auto wrong = [&file](const std::string& what) {
    return fail(Code::config, fmt::format("{}: {}", file.string(), what));
  };
  std::string no_data;
  PLUMB_CHECK(lua->protect([&](lua_State* state) {
    lua->run_file(state, file);
    auto value = to_json(state, -1);
    if (value) {
      table = std::move(*value);
    } else {
      no_data = value.error().sentence;
    }
  }));
  if (!no_data.empty()) return wrong(no_data);
  if (!table.is_object()) return wrong("a server file returns a table; docs/servers.md shows one");
  ServerKind kind{.name = file.stem().string()};
  KindReader reader;
  reader.only(table, "the table", kFields);
  kind.title = reader.text(table, "title", "", true);
  read_marks(reader, table, kind);
  read_discovery(reader, table, kind);
  read_dialect(reader, table, kind.dialect);
  read_metrics(reader, table, kind.metrics);
  read_words(reader, table, kind);
  read_render(reader, table, kind);
  read_raw(reader, table, kind);
  if (!reader.complaint().empty()) return wrong(reader.complaint());
  return kind;
}

}  // namespace plumb
