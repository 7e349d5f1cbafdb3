#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/base/text.hpp"
#include "plugins/reporters/layout.hpp"
#include "plugins/reporters/words.hpp"

namespace plumb {
namespace {

constexpr std::size_t kSystemBytes = 300;
constexpr std::size_t kTextLines = 40;
constexpr std::size_t kResultLines = 12;
constexpr std::size_t kArgumentLines = 12;

/// Writes one trial; holds what every part of it needs.
class View {
 public:
  View(const TerminalStyle& style, bool full) : style_(style), full_(full) {}

  std::string text(const TrialRecord& record) {
    header(record);
    opening(record.opening, record.filling);
    for (const Json& event : record.events.is_array() ? record.events : Json::array()) {
      show(event);
    }
    checks(record.verdict);
    return std::move(out_);
  }

 private:
  void header(const TrialRecord& record);
  void opening(const Json& opening, const std::optional<Filling>& filling);
  void show(const Json& event);
  void assistant(const Json& event);
  void call(const Json& call);
  void tool(const Json& event);
  void checks(const Verdict& verdict);

  void line(std::string_view text, Colour colour = Colour::none) {
    out_ += paint(style_, colour, text) + '\n';
  }
  /// Text of many lines behind a prefix, at most `most` of them unless everything is wanted.
  void lines(std::string_view text, std::string_view prefix, std::size_t most,
             Colour colour = Colour::none);

  TerminalStyle style_;
  bool full_;
  std::string out_;
};

Colour colour_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::passed:
      return Colour::green;
    case Outcome::failed:
      return Colour::red;
    default:
      return Colour::yellow;
  }
}

void View::lines(std::string_view text, std::string_view prefix, std::size_t most, Colour colour) {
  const auto all = split(trimmed(printable(text, true)), '\n');
  const std::size_t shown = full_ ? all.size() : std::min(all.size(), most);
  for (std::size_t i = 0; i < shown; ++i) {
    const int room = style_.width - display_width(prefix);
    // A line that is cut says so; the terminal would fold it out of its column.
    const bool fits = full_ || display_width(all[i]) <= room;
    const std::string fitted = fits ? all[i] : cut_to_width(all[i], room - 3) + "...";
    out_ += paint(style_, Colour::dim, prefix) + paint(style_, colour, fitted) + '\n';
  }
  if (shown < all.size()) {
    out_ += paint(style_, Colour::dim,
                  fmt::format("{}[{} more lines; --full shows them]", prefix, all.size() - shown)) +
            '\n';
  }
}

void View::header(const TrialRecord& record) {
  const Verdict& verdict = record.verdict;
  std::string outcome = outcome_name(verdict.outcome);
  if (verdict.reason != Reason::none) outcome += fmt::format(": {}", reason_name(verdict.reason));
  for (const auto& [mark, holds] :
       {std::pair("clean", verdict.clean), std::pair("late", verdict.late),
        std::pair("unfinished", verdict.unfinished)}) {
    if (holds) outcome += fmt::format(", {}", mark);
  }
  out_ += paint(style_, Colour::bold,
                fmt::format("{} \xC2\xB7 {} #{}", printable(record.key.contestant),
                            printable(record.key.task), record.key.repeat + 1)) +
          fmt::format(" \xC2\xB7 attempt {} \xC2\xB7 ", record.attempt) +
          paint(style_, colour_of(verdict.outcome), outcome) + '\n';
  if (!verdict.sentence.empty()) {
    line("  " + wrap(printable(verdict.sentence), style_.width - 2, 2));
  }
  if (verdict.blame != Blame::none) line(fmt::format("  blame: {}", blame_name(verdict.blame)));
  if (verdict.not_the_models) line("  its fatal defect may not be the model's");
  const Clocks& clocks = record.clocks;
  line(
      fmt::format("  {} of {} turns \xC2\xB7 {} of {} (model {}, tools {}; waited {}, not charged)",
                  record.turns, record.budget.turns, human_seconds(clocks.charged_s()),
                  human_seconds(record.budget.seconds), human_seconds(clocks.model_s),
                  human_seconds(clocks.tool_s), human_seconds(clocks.waiting_s)));
  const std::string tokens = record.tokens_known ? std::to_string(record.completion_tokens) : "-";
  line(fmt::format("  {} of {} tokens \xC2\xB7 {} of {} calls valid \xC2\xB7 {} \xC2\xB7 seed {}",
                   tokens, record.budget.tokens, record.calls.valid, record.calls.total,
                   iso_time(record.started_ms), record.seed));
  for (const CallDefect& one : record.calls.defects) {
    line(fmt::format("  turn {}: {}{} ({}){}", one.turn, defect_name(one.defect),
                     one.what.empty() ? "" : " " + printable(one.what),
                     attribution_name(one.attribution),
                     one.aftermath ? fmt::format(", {}", aftermath_name(*one.aftermath)) : ""),
         Colour::yellow);
  }
  if (verdict.points) line(fmt::format("  {} points of its rubric", *verdict.points));
}

