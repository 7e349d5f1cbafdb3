#include "core/schema/pattern.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <re2/re2.h>

#include "core/base/text.hpp"
#include "core/schema/schema_error.hpp"

namespace plumb {
namespace {

constexpr std::size_t kLongestPattern = 16'384;
constexpr std::int64_t kEngineBytes = std::int64_t{4} << 20;

// Ranges for the inside of a class. ECMA-262's white space is Unicode's and the line terminators.
constexpr std::string_view kSpaces =
    R"(\t\n\x0b\f\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff})";
constexpr std::string_view kNoSpaces =
    R"(\x00-\x08\x0e-\x1f!-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e})"
    R"(\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff})";

using NamePair = std::pair<std::string_view, std::string_view>;
constexpr std::array<NamePair, 39> kCategories = {{{"Letter", "L"},
                                                   {"Cased_Letter", "LC"},
                                                   {"Uppercase_Letter", "Lu"},
                                                   {"Lowercase_Letter", "Ll"},
                                                   {"Titlecase_Letter", "Lt"},
                                                   {"Modifier_Letter", "Lm"},
                                                   {"Other_Letter", "Lo"},
                                                   {"Mark", "M"},
                                                   {"Combining_Mark", "M"},
                                                   {"Nonspacing_Mark", "Mn"},
                                                   {"Spacing_Mark", "Mc"},
                                                   {"Enclosing_Mark", "Me"},
                                                   {"Number", "N"},
                                                   {"Decimal_Number", "Nd"},
                                                   {"digit", "Nd"},
                                                   {"Letter_Number", "Nl"},
                                                   {"Other_Number", "No"},
                                                   {"Punctuation", "P"},
                                                   {"punct", "P"},
                                                   {"Connector_Punctuation", "Pc"},
                                                   {"Dash_Punctuation", "Pd"},
                                                   {"Open_Punctuation", "Ps"},
                                                   {"Close_Punctuation", "Pe"},
                                                   {"Initial_Punctuation", "Pi"},
                                                   {"Final_Punctuation", "Pf"},
                                                   {"Other_Punctuation", "Po"},
                                                   {"Symbol", "S"},
                                                   {"Math_Symbol", "Sm"},
                                                   {"Currency_Symbol", "Sc"},
                                                   {"Modifier_Symbol", "Sk"},
                                                   {"Other_Symbol", "So"},
                                                   {"Separator", "Z"},
                                                   {"Space_Separator", "Zs"},
                                                   {"Line_Separator", "Zl"},
                                                   {"Paragraph_Separator", "Zp"},
                                                   {"Other", "C"},
                                                   {"Control", "Cc"},
                                                   {"cntrl", "Cc"},
                                                   {"Format", "Cf"}}};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Whether the engine takes a backslash and this letter as ECMA-262 does. Before punctuation it
/// means the character itself.
bool is_the_same(char c, bool in_class) {
  if (is_letter(c)) {
    return std::string_view(in_class ? "dDwWtnrf" : "dDwWtnrfbB").find(c) != std::string_view::npos;
  }
  return static_cast<unsigned char>(c) < 0x80 && !is_digit(c);
}

/// Writes what the engine reads, from left to right.
class Translation {
 public:
  explicit Translation(std::string_view ecma) : text_(ecma) {}

  Result<std::string> run() {
    while (at_ < text_.size() && reason_.empty()) one();
    if (!reason_.empty()) return fail(Code::config, reason_);
    return std::move(out_);
  }

 private:
  void refuse(std::string reason) {
    if (reason_.empty()) reason_ = std::move(reason);
  }

  void one() {
    if (text_[at_] == '\\') {
      escape(false);
    } else if (took('.')) {
      out_ += R"([^\n\r\x{2028}\x{2029}])";
    } else if (took('[')) {
      bracket();
    } else if (took('(')) {
      group();
    } else if (rest().starts_with("{,")) {
      refuse("\"{,\" is no repetition; write {0,...}");
    } else {
      out_ += text_[at_++];
    }
  }

  void group() {
    out_ += '(';
    if (!took('?')) return;
    if (took(':')) {
      out_ += "?:";
    } else if (rest().starts_with("=") || rest().starts_with("!") || rest().starts_with("<=") ||
               rest().starts_with("<!")) {
      refuse("it looks ahead or behind (?=, ?!, ?<=, ?<!), which needs more than linear time");
    } else if (took('<')) {
      out_ += "?P<";
    } else {
      refuse("\"(?\" must be followed by ':' or '<'");
    }
  }

  void bracket() {
    const bool negated = took('^');
    if (took(']')) {
      out_ += negated ? R"([\x00-\x{10ffff}])" : R"([^\x00-\x{10ffff}])";
      return;
    }
    out_ += negated ? "[^" : "[";
    while (at_ < text_.size() && text_[at_] != ']') {
      if (text_[at_] == '\\') {
        escape(true);
      } else {
        // The engine would read "[:" as the begin of a class of its own.
        if (text_[at_] == '[') out_ += '\\';
        out_ += text_[at_++];
      }
      if (!reason_.empty()) return;
    }
    if (!took(']')) return refuse("a \"[\" is not closed");
    out_ += ']';
  }

