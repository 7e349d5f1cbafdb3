#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/json.hpp"

namespace plumb {

/// Where a value stands: `choices[].delta.content`, with the position in each `[]`, outermost
/// first. A member whose name holds one of ".[]", or is longer than 256 bytes, is called "?".
struct JsonPlace {
  std::string_view path;
  std::span<const std::size_t> positions;
};

struct JsonScalar {
  enum class Kind { null, boolean, integer, number, string, value };
  Kind kind = Kind::null;
  /// Of a string its characters, of anything else its JSON text as it was sent.
  std::string_view text;
  std::int64_t integer = 0;  ///< Kind::integer only
};

/// Is told what a JSON text holds while it is read. Views are good during the call only.
class JsonListener {
 public:
  virtual ~JsonListener() = default;
  virtual void on_value(const JsonPlace& place, const JsonScalar& scalar) = 0;
  /// An object or array ends.
  virtual void on_end(const JsonPlace&) {}
  /// True has the object or array that begins here told as one Kind::value instead of piece by
  /// piece.
  virtual bool wants_text(const JsonPlace&) { return false; }
};

/// Walks JSON from outside without building a value; bounded in depth, so hostile nesting costs
/// nothing. Bytes that are not UTF-8 inside strings are handed on as they came: a server may cut a
/// character between two pieces of text. Each level takes a little of the stack. Code::protocol
/// when the text is not JSON, Code::limit when it is nested too deep; what was told until then
/// stays told.
[[nodiscard]] Status walk_json(std::string_view bytes, JsonListener& listener,
                               std::size_t max_depth = kMaxJsonDepth);

}  // namespace plumb
