#include <fmt/format.h>

#include "core/base/text.hpp"
#include "plugins/reporters/layout.hpp"
#include "plugins/reporters/words.hpp"

namespace plumb {
namespace {

using Align = Table::Align;
using Cell = Table::Cell;

constexpr int kIndent = 2;
constexpr int kGap = 2;

const Json& list(const Json& card, std::initializer_list<const char*> path) {
  static const Json nothing = Json::array();
  const Json& value = at(card, path);
  return value.is_array() ? value : nothing;
}

std::vector<Cell> heading(std::initializer_list<const char*> words) {
  std::vector<Cell> cells;
  for (const char* word : words) cells.push_back({word, Colour::dim});
  return cells;
}

Colour colour_of(const std::string& basis) {
  if (basis == "measured") return Colour::green;
  return basis == "declared" ? Colour::cyan : Colour::yellow;
}

std::string words(std::string id) {
  for (char& c : id) c = c == '_' ? ' ' : c;
  return id;
}

/// Yes and no at a glance; other values are in the sentence.
std::string short_value(const Json& value) {
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_string() && value.get_ref<const std::string&>().size() <= 20) {
    return printable(words(value.get<std::string>()));
  }
  if (value.is_number_integer()) return number(value, 0);
  return "";
}

/// The text in a column of this width that begins after `before` columns.
std::string indented(const std::string& text, int width, int before) {
  return join(split(wrap(text, width, 0), '\n'),
              "\n" + std::string(static_cast<std::size_t>(before), ' '));
}

std::string findings(const Json& card, const TerminalStyle& style) {
  constexpr int kBasis = 9;
  constexpr int kName = 22;
  constexpr int kValue = 13;
  constexpr int kBefore = kIndent + kBasis + kName + kValue + 3 * kGap;
  std::string text;
  for (const Json& finding : list(card, {"findings"})) {
    const std::string basis = text_at(finding, {"basis"});
    text += std::string(kIndent, ' ') + paint(style, colour_of(basis), pad_right(basis, kBasis)) +
            std::string(kGap, ' ') +
            pad_right(cut_to_width(words(text_at(finding, {"id"})), kName), kName) +
            std::string(kGap, ' ') +
            pad_right(cut_to_width(short_value(at(finding, {"value"})), kValue), kValue) +
            std::string(kGap, ' ') +
            indented(text_at(finding, {"sentence"}), std::max(style.width - kBefore, 40), kBefore) +
            "\n";
  }
  return text;
}

std::string prefill(const Json& card, const TerminalStyle& style) {
  const Json& points = list(card, {"speed", "prefill"});
  if (points.empty()) return "";
  Table table({Align::right, Align::right, Align::right, Align::right, Align::right});
  table.row(heading({"prompt tokens", "TTFT cold", "warm", "cached", "prefill tok/s"}));
  for (const Json& point : points) {
    table.row({{number(at(point, {"prompt_tokens"}), 0)},
               {duration_ms(at(point, {"cold_ttft_ms"}))},
               {duration_ms(at(point, {"warm_ttft_ms"}))},
               {number(at(point, {"warm_cached_tokens"}), 0)},
               {token_rate(at(point, {"prefill_tok_s"}))}});
  }
  return "\n" + table.text(style, kIndent, kGap);
}

std::string decode(const Json& card, const TerminalStyle& style) {
  const Json& figures = list(card, {"speed", "decode"});
  if (figures.empty()) return "";
  Table table({Align::left, Align::right, Align::right, Align::right, Align::right, Align::right,
               Align::right, Align::right, Align::right});
  table.row(heading({"text", "at once", "answers", "decode tok/s", "range", "TTFT", "tokens / wall",
                     "together", "drafts taken"}));
  for (const Json& figure : figures) {
    table.row({{text_at(figure, {"text"})},
               {number(at(figure, {"concurrency"}), 0)},
               {fmt::format("{} x {}", number(at(figure, {"answers"}), 0),
                            number(at(figure, {"tokens"}), 0))},
               {token_rate(at(figure, {"tok_s"})), Colour::bold},
               {fmt::format("{}-{}", token_rate(at(figure, {"low_tok_s"})),
                            token_rate(at(figure, {"high_tok_s"})))},
               {duration_ms(at(figure, {"ttft_ms"}))},
               {token_rate(at(figure, {"quoted_tok_s"}))},
               {token_rate(at(figure, {"total_tok_s"}))},
               {percent(at(figure, {"draft_acceptance"}), 0)}});
  }
  return "\n" + table.text(style, kIndent, kGap);
}

std::string grid(const Json& card, const TerminalStyle& style) {
  const Json& cells = list(card, {"speed", "grid"});
  if (cells.empty()) return "";
  Table table({Align::right, Align::right, Align::right, Align::right, Align::right});
  table.row(heading({"depth", "at once", "TTFT", "tok/s each", "together"}));
  for (const Json& cell : cells) {
    table.row({{number(at(cell, {"prompt_tokens"}), 0)},
               {number(at(cell, {"concurrency"}), 0)},
               {duration_ms(at(cell, {"ttft_ms"}))},
               {token_rate(at(cell, {"tok_s"}))},
               {token_rate(at(cell, {"total_tok_s"}))}});
  }
  return "\n" + table.text(style, kIndent, kGap);
}

std::string alarms(const Json& card, const TerminalStyle& style) {
  std::string text;
  for (const Json& alarm : list(card, {"alarms"})) {
    text += paint(style, Colour::yellow, " ! " + wrap(alarm_sentence(alarm), style.width - 3, 3)) +
            "\n";
  }
  return text.empty() ? text : "\n" + text;
}

}  // namespace

std::string terminal_capability_card(const Json& card, const TerminalStyle& style) {
  std::string text = paint(style, Colour::bold, text_at(card, {"contestant"}));
  for (const std::string& part : {text_at(card, {"model"}), text_at(card, {"url"})}) {
    if (!part.empty() && part != text_at(card, {"contestant"})) text += " · " + part;
  }
  return text + "\n\n" + findings(card, style) + prefill(card, style) + decode(card, style) +
         grid(card, style) + alarms(card, style) + "\n";
}

}  // namespace plumb
