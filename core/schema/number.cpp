#include "core/schema/number.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace plumb {
namespace {

constexpr std::uint8_t kBigNumberSubtype = 1;
/// Below it every whole number has a double of its own.
constexpr double kExactDouble = 9007199254740992.0;
constexpr std::int64_t kMostExponent = 1'000'000'000'000;
__extension__ using Wide = unsigned __int128;

/// digits * 10^exponent; no zero at either end of the digits, no digit at all is zero.
struct Decimal {
  bool negative = false;
  std::string digits;
  std::int64_t exponent = 0;

  /// How many digits stand before the decimal point.
  [[nodiscard]] std::int64_t magnitude() const {
    return static_cast<std::int64_t>(digits.size()) + exponent;
  }
};

std::int64_t exponent_of(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::int64_t exponent = 0;
  for (const char c : text) exponent = std::min(exponent * 10 + (c - '0'), kMostExponent);
  return negative ? -exponent : exponent;
}

Decimal decimal_of_text(std::string_view text) {
  Decimal decimal;
  decimal.negative = text.starts_with('-');
  if (decimal.negative) text.remove_prefix(1);
  const auto mark = text.find_first_of("eE");
  if (mark != std::string_view::npos) decimal.exponent = exponent_of(text.substr(mark + 1));
  const auto mantissa = text.substr(0, mark);
  const auto point = mantissa.find('.');
  decimal.digits = mantissa.substr(0, point);
  if (point != std::string_view::npos) {
    decimal.digits += mantissa.substr(point + 1);
    decimal.exponent -= static_cast<std::int64_t>(mantissa.size() - point - 1);
  }
  const auto last = decimal.digits.find_last_not_of('0');
  const std::size_t kept = last == std::string::npos ? 0 : last + 1;
  decimal.exponent += static_cast<std::int64_t>(decimal.digits.size() - kept);
  decimal.digits.resize(kept);
  decimal.digits.erase(0, decimal.digits.find_first_not_of('0'));
  return decimal;
}

std::string_view literal_of(const Json& big) {
  const auto& bytes = big.get_binary();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Decimal decimal_of(const Json& number) {
  if (is_big_number(number)) return decimal_of_text(literal_of(number));
  if (number.is_number_unsigned())
    return decimal_of_text(fmt::to_string(number.get<std::uint64_t>()));
  if (number.is_number_integer())
    return decimal_of_text(fmt::to_string(number.get<std::int64_t>()));
  return decimal_of_text(fmt::to_string(number.get<double>()));
}

std::strong_ordering compare_decimals(const Decimal& a, const Decimal& b) {
  const auto sign = [](const Decimal& one) {
    return one.digits.empty() ? 0 : one.negative ? -1 : 1;
  };
  if (sign(a) != sign(b) || sign(a) == 0) return sign(a) <=> sign(b);
  auto order = a.magnitude() <=> b.magnitude();
  if (order == 0) order = a.digits.compare(b.digits) <=> 0;
  return a.negative ? 0 <=> order : order;
}

std::strong_ordering compare_doubles(double a, double b) {
  return a < b   ? std::strong_ordering::less
         : a > b ? std::strong_ordering::greater
                 : std::strong_ordering::equal;
}

/// Whether its nearest double tells everything about the number that a comparison with any other
/// number needs.
bool is_plain(const Json& number) {
  if (is_big_number(number)) return false;
  if (number.is_number_float()) return std::abs(number.get<double>()) < kExactDouble;
  return std::abs(number.get<double>()) <= kExactDouble;
}

Wide power_of_ten(std::int64_t exponent, std::uint64_t modulus) {
  Wide power = 1 % modulus;
  Wide base = 10 % modulus;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) power = power * base % modulus;
    base = base * base % modulus;
  }
  return power;
}

