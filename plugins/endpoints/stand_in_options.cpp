#include "plugins/endpoints/stand_in_options.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace plumb {
namespace {

const std::vector<std::string> kKeys = {"skill", "malformed", "tok_s", "ttft_ms",
                                        "think", "fault",     "policy"};
/// In the order of StandInFault, which starts with none.
const std::vector<std::string> kFaults = {"none",  "disconnect", "http_500",   "http_429",
                                          "stall", "empty",      "leaked_text"};

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

Result<StandInFault> fault_named(const std::string& value) {
  for (std::size_t i = 0; i < kFaults.size(); ++i) {
    if (kFaults[i] == value) return static_cast<StandInFault>(i);
  }
  return fail(Code::usage, fmt::format("the stand-in knows no fault '{}'{}; the faults are {}",
                                       value, did_you_mean(value, kFaults), join(kFaults, ", ")));
}

Status set_option(StandInOptions& options, const std::string& key, const std::string& value) {
  if (key == "skill") {
    PLUMB_TRY(options.skill, number_between(key, value, 0, 1));
  } else if (key == "malformed") {
    PLUMB_TRY(options.malformed, number_between(key, value, 0, 1));
  } else if (key == "tok_s") {
    PLUMB_TRY(options.tok_s, number_between(key, value, 0, 1e6));
  } else if (key == "ttft_ms") {
    PLUMB_TRY(options.ttft_ms, number_between(key, value, 0, 1e7));
  } else if (key == "think") {
    PLUMB_TRY(const double tokens, number_between(key, value, 0, 1e5));
    options.think = std::llround(tokens);
  } else if (key == "fault") {
    PLUMB_TRY(options.fault, fault_named(value));
  } else if (key == "policy") {
    options.policy = value;
  } else {
    return fail(Code::usage, fmt::format("the stand-in has no option '{}'{}; the options are {}",
                                         key, did_you_mean(key, kKeys), join(kKeys, ", ")));
  }
  return {};
}

}  // namespace

Result<StandInOptions> parse_stand_in_options(std::string_view text) {
  StandInOptions options;
  if (trimmed(text).empty()) return options;
  for (const std::string& part : split(text, ',')) {
    const std::size_t equals = part.find('=');
    const std::string key(trimmed(std::string_view(part).substr(0, equals)));
    const std::string value(
        equals == std::string::npos ? "" : trimmed(std::string_view(part).substr(equals + 1)));
    if (value.empty()) {
      return fail(Code::usage,
                  fmt::format("the stand-in's options are key=value joined by commas, not '{}'{}",
                              part, equals == std::string::npos ? did_you_mean(key, kKeys) : ""));
    }
    PLUMB_CHECK(set_option(options, key, value));
  }
  return options;
}

}  // namespace plumb
