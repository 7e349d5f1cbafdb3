#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/result.hpp"

namespace plumb {

using Json = nlohmann::json;

/// Deepest nesting that is accepted from outside. Deeper values overflow the stack in the library's
/// destructor-free paths (`dump`, copy), so they are refused while they are read.
inline constexpr std::size_t kMaxJsonDepth = 128;

/// Parses bytes from outside. Code::protocol with position and reason when they are not JSON (or
/// not UTF-8), Code::limit when nested deeper than max_depth. Duplicate keys: the last one wins.
[[nodiscard]] Result<Json> parse_json(std::string_view bytes,
                                      std::size_t max_depth = kMaxJsonDepth);

/// Compact JSON text. Invalid UTF-8 in strings becomes U+FFFD; never throws.
[[nodiscard]] std::string dump_json(const Json& value, int indent = -1);

/// The number as an integral T (fractions are cut off), or the fallback when T cannot hold it.
template <std::integral T>
[[nodiscard]] T integer_or(const Json& number, T fallback) {
  if (number.is_number_unsigned()) {
    const auto value = number.get<std::uint64_t>();
    return std::in_range<T>(value) ? static_cast<T>(value) : fallback;
  }
  if (number.is_number_integer()) {
    const auto value = number.get<std::int64_t>();
    return std::in_range<T>(value) ? static_cast<T>(value) : fallback;
  }
  // T's maximum is no double, 2^digits is; converting a double from outside that range is
  // undefined.
  const auto value = number.get<double>();
  const bool fits = value >= static_cast<double>(std::numeric_limits<T>::min()) &&
                    value < std::ldexp(1.0, std::numeric_limits<T>::digits);
  return fits ? static_cast<T>(value) : fallback;
}

/// The member as T, or the fallback when it is absent, of another type, or a number that T cannot
/// hold.
template <class T>
[[nodiscard]] T json_or(const Json& object, const char* key, T fallback) {
  if (!object.is_object()) return fallback;
  const auto it = object.find(key);
  if (it == object.end()) return fallback;
  if constexpr (std::is_same_v<T, bool>) {
    return it->is_boolean() ? it->template get<bool>() : fallback;
  } else if constexpr (std::is_integral_v<T>) {
    return it->is_number() ? integer_or<T>(*it, fallback) : fallback;
  } else if constexpr (std::is_floating_point_v<T>) {
    return it->is_number() ? it->template get<T>() : fallback;
  } else {
    return it->is_string() ? it->template get<T>() : fallback;
  }
}
[[nodiscard]] inline std::string json_or(const Json& object, const char* key,
                                         const char* fallback) {
  return json_or<std::string>(object, key, fallback);
}

}  // namespace plumb
