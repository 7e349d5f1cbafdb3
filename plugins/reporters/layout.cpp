#include "plugins/reporters/layout.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/text.hpp"

namespace plumb {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

constexpr std::array<Range, 14> kWide{{{0x1100, 0x115F},
                                       {0x2E80, 0x303E},
                                       {0x3041, 0x33FF},
                                       {0x3400, 0x4DBF},
                                       {0x4E00, 0x9FFF},
                                       {0xA000, 0xA4CF},
                                       {0xA960, 0xA97C},
                                       {0xAC00, 0xD7A3},
                                       {0xF900, 0xFAFF},
                                       {0xFE30, 0xFE6F},
                                       {0xFF00, 0xFF60},
                                       {0xFFE0, 0xFFE6},
                                       {0x1F300, 0x1FAFF},
                                       {0x20000, 0x3FFFD}}};
constexpr std::array<Range, 7> kZero{{{0x0300, 0x036F},
                                      {0x1AB0, 0x1AFF},
                                      {0x1DC0, 0x1DFF},
                                      {0x200B, 0x200F},
                                      {0x20D0, 0x20FF},
                                      {0xFE00, 0xFE0F},
                                      {0xFE20, 0xFE2F}}};

template <std::size_t N>
bool among(const std::array<Range, N>& ranges, char32_t point) {
  return std::ranges::any_of(
      ranges, [point](const Range& range) { return point >= range.first && point <= range.last; });
}

/// The character at `at`, whose bytes `size` is set to. The text is valid UTF-8.
char32_t character_at(std::string_view text, std::size_t at, std::size_t& size) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const unsigned first = byte(0);
  size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (size == 1) return first;
  char32_t point = first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) point = point << 6 | (byte(i) & 0x3FU);
  return point;
}

int width_of(char32_t point) {
  if (among(kZero, point)) return 0;
  return among(kWide, point) ? 2 : 1;
}

}  // namespace

int display_width(std::string_view text) {
  int width = 0;
  for (std::size_t at = 0, size = 0; at < text.size(); at += size) {
    width += width_of(character_at(text, at, size));
  }
  return width;
}

std::string cut_to_width(std::string_view text, int width) {
  int used = 0;
  for (std::size_t at = 0, size = 0; at < text.size(); at += size) {
    used += width_of(character_at(text, at, size));
    if (used > width) return std::string(text.substr(0, at));
  }
  return std::string(text);
}

std::string pad_right(std::string text, int width) {
  const int missing = width - display_width(text);
  if (missing > 0) text.append(static_cast<std::size_t>(missing), ' ');
  return text;
}

std::string pad_left(std::string text, int width) {
  const int missing = width - display_width(text);
  if (missing > 0) text.insert(0, static_cast<std::size_t>(missing), ' ');
  return text;
}

std::string wrap_parts(const std::vector<std::string>& parts, std::string_view separator, int width,
                       int indent) {
  std::string text;
  int column = 0;
  for (const std::string& part : parts) {
    const int own = display_width(part);
    if (column > 0 && column + display_width(separator) + own > width) {
      text += '\n' + std::string(static_cast<std::size_t>(indent), ' ');
      column = indent;
    } else if (column > 0) {
      text += separator;
      column += display_width(separator);
    }
    text += part;
    column += own;
  }
  return text;
}

std::string wrap(std::string_view text, int width, int indent) {
  return wrap_parts(split(text, ' '), " ", width, indent);
}

std::string paint(const TerminalStyle& style, Colour colour, std::string_view text) {
  static constexpr std::array<const char*, 7> kCodes = {
      "", "\x1b[2m", "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[36m"};
  if (!style.colour || colour == Colour::none || text.empty()) return std::string(text);
  return kCodes[std::to_underlying(colour)] + std::string(text) + "\x1b[0m";
}

void Table::row(std::vector<Cell> cells) {
  rows_.push_back({.cells = std::move(cells), .line = {}});
}
void Table::line(std::string text) { rows_.push_back({.cells = {}, .line = std::move(text)}); }

std::string Table::text(const TerminalStyle& style, int indent, int gap) const {
  std::vector<int> widths(aligns_.size(), 0);
  for (const Row& row : rows_) {
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(row.cells[i].text));
    }
  }
  std::string out;
  for (const Row& row : rows_) {
    if (row.cells.empty()) {
      out += row.line + '\n';
      continue;
    }
    std::string line(static_cast<std::size_t>(indent), ' ');
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      const Cell& cell = row.cells[i];
      if (i > 0) line.append(static_cast<std::size_t>(gap), ' ');
      const int missing = widths[i] - display_width(cell.text);
      const std::string blanks(static_cast<std::size_t>(missing), ' ');
      const bool last = i + 1 == row.cells.size();
      line += aligns_[i] == Align::right
                  ? blanks + paint(style, cell.colour, cell.text)
                  : paint(style, cell.colour, cell.text) + (last ? std::string() : blanks);
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
  return out;
}

}  // namespace plumb
