#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/json.hpp"

namespace plumb {

// Numbers as JSON means them: by their digits. A double stands for the shortest decimal that reads
// back as it, so that 0.3 is a multiple of 0.1. What neither 64 bits nor a double hold exactly is
// kept by its literal, as a "big number": a binary value of nlohmann's that never leaves
// core/schema.

/// A number that only its literal tells exactly. `literal` is a JSON number.
[[nodiscard]] Json big_number(std::string_view literal);
[[nodiscard]] bool is_big_number(const Json& value);
/// Any number, big ones included.
[[nodiscard]] bool is_number(const Json& value);
/// Whether a number has no fraction: 1.0 and 1e30 have none.
[[nodiscard]] bool is_whole(const Json& number);
/// Exact, whatever the two numbers are held in.
[[nodiscard]] std::strong_ordering compare_numbers(const Json& a, const Json& b);
/// The nearest double; infinite when the number is beyond all of them.
[[nodiscard]] double nearest_double(const Json& number);
/// Turns the big numbers inside into their nearest doubles; the ones for which there is none stay
/// as they are. False when one stayed.
[[nodiscard]] bool round_big_numbers(Json& value);

/// The divisor of `multipleOf`.
class Divisor {
 public:
  /// Nothing for zero, negative numbers and more than 18 digits.
  [[nodiscard]] static std::optional<Divisor> of(const Json& number);
  [[nodiscard]] bool divides(const Json& number) const;

 private:
  std::uint64_t digits_ = 1;
  std::int64_t exponent_ = 0;  ///< of ten
};

/// A total order of JSON values in which equal means equal by JSON Schema: 1 and 1.0 are the same,
/// 1 and true are not, and the order of an object's members does not count.
[[nodiscard]] std::strong_ordering compare_values(const Json& a, const Json& b);

}  // namespace plumb
