#include "plugins/endpoints/stand_in_options.hpp"

#include <cmath>
#include <functional>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace plumb {
namespace {

/// What was set by hand; the flavour decides about the rest.
struct Settings {
  StandInOptions options;
  std::optional<bool> cache;
  std::optional<StandInOverflow> overflow;
  std::optional<StandInBlame> blame;
  std::optional<StandInLeak> asked;
};

const std::vector<std::string>& formats() {
  static const std::vector<std::string> kNames = {"hermes",    "llama",    "mistral",
                                                  "bare_json", "qwen_xml", "granite"};
  return kNames;
}

/// Reads one value into its place.
using Setter = std::function<Status(Settings&, const std::string& key, const std::string& value)>;

Result<double> number_between(const std::string& key, const std::string& value, double low,
                              double high) {
  const auto number = parse_number(value);
  if (!number || !std::isfinite(*number) || *number < low || *number > high) {
    return fail(Code::usage,
                fmt::format("the stand-in's {} must be a number from {} to {}, not '{}'", key, low,
                            high, value));
  }
  return *number;
}

Setter number(double StandInOptions::* member, double low, double high) {
  return [=](Settings& settings, const std::string& key, const std::string& value) -> Status {
    PLUMB_TRY(settings.options.*member, number_between(key, value, low, high));
    return {};
  };
}

Setter count(std::int64_t StandInOptions::* member, double low, double high) {
  return [=](Settings& settings, const std::string& key, const std::string& value) -> Status {
    PLUMB_TRY(const double whole, number_between(key, value, low, high));
    settings.options.*member = std::llround(whole);
    return {};
  };
}

Result<std::size_t> place_among(const std::vector<std::string>& words, const std::string& key,
                                const std::string& value) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == value) return i;
  }
  return fail(Code::usage, fmt::format("the stand-in knows no {} '{}'{}; there are: {}", key, value,
                                       did_you_mean(value, words), join(words, ", ")));
}

/// `words` are the names of an enum, in its order.
template <class Enum>
Setter word(Enum StandInOptions::* member, std::vector<std::string> words) {
  return [member, words = std::move(words)](Settings& settings, const std::string& key,
                                            const std::string& value) -> Status {
    PLUMB_TRY(const std::size_t place, place_among(words, key, value));
    settings.options.*member = static_cast<Enum>(place);
    return {};
  };
}

Result<bool> read_flag(const std::string& key, const std::string& value) {
  PLUMB_TRY(const std::size_t place, place_among({"off", "on"}, key, value));
  return place == 1;
}

Setter flag(bool StandInOptions::* member) {
  return [=](Settings& settings, const std::string& key, const std::string& value) -> Status {
    PLUMB_TRY(settings.options.*member, read_flag(key, value));
    return {};
  };
}

Status set_policy(Settings& settings, const std::string& /*key*/, const std::string& value) {
  settings.options.policy = value;
  return {};
}

Status set_cache(Settings& settings, const std::string& key, const std::string& value) {
  PLUMB_TRY(settings.cache, read_flag(key, value));
  return {};
}

Status set_blame(Settings& settings, const std::string& key, const std::string& value) {
  PLUMB_TRY(const std::size_t place, place_among({"server", "model"}, key, value));
  settings.blame = static_cast<StandInBlame>(place);
  return {};
}

Status set_asked(Settings& settings, const std::string& key, const std::string& value) {
  PLUMB_TRY(const std::size_t place, place_among(formats(), key, value));
  settings.asked = static_cast<StandInLeak>(place);
  return {};
}

Status set_overflow(Settings& settings, const std::string& key, const std::string& value) {
  PLUMB_TRY(const std::size_t place, place_among({"refuse", "truncate"}, key, value));
  settings.overflow = static_cast<StandInOverflow>(place);
  return {};
}

const std::vector<std::pair<std::string, Setter>>& setters() {
  using O = StandInOptions;
  constexpr double kMostTokens = 1e9;
  static const std::vector<std::pair<std::string, Setter>> kSetters = {
      {"skill", number(&O::skill, 0, 1)},
      {"skill_at_full", number(&O::skill_at_full, 0, 1)},
      {"malformed", number(&O::malformed, 0, 1)},
      {"tok_s", number(&O::tok_s, 0, 1e6)},
      {"ttft_ms", number(&O::ttft_ms, 0, 1e7)},
      {"think", count(&O::think, 0, 1e5)},
      {"fault", word(&O::fault, stand_in_faults())},
      {"blame", set_blame},
      {"broken", word(&O::broken, {"opener", "brace", "closer"})},
      {"fault_turn", count(&O::fault_turn, 0, 1e6)},
      {"raw", flag(&O::raw)},
      {"policy", set_policy},
      {"flavour", word(&O::flavour, stand_in_flavours())},
      {"context", count(&O::context, 1, kMostTokens)},
      {"effective", count(&O::effective, 1, kMostTokens)},
      {"overflow", set_overflow},
      {"parser", flag(&O::parser)},
      {"asked", set_asked},
      {"leaked", word(&O::leaked, formats())},
      {"thinking", word(&O::thinking, {"switchable", "stuck", "none"})},
      {"vision", word(&O::vision, {"off", "on", "blind"})},
      {"strict_roles", flag(&O::strict_roles)},
      {"parallel", flag(&O::parallel)},
      {"repeatable", flag(&O::repeatable)},
      {"seeded", flag(&O::seeded)},
      {"prefill_tok_s", number(&O::prefill_tok_s, 0, 1e9)},
      {"cache", set_cache},
      {"cache_report", flag(&O::cache_report)},
      {"draft", number(&O::draft, 0, 1)},
      {"slots", count(&O::slots, 0, 4096)},
      {"load_s", number(&O::load_s, 0, 1e6)},
      {"metrics", word(&O::metrics, {"on", "v0", "off", "html"})}};
  return kSetters;
}

