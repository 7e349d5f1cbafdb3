#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/score/board.hpp"
#include "plugins/reporters/layout.hpp"
#include "plugins/reporters/reporters.hpp"
#include "plugins/reporters/words.hpp"

namespace plumb {
namespace {

std::string shown(const Json& value) {
  if (value.is_null()) return "unknown";
  return printable(shortened(value.is_string() ? value.get<std::string>() : dump_json(value), 100));
}

Table::Cell cell(const Json& value) {
  return {shown(value), value.is_null() ? Colour::dim : Colour::none};
}

std::string full_name(const Json& side) {
  return text_at(side, {"run"}) + "/" + text_at(side, {"name"});
}

void add_rows(Table& table, const Json& rows) {
  for (const Json& row : rows) {
    table.row({{text_at(row, {"field"})}, cell(at(row, {"a"})), cell(at(row, {"b"}))});
  }
}

/// "declared (7 equal)", then one row for each field that tells them apart.
std::string section(const char* title, const Json& compared, const Json& diff,
                    const TerminalStyle& style) {
  const int equal = count_at(compared, {"equal"});
  std::string text = paint(style, Colour::bold, title) +
                     fmt::format(" ({} equal field{})\n", equal, equal == 1 ? "" : "s");
  const Json& different = list_in(compared, "different");
  const Json& one_sided = list_in(compared, "one_sided");
  if (different.empty() && one_sided.empty()) return text + "  no difference\n";
  using Align = Table::Align;
  Table table({Align::left, Align::left, Align::left});
  table.row({{"", Colour::dim},
             {full_name(diff["a"]), Colour::dim},
             {full_name(diff["b"]), Colour::dim}});
  add_rows(table, different);
  add_rows(table, one_sided);
  return text + table.text(style, 2, 2);
}

std::string contradiction(const Json& entry, const TerminalStyle& style) {
  const std::string line = fmt::format("! {}: {} is declared as {}, and the server says {}",
                                       text_at(entry, {"contestant"}), text_at(entry, {"field"}),
                                       shown(at(entry, {"declared"})), shown(at(entry, {"found"})));
  return paint(style, Colour::yellow, wrap(line, style.width, 2)) + "\n";
}

std::string fields(const char* title, const Json& flat, const TerminalStyle& style) {
  std::string text = paint(style, Colour::bold, title) + "\n";
  if (flat.empty()) return text + "  nothing\n";
  Table table({Table::Align::left, Table::Align::left});
  for (const auto& [field, value] : flat.items()) table.row({{printable(field)}, cell(value)});
  return text + table.text(style, 2, 2);
}

}  // namespace

std::string show_recipe_diff(const Json& diff, const TerminalStyle& style) {
  std::string text = section("declared", at(diff, {"declared"}), diff, style) + "\n" +
                     section("found", at(diff, {"found"}), diff, style);
  std::vector<std::string> unknown;
  for (const Json& field : list_in(diff, "unknown")) unknown.push_back(shown(field));
  if (!unknown.empty()) {
    text += "\n" + wrap("declared for neither: " + join(unknown, ", "), style.width, 2) + "\n";
  }
  const Json& contradictions = list_in(diff, "contradictions");
  if (!contradictions.empty()) text += "\n";
  for (const Json& entry : contradictions) text += contradiction(entry, style);
  return text;
}

std::string show_recipe(const Json& side, const Json& contradictions, const TerminalStyle& style) {
  std::string text = fmt::format("{} ({})\n\n", full_name(side), text_at(side, {"model"})) +
                     fields("declared", object_in(side, "declared"), style) + "\n" +
                     fields("found", object_in(side, "found"), style);
  if (!contradictions.empty()) text += "\n";
  for (const Json& entry : contradictions) text += contradiction(entry, style);
  return text;
}

}  // namespace plumb
