#include "core/trial/record.hpp"

#include <algorithm>

namespace plumb {
namespace {

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

template <class T>
std::optional<T> optional_number(const Json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end() || !it->is_number()) return std::nullopt;
  return it->template get<T>();
}

/// The member when it is an object or an array, else an empty array: safe to iterate.
const Json& part(const Json& object, const char* key) {
  static const Json nothing = Json::array();
  if (!object.is_object()) return nothing;
  const auto it = object.find(key);
  return it == object.end() || !it->is_structured() ? nothing : *it;
}

Json to_json(const Budget& budget) {
  return {{"turns", budget.turns},
          {"seconds", budget.seconds},
          {"tokens", budget.tokens},
          {"stop_turns", budget.stop_turns},
          {"stop_seconds", budget.stop_seconds},
          {"stop_tokens", budget.stop_tokens},
          {"calibrated", budget.calibrated}};
}

Budget budget_from_json(const Json& json) {
  return {.turns = json_or(json, "turns", 0),
          .seconds = json_or(json, "seconds", 0.0),
          .tokens = json_or(json, "tokens", std::int64_t{0}),
          .stop_turns = json_or(json, "stop_turns", 0),
          .stop_seconds = json_or(json, "stop_seconds", 0.0),
          .stop_tokens = json_or(json, "stop_tokens", std::int64_t{0}),
          .calibrated = json_or(json, "calibrated", false)};
}

Json to_json(const RequestTiming& request) {
  return {{"start_ms", request.start_ms},        {"end_ms", request.end_ms},
          {"ttft_ms", or_null(request.ttft_ms)}, {"decode_s", or_null(request.decode_s)},
          {"tokens", or_null(request.tokens)},   {"prompt_tokens", or_null(request.prompt_tokens)}};
}

RequestTiming request_from_json(const Json& json) {
  return {.start_ms = json_or(json, "start_ms", 0.0),
          .end_ms = json_or(json, "end_ms", 0.0),
          .ttft_ms = optional_number<double>(json, "ttft_ms"),
          .decode_s = optional_number<double>(json, "decode_s"),
          .tokens = optional_number<std::int64_t>(json, "tokens"),
          .prompt_tokens = optional_number<std::int64_t>(json, "prompt_tokens")};
}

Json to_json(const CallDefect& one) {
  return {{"defect", defect_name(one.defect)},
          {"attribution", attribution_name(one.attribution)},
          {"turn", one.turn},
          {"call", one.call},
          {"what", one.what},
          {"aftermath", one.aftermath ? Json(aftermath_name(*one.aftermath)) : Json(nullptr)}};
}

std::optional<CallDefect> defect_from_json(const Json& json) {
  const auto defect = defect_from(json_or(json, "defect", ""));
  if (!defect) return std::nullopt;
  return CallDefect{
      .defect = *defect,
      .attribution =
          attribution_from(json_or(json, "attribution", "")).value_or(Attribution::undetermined),
      .turn = json_or(json, "turn", 0),
      .call = json_or(json, "call", 0),
      .what = json_or(json, "what", ""),
      .aftermath = aftermath_from(json_or(json, "aftermath", ""))};
}

Json to_json(const CallCounts& calls) {
  Json defects = Json::array();
  for (const CallDefect& one : calls.defects) defects.push_back(to_json(one));
  return {{"total", calls.total},           {"valid", calls.valid},
          {"intended", calls.intended},     {"valid_at_first", calls.valid_at_first},
          {"lost_turns", calls.lost_turns}, {"lost_seconds", calls.lost_seconds},
          {"defects", std::move(defects)}};
}

CallCounts calls_from_json(const Json& json) {
  CallCounts calls{.total = json_or(json, "total", 0),
                   .valid = json_or(json, "valid", 0),
                   .intended = json_or(json, "intended", 0),
                   .valid_at_first = json_or(json, "valid_at_first", 0),
                   .lost_turns = json_or(json, "lost_turns", 0.0),
                   .lost_seconds = json_or(json, "lost_seconds", 0.0),
                   .defects = {}};
  for (const Json& one : part(json, "defects")) {
    if (auto defect = defect_from_json(one)) calls.defects.push_back(std::move(*defect));
  }
  // Records of before there were attributions have kinds and counts.
  for (const auto& [name, count] : part(json, "by_defect").items()) {
    const auto defect = defect_from(name);
    const int times = defect && count.is_number() ? integer_or(count, 0) : 0;
    constexpr int kMost = 10'000;
    for (int i = 0; i < std::min(times, kMost); ++i) calls.defects.push_back({.defect = *defect});
  }
  return calls;
}

}  // namespace

