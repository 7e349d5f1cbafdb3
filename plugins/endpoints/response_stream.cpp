#include "plugins/endpoints/response_stream.hpp"

#include "core/base/text.hpp"

namespace plumb {
namespace {

constexpr std::size_t kMaxErrorBody = std::size_t{64} << 10;
constexpr std::size_t kMaxJsonBody = std::size_t{16} << 20;
/// Of a stream, what a sentence may quote when it turns out to be none.
constexpr std::size_t kQuoted = 2048;

}  // namespace

void ResponseStream::on_head(int status,
                             const std::vector<std::pair<std::string, std::string>>& headers) {
  for (const auto& [name, value] : headers) {
    if (name == "content-type") content_type_ = lower(value);
    if (name == "retry-after") retry_after_ = value;
    if (name == "location") location_ = value;
  }
  if (status < 200 || status > 299 || content_type_.find("html") != std::string::npos) {
    kind_ = Kind::other;
  } else if (content_type_.starts_with("application/json")) {
    kind_ = Kind::json;
  } else {
    kind_ = Kind::stream;  // some servers send events under another type, or under none
  }
}

bool ResponseStream::keep(std::string_view bytes, std::size_t most) {
  const std::size_t room = most - std::min(most, body_.size());
  body_ += bytes.substr(0, room);
  return bytes.size() <= room;
}

bool ResponseStream::on_body(std::string_view bytes, Instant at) {
  last_byte_ = at;
  assembler_.on_byte(at);
  if (kind_ != Kind::stream) {
    body_too_large_ = !keep(bytes, kind_ == Kind::json ? kMaxJsonBody : kMaxErrorBody);
    return !body_too_large_;
  }
  if (terminated()) return true;
  bytes_ += bytes.size();
  if (bytes_ > max_bytes_) {
    garbage_ = "a stream of more than " + std::to_string(max_bytes_) + " bytes";
    return false;
  }
  if (!last_event_) last_event_ = at;
  if (!saw_event_) (void)keep(bytes, kQuoted);
  auto more = parser_.push(
      bytes, [this](SseKind kind, std::string_view data) { return on_event(kind, data); });
  if (!more) {
    garbage_ = more.error().sentence;
    return false;
  }
  only_comments_ = at >= after(*last_event_, longest_silence_);
  return (*more && !only_comments_) || terminated();
}

bool ResponseStream::on_event(SseKind kind, std::string_view data) {
  last_event_ = last_byte_;
  if (kind == SseKind::error) {
    error_event_ = shortened(data, kMaxErrorBody);
    return false;
  }
  if (trimmed(data) == "[DONE]") {
    saw_event_ = true;
    terminate();
    return false;
  }
  // A line without a field name is only of interest when it is the report of an error; servers that
  // answer in lines of JSON do not speak this protocol.
  if (kind == SseKind::bare && data.substr(0, 64).find("\"error\"") == std::string_view::npos) {
    return true;
  }
  saw_event_ = true;
  read_object(data);
  if (!error_event_ && !garbage_ && reader_->terminated()) terminate();
  return !error_event_ && !garbage_ && !terminated() && !assembler_.full();
}

void ResponseStream::terminate() {
  terminated_.store(true, std::memory_order_release);
  wake_.signal();
}

void ResponseStream::read_object(std::string_view json) {
  if (const auto status = reader_->read(json, last_byte_); !status) {
    garbage_ = status.error().sentence + ": " + shortened(json, 300);
  } else if (reader_->saw_error()) {
    error_event_ = json.substr(0, kMaxErrorBody);
  }
}

void ResponseStream::finish() {
  if (error_event_ || garbage_ || terminated() || assembler_.full()) return;
  if (kind_ == Kind::json && !body_.empty()) return read_object(body_);
  if (kind_ != Kind::stream) return;
  const auto more =
      parser_.finish([this](SseKind kind, std::string_view data) { return on_event(kind, data); });
  if (!more) garbage_ = more.error().sentence;
}

}  // namespace plumb