void View::opening(const Json& opening, const std::optional<Filling>& filling) {
  out_ += '\n';
  if (const std::string system = json_or(opening, "system", ""); !system.empty()) {
    line("system", Colour::bold);
    const bool cut = !full_ && system.size() > kSystemBytes;
    lines(cut ? shortened(system, kSystemBytes) : system, "  ", kTextLines, Colour::dim);
    if (cut) {
      line(fmt::format("  [{} bytes in all; --full shows them]", system.size()), Colour::dim);
    }
  }
  std::vector<std::string> tools;
  const Json& offered = at(opening, {"tools"});
  for (const Json& tool : offered.is_array() ? offered : Json::array()) {
    tools.push_back(tool.is_string() ? printable(tool.get<std::string>())
                                     : text_at(tool, {"name"}));
  }
  if (!tools.empty()) {
    line("tools", Colour::bold);
    line("  " + wrap(join(tools, ", "), style_.width - 2, 2));
  }
  const Json& before = at(opening, {"earlier"});
  for (const Json& earlier : before.is_array() ? before : Json::array()) {
    line(printable(json_or(earlier, "role", "?")) + ", before the prompt", Colour::bold);
    lines(json_or(earlier, "text", ""), "  ", kTextLines);
  }
  if (const std::string prompt = json_or(opening, "prompt", ""); !prompt.empty()) {
    line("prompt", Colour::bold);
    if (filling && filling->bytes > 0) {
      line(fmt::format("  [filler: {} tokens by its measure, {} bytes, seed {}, salt {}]",
                       filling->tokens, filling->bytes, filling->material, filling->salt),
           Colour::dim);
    }
    lines(prompt, "  ", kTextLines);
  }
}

void View::assistant(const Json& event) {
  std::string title = fmt::format("\nturn {}", count_at(event, {"turn"}));
  std::vector<std::string> facts;
  const Json& seconds = at(event, {"seconds"});
  if (seconds.is_number()) facts.push_back(human_seconds(seconds.get<double>()));
  if (const Json& tokens = at(event, {"tokens"}); tokens.is_number_integer()) {
    facts.push_back(fmt::format("{} tokens", tokens.get<std::int64_t>()));
  }
  const std::string finish = text_at(event, {"finish"});
  if (finish == "length" || finish == "refused") facts.push_back("ended by " + finish);
  out_ += paint(style_, Colour::bold, title) +
          paint(style_, Colour::dim, facts.empty() ? "" : "  " + join(facts, ", ")) + '\n';
  const Json& faults = at(event, {"faults"});
  for (const Json& fault : faults.is_array() ? faults : Json::array()) {
    lines(fault.is_string() ? fault.get<std::string>() : dump_json(fault), "  fault: ", 3,
          Colour::yellow);
  }
  if (const std::string reasoning = json_or(event, "reasoning", ""); !trimmed(reasoning).empty()) {
    lines(reasoning, "  ~ ", kResultLines, Colour::dim);
  }
  if (const std::string said = json_or(event, "text", ""); !trimmed(said).empty()) {
    lines(said, "  ", kTextLines);
  }
  if (const std::string lost = text_at(event, {"lost_call"}); !lost.empty()) {
    line("    " + lost, Colour::yellow);
  }
  const Json& calls = at(event, {"calls"});
  for (const Json& one : calls.is_array() ? calls : Json::array()) call(one);
  const Json& rescued = at(event, {"rescued"});
  if (rescued.is_array() && !rescued.empty()) line("    rescued, and run:", Colour::yellow);
  for (const Json& one : rescued.is_array() ? rescued : Json::array()) call(one);
}

