#include "core/endpoint/capability.hpp"

#include <algorithm>

namespace plumb {
namespace {

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json to_json(const Finding& finding) {
  return {{"id", finding.id},
          {"basis", basis_name(finding.basis)},
          {"value", finding.value},
          {"sentence", finding.sentence}};
}

Json to_json(const PrefillPoint& point) {
  return {{"prompt_tokens", point.prompt_tokens},
          {"cold_ttft_ms", point.cold_ttft_ms},
          {"warm_ttft_ms", or_null(point.warm_ttft_ms)},
          {"warm_cached_tokens", or_null(point.warm_cached_tokens)},
          {"prefill_tok_s", or_null(point.prefill_tok_s)}};
}

Json to_json(const DecodeFigure& figure) {
  return {{"text", figure.text},
          {"concurrency", figure.concurrency},
          {"answers", figure.answers},
          {"tokens", figure.tokens},
          {"tok_s", or_null(figure.tok_s)},
          {"low_tok_s", or_null(figure.low_tok_s)},
          {"high_tok_s", or_null(figure.high_tok_s)},
          {"ttft_ms", figure.ttft_ms},
          {"quoted_tok_s", figure.quoted_tok_s},
          {"total_tok_s", figure.total_tok_s},
          {"draft_acceptance", or_null(figure.draft_acceptance)}};
}

Json to_json(const GridCell& cell) {
  return {{"prompt_tokens", cell.prompt_tokens},
          {"concurrency", cell.concurrency},
          {"ttft_ms", cell.ttft_ms},
          {"tok_s", or_null(cell.tok_s)},
          {"total_tok_s", or_null(cell.total_tok_s)}};
}

template <class T>
Json list(const std::vector<T>& items) {
  Json json = Json::array();
  for (const T& item : items) json.push_back(to_json(item));
  return json;
}

Json to_json(const ServerFacts& server) {
  Json facts = Json::object();
  for (const auto& [name, declared] : server.facts) {
    facts[name] = {{"value", declared.value}, {"route", declared.route}};
  }
  return {{"kind", server.kind}, {"facts", std::move(facts)}, {"silent", server.silent}};
}

}  // namespace

Json to_json(const Pace& pace) {
  return {{"ttft_ms", pace.ttft_ms},
          {"cold_ms_per_token", pace.cold_ms_per_token},
          {"warm_ms_per_token", pace.warm_ms_per_token},
          {"decode_tok_s", pace.decode_tok_s},
          {"tokens_per_turn", pace.tokens_per_turn}};
}

Pace pace_from_json(const Json& json) {
  return {.ttft_ms = json_or(json, "ttft_ms", 0.0),
          .cold_ms_per_token = json_or(json, "cold_ms_per_token", 0.0),
          .warm_ms_per_token = json_or(json, "warm_ms_per_token", 0.0),
          .decode_tok_s = json_or(json, "decode_tok_s", 0.0),
          .tokens_per_turn = json_or(json, "tokens_per_turn", 0.0)};
}

namespace {

const Json& member(const Json& json, const char* key) {
  static const Json nothing;
  const auto found = json.is_object() ? json.find(key) : json.end();
  return found == json.end() ? nothing : *found;
}

Basis basis_from(const std::string& name) {
  for (const Basis basis : {Basis::measured, Basis::declared}) {
    if (name == basis_name(basis)) return basis;
  }
  return Basis::unknown;
}

}  // namespace

CapabilityCard capability_card_from_json(const Json& json) {
  CapabilityCard card{.contestant = json_or(json, "contestant", ""),
                      .model = json_or(json, "model", ""),
                      .url = json_or(json, "url", ""),
                      .dialect = dialect_from_json(member(json, "dialect"))};
  const Json& server = member(json, "server");
  card.server.kind = json_or(server, "kind", "");
  for (const auto& [name, fact] : member(server, "facts").items()) {
    card.server.facts[name] = {member(fact, "value"), json_or(fact, "route", "")};
  }
  for (const Json& finding : member(json, "findings")) {
    card.findings.push_back({json_or(finding, "id", ""), basis_from(json_or(finding, "basis", "")),
                             member(finding, "value"), json_or(finding, "sentence", "")});
  }
  const Json& pace = member(member(json, "speed"), "pace");
  if (pace.is_object()) card.pace = pace_from_json(pace);
  card.pace_missing = json_or(member(json, "speed"), "pace_missing", "");
  for (const Json& name : member(json, "unsent")) {
    if (name.is_string()) card.unsent.push_back(name.get<std::string>());
  }
  for (const Json& alarm : member(json, "alarms")) card.alarms.push_back(alarm);
  return card;
}

const char* basis_name(Basis basis) {
  switch (basis) {
    case Basis::measured:
      return "measured";
    case Basis::declared:
      return "declared";
    case Basis::unknown:
      return "unknown";
  }
  return "?";
}

const Finding* CapabilityCard::find(std::string_view id) const {
  const auto found = std::ranges::find(findings, id, &Finding::id);
  return found == findings.end() ? nullptr : &*found;
}

std::optional<std::int64_t> CapabilityCard::declared_window() const {
  const auto fact = server.facts.find("window");
  if (fact == server.facts.end() || !fact->second.value.is_number()) return std::nullopt;
  const auto tokens = integer_or<std::int64_t>(fact->second.value, 0);
  return tokens > 0 ? std::optional(tokens) : std::nullopt;
}

std::optional<std::int64_t> CapabilityCard::window() const {
  if (const Finding* found = find("window")) {
    const auto effective = json_or<std::int64_t>(found->value, "effective", 0);
    if (effective > 0) return effective;
    const auto refused = json_or<std::int64_t>(found->value, "below", 0);
    // What was refused may be far above the window, so what was read counts.
    if (refused > 0)
      return std::max<std::int64_t>(json_or<std::int64_t>(found->value, "at_least", 0), 1);
  }
  return declared_window();
}

bool CapabilityCard::lacks(std::string_view id) const {
  const Finding* found = find(id);
  return found != nullptr && found->value == false;
}

Json to_json(const CapabilityCard& card) {
  return {{"schema", "plumb.probe/1"},
          {"contestant", card.contestant},
          {"model", card.model},
          {"url", card.url},
          {"server", to_json(card.server)},
          {"findings", list(card.findings)},
          {"speed",
           {{"prefill", list(card.prefill)},
            {"decode", list(card.decode)},
            {"grid", list(card.grid)},
            {"pace", card.pace ? to_json(*card.pace) : Json(nullptr)},
            {"pace_missing", card.pace_missing}}},
          {"dialect", card.dialect.to_json()},
          {"unsent", card.unsent},
          {"alarms", card.alarms}};
}

}  // namespace plumb
