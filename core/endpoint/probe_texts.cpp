#include "core/endpoint/probe_texts.hpp"

#include <array>
#include <random>
#include <string_view>

#include <fmt/format.h>

#include "core/base/hash.hpp"

namespace plumb {
namespace {

constexpr std::array<std::string_view, 96> kWords = {
    "harbour", "ledger",  "copper",  "window", "morning", "signal",  "garden",  "winter",
    "letter",  "engine",  "paper",   "river",  "market",  "bridge",  "candle",  "island",
    "mirror",  "station", "blanket", "corner", "orchard", "needle",  "planet",  "saddle",
    "timber",  "valley",  "whistle", "anchor", "basket",  "cellar",  "dinner",  "feather",
    "granite", "hammer",  "insect",  "jacket", "kettle",  "lantern", "magnet",  "number",
    "oyster",  "pepper",  "quarry",  "ribbon", "silver",  "tunnel",  "unicorn", "velvet",
    "walnut",  "yellow",  "zipper",  "apple",  "bottle",  "canvas",  "desert",  "eleven",
    "forest",  "gravel",  "honey",   "iron",   "jungle",  "kitchen", "leather", "marble",
    "noodle",  "ocean",   "pocket",  "quiver", "rocket",  "sugar",   "tailor",  "umbrella",
    "violin",  "wagon",   "yard",    "zebra",  "almond",  "butter",  "cotton",  "dragon",
    "ember",   "fabric",  "ginger",  "helmet", "ivory",   "jewel",   "lemon",   "meadow",
    "nickel",  "olive",   "pillow",  "raven",  "salmon",  "temple",  "vessel",  "wheat"};

}  // namespace

std::string make_code() {
  constexpr std::string_view kLetters = "ABCDEFGHJKLMNPQRTUVWXY346789";
  const std::uint64_t drawn = hash_number(random_hex(16));
  std::string code;
  for (int i = 0; i < 4; ++i) code += kLetters[(drawn >> (8 * i)) % kLetters.size()];
  return code;
}

namespace {

/// Beginning and end, with sentences between them until it has so many bytes.
std::string filled(std::string text, std::string_view end, const std::string& salt,
                   std::size_t bytes) {
  std::mt19937_64 draw(hash_number(salt));
  constexpr int kWordsInSentence = 9;
  for (int word = 0; text.size() + end.size() < bytes; ++word) {
    if (word % kWordsInSentence == 0) text += word == 0 ? "\n\n" : ".\n";
    text += word % kWordsInSentence == 0 ? "The " : " ";
    text += kWords[draw() % kWords.size()];
  }
  return text.append(".").append(end);
}

}  // namespace

std::string long_prompt(const std::string& salt, const std::string& code, std::size_t bytes) {
  return filled(fmt::format("Session {}. The code at the start is \"{}\".", salt, code),
                "\n\nAnswer with the code at the start and with nothing else.", salt, bytes);
}

std::string long_endless_prompt(const std::string& salt, std::size_t bytes) {
  return filled(fmt::format("Session {}.", salt),
                "\n\nNow count upwards from 1 without end, one number a line.", salt, bytes);
}

std::string endless_prompt(const std::string& salt, bool dense) {
  if (!dense)
    return fmt::format("Session {}. Count upwards from 1 without end, one number a line.", salt);
  return fmt::format(
      "Session {}. Write unrelated English words in random order without end, separated by blanks, "
      "never the same word twice. Begin with \"{}\".",
      salt, kWords[hash_number(salt) % kWords.size()]);
}

}  // namespace plumb
