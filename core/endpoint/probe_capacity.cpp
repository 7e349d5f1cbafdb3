#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/endpoint/metrics_watch.hpp"
#include "core/endpoint/probe_steps.hpp"

namespace plumb {
namespace {

struct Capacity {
  std::int64_t tokens = 0;
  std::string route;
};

std::optional<Capacity> capacity_of_facts(const ServerFacts& server) {
  const auto fact = server.facts.find("kv_capacity_tokens");
  if (fact == server.facts.end() || !fact->second.value.is_number()) return std::nullopt;
  return Capacity{integer_or<std::int64_t>(fact->second.value, 0), fact->second.route};
}

std::optional<Capacity> capacity_of_metrics(ProbeTalk& talk, const std::string& kind) {
  const auto source = metrics_source(talk.contestant(), kind, talk.parts().servers);
  if (!source) return std::nullopt;
  const auto reply = talk.endpoint().fetch(
      {.target = source->target, .patience = std::chrono::seconds(5), .max_bytes = kMaxMetricsPage},
      talk.waiter());
  if (!reply || reply->status < 200 || reply->status > 299) return std::nullopt;
  for (const ServerKind* known : source->kinds) {
    const auto sample =
        read_metrics(reply->body, known->metrics, talk.contestant().model, talk.waiter().now());
    if (!sample || !sample->kv_capacity_tokens) continue;
    constexpr double kMost = 1e15;
    const double tokens = std::clamp(*sample->kv_capacity_tokens, 0.0, kMost);
    return Capacity{static_cast<std::int64_t>(std::floor(tokens)), "its metrics"};
  }
  return std::nullopt;
}

}  // namespace

void probe_capacity(ProbeTalk& talk, CapabilityCard& card) {
  auto capacity = capacity_of_facts(card.server);
  if (!capacity) capacity = capacity_of_metrics(talk, card.server.kind);
  const bool known = capacity && capacity->tokens > 0;
  const ServerKind* kind = talk.parts().servers.find(card.server.kind);
  const std::string doubt = known || kind == nullptr ? "" : kind->remedy("kv_unknown", "");
  card.findings.push_back(
      {"kv_capacity", known ? Basis::declared : Basis::unknown,
       known           ? Json(capacity->tokens)
       : doubt.empty() ? Json(nullptr)
                       : Json{{"doubt", doubt}},
       known ? fmt::format("the KV cache holds {} tokens ({}), which all requests share",
                           capacity->tokens, capacity->route)
             : "the server does not say how many tokens its KV cache holds"});
}

}  // namespace plumb
