#include "plugins/endpoints/openai_chat_reader.hpp"

#include "core/base/text.hpp"

namespace plumb {
namespace {

using Kind = JsonScalar::Kind;

std::optional<double> measured(const JsonScalar& scalar) {
  if (scalar.kind != Kind::integer && scalar.kind != Kind::number) return std::nullopt;
  const auto value = parse_number(scalar.text);
  return value && *value >= 0 ? value : std::nullopt;
}

std::optional<std::int64_t> counted(const JsonScalar& scalar) {
  if (scalar.kind != Kind::integer || scalar.integer < 0) return std::nullopt;
  return scalar.integer;
}

}  // namespace

Status ChatReader::read(std::string_view json, Instant at) {
  at_ = at;
  saw_error_ = false;
  return walk_json(json, *this);
}

bool ChatReader::wants_text(const JsonPlace& place) {
  return place.path.ends_with(".tool_calls[].function.arguments");
}

void ChatReader::on_top(std::string_view path, const JsonScalar& scalar) {
  const bool string = scalar.kind == Kind::string;
  if (path == "error" || path.starts_with("error.") || path.starts_with("error[")) {
    const bool nothing = scalar.kind == Kind::null || scalar.text.empty() || scalar.text == "false";
    saw_error_ |= !nothing;
  } else if (path == "object" && string && scalar.text == "error") {
    saw_error_ = true;
  } else if (path == "model" && string) {
    assembler_.on_model(scalar.text);
  } else if (path.starts_with("usage.")) {
    on_usage(path.substr(6), scalar);
  } else if (path.starts_with("timings.")) {
    on_timings(path.substr(8), scalar);
  } else if (path.starts_with("metrics.")) {
    on_metrics(path.substr(8), scalar);
  }
}

/// As llama-server tells them (build of October 2026), on the last chunk or on every one.
void ChatReader::on_timings(std::string_view field, const JsonScalar& scalar) {
  ServerTimings& server = assembler_.server();
  if (field == "prompt_ms") server.prefill_ms = measured(scalar);
  if (field == "predicted_ms") server.decode_ms = measured(scalar);
  if (field == "draft_n") server.draft_tokens = counted(scalar);
  if (field == "draft_n_accepted") server.draft_accepted = counted(scalar);
  if (field == "cache_n" && counted(scalar)) assembler_.usage().cached_tokens = counted(scalar);
}

/// As vLLM 0.25 tells them with --enable-per-request-metrics. Its time to the first token begins
/// when the request leaves the queue.
void ChatReader::on_metrics(std::string_view field, const JsonScalar& scalar) {
  ServerTimings& server = assembler_.server();
  if (field == "time_to_first_token_ms") server.prefill_ms = measured(scalar);
  if (field == "generation_time_ms") server.decode_ms = measured(scalar);
  if (field == "queue_time_ms") server.queue_ms = measured(scalar);
}

void ChatReader::on_usage(std::string_view field, const JsonScalar& scalar) {
  const auto count = counted(scalar);
  if (!count) return;
  Usage& usage = assembler_.usage();
  if (field == "prompt_tokens") usage.prompt_tokens = count;
  if (field == "completion_tokens") usage.completion_tokens = count;
  if (field == "prompt_tokens_details.cached_tokens") usage.cached_tokens = count;
  if (field == "completion_tokens_details.reasoning_tokens" || field == "reasoning_tokens") {
    usage.reasoning_tokens = count;
  }
}

void ChatReader::on_value(const JsonPlace& place, const JsonScalar& scalar) {
  constexpr std::string_view kChoice = "choices[].";
  if (!place.path.starts_with(kChoice)) return on_top(place.path, scalar);
  saw_choice_ = true;
  if (place.positions.front() != 0) return;  // one answer was asked for
  const std::string_view field = place.path.substr(kChoice.size());
  if (field == "finish_reason" && scalar.kind == Kind::string) {
    assembler_.on_finish(scalar.text);
    saw_error_ |= scalar.text == "error" || scalar.text == "abort";
  } else if (field.starts_with("delta.")) {
    on_message(field.substr(6), place, scalar);
  } else if (field.starts_with("message.")) {
    on_message(field.substr(8), place, scalar);
  }
}

void ChatReader::on_message(std::string_view field, const JsonPlace& place,
                            const JsonScalar& scalar) {
  constexpr std::string_view kCall = "tool_calls[].";
  if (field.starts_with(kCall)) {
    // A whole answer lists its calls in order; its `index` may be the tool's place among those
    // offered.
    const bool whole = place.path.starts_with("choices[].message.");
    if (whole && place.positions.size() > 1) {
      index_ = static_cast<std::int64_t>(place.positions[1]);
    }
    if (!whole || field != "tool_calls[].index") on_call_field(field.substr(kCall.size()), scalar);
    return;
  }
  if (scalar.kind != Kind::string) return;
  if (field == "content" || field == "content[].text") {
    assembler_.on_text(scalar.text, at_);
  } else if (field == "refusal") {
    assembler_.on_refusal(scalar.text, at_);
  } else if (field == "reasoning" || field == "reasoning_content" ||
             field == "content[].thinking[].text") {
    if (scalar.text.empty()) return;
    if (reasoning_field_.empty()) reasoning_field_ = field;
    if (reasoning_field_ == field) assembler_.on_reasoning(scalar.text, at_);
  }
}

void ChatReader::on_call_field(std::string_view field, const JsonScalar& scalar) {
  const bool string = scalar.kind == Kind::string;
  if (field == "index" && scalar.kind == Kind::integer) {
    index_ = scalar.integer;
  } else if (field == "id" && string) {
    id_ = scalar.text;
  } else if (field == "function.name" && string) {
    name_ = scalar.text;
  } else if (field == "function.arguments" && scalar.kind != Kind::null) {
    arguments_ = scalar.text;
    arguments_as_value_ = !string;
  }
}

void ChatReader::on_end(const JsonPlace& place) {
  if (place.path == "choices") saw_choice_ = true;
  if (place.path != "choices[].delta.tool_calls[]" &&
      place.path != "choices[].message.tool_calls[]") {
    return;
  }
  if (place.positions.front() == 0) {
    assembler_.on_call({.index = index_,
                        .id = id_,
                        .name = name_,
                        .arguments = arguments_,
                        .arguments_as_value = arguments_as_value_},
                       at_);
  }
  index_.reset();
  id_.clear();
  name_.clear();
  arguments_.clear();
  arguments_as_value_ = false;
}

}  // namespace plumb
