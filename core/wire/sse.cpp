#include "core/wire/sse.hpp"

#include <algorithm>
#include <utility>

namespace plumb {
namespace {

/// Where lines end. Each of the two characters is looked for once, so that a text which has many of
/// one and none of the other is not read over and over.
class LineEnds {
 public:
  explicit LineEnds(std::string_view bytes) : bytes_(bytes) {}

  /// The first line feed or carriage return at `from` or behind it, or the size. `from` only grows.
  std::size_t next(std::size_t from) {
    if (feed_ < from || from == 0) feed_ = std::min(bytes_.find('\n', from), bytes_.size());
    if (return_ < from || from == 0) return_ = std::min(bytes_.find('\r', from), bytes_.size());
    return std::min(feed_, return_);
  }

 private:
  std::string_view bytes_;
  std::size_t feed_ = 0;
  std::size_t return_ = 0;
};

/// Empties a buffer; its memory stays for the next line, unless an uncommonly large one took it.
void empty(std::string& buffer) {
  constexpr std::size_t kKept = std::size_t{64} << 10;
  if (buffer.capacity() > kKept) buffer = {};
  buffer.clear();
}

}  // namespace

bool SseParser::dispatch(const Handler& handler) {
  if (!has_data_) return true;
  has_data_ = false;
  const bool more = handler(SseKind::data, data_);
  empty(data_);
  return more;
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
  LineEnds ends(bytes);
  for (std::size_t at = 0; at < bytes.size();) {
    if (std::exchange(after_cr_, false) && bytes[at] == '\n') {
      ++at;
      continue;
    }
    const std::size_t end = ends.next(at);
    const std::string_view piece = bytes.substr(at, end - at);
    if (partial_.size() + piece.size() > max_event_) {
      return fail(Code::limit,
                  "a line of the stream is longer than " + std::to_string(max_event_) + " bytes");
    }
    if (end == bytes.size()) {
      partial_ += piece;
      return true;
    }
    after_cr_ = bytes[end] == '\r';
    at = end + 1;
    Result<bool> more = true;
    if (partial_.empty()) {
      more = line(piece, handler);
    } else {
      partial_ += piece;
      more = line(partial_, handler);
      empty(partial_);
    }
    if (!more || !*more) return more;
  }
  return true;
}

Result<bool> SseParser::finish(const Handler& handler) {
  if (!partial_.empty()) {
    const auto more = line(partial_, handler);
    empty(partial_);
    if (!more || !*more) return more;
  }
  return dispatch(handler);
}

}  // namespace plumb
