#include "core/trial/filler.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/trial/filler_pieces.hpp"

namespace plumb {
namespace {

constexpr std::string_view kBefore =
    "The text between the two lines of equals signs is background material that was collected "
    "earlier. It has nothing to do with the task, which stands below it.\n";
constexpr std::string_view kLine = "====================";
constexpr std::string_view kAfter = "The background material ends here. This is the task:\n\n";

/// Names a piece; no two texts with different salts have one in common.
std::string piece_mark(std::uint64_t salt, std::uint64_t number) {
  Dice dice(hash_number(fmt::format("plumb.filler_mark/1\n{}\n{}", salt, number)));
  return fmt::format("{:08x}", dice.next() >> 32);
}

}  // namespace

Json to_json(const Filling& filling) {
  return {{"material", filling.material},
          {"salt", filling.salt},
          {"bytes", filling.bytes},
          {"tokens", filling.tokens},
          {"window", filling.window},
          {"asked", filling.asked},
          {"cut", filling.cut}};
}

Filling filling_from_json(const Json& json) {
  return {.material = json_or(json, "material", std::uint64_t{0}),
          .salt = json_or(json, "salt", std::uint64_t{0}),
          .bytes = json_or(json, "bytes", std::int64_t{0}),
          .tokens = json_or(json, "tokens", std::int64_t{0}),
          .window = json_or(json, "window", std::int64_t{0}),
          .asked = json_or(json, "asked", 0.0),
          .cut = json_or(json, "cut", false)};
}

Filling make_filling(const FillPlan& plan, std::uint64_t material, std::size_t opening_bytes) {
  const auto window = static_cast<double>(plan.window);
  const double frame = static_cast<double>(kBefore.size() + kAfter.size() + 2 * kLine.size());
  const double opening = (static_cast<double>(opening_bytes) + frame) / plan.bytes_per_token;
  const double wanted = plan.asked * window - opening;
  const double room = window - opening - static_cast<double>(plan.reserve);
  const double tokens = std::max(0.0, std::min(wanted, room));
  return {.material = material,
          .salt = plan.salt,
          .bytes = static_cast<std::int64_t>(tokens * plan.bytes_per_token),
          .tokens = static_cast<std::int64_t>(tokens),
          .window = plan.window,
          .asked = plan.asked,
          .cut = room < wanted};
}

std::string filler_text(std::uint64_t material, std::uint64_t salt, std::size_t bytes) {
  std::string text;
  for (std::uint64_t number = 0; text.size() < bytes; ++number) {
    Dice dice(hash_number(fmt::format("plumb.filler/1\n{}\n{}", material, number)));
    text += piece_mark(salt, number) + " " + filler_piece(dice) + "\n";
  }
  std::size_t end = std::min(bytes, text.size());
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  text.resize(end);
  return text;
}

std::string with_filler(const Filling& filling, const std::string& prompt) {
  if (filling.bytes <= 0) return prompt;
  // The salt comes first, so that nothing of two such texts is the same from the start.
  return fmt::format(
      "{} {}{}\n{}\n{}\n{}{}", piece_mark(filling.salt, ~std::uint64_t{0}), kBefore, kLine,
      filler_text(filling.material, filling.salt, static_cast<std::size_t>(filling.bytes)), kLine,
      kAfter, prompt);
}

}  // namespace plumb
