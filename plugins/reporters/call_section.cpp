#include "plugins/reporters/call_section.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "plugins/reporters/layout.hpp"
#include "plugins/reporters/words.hpp"

namespace plumb {
namespace {

using Align = Table::Align;
using Cell = Table::Cell;

/// Those of the milestones that any trial reached, the last three of them.
std::vector<int> milestones(const Json& card) {
  constexpr std::array kAll = {1, 5, 10, 20, 40, 80, 160};
  int longest = 0;
  for (const Json& contestant : at(card, {"contestants"})) {
    for (const Json& step : at(contestant, {"tool_calls", "survival"})) {
      longest = std::max(longest, count_at(step, {"calls"}));
    }
  }
  std::vector<int> reached;
  for (const int calls : kAll) {
    if (calls <= longest) reached.push_back(calls);
  }
  if (reached.size() > 3) reached.erase(reached.begin(), reached.end() - 3);
  return reached;
}

std::string survival_at(const Json& contestant, int calls) {
  for (const Json& step : at(contestant, {"tool_calls", "survival"})) {
    if (count_at(step, {"calls"}) == calls) return percent(at(step, {"share"}), 0);
  }
  return "-";
}

std::string rate_words(const Json& per_100) {
  const Json& rate = at(per_100, {"rate"});
  if (!rate.is_number()) return "-";
  return fmt::format("{:.1f} ({:.1f} to {:.1f})", rate.get<double>(),
                     at(per_100, {"low"}).get<double>(), at(per_100, {"high"}).get<double>());
}

std::string cost_words(const Json& calls) {
  if (count_at(calls, {"malformed"}) == 0) return "-";
  return fmt::format("{} turns, {} s", number(at(calls, {"cost", "turns"})),
                     seconds(at(calls, {"cost", "seconds"})));
}

/// `args_not_json 14 (model, 1 fatal), leaked_text <tool_call> 8 (server_parser, 3 fatal)`
std::string defect_words(const Json& calls) {
  std::vector<std::string> words;
  for (const Json& row : at(calls, {"defects"})) {
    const std::string format = text_at(row, {"format"});
    const int fatal = count_at(row, {"fatal"});
    words.push_back(fmt::format("{}{} {} ({}{})", text_at(row, {"defect"}),
                                format.empty() ? "" : " " + format, count_at(row, {"count"}),
                                text_at(row, {"attribution"}),
                                fatal > 0 ? fmt::format(", {} fatal", fatal) : ""));
  }
  return join(words, ", ");
}

Cell quiet_zero(const std::string& text, int count) {
  return {text, count == 0 ? Colour::dim : Colour::none};
}

}  // namespace

std::string call_section(const Json& card, const TerminalStyle& style) {
  const std::vector<int> after = milestones(card);
  bool any = !after.empty();
  for (const Json& contestant : at(card, {"contestants"})) {
    any = any || !at(contestant, {"tool_calls", "defects"}).empty();
  }
  if (!any) return "";
  std::vector<Align> aligns(7 + after.size(), Align::right);
  aligns[0] = Align::left;
  Table table(aligns);
  std::vector<Cell> heads;
  for (const char* head : {"tool calls", "made", "first try", "bad per 100", "clean", "recovered",
                           "lost on bad ones"}) {
    heads.push_back({head, Colour::dim});
  }
  for (const int calls : after) {
    heads.push_back(
        {(calls == after.front() ? "none bad in " : "in ") + std::to_string(calls), Colour::dim});
  }
  table.row(std::move(heads));
  for (const Json& contestant : at(card, {"contestants"})) {
    const Json& calls = at(contestant, {"tool_calls"});
    const int bad = count_at(calls, {"malformed"});
    const auto share = [&](const char* key) {
      const Json& of = at(calls, {key, "of"});
      return of.is_number() && of.get<std::int64_t>() > 0
                 ? fmt::format("{}/{}", count_at(calls, {key, "count"}),
                               count_at(calls, {key, "of"}))
                 : std::string("-");
    };
    std::vector<Cell> cells = {{text_at(contestant, {"name"})},
                               {std::to_string(count_at(calls, {"total"}))},
                               {percent(at(calls, {"first_try", "share"}))},
                               quiet_zero(rate_words(at(calls, {"per_100"})), bad),
                               {share("clean_completions")},
                               quiet_zero(share("recovered"), bad),
                               quiet_zero(cost_words(calls), bad)};
    for (const int milestone : after) cells.push_back({survival_at(contestant, milestone)});
    table.row(std::move(cells));
    const std::string defects = defect_words(calls);
    if (!defects.empty()) {
      table.line(paint(style, Colour::yellow, "   " + wrap(defects, style.width - 3, 5)));
    }
  }
  return '\n' + table.text(style, 1, 2);
}

}  // namespace plumb