Json to_json(const Verdict& verdict) {
  Json checks = Json::array();
  for (const Check& check : verdict.checks) {
    checks.push_back({{"name", check.name},
                      {"holds", check.holds},
                      {"must_not", check.must_not},
                      {"detail", check.detail}});
  }
  return {{"outcome", outcome_name(verdict.outcome)},
          {"reason", reason_name(verdict.reason)},
          {"blame", blame_name(verdict.blame)},
          {"sentence", verdict.sentence},
          {"checks", std::move(checks)},
          {"points", or_null(verdict.points)},
          {"graded", verdict.graded},
          {"grader_agrees", verdict.grader_agrees},
          {"clean", verdict.clean},
          {"late", verdict.late},
          {"unfinished", verdict.unfinished},
          {"not_the_models", verdict.not_the_models}};
}

Verdict verdict_from_json(const Json& json) {
  Verdict verdict;
  verdict.outcome = outcome_from(json_or(json, "outcome", "")).value_or(verdict.outcome);
  verdict.reason = reason_from(json_or(json, "reason", "")).value_or(verdict.reason);
  verdict.blame = blame_from(json_or(json, "blame", "")).value_or(verdict.blame);
  verdict.sentence = json_or(json, "sentence", "");
  for (const Json& check : part(json, "checks")) {
    verdict.checks.push_back({.name = json_or(check, "name", ""),
                              .holds = json_or(check, "holds", false),
                              .must_not = json_or(check, "must_not", false),
                              .detail = json_or(check, "detail", "")});
  }
  verdict.points = optional_number<int>(json, "points");
  verdict.graded = json_or(json, "graded", false);
  verdict.grader_agrees = json_or(json, "grader_agrees", true);
  verdict.clean = json_or(json, "clean", false);
  verdict.late = json_or(json, "late", false);
  verdict.unfinished = json_or(json, "unfinished", false);
  verdict.not_the_models = json_or(json, "not_the_models", false);
  return verdict;
}

Json to_json(const TrialRecord& record) {
  Json requests = Json::array();
  for (const RequestTiming& request : record.requests) requests.push_back(to_json(request));
  Json finished = nullptr;
  if (record.finished_at) {
    finished = {{"turns", record.finished_at->turns},
                {"seconds", record.finished_at->seconds},
                {"tokens", record.finished_at->tokens}};
  }
  return {{"contestant", record.key.contestant},
          {"task", record.key.task},
          {"repeat", record.key.repeat},
          {"attempt", record.attempt},
          {"seed", record.seed},
          {"started_ms", record.started_ms},
          {"verdict", to_json(record.verdict)},
          {"budget", to_json(record.budget)},
          {"clocks",
           {{"model_s", record.clocks.model_s},
            {"tool_s", record.clocks.tool_s},
            {"waiting_s", record.clocks.waiting_s}}},
          {"turns", record.turns},
          {"finished_at", std::move(finished)},
          {"prompt_tokens", record.prompt_tokens},
          {"completion_tokens", record.completion_tokens},
          {"tokens_known", record.tokens_known},
          {"calls", to_json(record.calls)},
          {"planted_errors", record.planted_errors},
          {"filling", record.filling ? to_json(*record.filling) : Json(nullptr)},
          {"retries", record.retries},
          {"requests", std::move(requests)}};
}

TrialRecord record_from_json(const Json& json) {
  TrialRecord record;
  record.key = {.contestant = json_or(json, "contestant", ""),
                .task = json_or(json, "task", ""),
                .repeat = json_or(json, "repeat", 0)};
  record.attempt = json_or(json, "attempt", 1);
  record.seed = json_or(json, "seed", std::uint64_t{0});
  record.started_ms = json_or(json, "started_ms", std::int64_t{0});
  record.verdict = verdict_from_json(part(json, "verdict"));
  record.budget = budget_from_json(part(json, "budget"));
  const Json& clocks = part(json, "clocks");
  record.clocks = {.model_s = json_or(clocks, "model_s", 0.0),
                   .tool_s = json_or(clocks, "tool_s", 0.0),
                   .waiting_s = json_or(clocks, "waiting_s", 0.0)};
  record.turns = json_or(json, "turns", 0);
  if (const Json& at = part(json, "finished_at"); at.is_object()) {
    record.finished_at = FinishedAt{.turns = json_or(at, "turns", 0),
                                    .seconds = json_or(at, "seconds", 0.0),
                                    .tokens = json_or(at, "tokens", std::int64_t{0})};
  }
  record.prompt_tokens = json_or(json, "prompt_tokens", std::int64_t{0});
  record.completion_tokens = json_or(json, "completion_tokens", std::int64_t{0});
  record.tokens_known = json_or(json, "tokens_known", true);
  record.calls = calls_from_json(part(json, "calls"));
  record.planted_errors = json_or(json, "planted_errors", 0);
  if (const Json& filling = part(json, "filling"); filling.is_object()) {
    record.filling = filling_from_json(filling);
  }
  record.retries = json_or(json, "retries", 0);
  for (const Json& request : part(json, "requests")) {
    if (request.is_object()) record.requests.push_back(request_from_json(request));
  }
  return record;
}

}  // namespace plumb
