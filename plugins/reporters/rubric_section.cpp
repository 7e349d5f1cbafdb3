#include "plugins/reporters/rubric_section.hpp"

#include <set>
#include <vector>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "plugins/reporters/layout.hpp"
#include "plugins/reporters/words.hpp"

namespace plumb {
namespace {

using Align = Table::Align;
using Cell = Table::Cell;

const Json& section_of(const Json& contestant, const std::string& rubric) {
  static const Json nothing = nullptr;
  for (const Json& section : at(contestant, {"rubrics"})) {
    if (json_or(section, "rubric", "") == rubric) return section;
  }
  return nothing;
}

std::string score_words(const Json& score, bool rounded) { return number(score, rounded ? 0 : 1); }

/// `97 (90 and more)`
std::string total_words(const Json& section, bool rounded) {
  const Json& band = at(section, {"band"});
  std::string total = score_words(at(section, {"total"}), rounded);
  if (!band.is_number_integer()) return total;
  return fmt::format("{} ({})", total,
                     band.get<int>() == 0 ? "lowest band" : fmt::format("{}+", band.get<int>()));
}

/// `97, 93, 100`; "" with one repeat, where it is the total.
std::string pass_words(const Json& section, bool rounded) {
  constexpr std::size_t kMost = 12;
  std::vector<std::string> words;
  for (const Json& total : at(section, {"passes"})) words.push_back(score_words(total, rounded));
  if (words.size() < 2) return "";
  if (words.size() > kMost) {
    words.resize(kMost);
    words.emplace_back("...");
  }
  return join(words, ", ");
}

/// What is not in a section's total, as a list; "" where it is complete.
std::string missing_words(const Json& section) {
  std::vector<std::string> missing;
  for (const Json& part : at(section, {"missing"})) {
    if (part.is_string()) missing.push_back(printable(part.get<std::string>()));
  }
  return join(missing, ", ");
}

/// Says what is missing: once where it is the same for all, else for each contestant.
void add_missing(Table& table, const Json& contestants, const std::string& rubric,
                 const TerminalStyle& style) {
  const auto line = [&](const std::string& words) {
    table.line(paint(style, Colour::dim, "   " + wrap(words, style.width - 3, 5)));
  };
  std::set<std::string> all;
  for (const Json& contestant : contestants) {
    all.insert(missing_words(section_of(contestant, rubric)));
  }
  if (all.size() == 1 && !all.begin()->empty()) return line("not in it: " + *all.begin());
  for (const Json& contestant : contestants) {
    const std::string missing = missing_words(section_of(contestant, rubric));
    if (all.size() == 1 || missing.empty()) continue;
    line("not in that of " + text_at(contestant, {"name"}) + ": " + missing);
  }
}

std::string table_of(const Json& card, const std::string& rubric, const TerminalStyle& style) {
  const Json& contestants = at(card, {"contestants"});
  std::vector<Align> aligns(contestants.size() + 1, Align::right);
  aligns[0] = Align::left;
  Table table(aligns);
  const Json& first = section_of(contestants.at(0), rubric);
  // A rubric that ends in a band is published in whole points.
  const bool rounded = at(first, {"band"}).is_number() || rubric == "ToolCall-15";
  std::vector<Cell> heads = {{text_at(first, {"title"}), Colour::dim}};
  std::vector<Cell> totals = {{"total", Colour::bold}};
  for (const Json& contestant : contestants) {
    heads.push_back({text_at(contestant, {"name"}), Colour::dim});
    totals.push_back({total_words(section_of(contestant, rubric), rounded), Colour::bold});
  }
  table.row(std::move(heads));
  table.row(std::move(totals));
  for (const Json& line : at(first, {"categories"})) {
    const std::string name = json_or(line, "name", "");
    const std::size_t indent = 2 + 2 * static_cast<std::size_t>(count_at(line, {"depth"}));
    std::vector<Cell> cells = {{std::string(indent, ' ') + printable(name)}};
    for (const Json& contestant : contestants) {
      std::string words = "-";
      for (const Json& own : at(section_of(contestant, rubric), {"categories"})) {
        if (json_or(own, "name", "") != name) continue;
        words = fmt::format("{} ({}/{})", score_words(at(own, {"score"}), rounded),
                            count_at(own, {"earned"}), count_at(own, {"possible"}));
      }
      cells.push_back({words});
    }
    table.row(std::move(cells));
  }
  for (const Json& contestant : contestants) {
    const std::string passes = pass_words(section_of(contestant, rubric), rounded);
    if (passes.empty()) continue;
    table.line(paint(style, Colour::dim,
                     "   " + wrap("each pass of " + text_at(contestant, {"name"}) + ": " + passes,
                                  style.width - 3, 5)));
  }
  add_missing(table, contestants, rubric, style);
  return '\n' + table.text(style, 1, 2);
}

}  // namespace

std::string rubric_section(const Json& card, const TerminalStyle& style) {
  std::set<std::string> rubrics;
  for (const Json& contestant : at(card, {"contestants"})) {
    for (const Json& section : at(contestant, {"rubrics"})) {
      rubrics.insert(json_or(section, "rubric", ""));
    }
  }
  std::string text;
  for (const std::string& rubric : rubrics) text += table_of(card, rubric, style);
  return text;
}

}  // namespace plumb