int rank(const Json& value) {
  if (is_number(value)) return 2;
  switch (value.type()) {
    case Json::value_t::null:
      return 0;
    case Json::value_t::boolean:
      return 1;
    case Json::value_t::string:
      return 3;
    case Json::value_t::array:
      return 4;
    default:
      return 5;
  }
}

std::strong_ordering compare_objects(const Json& a, const Json& b) {
  if (a.size() != b.size()) return a.size() <=> b.size();
  for (auto left = a.begin(), right = b.begin(); left != a.end(); ++left, ++right) {
    if (const auto order = left.key().compare(right.key()) <=> 0; order != 0) return order;
    if (const auto order = compare_values(*left, *right); order != 0) return order;
  }
  return std::strong_ordering::equal;
}

}  // namespace

Json big_number(std::string_view literal) {
  return Json::binary({literal.begin(), literal.end()}, kBigNumberSubtype);
}

bool is_big_number(const Json& value) { return value.is_binary(); }

bool is_number(const Json& value) { return value.is_number() || is_big_number(value); }

bool is_whole(const Json& number) {
  if (is_big_number(number)) {
    const Decimal decimal = decimal_of(number);
    return decimal.digits.empty() || decimal.exponent >= 0;
  }
  if (!number.is_number_float()) return true;
  const auto value = number.get<double>();
  return std::isfinite(value) && value == std::floor(value);
}

std::strong_ordering compare_numbers(const Json& a, const Json& b) {
  if (a.is_number_unsigned() && b.is_number_unsigned()) {
    return a.get<std::uint64_t>() <=> b.get<std::uint64_t>();
  }
  if (is_plain(a) && is_plain(b)) return compare_doubles(a.get<double>(), b.get<double>());
  return compare_decimals(decimal_of(a), decimal_of(b));
}

double nearest_double(const Json& number) {
  if (!is_big_number(number)) return number.get<double>();
  return std::strtod(std::string(literal_of(number)).c_str(), nullptr);
}

bool round_big_numbers(Json& value) {
  if (is_big_number(value)) {
    const double rounded = nearest_double(value);
    if (!std::isfinite(rounded)) return false;
    value = rounded;
    return true;
  }
  bool all = true;
  if (value.is_structured()) {
    for (Json& inner : value) all &= round_big_numbers(inner);
  }
  return all;
}

std::optional<Divisor> Divisor::of(const Json& number) {
  constexpr std::size_t kMostDigits = 18;
  if (!is_number(number)) return std::nullopt;
  const Decimal decimal = decimal_of(number);
  if (decimal.negative || decimal.digits.empty() || decimal.digits.size() > kMostDigits) {
    return std::nullopt;
  }
  Divisor divisor;
  divisor.digits_ = std::strtoull(decimal.digits.c_str(), nullptr, 10);
  divisor.exponent_ = decimal.exponent;
  return divisor;
}

bool Divisor::divides(const Json& number) const {
  const Decimal decimal = decimal_of(number);
  if (decimal.digits.empty()) return true;
  // The digits end in no zero, so no power of ten divides them.
  if (decimal.exponent < exponent_) return false;
  Wide rest = 0;
  for (const char c : decimal.digits) rest = (rest * 10 + static_cast<unsigned>(c - '0')) % digits_;
  return rest * power_of_ten(decimal.exponent - exponent_, digits_) % digits_ == 0;
}

std::strong_ordering compare_values(const Json& a, const Json& b) {
  if (rank(a) != rank(b)) return rank(a) <=> rank(b);
  if (is_number(a)) return compare_numbers(a, b);
  if (a.is_string())
    return a.get_ref<const std::string&>().compare(b.get_ref<const std::string&>()) <=> 0;
  if (a.is_boolean()) return a.get<bool>() <=> b.get<bool>();
  if (a.is_array()) {
    return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end(),
                                                  compare_values);
  }
  return a.is_object() ? compare_objects(a, b) : std::strong_ordering::equal;
}

}  // namespace plumb
