#include "core/endpoint/metrics_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/base/text.hpp"

namespace plumb {
namespace {

constexpr std::size_t kLongestLine = std::size_t{64} << 10;
constexpr std::size_t kMostLabels = 64;

bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
}
bool in_name(char c) { return starts_name(c) || (c >= '0' && c <= '9'); }

std::string_view name_at_front(std::string_view line) {
  if (line.empty() || !starts_name(line.front())) return {};
  const auto end = std::ranges::find_if_not(line, in_name);
  return line.substr(0, static_cast<std::size_t>(end - line.begin()));
}

void skip_blanks(std::string_view& rest) {
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
}
bool skip(std::string_view& rest, char c) {
  if (!rest.starts_with(c)) return false;
  rest.remove_prefix(1);
  return true;
}

/// A quoted value with \\, \" and \n in it; leaves `rest` behind the closing quote.
std::optional<std::string> quoted(std::string_view& rest) {
  if (!skip(rest, '"')) return std::nullopt;
  std::string value;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == '"') return value;
    if (c != '\\') {
      value += c;
      continue;
    }
    if (rest.empty()) return std::nullopt;
    value += rest.front() == 'n' ? '\n' : rest.front();
    rest.remove_prefix(1);
  }
  return std::nullopt;
}

/// From behind the opening brace to behind the closing one. False when it is not well formed.
bool read_labels(std::string_view& rest, std::map<std::string, std::string>& labels) {
  while (true) {
    skip_blanks(rest);
    if (skip(rest, '}')) return true;
    const std::string_view name = name_at_front(rest);
    if (name.empty() || labels.size() == kMostLabels) return false;
    rest.remove_prefix(name.size());
    skip_blanks(rest);
    if (!skip(rest, '=')) return false;
    skip_blanks(rest);
    auto value = quoted(rest);
    if (!value) return false;
    labels[std::string(name)] = std::move(*value);
    skip_blanks(rest);
    if (!skip(rest, ',') && !rest.starts_with('}')) return false;
  }
}

/// The number in front, if it is finite and ends where a word ends.
std::optional<double> read_value(std::string_view rest) {
  if (rest.starts_with('+')) rest.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  const bool ends = end == rest.data() + rest.size() || *end == ' ' || *end == '\t';
  if (error != std::errc() || !ends || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

std::optional<SeriesSample> parse_sample_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  skip_blanks(line);
  const std::string_view name = name_at_front(line);
  if (name.empty()) return std::nullopt;
  line.remove_prefix(name.size());
  SeriesSample sample{.name = std::string(name)};
  const bool blank = line.starts_with(' ') || line.starts_with('\t');
  skip_blanks(line);
  const bool labelled = skip(line, '{');
  if (labelled && !read_labels(line, sample.labels)) return std::nullopt;
  if (!labelled && !blank) return std::nullopt;
  skip_blanks(line);
  const auto value = read_value(line);
  if (!value) return std::nullopt;
  sample.value = *value;
  return sample;
}

std::size_t scan_metrics(std::string_view page, const std::function<bool(std::string_view)>& wanted,
                         const std::function<void(SeriesSample)>& take) {
  std::size_t samples = 0;
  while (!page.empty()) {
    const auto end = std::min(page.find('\n'), page.size());
    const std::string_view line = page.substr(0, end);
    page.remove_prefix(std::min(end + 1, page.size()));
    const std::string_view name = name_at_front(line);
    if (name.empty() || line.size() > kLongestLine) continue;
    const char behind = line.size() > name.size() ? line[name.size()] : '\0';
    if (behind != '{' && behind != ' ' && behind != '\t') continue;
    ++samples;
    if (!wanted(name)) continue;
    if (auto sample = parse_sample_line(line)) take(std::move(*sample));
  }
  return samples;
}

}  // namespace plumb
