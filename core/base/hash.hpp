#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace plumb {

/// SHA-256 over parts. Each part is preceded by its length, so ("ab","c") and ("a","bc") differ.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  Hasher& add(std::string_view part);
  Hasher& add(std::int64_t number);
  /// 64 hex digits. Ends the hasher.
  [[nodiscard]] std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// SHA-256 of exactly these bytes, 64 hex digits.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);
/// The first 8 bytes of SHA-256 of exactly these bytes, big-endian: a number anybody can compute
/// again.
[[nodiscard]] std::uint64_t hash_number(std::string_view bytes);
/// hash_number(bytes) / 2^64: uniform in [0, 1).
[[nodiscard]] double hash_unit(std::string_view bytes);
/// `bytes` of randomness from the operating system, as hex digits.
[[nodiscard]] std::string random_hex(std::size_t bytes);

}  // namespace plumb
