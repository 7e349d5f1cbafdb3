#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/json.hpp"

namespace plumb {

/// What a text is under the strictest reading of RFC 8259.
struct StrictJson {
  /// Of a key that is there twice the last value; as big_number() what neither 64 bits nor a double
  /// hold exactly.
  Json value;
  std::optional<std::string> duplicate;  ///< JSON Pointer of the first key that is there twice
  bool big_numbers = false;              ///< some number is held by its literal
};

/// Reads bytes from outside. Code::protocol with place and reason (a literal that JSON does not
/// have, half of a surrogate pair, invalid UTF-8, text behind the value, ...), Code::limit when
/// nested deeper than max_depth. Linear in the size of the text.
[[nodiscard]] Result<StrictJson> parse_strict_json(std::string_view text,
                                                   std::size_t max_depth = kMaxJsonDepth);

/// Whether text that parse_strict_json() refuses could be read if more came behind it: it ends too
/// early, and nothing is wrong with what is there.
[[nodiscard]] bool ends_too_early(std::string_view text, std::size_t max_depth = kMaxJsonDepth);

}  // namespace plumb
