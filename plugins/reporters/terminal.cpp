#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/text.hpp"
#include "core/endpoint/metrics_figures.hpp"
#include "plugins/reporters/call_section.hpp"
#include "plugins/reporters/layout.hpp"
#include "plugins/reporters/rubric_section.hpp"
#include "plugins/reporters/sweep.hpp"
#include "plugins/reporters/words.hpp"

namespace plumb {
namespace {

using Align = Table::Align;
using Cell = Table::Cell;

const Json& list(const Json& card, const char* key) {
  static const Json nothing = Json::array();
  const Json& value = at(card, {key});
  return value.is_array() ? value : nothing;
}

std::vector<Cell> heading(const std::vector<std::string>& words) {
  std::vector<Cell> cells;
  for (const std::string& word : words) cells.push_back({word, Colour::dim});
  return cells;
}

std::string trimmed_words(const std::vector<std::string>& words) {
  return std::string(trimmed(join(words, " ")));
}

std::string bar(const Json& rate) {
  constexpr double kCells = 10;
  if (!rate.is_number()) return {};
  const auto filled = static_cast<std::size_t>(std::lround(rate.get<double>() * kCells));
  return std::string(std::min<std::size_t>(filled, 10), '#');
}

/// Zeros are quiet, so that the eye finds what is not.
Cell counted(int count, Colour colour) {
  return {std::to_string(count), count == 0 ? Colour::dim : colour};
}

bool all_stand_ins(const Json& card) {
  return std::ranges::all_of(list(card, "contestants"), [](const Json& contestant) {
    return json_or(contestant, "stand_in", false);
  });
}

std::string row_name(const Json& contestant, bool say_stand_in) {
  const bool stand_in = json_or(contestant, "stand_in", false);
  return text_at(contestant, {"name"}) + (stand_in && say_stand_in ? " (stand-in)" : "");
}

std::string completion_table(const Json& card, const TerminalStyle& style) {
  Table table({Align::left, Align::right, Align::left, Align::right, Align::right, Align::right,
               Align::right, Align::right, Align::right, Align::right, Align::right, Align::right});
  table.row(heading({"", "completion", "", "95 %", "scored", "capped", "late", "invalid", "clean",
                     "bad calls", "turns", "s/completed"}));
  const bool mixed = !all_stand_ins(card);
  for (const Json& contestant : list(card, "contestants")) {
    const Json& rate = at(contestant, {"completion", "rate"});
    const int due =
        count_at(contestant, {"trials", "planned"}) - count_at(contestant, {"trials", "skipped"});
    const int scored = count_at(contestant, {"trials", "scored"});
    table.row({{row_name(contestant, mixed), Colour::bold},
               {percent(rate), Colour::bold},
               {bar(rate), Colour::cyan},
               {percent_range(at(contestant, {"completion", "low"}),
                              at(contestant, {"completion", "high"}))},
               {fmt::format("{}/{}", scored, due), scored < due ? Colour::yellow : Colour::none},
               counted(count_at(contestant, {"trials", "capped"}), Colour::yellow),
               counted(count_at(contestant, {"trials", "late"}), Colour::yellow),
               counted(count_at(contestant, {"trials", "invalid"}), Colour::red),
               {percent(at(contestant, {"clean_share"}), 0)},
               {percent(at(contestant, {"tool_calls", "malformed_rate"}))},
               {number(at(contestant, {"turns", "mean"}))},
               {seconds(at(contestant, {"speed", "s_per_completed"}))}});
    const std::string proxy = text_at(contestant, {"proxy"});
    if (!proxy.empty()) {
      table.line(paint(style, Colour::dim,
                       "   " + wrap("asked through the proxy " + proxy, style.width - 3, 5)));
    }
    for (const std::string& remark : remarks(contestant)) {
      table.line(paint(style,
                       remark.starts_with("not passed") || remark.starts_with("skipped") ||
                               remark.starts_with("window filled") ||
                               remark.starts_with("tools failed on purpose")
                           ? Colour::dim
                           : Colour::yellow,
                       "   " + wrap(remark, style.width - 3, 5)));
    }
  }
  return table.text(style, 1, 2);
}

std::string speed_table(const Json& card, const TerminalStyle& style) {
  const int repeats = count_at(card, {"run", "repeats"});
  const std::string k = std::to_string(repeats);
  std::vector<std::string> words = {""};
  if (repeats > 1) words.insert(words.end(), {"pass@" + k, "pass^" + k});
  words.insert(words.end(),
               {"first token", "p95", "decode tok/s", "in-flight tok/s", "tokens/completed"});
  std::vector<Align> aligns(words.size(), Align::right);
  aligns[0] = Align::left;
  Table table(aligns);
  table.row(heading(words));
  const bool mixed = !all_stand_ins(card);
  for (const Json& contestant : list(card, "contestants")) {
    std::vector<Cell> cells = {{row_name(contestant, mixed)}};
    if (repeats > 1) {
      cells.push_back({percent(at(contestant, {"pass_at", k.c_str()}))});
      cells.push_back({percent(at(contestant, {"pass_hat", k.c_str()}))});
    }
    cells.push_back({duration_ms(at(contestant, {"speed", "ttft_ms", "median"}))});
    cells.push_back({duration_ms(at(contestant, {"speed", "ttft_ms", "p95"}))});
    cells.push_back({token_rate(at(contestant, {"speed", "decode_tok_s"}))});
    cells.push_back({token_rate(at(contestant, {"speed", "in_flight_tok_s"}))});
    cells.push_back({number(at(contestant, {"tokens", "per_completed"}), 0)});
    table.row(std::move(cells));
  }
  return table.text(style, 1, 2);
}

/// What the servers said about themselves, beside what we saw; "" where none said anything.
std::string server_table(const Json& card, const TerminalStyle& style) {
  Table table({Align::left, Align::left, Align::right, Align::right, Align::right, Align::right,
               Align::right, Align::right});
  table.row(heading(
      {"", "server", "its tok/s", "ours", "apart", "cache hits", "drafts taken", "queue at most"}));
  bool any = false;
  for (const Json& contestant : list(card, "contestants")) {
    const Json& figures = at(contestant, {"server_figures"});
    if (!figures.is_object()) continue;
    any = true;
    const Json& apart = at(figures, {"throughput", "disagreement"});
    const bool disagree = apart.is_number() && apart.get<double>() > kThroughputTolerance;
    table.row({{text_at(contestant, {"name"})},
               {trimmed_words({text_at(contestant, {"server", "kind"}),
                               text_at(contestant, {"server", "facts", "version", "value"})})},
               {token_rate(at(figures, {"throughput", "server_tok_s"}))},
               {token_rate(at(figures, {"throughput", "client_tok_s"}))},
               {percent(apart), disagree ? Colour::red : Colour::none},
               {percent(at(figures, {"prefix_cache", "hit_rate"}), 0)},
               {percent(at(figures, {"speculation", "acceptance"}), 0)},
               {number(at(figures, {"queue", "max"}), 0)}});
  }
  return any ? '\n' + table.text(style, 1, 2) : "";
}

Cell group_cell(const Json& group, bool of_category) {
  const Json& rate = at(group, {"rate"});
  const std::string text = passed_of_scored(group);
  if (!rate.is_number()) return {text, Colour::yellow};
  if (of_category) return {text, Colour::bold};
  if (rate.get<double>() >= 1) return {text, Colour::green};
  return {text, rate.get<double>() <= 0 ? Colour::red : Colour::none};
}

/// Passed of scored, a row per category and below it a row per task; `names` are the columns.
std::string task_table(const Json& card, const std::vector<std::string>& names,
                       const TerminalStyle& style) {
  std::vector<Align> aligns(names.size() + 1, Align::right);
  aligns[0] = Align::left;
  Table table(aligns);
  std::vector<std::string> words = {"passed of scored"};
  for (const std::string& name : names) words.push_back(printable(name));
  table.row(heading(words));
  const auto add = [&](const Json& group, const std::string& name, bool of_category) {
    std::vector<Cell> cells = {{name, of_category ? Colour::bold : Colour::none}};
    for (const std::string& contestant : names) {
      cells.push_back(group_cell(at(group, {"by_contestant", contestant.c_str()}), of_category));
    }
    table.row(std::move(cells));
  };
  const bool each = lists_each_task(card);
  for (const Json& category : list(card, "categories")) {
    const std::string name = text_at(category, {"name"});
    add(category, name.empty() ? "(no category)" : name, true);
    if (!each) continue;
    for (const Json& task : list(card, "tasks")) {
      if (text_at(task, {"category"}) == name) add(task, "  " + text_at(task, {"name"}), false);
    }
  }
  if (!each) {
    table.line(paint(style, Colour::dim,
                     fmt::format("  {} tasks; --json FILE has each", list(card, "tasks").size())));
  }
  return table.text(style, 1, 3);
}

/// As many columns side by side as fit, then the next.
std::string task_tables(const Json& card, const TerminalStyle& style) {
  constexpr int kTaskColumn = 34;
  std::string text;
  std::vector<std::string> names;
  int width = kTaskColumn;
  const auto flush = [&] {
    if (names.empty()) return;
    text += (text.empty() ? "" : "\n") + task_table(card, names, style);
    names.clear();
    width = kTaskColumn;
  };
  for (const Json& contestant : list(card, "contestants")) {
    const std::string name = json_or(contestant, "name", "");
    const int own = std::max(display_width(printable(name)), 7) + 3;
    if (width + own > style.width) flush();
    names.push_back(name);
    width += own;
  }
  flush();
  return text;
}

std::string alarm_lines(const Json& card, const TerminalStyle& style) {
  std::string text;
  for (const Json& alarm : list(card, "alarms")) {
    std::vector<std::string> whom;
    for (const char* key : {"contestant", "task"}) {
      if (const std::string name = text_at(alarm, {key}); !name.empty()) whom.push_back(name);
    }
    std::string line = alarm_sentence(alarm);
    if (!whom.empty()) line = join(whom, " ") + "  " + line;
    const std::string evidence = text_at(alarm, {"evidence"});
    text += paint(style, Colour::yellow, " ! ") + wrap(line, style.width - 3, 5) + '\n';
    if (!evidence.empty()) {
      text +=
          paint(style, Colour::dim, "     " + wrap(shortened(evidence, 300), style.width - 5, 5)) +
          '\n';
    }
  }
  return text;
}

}  // namespace

std::string terminal_scorecard(const Json& card, const TerminalStyle& style) {
  std::string text = wrap_parts(header_facts(card), " \xC2\xB7 ", style.width, 2) + "\n\n";
  text += completion_table(card, style) + '\n';
  text += speed_table(card, style);
  text += sweep_tables(card, style);
  text += server_table(card, style);
  text += call_section(card, style);
  text += rubric_section(card, style) + '\n';
  text += task_tables(card, style);
  const std::string alarms = alarm_lines(card, style);
  if (!alarms.empty()) text += '\n' + alarms;
  std::vector<std::string> stand_ins;
  for (const Json& contestant : list(card, "contestants")) {
    if (json_or(contestant, "stand_in", false)) stand_ins.push_back(text_at(contestant, {"name"}));
  }
  const std::string sentence = stand_in_sentence(stand_ins, list(card, "contestants").size());
  if (!sentence.empty()) text += '\n' + wrap(sentence, style.width, 0) + '\n';
  if (!json_or(at(card, {"run"}), "valid", false)) {
    text += '\n' +
            paint(style, Colour::red,
                  fmt::format("Not a valid measurement (exit code {}): see the lines with !",
                              count_at(card, {"run", "exit_code"}))) +
            '\n';
  }
  return text;
}

}  // namespace plumb