  void escape(bool in_class) {
    ++at_;
    if (at_ == text_.size()) return refuse("it ends with a backslash");
    const char c = text_[at_++];
    if (is_the_same(c, in_class)) {
      out_ += {'\\', c};
    } else if (c == 's' || c == 'S') {
      const std::string_view ranges = c == 's' ? kSpaces : kNoSpaces;
      out_ += in_class ? std::string(ranges) : "[" + std::string(ranges) + "]";
    } else if (c == 'v') {
      point(0x0B);
    } else if (c == 'b' && in_class) {
      point(0x08);
    } else if (c == 'p' || c == 'P') {
      property(c);
    } else if (c == 'c') {
      control();
    } else if (c == 'x') {
      if (const auto number = hex(2)) return point(*number);
      refuse("\\x needs two hexadecimal digits");
    } else if (c == 'u') {
      unicode();
    } else if (c == '0' && (at_ == text_.size() || !is_digit(text_[at_]))) {
      point(0);
    } else if (is_digit(c) || c == 'k') {
      refuse("it refers back to a group, which needs more than linear time");
    } else if (is_letter(c)) {
      refuse(fmt::format("ECMA-262 has no escape \\{}", c));
    } else {
      out_ += c;
    }
  }

  void control() {
    const char letter = at_ < text_.size() ? text_[at_++] : '\0';
    if (!is_letter(letter)) return refuse("\\c needs a letter");
    point(static_cast<unsigned>(letter) % 32);
  }

  void unicode() {
    if (took('{')) {
      const auto close = rest().find('}');
      const auto number = close == std::string_view::npos ? std::nullopt : hex(close);
      if (!number || *number > 0x10FFFF || !took('}'))
        return refuse("\\u{...} holds no code point");
      return point(*number);
    }
    const auto number = hex(4);
    if (!number) return refuse("\\u needs four hexadecimal digits");
    if (*number < 0xD800 || *number > 0xDFFF) return point(*number);
    const bool is_high = *number < 0xDC00 && rest().starts_with("\\u");
    if (is_high) at_ += 2;
    const auto low = is_high ? hex(4) : std::nullopt;
    if (!low || *low < 0xDC00 || *low > 0xDFFF) {
      return refuse("half of a surrogate pair matches no text");
    }
    point(0x10000 + ((*number - 0xD800) << 10) + (*low - 0xDC00));
  }

  /// `\p{Letter}`, `\p{Lu}`, `\p{General_Category=Lu}`, `\p{Script=Greek}`.
  void property(char p) {
    const auto close = rest().find('}');
    if (!rest().starts_with('{') || close == std::string_view::npos) {
      return refuse(fmt::format("\\{} needs a name in braces", p));
    }
    std::string_view name = rest().substr(1, close - 1);
    at_ += close + 1;
    // The engine would read it as a negation.
    if (name.starts_with('^')) return refuse(fmt::format("\\{} needs a name in braces", p));
    const auto equals = name.find('=');
    if (equals != std::string_view::npos) {
      const auto kind = name.substr(0, equals);
      if (kind != "General_Category" && kind != "gc" && kind != "Script" && kind != "sc") {
        return refuse(
            fmt::format("\\{}{{{}}} is not supported", p, printable(shortened(name, 60))));
      }
      name.remove_prefix(equals + 1);
    }
    for (const auto& [long_name, category] : kCategories) {
      if (name == long_name) name = category;
    }
    out_ += fmt::format("\\{}{{{}}}", p, name);
  }

  std::optional<unsigned> hex(std::size_t count) {
    unsigned number = 0;
    const auto digits = rest().substr(0, count);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    if (digits.empty() || digits.size() < count || error != std::errc() ||
        end != digits.data() + count) {
      return std::nullopt;
    }
    at_ += count;
    return number;
  }

  void point(unsigned number) { out_ += fmt::format("\\x{{{:x}}}", number); }

  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }

  bool took(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
  std::string reason_;
};

RE2::Options options() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kEngineBytes);
  return options;
}

}  // namespace

struct Pattern::Engine {
  explicit Engine(const std::string& pattern) : re2(pattern, options()) {}
  RE2 re2;
};

Result<Pattern> Pattern::compile(std::string_view ecma) {
  const auto refused = [&](std::string_view reason) {
    return fail(Code::config, fmt::format("the pattern {} cannot be used: {}",
                                          shown_value(Json(std::string(ecma))), reason));
  };
  if (ecma.size() > kLongestPattern) {
    return refused(fmt::format("it is longer than {} bytes", kLongestPattern));
  }
  const auto translated = Translation(ecma).run();
  if (!translated) return refused(translated.error().sentence);
  Pattern pattern;
  pattern.source_ = ecma;
  auto engine = std::make_shared<Engine>(*translated);
  if (!engine->re2.ok()) return refused(printable(shortened(engine->re2.error(), 200)));
  pattern.engine_ = std::move(engine);
  return pattern;
}

bool Pattern::found_in(std::string_view text) const {
  return RE2::PartialMatch({text.data(), text.size()}, engine_->re2);
}

}  // namespace plumb
