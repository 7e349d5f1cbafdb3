#include "plugins/reporters/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/text.hpp"
#include "plugins/reporters/words.hpp"

namespace plumb {
namespace {

using Align = Table::Align;
using Cell = Table::Cell;

double number_at(const Json& json, std::initializer_list<const char*> path) {
  const Json& value = at(json, path);
  return value.is_number() ? value.get<double>() : 0;
}

/// 32768 -> "32,768"
std::string grouped(std::int64_t tokens) {
  std::string text = std::to_string(tokens);
  for (auto place = static_cast<int>(text.size()) - 3; place > 0; place -= 3) {
    text.insert(static_cast<std::size_t>(place), ",");
  }
  return text;
}

std::string tokens_at(const Json& json, const char* key) {
  return grouped(static_cast<std::int64_t>(number_at(json, {key})));
}

/// Who says how large the window is.
std::string basis_words(const std::string& basis) {
  if (basis == "given") return "as its user says";
  if (basis == "declared") return "as the server declares";
  if (basis == "measured") return "as measured: longer prompts are cut or refused";
  if (basis == "kv_cache") return "what its KV cache holds";
  return basis;
}

std::string window_words(const Json& pressure) {
  if (!at(pressure, {"window"}).is_number()) return {};
  return fmt::format("{} tokens ({})", tokens_at(pressure, "window"),
                     basis_words(text_at(pressure, {"window_basis"})));
}

std::string points(const Json& difference) {
  return difference.is_number() ? fmt::format("{:+.1f}", difference.get<double>() * 100) : "-";
}

/// "-25.0 (-44 to -3)"
std::string difference_words(const Json& point) {
  const Json& difference = at(point, {"difference"});
  if (!difference.is_object()) return {};
  return fmt::format("{} ({:+.0f} to {:+.0f})", points(difference["difference"]),
                     number_at(difference, {"low"}) * 100, number_at(difference, {"high"}) * 100);
}

/// The cells of one value as they stand in a table.
std::vector<std::string> row_of(const Json& point) {
  return {fmt::format("{}", number_at(point, {"value"})),
          number(at(point, {"reached", "median"}), 2),
          percent(at(point, {"completion", "rate"})),
          percent_range(at(point, {"completion", "low"}), at(point, {"completion", "high"})),
          number(at(point, {"scored"}), 0),
          difference_words(point),
          number(at(point, {"invalid_per_100_calls"})),
          number(at(point, {"planted_errors"}), 0),
          number(at(point, {"turns"}))};
}

std::vector<std::string> heading_of(const Json& sweep) {
  const double first = number_at(at(sweep, {"points"}).front(), {"value"});
  return {text_at(sweep, {"key"}),          "reached",       "completion", "95 %", "scored",
          fmt::format("against {}", first), "bad calls/100", "planted",    "turns"};
}

const Json& point_at(const Json& sweep, const Json& value) {
  static const Json nothing = Json::object();
  const Json& list = at(sweep, {"points"});
  const auto found =
      std::ranges::find_if(list, [&](const Json& point) { return at(point, {"value"}) == value; });
  return found == list.end() ? nothing : *found;
}

/// "0.9 (reached 0.59)" of a window, which a task may leave less room in; "0.2" of a rate.
std::string value_words(const Json& sweep, const Json& point) {
  std::string words = fmt::format("{}", number_at(point, {"value"}));
  if (text_at(sweep, {"key"}) != "context_fill") return words;
  const Json& reached = at(point, {"reached", "median"});
  return words + (reached.is_number() ? fmt::format(" (reached {})", number(reached, 2))
                                      : " (what was reached is not known)");
}

/// ", with nothing to compare at 0.2"
std::string left_out_words(const Json& sweep) {
  std::vector<std::string> values;
  const Json& list = at(sweep, {"points"});
  for (const Json& point : list) {
    if (&point == &list.front() || at(point, {"difference"}).is_object()) continue;
    values.push_back(fmt::format("{}", number_at(point, {"value"})));
  }
  return values.empty() ? "" : ", with nothing to compare at " + join(values, ", ");
}

/// How large a drop would have been seen, or why none would.
std::string power_words(const Json& sweep, double first) {
  const double room = number_at(sweep, {"room"}) * 100;
  const Json& seen = at(sweep, {"detectable_drop"});
  if (room <= 0) return fmt::format("there was no room to fall: nothing passes at {}", first);
  if (seen.is_number()) {
    return fmt::format("a drop of {:.0f} points or more would have been seen",
                       seen.get<double>() * 100);
  }
  return fmt::format("with so few trials not even a fall from {:.1f} % to 0 would have been seen",
                     room);
}

bool has_points(const Json& sweep) {
  const Json& found = at(sweep, {"points"});
  return found.is_array() && !found.empty();
}

const Json& sweeps_of(const Json& card) {
  static const Json nothing = Json::array();
  const Json& found = at(card, {"sweeps"});
  return found.is_array() ? found : nothing;
}

}  // namespace

std::vector<std::string> pressure_remarks(const Json& contestant) {
  std::vector<std::string> lines;
  const Json& pressure = at(contestant, {"pressure"});
  if (!pressure.is_object()) return lines;
  if (const double fill = number_at(pressure, {"context_fill"}); fill > 0) {
    std::string line = fmt::format("window filled to {:g} of {}", fill, window_words(pressure));
    const Json& reached = at(pressure, {"reached"});
    line += reached.is_object()
                ? fmt::format(": reached {:.2f} ({:.2f} to {:.2f})", number_at(reached, {"median"}),
                              number_at(reached, {"low"}), number_at(reached, {"high"}))
                : ": what was reached is not known, since the server counts no prompts";
    if (const int cut = count_at(pressure, {"cut"}); cut > 0) {
      line += fmt::format("; {} of {} trials got less filler, so that the task itself fits", cut,
                          count_at(contestant, {"trials", "scored"}));
    }
    lines.push_back(std::move(line));
    const bool by_time = count_at(contestant, {"trials", "time_capped"}) > 0;
    if (by_time && !json_or(at(contestant, {"budget"}), "calibrated", false)) {
      lines.emplace_back(
          "its seconds are those of the fixed rule, which knows nothing of the filler that is read "
          "in them");
    }
  }
  if (const double rate = number_at(pressure, {"tool_error_rate"}); rate > 0) {
    lines.push_back(fmt::format("tools failed on purpose at {:g}: {} of {} valid calls", rate,
                                count_at(pressure, {"planted_errors"}),
                                count_at(contestant, {"tool_calls", "valid"})));
  }
  return lines;
}

std::string pressure_plan_sentence(const Json& contestant) {
  const Json& pressure = at(contestant, {"pressure"});
  if (!pressure.is_object()) return {};
  std::vector<std::string> parts;
  if (const double fill = number_at(pressure, {"context_fill"}); fill > 0) {
    parts.push_back(at(pressure, {"window"}).is_number()
                        ? fmt::format("window filled to {:g} of {}", fill, window_words(pressure))
                        : fmt::format("window filled to {:g}, once its size is known", fill));
    const double held = number_at(pressure, {"tokens_at_once"});
    const double capacity = number_at(pressure, {"kv_capacity_tokens"});
    if (capacity > 0 && held > capacity) {
      parts.push_back(fmt::format(
          "{} trials at once would hold {} tokens, and its KV cache holds {}: it will put "
          "requests off, so run fewer at once",
          count_at(pressure, {"at_once"}), tokens_at(pressure, "tokens_at_once"),
          tokens_at(pressure, "kv_capacity_tokens")));
    }
  }
  if (const double rate = number_at(pressure, {"tool_error_rate"}); rate > 0) {
    parts.push_back(fmt::format("tools fail on purpose at {:g}", rate));
  }
  return join(parts, "; ");
}

std::string sweep_sentence(const Json& sweep) {
  const std::string key = text_at(sweep, {"key"});
  const double first = number_at(at(sweep, {"points"}).front(), {"value"});
  const Json& breaks = at(sweep, {"breaks_at"});
  if (breaks.is_number()) {
    const Json& point = point_at(sweep, breaks);
    return fmt::format("breaks at {} {}: {} points against {}", key, value_words(sweep, point),
                       difference_words(point), first);
  }
  const Json& compared = at(sweep, {"compared_to"});
  if (!compared.is_number()) {
    return fmt::format("nothing can be held against {} {}: no task has scored trials at both", key,
                       first);
  }
  return fmt::format("not shown to break up to {} {}{}; {}", key,
                     value_words(sweep, point_at(sweep, compared)), left_out_words(sweep),
                     power_words(sweep, first));
}

std::string sweep_tables(const Json& card, const TerminalStyle& style) {
  std::string text;
  for (const Json& sweep : sweeps_of(card)) {
    if (!has_points(sweep)) continue;
    text += "\n " + paint(style, Colour::bold, text_at(sweep, {"contestant"})) + " along " +
            text_at(sweep, {"key"}) + "\n";
    Table table(std::vector<Align>(heading_of(sweep).size(), Align::right));
    std::vector<Cell> heading;
    for (const std::string& word : heading_of(sweep)) heading.push_back({word, Colour::dim});
    table.row(std::move(heading));
    for (const Json& point : at(sweep, {"points"})) {
      const bool broken = at(point, {"value"}) == at(sweep, {"breaks_at"});
      std::vector<Cell> cells;
      for (std::string& word : row_of(point)) {
        cells.push_back({std::move(word), broken ? Colour::red : Colour::none});
      }
      table.row(std::move(cells));
    }
    text += table.text(style, 3, 2);
    text += "   " + wrap(sweep_sentence(sweep), style.width - 3, 5) + "\n";
  }
  return text;
}

std::string sweep_markdown(const Json& card) {
  std::string text;
  for (const Json& sweep : sweeps_of(card)) {
    if (!has_points(sweep)) continue;
    text += "\n| " + join(heading_of(sweep), " | ") + " |\n|";
    for (std::size_t i = 0; i < heading_of(sweep).size(); ++i) text += "--:|";
    text += '\n';
    for (const Json& point : at(sweep, {"points"}))
      text += "| " + join(row_of(point), " | ") + " |\n";
    text += fmt::format("\n{}: {}\n", text_at(sweep, {"contestant"}), sweep_sentence(sweep));
  }
  return text;
}

}  // namespace plumb
