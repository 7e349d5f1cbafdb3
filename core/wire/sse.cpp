#include "core/wire/sse.hpp"

#include <algorithm>

namespace plumb {

bool SseParser::dispatch(const Handler& handler) {
  if (!has_data_) return true;
  has_data_ = false;
  const std::string data = std::move(data_);
  data_.clear();
  return handler(SseKind::data, data);
}

Result<bool> SseParser::line(std::string_view text, const Handler& handler) {
  if (first_line_) {
    first_line_ = false;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  }
  if (text.empty()) return dispatch(handler);
  if (text.front() == '{') return handler(SseKind::bare, text);
  const auto colon = text.find(':');
  const std::string_view field = text.substr(0, colon);
  std::string_view value =
      colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "error") return handler(SseKind::error, value);
  if (field != "data") return true;
  if (data_.size() + value.size() + 1 > max_event_) {
    return fail(Code::limit,
                "an event of the stream is larger than " + std::to_string(max_event_) + " bytes");
  }
  if (has_data_) data_ += '\n';
  data_ += value;
  has_data_ = true;
  return true;
}

Result<bool> SseParser::push(std::string_view bytes, const Handler& handler) {
  while (!bytes.empty()) {
    if (after_cr_) {
      after_cr_ = false;
      if (bytes.front() == '\n') {
        bytes.remove_prefix(1);
        continue;
      }
    }
    const auto end =
        std::ranges::find_if(bytes, [](char c) { return c == '\n' || c == '\r'; }) - bytes.begin();
    const std::string_view piece = bytes.substr(0, static_cast<std::size_t>(end));
    if (partial_.size() + piece.size() > max_event_) {
      return fail(Code::limit,
                  "a line of the stream is longer than " + std::to_string(max_event_) + " bytes");
    }
    if (piece.size() == bytes.size()) {
      partial_ += piece;
      return true;
    }
    after_cr_ = bytes[piece.size()] == '\r';
    bytes.remove_prefix(piece.size() + 1);
    Result<bool> more = true;
    if (partial_.empty()) {
      more = line(piece, handler);
    } else {
      partial_ += piece;
      const std::string whole = std::move(partial_);
      partial_.clear();
      more = line(whole, handler);
    }
    if (!more || !*more) return more;
  }
  return true;
}

Result<bool> SseParser::finish(const Handler& handler) {
  if (!partial_.empty()) {
    const std::string whole = std::move(partial_);
    partial_.clear();
    auto more = line(whole, handler);
    if (!more || !*more) return more;
  }
  return dispatch(handler);
}

}  // namespace plumb
