#include "core/score/speed.hpp"

#include <algorithm>

#include "core/score/statistics.hpp"

namespace plumb {
namespace {

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

int passed_count(const std::vector<const TrialRecord*>& scored) {
  return static_cast<int>(std::ranges::count_if(scored, [](const TrialRecord* record) {
    return record->verdict.outcome == Outcome::passed;
  }));
}

}  // namespace

Json speed(const std::vector<const TrialRecord*>& scored) {
  std::vector<double> ttfts_ms;
  std::vector<double> decode_rates;
  std::vector<std::pair<double, double>> in_flight;
  double tokens = 0;
  bool counted = true;
  double charged_s = 0;
  for (const TrialRecord* record : scored) {
    charged_s += record->clocks.charged_s();
    for (const RequestTiming& request : record->requests) {
      in_flight.emplace_back(request.start_ms, request.end_ms);
      if (request.ttft_ms) ttfts_ms.push_back(*request.ttft_ms);
      counted = counted && request.tokens.has_value();
      if (!request.tokens) continue;
      tokens += static_cast<double>(*request.tokens);
      if (request.decode_s && *request.decode_s > 0 && *request.tokens > 1) {
        decode_rates.push_back(static_cast<double>(*request.tokens - 1) / *request.decode_s);
      }
    }
  }
  const double in_flight_s = covered(in_flight) / 1e3;
  const int passed = passed_count(scored);
  Json json = {
      {"ttft_ms",
       {{"median", or_null(quantile(ttfts_ms, 0.5))}, {"p95", or_null(quantile(ttfts_ms, 0.95))}}},
      {"decode_tok_s", or_null(quantile(decode_rates, 0.5))},
      {"in_flight_tok_s", nullptr},
      {"in_flight_s", in_flight_s},
      {"s_per_completed", nullptr}};
  if (counted && in_flight_s > 0) json["in_flight_tok_s"] = tokens / in_flight_s;
  if (passed > 0) json["s_per_completed"] = charged_s / passed;
  return json;
}

Json tokens(const std::vector<const TrialRecord*>& scored) {
  Json json = {{"prompt", nullptr}, {"completion", nullptr}, {"per_completed", nullptr}};
  std::int64_t prompt = 0;
  std::int64_t completion = 0;
  for (const TrialRecord* record : scored) {
    // A sum with holes would read as a small number.
    if (!record->tokens_known) return json;
    prompt += record->prompt_tokens;
    completion += record->completion_tokens;
  }
  if (scored.empty()) return json;
  json["prompt"] = prompt;
  json["completion"] = completion;
  const int passed = passed_count(scored);
  if (passed > 0) json["per_completed"] = static_cast<double>(completion) / passed;
  return json;
}

Json turns(const std::vector<const TrialRecord*>& scored) {
  std::vector<double> values;
  for (const TrialRecord* record : scored) values.push_back(record->turns);
  return {{"mean", or_null(mean(values))},
          {"median", or_null(quantile(values, 0.5))},
          {"max", or_null(quantile(values, 1))}};
}

}  // namespace plumb