/// A short argument on the line of the call, a long one below it, as text rather than as JSON.
void View::call(const Json& call) {
  const std::string name = text_at(call, {"name"});
  const std::string bytes = json_or(call, "arguments", "");
  const auto arguments = parse_json(bytes);
  if (!arguments || !arguments->is_object()) {
    line("  > " + name, Colour::cyan);
    lines(bytes.empty() ? "(no arguments)" : bytes, "      ", kArgumentLines, Colour::yellow);
    return;
  }
  std::vector<std::pair<std::string, std::string>> below;
  std::string head = "  > " + name;
  for (const auto& [key, value] : arguments->items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : dump_json(value);
    const std::string shown = fmt::format("  {}: {}", printable(key), printable(text));
    const bool fits = text.find('\n') == std::string::npos &&
                      display_width(head) + display_width(shown) <= style_.width;
    if (fits) {
      head += shown;
    } else {
      below.emplace_back(key, value.is_string() ? text : dump_json(value, 2));
    }
  }
  line(head, Colour::cyan);
  for (const auto& [key, text] : below) {
    line(fmt::format("      {}:", printable(key)), Colour::cyan);
    lines(text, "        ", kArgumentLines);
  }
}

void View::tool(const Json& event) {
  const std::string defect = text_at(event, {"defect"});
  if (!defect.empty()) line("    defect: " + defect, Colour::yellow);
  if (json_or(event, "planted", false)) line("    failed on purpose, not run", Colour::yellow);
  const std::string text = json_or(event, "text", "");
  lines(trimmed(text).empty() ? "(no output)" : text, "    | ", kResultLines,
        json_or(event, "ok", true) ? Colour::none : Colour::yellow);
}

void View::show(const Json& event) {
  const std::string type = json_or(event, "type", "");
  if (type == "assistant") {
    assistant(event);
  } else if (type == "tool") {
    tool(event);
  } else if (type == "user") {
    line("\nuser", Colour::bold);
    lines(json_or(event, "text", ""), "  ", kTextLines);
  } else if (type == "fault") {
    line(fmt::format("\nfault: {} {}", text_at(event, {"kind"}), text_at(event, {"sentence"})),
         Colour::yellow);
  } else if (type == "evidence") {
    line(fmt::format("\nevidence on {} of turn {}: {} ({})", text_at(event, {"defect"}),
                     count_at(event, {"turn"}), text_at(event, {"attribution"}),
                     text_at(event, {"sentence"})),
         Colour::dim);
  } else if (type == "end") {
    line("\nend: " + text_at(event, {"why"}), Colour::dim);
  } else if (type == "note") {
    line("\nnote: " + text_at(event, {"text"}), Colour::dim);
  } else if (type == "grade" && at(event, {"error"}).is_string()) {
    line("\ngrader: " + text_at(event, {"error"}), Colour::yellow);
  }
}

void View::checks(const Verdict& verdict) {
  if (!verdict.graded && verdict.checks.empty()) {
    line("\nnot graded", Colour::yellow);
    return;
  }
  line("\nchecks", Colour::bold);
  for (const Check& check : verdict.checks) {
    const std::string mark = check.holds ? "  ok  " : "  NO  ";
    const std::string name = (check.must_not ? "must not: " : "") + printable(check.name);
    line(mark + wrap(name, style_.width - 6, 6), check.holds ? Colour::green : Colour::red);
    if (!check.detail.empty()) lines(check.detail, "      ", kResultLines, Colour::dim);
  }
  if (!verdict.grader_agrees) {
    line("  The grader said something else the second time.", Colour::yellow);
  }
}

}  // namespace

std::string show_trial(const TrialRecord& record, const TerminalStyle& style, bool full) {
  return View(style, full).text(record);
}

}  // namespace plumb
