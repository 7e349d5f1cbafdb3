#include "plugins/endpoints/replay_trial.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace plumb {
namespace {

Fault::Kind kind_of(const std::string& name) {
  using Kind = Fault::Kind;
  for (const Kind kind : {Kind::connect, Kind::no_answer, Kind::broken, Kind::http_status,
                          Kind::stream_error, Kind::not_a_stream, Kind::cut_off}) {
    if (name == fault_name(kind)) return kind;
  }
  return Kind::broken;
}

Finish finish_of(const std::string& name) {
  for (const Finish finish : {Finish::tool_calls, Finish::length, Finish::refused}) {
    if (name == finish_name(finish)) return finish;
  }
  return Finish::stop;
}

std::optional<std::int64_t> count_in(const Json& event, const char* key) {
  const auto count = json_or<std::int64_t>(event, key, -1);
  return count < 0 ? std::nullopt : std::optional(count);
}

ReplayAnswer answer_of(const Json& event) {
  ReplayAnswer answer;
  ChatResponse& response = answer.response.emplace();
  response.message = {.role = Role::assistant,
                      .text = json_or(event, "text", ""),
                      .reasoning = json_or(event, "reasoning", "")};
  for (const Json& call : event.value("calls", Json::array())) {
    response.message.calls.push_back({.id = json_or(call, "id", ""),
                                      .name = json_or(call, "name", ""),
                                      .arguments = json_or(call, "arguments", "")});
  }
  response.usage.prompt_tokens = count_in(event, "prompt_tokens");
  response.usage.completion_tokens = count_in(event, "tokens");
  response.finish = finish_of(json_or(event, "finish", ""));
  response.finish_as_sent = json_or(event, "finish_as_sent", "");
  answer.in_flight = from_seconds(std::max(0.0, json_or(event, "seconds", 0.0)));
  answer.waited = from_seconds(std::max(0.0, json_or(event, "waited_s", 0.0)));
  answer.to_first_token =
      std::min(answer.in_flight, from_seconds(std::max(0.0, json_or(event, "ttft_ms", 0.0)) / 1e3));
  return answer;
}

/// The first place where two texts differ, with a little of each.
std::string difference(const std::string& then, const std::string& now) {
  constexpr std::size_t kShown = 60;
  constexpr std::size_t kBefore = 20;
  const auto at = static_cast<std::size_t>(std::ranges::mismatch(then, now).in1 - then.begin());
  const std::size_t from = at - std::min(at, kBefore);
  const auto piece = [&](const std::string& text) {
    return printable(shortened(valid_utf8(std::string_view(text).substr(from)), kShown));
  };
  return fmt::format("from byte {} on: then \"{}\", now \"{}\"", at, piece(then), piece(now));
}

}  // namespace

Fault replay_fault(std::string sentence) {
  return {.kind = Fault::Kind::not_a_stream, .sentence = std::move(sentence), .any_byte = true};
}

ReplayTrial::ReplayTrial(const TrialRecord& record) {
  if (const std::string system = json_or(record.opening, "system", ""); !system.empty()) {
    steps_.push_back({Role::system, "the system prompt", system, {}});
  }
  if (record.opening.contains("earlier")) add_earlier(record.opening["earlier"]);
  steps_.push_back({Role::user, "the task's prompt", json_or(record.opening, "prompt", ""), {}});
  for (const Json& event : record.events) add(event);
}

void ReplayTrial::add_earlier(const Json& messages) {
  for (const Json& message : messages) {
    const std::string role = json_or(message, "role", "");
    Step step{Role::user, "a message before the prompt", json_or(message, "text", ""), {}};
    for (const Role known : {Role::system, Role::assistant}) {
      if (role == role_name(known)) step.role = known;
    }
    steps_.push_back(std::move(step));
  }
}

void ReplayTrial::add(const Json& event) {
  const std::string type = json_or(event, "type", "");
  const std::string text = valid_utf8(json_or(event, "text", ""));
  if (type == "assistant") {
    steps_.push_back({Role::assistant, "the answer", text, answer_of(event)});
  } else if (type == "tool") {
    steps_.push_back({Role::tool, "the result of " + json_or(event, "name", ""), text, {}});
  } else if (type == "user") {
    steps_.push_back({Role::user, "the follow-up of the user", text, {}});
  } else if (type == "fault") {
    fault_ = Fault{.kind = kind_of(json_or(event, "kind", "")),
                   .status = static_cast<int>(json_or<std::int64_t>(event, "status", 0)),
                   .sentence = "as stored: " + json_or(event, "sentence", ""),
                   .any_byte = json_or(event, "any_byte", true),
                   .any_token = json_or(event, "any_token", false),
                   .deterministic = json_or(event, "deterministic", false),
                   .context_full = json_or(event, "context_full", false)};
  } else if (type == "end") {
    end_ = json_or(event, "sentence", "");
    if (end_.empty()) end_ = json_or(event, "why", "");
  }
}

ReplayAnswer ReplayTrial::answer(std::span<const Message> messages) const {
  int turn = 1;
  const auto parted = [&](const std::string& how) {
    return ReplayAnswer{
        .fault = replay_fault(fmt::format("the replay parted at turn {}: {}", turn, how))};
  };
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const Message& now = messages[i];
    if (i >= steps_.size()) {
      return parted(fmt::format("the stored trial ended here{}{}", end_.empty() ? "" : ": ", end_));
    }
    const Step& then = steps_[i];
    if (now.role != then.role) {
      return parted(
          fmt::format("then came {}, now a message of role {}", then.what, role_name(now.role)));
    }
    if (const std::string text = valid_utf8(now.text); text != then.text) {
      return parted(fmt::format("{} differs {}", then.what, difference(then.text, text)));
    }
    turn += now.role == Role::assistant ? 1 : 0;
  }
  if (messages.size() < steps_.size()) {
    const Step& next = steps_[messages.size()];
    if (next.role == Role::assistant) return next.answer;
    return parted(fmt::format("then came {}, now the model is asked", next.what));
  }
  if (fault_) return {.fault = *fault_};
  return parted(fmt::format("the stored trial has no such turn{}{}",
                            end_.empty() ? "" : "; it ended: ", end_));
}

}  // namespace plumb
