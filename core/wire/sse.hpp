#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace plumb {

/// What one piece of an event stream is. Beside the standard's data, two things that servers send
/// when they fail.
enum class SseKind {
  data,   ///< the joined data lines of one event
  error,  ///< an `error:` field, which the standard does not know
  bare,   ///< a line that begins with '{' instead of a field name
};

/// Largest line and largest event that is accepted.
inline constexpr std::size_t kMaxSseEvent = std::size_t{4} << 20;

/// Turns the bytes of a `text/event-stream` into events, however they are cut (WHATWG HTML,
/// section 9.2.6). Comments, event names, ids and retry hints are skipped. Not thread-safe.
class SseParser {
 public:
  /// False ends the reading. The view is good during the call only.
  using Handler = std::function<bool(SseKind kind, std::string_view data)>;

  explicit SseParser(std::size_t max_event = kMaxSseEvent) : max_event_(max_event) {}

  /// False when the handler ended the reading; Code::limit when a line or an event is too large.
  [[nodiscard]] Result<bool> push(std::string_view bytes, const Handler& handler);
  /// The stream ended properly: an event without its closing blank line counts, too.
  [[nodiscard]] Result<bool> finish(const Handler& handler);

 private:
  [[nodiscard]] Result<bool> line(std::string_view text, const Handler& handler);
  [[nodiscard]] bool dispatch(const Handler& handler);

  std::size_t max_event_;
  std::string partial_;  ///< a line that has not ended yet
  std::string data_;
  bool has_data_ = false;
  bool after_cr_ = false;
  bool first_line_ = true;
};

}  // namespace plumb
