#include "core/trial/filler_pieces.hpp"

#include <array>
#include <string_view>

#include <fmt/format.h>

namespace plumb {
namespace {

using Words = std::string_view;

constexpr std::array<Words, 12> kNames = {"Ilse Brandt",  "Tomasz Wilk",   "Maren Holt",
                                          "Aiko Tanabe",  "Pere Soler",    "Nadia Ferhat",
                                          "Oluf Krogh",   "Giulia Sarti",  "Vera Sokolova",
                                          "Samuel Okoro", "Hanne Lindahl", "Dimitri Kalas"};
constexpr std::array<Words, 12> kPlaces = {
    "the north quay",      "the herbarium",    "the upper weir",   "platform four",
    "the old observatory", "the seed vault",   "the tide station", "the map room",
    "the apiary",          "the signal tower", "the glasshouse",   "the ferry landing"};
constexpr std::array<Words, 14> kThings = {
    "barometer",    "mooring line", "map drawer",   "rain gauge", "brood frame",
    "catalogue",    "lantern",      "tide table",   "seed tray",  "signal lamp",
    "water sample", "timetable",    "weather vane", "ledger"};
constexpr std::array<Words, 12> kStates = {
    "dry",     "slightly worn", "freshly painted", "two days late", "full to the brim", "quiet",
    "crooked", "out of season", "well preserved",  "half empty",    "covered in salt",  "repaired"};
constexpr std::array<Words, 10> kWeather = {
    "fog until noon",     "a light easterly wind",  "steady rain",  "the first frost",
    "a clear night",      "low cloud over the bay", "a warm spell", "hail in the afternoon",
    "a rising barometer", "no wind at all"};
constexpr std::array<Words, 8> kUnits = {"tide-gauge", "ferry-log", "greenhouse", "rail-clock",
                                         "archive",    "weather",   "hive-scale", "lamp"};

/// Whole passages in other tongues and alphabets; {} is a number.
constexpr std::array<const char*, 10> kForeign = {
    "Am Morgen lag der Hafen im Nebel; {} Boote kamen später als sonst, und die Möwen saßen still "
    "auf den Pfählen.",
    "Le jardinier a compté {} tulipes près du mur sud ; les abeilles revenaient lentement du "
    "verger voisin.",
    "La estación vieja guarda {} relojes de pared, y ninguno marca la misma hora desde el verano.",
    "Nel registro del faro ci sono {} pagine sul vento di maestrale e una sola sulla neve.",
    "В старом каталоге {} карточек, и на каждой рукой смотрителя отмечена высота воды.",
    "Ο φάρος άναψε {} φορές μέσα στη νύχτα και η θάλασσα έμεινε ήρεμη ως το πρωί.",
    "古い温室には{}鉢の羊歯があり、窓ぎわの棚だけが午後の日を受けていた。",
    "W skrzynce leżało {} nasion klonu, zebranych jesienią nad górnym jazem.",
    "구름이 낮게 깔린 아침, 나루터에는 배 {}척이 조용히 매여 있었다.",
    "Gözlem defterinde {} satır var; çoğu rüzgârın yönünü ve bulutların rengini anlatıyor."};

std::string date(Dice& dice) {
  return fmt::format("{}-{:02}-{:02}", dice.between(1987, 2019), dice.between(1, 12),
                     dice.between(1, 28));
}
std::string hour(Dice& dice) {
  return fmt::format("{:02}:{:02}:{:02}", dice.between(0, 23), dice.between(0, 59),
                     dice.between(0, 59));
}

std::string sentence(Dice& dice) {
  switch (dice.below(6)) {
    case 0:
      return fmt::format("{} wrote that the {} at {} was {}.", dice.of(kNames), dice.of(kThings),
                         dice.of(kPlaces), dice.of(kStates));
    case 1:
      return fmt::format("On {} there was {} and the {} stayed {}.", date(dice), dice.of(kWeather),
                         dice.of(kThings), dice.of(kStates));
    case 2:
      return fmt::format("Of {} entries about {} only {} mention a {}.", dice.between(40, 900),
                         dice.of(kPlaces), dice.between(2, 39), dice.of(kThings));
    case 3:
      return fmt::format("The {} came from {}, where {} kept it for {} winters.", dice.of(kThings),
                         dice.of(kPlaces), dice.of(kNames), dice.between(2, 30));
    case 4:
      return fmt::format("Nobody remembers why the {} is {}, though {} once blamed {}.",
                         dice.of(kThings), dice.of(kStates), dice.of(kNames), dice.of(kWeather));
    default:
      return fmt::format("After {} the path to {} was passable again by {}.", dice.of(kWeather),
                         dice.of(kPlaces), hour(dice));
  }
}

std::string sentences(Dice& dice, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += (i == 0 ? "" : " ") + sentence(dice);
  return text;
}

std::string log_lines(Dice& dice) {
  constexpr std::array<Words, 5> kLevels = {"INFO", "INFO", "DEBUG", "NOTICE", "WARN"};
  const std::string day = date(dice);
  const Words unit = dice.of(kUnits);
  std::string text = fmt::format("log of {}\n", unit);
  for (int i = dice.between(8, 18); i > 0; --i) {
    text += fmt::format("{} {} {:<6} {}[{}] reading={}.{} drift={:+} state=\"{}\" id={:x}\n", day,
                        hour(dice), dice.of(kLevels), unit, dice.between(200, 9000),
                        dice.between(0, 99), dice.between(0, 999), dice.between(-20, 20),
                        dice.of(kStates), dice.next() >> 36);
  }
  return text;
}

std::string letters(Dice& dice) {
  const Words thing = dice.of(kThings);
  std::string text;
  for (int i = dice.between(2, 4); i > 0; --i) {
    text += fmt::format("From: {}\nTo: {}\nDate: {} {}\nSubject: {}the {} at {}\n\n{}\n\n",
                        dice.of(kNames), dice.of(kNames), date(dice), hour(dice),
                        i > 1 ? "" : "Re: ", thing, dice.of(kPlaces),
                        sentences(dice, dice.between(2, 5)));
  }
  return text;
}

std::string comma_table(Dice& dice) {
  std::string text = "day,place,object,depth_cm,grams,condition\n";
  for (int i = dice.between(10, 22); i > 0; --i) {
    text += fmt::format("{},{},{},{}.{},{},{}\n", date(dice), dice.of(kPlaces), dice.of(kThings),
                        dice.between(0, 480), dice.between(0, 9), dice.between(3, 20'000),
                        dice.of(kStates));
  }
  return text;
}

std::string prose(Dice& dice) {
  std::string text = fmt::format("Notes on {}\n", dice.of(kPlaces));
  for (int i = dice.between(2, 4); i > 0; --i) {
    text += sentences(dice, dice.between(3, 6)) + "\n";
  }
  return text;
}

std::string code(Dice& dice) {
  const int salt = dice.between(100, 999);
  std::string text = fmt::format("# tide model, draft {}\n", dice.between(1, 60));
  for (int i = dice.between(2, 4); i > 0; --i) {
    text += fmt::format(
        "def level_{0}_{1}(hours, base={2}.{3}):\n"
        "    swing = {4} * sin(hours / {5}.{6} + {7})\n"
        "    return base + swing - 0.{8} * hours ** 2\n\n",
        salt, i, dice.between(0, 9), dice.between(0, 99), dice.between(2, 80), dice.between(1, 30),
        dice.between(0, 9), dice.between(0, 6), dice.between(10, 99));
  }
  return text;
}

std::string records(Dice& dice) {
  std::string text;
  for (int i = dice.between(5, 10); i > 0; --i) {
    text += fmt::format(
        R"({{"shelf": {}, "object": "{}", "place": "{}", "seen": "{}", "notes": ["{}", "{}"], "mm": [{}, {}, {}]}})",
        dice.between(1, 700), dice.of(kThings), dice.of(kPlaces), date(dice), dice.of(kStates),
        dice.of(kWeather), dice.between(1, 999), dice.between(1, 999), dice.between(1, 999));
    text += '\n';
  }
  return text;
}

std::string foreign(Dice& dice) {
  std::string text;
  for (int i = dice.between(2, 4); i > 0; --i) {
    text += fmt::format(fmt::runtime(dice.of(kForeign)), dice.between(3, 400)) + "\n";
  }
  return text;
}

std::string timetable(Dice& dice) {
  std::string text = fmt::format("Crossings, valid from {}\n", date(dice));
  for (int i = dice.between(8, 16); i > 0; --i) {
    text += fmt::format("  {}  {:<20} -> {:<20} {:>3} min  {}\n", hour(dice).substr(0, 5),
                        dice.of(kPlaces), dice.of(kPlaces), dice.between(4, 95), dice.of(kWeather));
  }
  return text;
}

}  // namespace

std::uint64_t Dice::next() {
  state_ += 0x9E3779B97F4A7C15;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
  return mixed ^ (mixed >> 31);
}

std::string filler_piece(Dice& dice) {
  using Kind = std::string (*)(Dice&);
  constexpr std::array<Kind, 8> kKinds = {log_lines, letters, comma_table, prose,
                                          code,      records, foreign,     timetable};
  return dice.of(kKinds)(dice);
}

}  // namespace plumb
