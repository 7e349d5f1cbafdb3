#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/base/text.hpp"
#include "plugins/reporters/reporters.hpp"
#include "plugins/reporters/sweep.hpp"
#include "plugins/reporters/words.hpp"

namespace plumb {
namespace {

const Json& list(const Json& card, const char* key) {
  static const Json nothing = Json::array();
  const Json& value = at(card, {key});
  return value.is_array() ? value : nothing;
}

/// The text with every address taken out: whatever follows a "scheme://".
std::string without_urls(std::string text) {
  constexpr std::string_view kEnd = " \t\"'<>)]},;";
  for (auto mark = text.find("://"); mark != std::string::npos; mark = text.find("://", mark)) {
    auto start = mark;
    while (start > 0 && std::isalpha(static_cast<unsigned char>(text[start - 1])) != 0) --start;
    const auto end = std::min(text.find_first_of(kEnd, mark), text.size());
    text.replace(start, end - start, "(address)");
    mark = start + 1;
  }
  return text;
}

/// Text that is shown as it is: nothing in it is markup, nor breaks a table.
std::string escaped(std::string_view text) {
  constexpr std::string_view kMarkup = "\\`*_{}[]<>#|~";
  std::string out;
  for (const char c : text) {
    if (kMarkup.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string safe(const std::string& text) { return escaped(without_urls(text)); }

/// Names fit for the public, by contestant.
std::map<std::string, std::string> public_names(const Json& card) {
  std::map<std::string, std::string> names;
  for (const Json& contestant : list(card, "contestants")) {
    const std::string name = json_or(contestant, "name", "");
    names[name] =
        safe(printable(name)) + (json_or(contestant, "stand_in", false) ? " (stand-in)" : "");
  }
  return names;
}

using Names = std::map<std::string, std::string>;

std::string completion_table(const Json& card, const Names& names) {
  const int repeats = count_at(card, {"run", "repeats"});
  const std::string k = std::to_string(repeats);
  std::string text =
      "| | completion | 95 % | scored | capped | late | invalid | clean | bad calls | turns | ";
  text += repeats > 1 ? fmt::format("pass@{0} | pass^{0} | ", k) : "";
  text += "s/completed | in-flight tok/s |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|";
  text += repeats > 1 ? "--:|--:|\n" : "\n";
  for (const Json& contestant : list(card, "contestants")) {
    const auto count = [&](const char* key) { return count_at(contestant, {"trials", key}); };
    text += fmt::format(
        "| {} | **{}** | {} | {}/{} | {} | {} | {} | {} | {} | {} | ",
        names.at(json_or(contestant, "name", "")), percent(at(contestant, {"completion", "rate"})),
        percent_range(at(contestant, {"completion", "low"}),
                      at(contestant, {"completion", "high"})),
        count("scored"), count("planned") - count("skipped"), count("capped"), count("late"),
        count("invalid"), percent(at(contestant, {"clean_share"}), 0),
        percent(at(contestant, {"tool_calls", "malformed_rate"})),
        number(at(contestant, {"turns", "mean"})));
    if (repeats > 1) {
      text += fmt::format("{} | {} | ", percent(at(contestant, {"pass_at", k.c_str()})),
                          percent(at(contestant, {"pass_hat", k.c_str()})));
    }
    text += fmt::format("{} | {} |\n", seconds(at(contestant, {"speed", "s_per_completed"})),
                        token_rate(at(contestant, {"speed", "in_flight_tok_s"})));
  }
  return text;
}

std::string task_table(const Json& card, const Names& names) {
  std::string text = "| passed of scored |";
  std::string rule = "|---|";
  for (const Json& contestant : list(card, "contestants")) {
    text += " " + names.at(json_or(contestant, "name", "")) + " |";
    rule += "--:|";
  }
  text += '\n' + rule + '\n';
  const auto add = [&](const Json& group, const std::string& name, const char* mark) {
    text += fmt::format("| {0}{1}{0} |", mark, name);
    for (const Json& contestant : list(card, "contestants")) {
      const std::string key = json_or(contestant, "name", "");
      text += fmt::format(" {0}{1}{0} |", mark,
                          passed_of_scored(at(group, {"by_contestant", key.c_str()})));
    }
    text += '\n';
  };
  for (const Json& category : list(card, "categories")) {
    const std::string name = text_at(category, {"name"});
    add(category, name.empty() ? "(no category)" : safe(name), "**");
    if (!lists_each_task(card)) continue;
    for (const Json& task : list(card, "tasks")) {
      if (text_at(task, {"category"}) == name) add(task, safe(text_at(task, {"name"})), "");
    }
  }
  return text;
}

std::string remark_lines(const Json& card, const Names& names) {
  std::string text;
  for (const Json& contestant : list(card, "contestants")) {
    for (const std::string& remark : remarks(contestant)) {
      text += fmt::format("- {}: {}\n", names.at(json_or(contestant, "name", "")), safe(remark));
    }
  }
  // Evidence is left out: it may quote a server, and with it where the server is.
  for (const Json& alarm : list(card, "alarms")) {
    const auto whom = names.find(json_or(alarm, "contestant", ""));
    const std::string task = safe(text_at(alarm, {"task"}));
    text += fmt::format("- **!** {}{}{}\n", whom == names.end() ? "" : whom->second + " ",
                        task.empty() ? "" : task + " ", safe(alarm_sentence(alarm)));
  }
  return text;
}

}  // namespace

std::string markdown_scorecard(const Json& card) {
  const Names names = public_names(card);
  std::vector<std::string> facts = header_facts(card);
  for (std::string& fact : facts) fact = safe(fact);
  std::string text = "**" + facts.front() + "**";
  for (std::size_t i = 1; i < facts.size(); ++i) text += " \xC2\xB7 " + facts[i];
  text += "\n\n" + completion_table(card, names) + sweep_markdown(card) + '\n' +
          task_table(card, names);
  const std::string lines = remark_lines(card, names);
  if (!lines.empty()) text += '\n' + lines;
  std::vector<std::string> stand_ins;
  for (const Json& contestant : list(card, "contestants")) {
    if (json_or(contestant, "stand_in", false)) {
      stand_ins.push_back(safe(text_at(contestant, {"name"})));
    }
  }
  const std::string sentence = stand_in_sentence(stand_ins, list(card, "contestants").size());
  if (!sentence.empty()) text += '\n' + sentence + '\n';
  if (!json_or(at(card, {"run"}), "valid", false)) text += "\nNot a valid measurement.\n";
  const std::string version = safe(text_at(card, {"run", "version"}));
  return text + fmt::format("\nMeasured with Plumbline{}; intervals hold for {}.\n",
                            version.empty() ? "" : " " + version, "these tasks (Wilson, 95 %)");
}

}  // namespace plumb
