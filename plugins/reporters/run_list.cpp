#include <fmt/format.h>

#include "core/base/text.hpp"
#include "plugins/reporters/layout.hpp"
#include "plugins/reporters/words.hpp"

namespace plumb {

std::string list_runs(const std::vector<RunInfo>& runs, const TerminalStyle& style) {
  if (runs.empty()) return "There is no run yet.\n";
  using Align = Table::Align;
  Table table({Align::left, Align::left, Align::left, Align::left, Align::right, Align::left});
  table.row({{"run", Colour::dim},
             {"started", Colour::dim},
             {"state", Colour::dim},
             {"suite", Colour::dim},
             {"tasks x repeats", Colour::dim},
             {"contestants", Colour::dim}});
  for (const RunInfo& run : runs) {
    std::vector<std::string> names;
    const Json& contestants = at(run.plan, {"contestants"});
    for (const Json& contestant : contestants.is_array() ? contestants : Json::array()) {
      names.push_back(text_at(contestant, {"name"}) +
                      (json_or(contestant, "stand_in", false) ? " (stand-in)" : ""));
    }
    table.row({{printable(run.id), Colour::bold},
               {iso_time(run.started_ms)},
               {printable(run.state), run.state == "finished" ? Colour::none : Colour::yellow},
               {printable(run.suite)},
               {fmt::format("{} x {}", at(run.plan, {"tasks"}).size(), run.repeats)},
               {join(names, ", ")}});
  }
  return table.text(style, 0, 2);
}

}  // namespace plumb
