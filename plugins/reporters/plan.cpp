#include <fmt/format.h>

#include "core/base/text.hpp"
#include "plugins/reporters/layout.hpp"
#include "plugins/reporters/sweep.hpp"
#include "plugins/reporters/words.hpp"

namespace plumb {
namespace {

using Align = Table::Align;
using Cell = Table::Cell;

std::string pace_sentence(const Json& contestant) {
  const Json& pace = at(contestant, {"pace"});
  if (!pace.is_object()) {
    return at(contestant, {"up_later"}) == true
               ? "its server is not up yet: the budget is calibrated when it is"
               : "no speed could be measured: the seconds are those of the fixed rule";
  }
  return fmt::format(
      "{} tok/s, first token after {} and {} ms for each new token of the prompt, {} tokens a turn",
      token_rate(at(pace, {"decode_tok_s"})), duration_ms(at(pace, {"ttft_ms"})),
      number(at(pace, {"cold_ms_per_token"}), 2), number(at(pace, {"tokens_per_turn"}), 0));
}

}  // namespace

std::string terminal_plan(const Json& plan, const TerminalStyle& style) {
  std::string text =
      fmt::format("{} · {} trials · {} at once · budget {}, nothing was run\n",
                  text_at(plan, {"suite"}), number(at(plan, {"trials"}), 0),
                  number(at(plan, {"concurrency"}), 0), text_at(plan, {"budget", "mode"}));
  for (const Json& contestant : at(plan, {"contestants"})) {
    text += "\n " + paint(style, Colour::bold, text_at(contestant, {"name"})) + "  " +
            wrap(pace_sentence(contestant), style.width - 4, 4) + "\n";
    const std::string pressure = pressure_plan_sentence(contestant);
    if (!pressure.empty()) text += "   " + wrap(pressure, style.width - 3, 5) + "\n";
    Table table({Align::left, Align::right, Align::right, Align::right, Align::right, Align::right,
                 Align::left});
    std::vector<Cell> heading;
    for (const char* word :
         {"task", "expected turns", "turns", "time", "hard stop", "tokens", ""}) {
      heading.push_back({word, Colour::dim});
    }
    table.row(std::move(heading));
    for (const Json& task : at(contestant, {"tasks"})) {
      const std::string skipped = text_at(task, {"skipped"});
      table.row({{text_at(task, {"name"})},
                 {number(at(task, {"expected_turns"}), 0)},
                 {number(at(task, {"turns"}), 0)},
                 {human_seconds(json_or(task, "seconds", 0.0)), Colour::bold},
                 {human_seconds(json_or(task, "stop_seconds", 0.0))},
                 {number(at(task, {"tokens"}), 0)},
                 {skipped.empty() ? "" : "skipped: " + skipped, Colour::yellow}});
    }
    text += table.text(style, 3, 2);
  }
  return text;
}

}  // namespace plumb