Status set_option(Settings& settings, const std::string& key, const std::string& value) {
  std::vector<std::string> keys;
  for (const auto& [known, setter] : setters()) {
    if (known == key) return setter(settings, key, value);
    keys.push_back(known);
  }
  return fail(Code::usage, fmt::format("the stand-in has no option '{}'{}; the options are {}", key,
                                       did_you_mean(key, keys), join(keys, ", ")));
}

/// Whose such a fault is in the reports of users, or the only one who can have it.
StandInBlame usual_blame(StandInFault fault) {
  using enum StandInFault;
  switch (fault) {
    case empty:
    case truncated_call:
    case finish_lies:
    case no_call:
    case args_list:
    case args_double_encoded:
    case duplicate_key:
    case unknown_tool:
    case near_miss_name:
    case wrong_type:
    case enum_or_range:
    case extra_property:
    case repeat_loop:
      return StandInBlame::model;
    default:
      return StandInBlame::server;
  }
}

StandInOptions completed(Settings settings) {
  StandInOptions& options = settings.options;
  const StandInFlavour flavour = options.flavour;
  const bool caches = flavour == StandInFlavour::vllm || flavour == StandInFlavour::sglang ||
                      flavour == StandInFlavour::llamacpp ||
                      flavour == StandInFlavour::mistral_strict;
  options.asked = settings.asked.value_or(options.leaked);
  options.blame = settings.blame.value_or(usual_blame(options.fault));
  options.cache = settings.cache.value_or(caches);
  options.overflow = settings.overflow.value_or(
      flavour == StandInFlavour::ollama ? StandInOverflow::truncate : StandInOverflow::refuse);
  return std::move(options);
}

}  // namespace

const std::vector<std::string>& stand_in_faults() {
  static const std::vector<std::string> kNames = {"none",
                                                  "http_500",
                                                  "http_503",
                                                  "stall",
                                                  "slow_start",
                                                  "html",
                                                  "garbage",
                                                  "redirect",
                                                  "endless",
                                                  "long_line",
                                                  "header_bomb",
                                                  "no_usage",
                                                  "cut_utf8",
                                                  "same_index",
                                                  "no_id",
                                                  "same_id",
                                                  "args_object",
                                                  "unknown_dropped",
                                                  "http_429",
                                                  "deterministic_500",
                                                  "disconnect",
                                                  "stream_error",
                                                  "abort",
                                                  "no_done",
                                                  "empty",
                                                  "swallowed",
                                                  "all_reasoning",
                                                  "leaked_reasoning",
                                                  "leaked_text",
                                                  "finish_lies",
                                                  "truncated_call",
                                                  "empty_calls",
                                                  "stop_for_call",
                                                  "args_empty",
                                                  "args_null",
                                                  "lost_brace",
                                                  "lost_parameter",
                                                  "leaked_stream",
                                                  "history_refused",
                                                  "no_call",
                                                  "args_list",
                                                  "args_double_encoded",
                                                  "duplicate_key",
                                                  "unknown_tool",
                                                  "near_miss_name",
                                                  "wrong_type",
                                                  "enum_or_range",
                                                  "extra_property",
                                                  "repeat_loop"};
  return kNames;
}

const std::vector<std::string>& stand_in_flavours() {
  static const std::vector<std::string> kNames = {
      "plain", "vllm", "sglang", "llamacpp", "ollama", "openrouter", "mistral_strict"};
  return kNames;
}

Result<StandInOptions> parse_stand_in_options(std::string_view text) {
  Settings settings;
  if (trimmed(text).empty()) return completed(std::move(settings));
  for (const std::string& part : split(text, ',')) {
    const std::size_t equals = part.find('=');
    const std::string key(trimmed(std::string_view(part).substr(0, equals)));
    const std::string value(
        equals == std::string::npos ? "" : trimmed(std::string_view(part).substr(equals + 1)));
    if (value.empty()) {
      return fail(Code::usage, fmt::format("the stand-in's options are key=value joined by commas, "
                                           "not '{}'; `plumb standin --help` lists them",
                                           part));
    }
    PLUMB_CHECK(set_option(settings, key, value));
  }
  return completed(std::move(settings));
}

}  // namespace plumb
