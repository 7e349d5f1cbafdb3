#include "core/run/sweep.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/endpoint/contestant_rules.hpp"
#include "core/run/bench.hpp"

namespace plumb {
namespace {

/// A setting that can be swept.
struct Setting {
  const char* key;
  double most;
  std::optional<double> Contestant::* member;
};
const std::vector<Setting>& settings() {
  static const std::vector<Setting> all = {
      {"context_fill", kMostContextFill, &Contestant::context_fill},
      {"tool_error_rate", kMostToolErrorRate, &Contestant::tool_error_rate}};
  return all;
}

const Setting* setting_of(const std::string& key) {
  const auto found =
      std::ranges::find_if(settings(), [&](const Setting& s) { return s.key == key; });
  return found == settings().end() ? nullptr : &*found;
}

std::vector<std::string> keys() {
  std::vector<std::string> names;
  for (const Setting& setting : settings()) names.emplace_back(setting.key);
  return names;
}

/// A contestant at one value. The others are asked at the same server, so what is brought up for
/// one is up for all.
Contestant at_value(const Contestant& declared, const Sweep& sweep, double value) {
  Contestant swept = declared;
  swept.sweep_of = declared.name;
  swept.name = swept_name(declared.name, sweep.key, value);
  swept.*(setting_of(sweep.key)->member) = value;
  if (!swept.up.empty() && swept.group.empty()) swept.group = declared.name + "@" + sweep.key;
  return swept;
}

}  // namespace

Result<Sweep> make_sweep(const std::string& key, std::vector<double> values) {
  const Setting* setting = setting_of(key);
  if (setting == nullptr) {
    return fail(Code::usage, fmt::format("\"{}\" cannot be swept{}; what can be is {}",
                                         printable(shortened(key, 60)), did_you_mean(key, keys()),
                                         join(keys(), " and ")));
  }
  if (values.size() < 2) {
    return fail(Code::usage, fmt::format("a sweep of {0} needs two values at least, for example "
                                         "{0}=0,0.5,0.75",
                                         key));
  }
  for (const double value : values) {
    if (value >= 0 && value <= setting->most) continue;
    return fail(Code::usage, fmt::format("the values of a sweep of {} are numbers from 0 to {}; "
                                         "{} is not",
                                         key, setting->most, value));
  }
  for (double& value : values) value += 0.0;  // -0 is 0
  std::ranges::sort(values);
  if (const auto twice = std::ranges::adjacent_find(values); twice != values.end()) {
    return fail(Code::usage, fmt::format("the sweep of {} has {} twice", key, *twice));
  }
  return Sweep{.key = key, .values = std::move(values)};
}

Result<Sweep> parse_sweep(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos) {
    return fail(Code::usage, fmt::format("\"{}\" is no sweep; type KEY=V1,V2,... as in "
                                         "context_fill=0,0.5,0.75",
                                         printable(shortened(text, 60))));
  }
  std::vector<double> values;
  for (const std::string& word : split(text.substr(equals + 1), ',')) {
    const auto value = parse_number(trimmed(word));
    if (!value) {
      return fail(Code::usage, fmt::format("\"{}\" is no number; the values of a sweep stand "
                                           "between commas, as in context_fill=0,0.5,0.75",
                                           printable(shortened(word, 60))));
    }
    values.push_back(*value);
  }
  return make_sweep(text.substr(0, equals), std::move(values));
}

std::string swept_name(const std::string& name, const std::string& key, double value) {
  return fmt::format("{}@{}={}", name, key, value);
}

double pressure_of(const Contestant& contestant, const std::string& key) {
  const Setting* setting = setting_of(key);
  return setting == nullptr ? 0 : (contestant.*(setting->member)).value_or(0);
}

Status settle_pressure(Bench& bench) {
  std::vector<Contestant> settled;
  for (Contestant& contestant : bench.contestants) {
    if (contestant.is_replay()) {
      if (bench.sweep.any() || bench.context_fill || bench.tool_error_rate) {
        return fail(Code::usage, fmt::format("\"{}\" is a stored run, which answers as it did "
                                             "then: it cannot be put under pressure",
                                             contestant.name));
      }
      settled.push_back(std::move(contestant));
      continue;
    }
    if (!contestant.context_fill) contestant.context_fill = bench.context_fill;
    if (!contestant.tool_error_rate) contestant.tool_error_rate = bench.tool_error_rate;
    if (!bench.sweep.any()) {
      settled.push_back(std::move(contestant));
      continue;
    }
    for (const double value : bench.sweep.values) {
      settled.push_back(at_value(contestant, bench.sweep, value));
    }
  }
  bench.contestants = std::move(settled);
  return {};
}

std::vector<std::size_t> heads_of(const std::vector<Contestant>& contestants) {
  std::vector<std::size_t> heads;
  for (std::size_t i = 0; i < contestants.size(); ++i) {
    const auto same = [&](const Contestant& other) {
      return other.sweep_of == contestants[i].sweep_of;
    };
    const auto first = std::ranges::find_if(contestants, same) - contestants.begin();
    heads.push_back(contestants[i].sweep_of.empty() ? i : static_cast<std::size_t>(first));
  }
  return heads;
}

}  // namespace plumb
