#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plumb {

/// The same text with every invalid UTF-8 sequence replaced by U+FFFD.
[[nodiscard]] std::string valid_utf8(std::string_view bytes);
[[nodiscard]] bool is_valid_utf8(std::string_view bytes);

/// Keeps `head` bytes of the start and `tail` of the end (cut at character borders) and names the
/// cut between them:
/// "\n[... 1234 bytes cut ...]\n". Text that fits is returned as it is.
[[nodiscard]] std::string cut_middle(std::string_view text, std::size_t head, std::size_t tail);

/// The first `limit` bytes at most, cut at a character border, with "..." when something was cut.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t limit);

/// The text fit for one line of a terminal: control characters become visible, escape sequences and
/// what reorders a line of mixed directions too. With keep_newlines, newlines and tabs stay.
[[nodiscard]] std::string printable(std::string_view text, bool keep_newlines = false);

[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);
[[nodiscard]] std::string_view trimmed(std::string_view text);
[[nodiscard]] std::string lower(std::string_view text);
[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// Shell-style match of a whole name: `*`, `?`. No other character is special.
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view name);

/// A whole decimal number, or nothing: no blanks, no trailing text.
[[nodiscard]] std::optional<std::int64_t> parse_int(std::string_view text);
[[nodiscard]] std::optional<double> parse_number(std::string_view text);

/// "850 ms", "12.3 s", "4 min 10 s", "2 h 05 min"; "unknown" for what is no finite number.
[[nodiscard]] std::string human_seconds(double seconds);

/// The word of `known` nearest to `word` when it is near enough to be a slip of the pen, else
/// nothing.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 const std::vector<std::string>& known);
/// ` (did you mean "x"?)` or nothing, to end a sentence about an unknown word.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       const std::vector<std::string>& known);

/// A URL without user name, password, query and fragment: fit for a report.
[[nodiscard]] std::string redacted_url(std::string_view url);

}  // namespace plumb
