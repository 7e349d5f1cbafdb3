#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plugins/reporters/reporters.hpp"

namespace plumb {

/// Columns that valid, printable UTF-8 takes on a terminal: East Asian wide characters and emoji
/// take two, combining marks none (Unicode Standard Annex 11).
[[nodiscard]] int display_width(std::string_view text);
/// The longest start of the text that fits into `width` columns.
[[nodiscard]] std::string cut_to_width(std::string_view text, int width);
[[nodiscard]] std::string pad_right(std::string text, int width);
[[nodiscard]] std::string pad_left(std::string text, int width);

/// Lines of at most `width` columns, broken at blanks where there are any; every line but the first
/// is indented.
[[nodiscard]] std::string wrap(std::string_view text, int width, int indent);
/// The same for parts that are kept whole, with `separator` between two on one line.
[[nodiscard]] std::string wrap_parts(const std::vector<std::string>& parts,
                                     std::string_view separator, int width, int indent);

enum class Colour { none, dim, bold, red, green, yellow, cyan };
/// Escape sequences around the text, or the text alone where the style has no colour.
[[nodiscard]] std::string paint(const TerminalStyle& style, Colour colour, std::string_view text);

/// Rows of cells whose columns line up.
class Table {
 public:
  enum class Align { left, right };
  struct Cell {
    std::string text;
    Colour colour = Colour::none;
  };

  explicit Table(std::vector<Align> aligns) : aligns_(std::move(aligns)) {}
  void row(std::vector<Cell> cells);
  /// A line across the columns, below the last row.
  void line(std::string text);
  [[nodiscard]] std::string text(const TerminalStyle& style, int indent, int gap) const;

 private:
  struct Row {
    std::vector<Cell> cells;
    std::string line;  ///< instead of cells
  };
  std::vector<Align> aligns_;
  std::vector<Row> rows_;
};

}  // namespace plumb
