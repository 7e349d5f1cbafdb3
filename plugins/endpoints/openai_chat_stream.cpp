#include "plugins/endpoints/openai_chat_stream.hpp"

#include "core/base/text.hpp"

namespace plumb {
namespace {

constexpr std::size_t kMaxErrorBody = std::size_t{64} << 10;
constexpr std::size_t kMaxJsonBody = std::size_t{16} << 20;
/// Of a stream, what a sentence may quote when it turns out to be none.
constexpr std::size_t kQuoted = 2048;

using Kind = JsonScalar::Kind;

}  // namespace

Status ChatChunkReader::read(std::string_view json, Instant at) {
  at_ = at;
  saw_error_ = false;
  return walk_json(json, *this);
}

bool ChatChunkReader::wants_text(const JsonPlace& place) {
  return place.path.ends_with(".tool_calls[].function.arguments");
}

void ChatChunkReader::on_top(std::string_view path, const JsonScalar& scalar) {
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
  }
}

void ChatChunkReader::on_usage(std::string_view field, const JsonScalar& scalar) {
  if (scalar.kind != Kind::integer || scalar.integer < 0) return;
  Usage& usage = assembler_.usage();
  if (field == "prompt_tokens") usage.prompt_tokens = scalar.integer;
  if (field == "completion_tokens") usage.completion_tokens = scalar.integer;
  if (field == "prompt_tokens_details.cached_tokens") usage.cached_tokens = scalar.integer;
  if (field == "completion_tokens_details.reasoning_tokens") {
    usage.reasoning_tokens = scalar.integer;
  }
}

void ChatChunkReader::on_value(const JsonPlace& place, const JsonScalar& scalar) {
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

void ChatChunkReader::on_message(std::string_view field, const JsonPlace& place,
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

void ChatChunkReader::on_call_field(std::string_view field, const JsonScalar& scalar) {
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

void ChatChunkReader::on_end(const JsonPlace& place) {
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

void ChatStream::on_head(int status,
                         const std::vector<std::pair<std::string, std::string>>& headers) {
  status_ = status;
  for (const auto& [name, value] : headers) {
    if (name == "content-type") content_type_ = lower(value);
    if (name == "retry-after") retry_after_ = value;
  }
  if (status < 200 || status > 299 || content_type_.find("html") != std::string::npos) {
    kind_ = Kind::other;
  } else if (content_type_.starts_with("application/json")) {
    kind_ = Kind::json;
  } else {
    kind_ = Kind::stream;  // some servers send events under another type, or under none
  }
}

bool ChatStream::keep(std::string_view bytes, std::size_t most) {
  const std::size_t room = most - std::min(most, body_.size());
  body_ += bytes.substr(0, room);
  body_too_large_ = bytes.size() > room;
  return !body_too_large_;
}

bool ChatStream::on_body(std::string_view bytes, Instant at) {
  last_byte_ = at;
  assembler_.on_byte(at);
  if (kind_ == Kind::json) return keep(bytes, kMaxJsonBody);
  if (kind_ != Kind::stream) return keep(bytes, kMaxErrorBody);
  if (terminated()) return true;
  if (!saw_event_) (void)keep(bytes, kQuoted);
  auto more = parser_.push(
      bytes, [this](SseKind kind, std::string_view data) { return on_event(kind, data); });
  if (!more) {
    garbage_ = more.error().sentence;
    return false;
  }
  return *more || terminated();
}

bool ChatStream::on_event(SseKind kind, std::string_view data) {
  if (kind == SseKind::error) {
    error_event_ = shortened(data, kMaxErrorBody);
    return false;
  }
  if (trimmed(data) == "[DONE]") {
    saw_event_ = true;
    terminated_.store(true, std::memory_order_release);
    wake_.signal();
    return false;
  }
  // A line without a field name is only of interest when it is the report of an error; servers that
  // answer in lines of JSON do not speak this protocol.
  if (kind == SseKind::bare && data.substr(0, 64).find("\"error\"") == std::string_view::npos) {
    return true;
  }
  saw_event_ = true;
  read_object(data);
  return !error_event_ && !garbage_ && !assembler_.full();
}

void ChatStream::read_object(std::string_view json) {
  if (const auto status = reader_.read(json, last_byte_); !status) {
    garbage_ = status.error().sentence + ": " + shortened(json, 300);
  } else if (reader_.saw_error()) {
    error_event_ = json.substr(0, kMaxErrorBody);
  }
}

void ChatStream::finish() {
  if (error_event_ || garbage_ || terminated() || assembler_.full()) return;
  if (kind_ == Kind::json && !body_.empty()) return read_object(body_);
  if (kind_ != Kind::stream) return;
  const auto more =
      parser_.finish([this](SseKind kind, std::string_view data) { return on_event(kind, data); });
  if (!more) garbage_ = more.error().sentence;
}

}  // namespace plumb
