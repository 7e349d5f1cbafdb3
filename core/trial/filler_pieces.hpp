#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace plumb {

/// Numbers that follow from a seed, the same on every machine (SplitMix64; Steele, Lea, Flood,
/// OOPSLA 2014).
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  /// 0 <= result < below
  std::size_t below(std::size_t below) { return static_cast<std::size_t>(next() % below); }
  int between(int least, int most) {
    const auto choices = static_cast<std::size_t>(most) - static_cast<std::size_t>(least) + 1;
    return least + static_cast<int>(below(choices));
  }
  template <class List>
  const auto& of(const List& list) {
    return list[below(list.size())];
  }

 private:
  std::uint64_t state_;
};

/// One piece of background, some hundred to two thousand bytes, of a kind that the dice choose.
/// Ends with a line feed.
[[nodiscard]] std::string filler_piece(Dice& dice);

}  // namespace plumb
