#include "core/schema/strict_json.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/base/utf8.hpp"
#include "core/schema/number.hpp"
#include "core/schema/schema_error.hpp"

namespace plumb {
namespace {

/// So many digits always come back out of a double.
constexpr std::ptrdiff_t kDigitsOfDouble = std::numeric_limits<double>::digits10;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// One pass from left to right; the depth of its recursion is the text's, which is capped.
class Reader {
 public:
  Reader(std::string_view text, std::size_t max_depth) : text_(text), max_depth_(max_depth) {}

  Result<StrictJson> run() {
    if (!is_valid_utf8(text_)) return fail(Code::protocol, "it holds bytes that are not UTF-8");
    if (text_.starts_with("\xEF\xBB\xBF")) {
      return fail(Code::protocol, "it begins with a byte order mark, which is no JSON");
    }
    skip_space();
    if (value(read_.value)) {
      skip_space();
      if (at_ == text_.size()) return std::move(read_);
      wrong("there is more text behind the value");
    }
    if (too_deep_) {
      return fail(Code::limit, fmt::format("it is nested deeper than {} levels", max_depth_));
    }
    return fail(Code::protocol, fmt::format("at byte {}: {}", at_, wrong_));
  }

  /// After run() has failed: the text was too short for what had begun.
  [[nodiscard]] bool stopped_at_the_end() const {
    return !wrong_.empty() && !too_deep_ && at_ == text_.size();
  }

 private:
  // Each of these reads one thing at at_ and stops behind it; false: wrong_ says why not.

  bool wrong(std::string why) {
    if (wrong_.empty()) wrong_ = std::move(why);
    return false;
  }

  bool value(Json& into) {
    switch (peek()) {
      case '{':
        return nested() && object(into);
      case '[':
        return nested() && array(into);
      case '"':
        into = Json::value_t::string;
        return string(into.get_ref<std::string&>());
      case 't':
        return word("true", true, into);
      case 'f':
        return word("false", false, into);
      case 'n':
        return word("null", nullptr, into);
      default:
        return number(into);
    }
  }

  bool nested() {
    if (steps_.size() < max_depth_) return true;
    too_deep_ = true;
    return false;
  }

  bool object(Json& into) {
    into = Json::object();
    auto& members = into.get_ref<Json::object_t&>();
    ++at_;
    skip_space();
    if (took('}')) return true;
    steps_.push_back({});
    do {
      skip_space();
      if (peek() != '"') return wrong("expected a name in double quotes" + seen());
      std::string name;
      if (!string(name)) return false;
      const auto [member, is_new] = members.try_emplace(std::move(name));
      steps_.back().key = &member->first;
      if (!is_new && !read_.duplicate) read_.duplicate = path();
      skip_space();
      if (!took(':')) return wrong("expected ':' behind a name" + seen());
      skip_space();
      if (!value(member->second)) return false;
      skip_space();
    } while (took(','));
    steps_.pop_back();
    return took('}') || wrong("expected ',' or '}'" + seen());
  }

  bool array(Json& into) {
    into = Json::array();
    auto& items = into.get_ref<Json::array_t&>();
    ++at_;
    skip_space();
    if (took(']')) return true;
    steps_.push_back({});
    do {
      skip_space();
      steps_.back().index = items.size();
      if (!value(items.emplace_back())) return false;
      skip_space();
    } while (took(','));
    steps_.pop_back();
    return took(']') || wrong("expected ',' or ']'" + seen());
  }

  bool string(std::string& into) {
    ++at_;
    while (true) {
      const std::size_t begin = at_;
      while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
             static_cast<unsigned char>(text_[at_]) >= 0x20) {
        ++at_;
      }
      into.append(text_, begin, at_ - begin);
      if (took('"')) return true;
      if (at_ == text_.size()) return wrong("the text ends inside a string");
      if (!took('\\'))
        return wrong("a control character stands inside a string; write it as an escape");
      if (!escape(into)) return false;
    }
  }

  bool escape(std::string& into) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (took('u')) return escaped_point(into);
    const auto letter = at_ < text_.size() ? kLetters.find(text_[at_]) : std::string_view::npos;
    if (letter == std::string_view::npos) return wrong("JSON has no such escape" + seen());
    into += kMeanings[letter];
    ++at_;
    return true;
  }

  bool escaped_point(std::string& into) {
    const auto lone = [&] {
      if (text_.substr(at_) == "\\") ++at_;
      return wrong("half of a surrogate pair (\\ud800 to \\udfff) stands alone in a string");
    };
    char32_t point = 0;
    if (!code_unit(point)) return false;
    if (point >= 0xDC00 && point <= 0xDFFF) return lone();
    if (point >= 0xD800 && point <= 0xDBFF) {
      char32_t low = 0;
      if (!text_.substr(at_).starts_with("\\u")) return lone();
      at_ += 2;
      if (!code_unit(low)) return false;
      if (low < 0xDC00 || low > 0xDFFF) return lone();
      point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(into, point);
    return true;
  }

  bool code_unit(char32_t& unit) {
    std::uint32_t number = 0;
    const auto digits = text_.substr(at_, 4);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    if (digits.size() < 4 || error != std::errc() || end != digits.data() + 4) {
      if (end == text_.data() + text_.size()) at_ = text_.size();
      return wrong("\\u needs four hexadecimal digits");
    }
    at_ += 4;
    unit = number;
    return true;
  }

  bool number(Json& into) {
    const std::size_t begin = at_;
    (void)took('-');
    if (!took('0') && !digits()) {
      if (at_ < text_.size()) at_ = begin;
      return no_value();
    }
    bool whole = true;
    if (took('.')) {
      whole = false;
      if (!digits()) return wrong("a digit must follow the decimal point of a number");
    }
    if (took('e') || took('E')) {
      whole = false;
      if (!took('+')) (void)took('-');
      if (!digits()) return wrong("a digit must follow the exponent of a number");
    }
    into = number_of(text_.substr(begin, at_ - begin), whole);
    return true;
  }

  Json number_of(std::string_view literal, bool whole) {
    const char* const begin = literal.data();
    const char* const end = begin + literal.size();
    if (whole && literal.starts_with('-')) {
      std::int64_t number = 0;
      if (std::from_chars(begin, end, number).ec == std::errc()) return number;
    } else if (whole) {
      std::uint64_t number = 0;
      if (std::from_chars(begin, end, number).ec == std::errc()) return number;
    } else if (std::ranges::count_if(literal, is_digit) <= kDigitsOfDouble) {
      double number = 0;
      if (std::from_chars(begin, end, number).ec == std::errc()) return number;
    }
    read_.big_numbers = true;
    return big_number(literal);
  }

  bool digits() {
    const std::size_t begin = at_;
    while (is_digit(peek())) ++at_;
    return at_ > begin;
  }

  bool no_value() {
    const auto rest = text_.substr(at_);
    for (const std::string_view word : {"NaN", "Infinity", "-Infinity"}) {
      if (rest.starts_with(word)) return wrong(fmt::format("{} is no number of JSON", word));
    }
    return wrong("expected a value" + seen());
  }

  bool word(std::string_view word, Json meaning, Json& into) {
    const auto rest = text_.substr(at_, word.size());
    if (rest != word) {
      if (word.starts_with(rest)) at_ = text_.size();
      return no_value();
    }
    at_ += word.size();
    into = std::move(meaning);
    return true;
  }

  /// ", got ..." of what stands at at_.
  [[nodiscard]] std::string seen() const {
    if (at_ == text_.size()) return ", but the text ends";
    return ", got " + printable(shortened(text_.substr(at_), 20));
  }

  [[nodiscard]] std::string path() const {
    std::string path;
    for (const Step& step : steps_) {
      path += step.key != nullptr ? pointer_part(*step.key) : "/" + std::to_string(step.index);
    }
    return path;
  }

  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool took(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  /// One open object or array, and where in it the reader is.
  struct Step {
    const std::string* key = nullptr;
    std::size_t index = 0;
  };

  std::string_view text_;
  std::size_t max_depth_;
  std::size_t at_ = 0;
  std::vector<Step> steps_;
  StrictJson read_;
  std::string wrong_;
  bool too_deep_ = false;
};

}  // namespace

bool ends_too_early(std::string_view text, std::size_t max_depth) {
  // A character that is cut is one more byte or a few from being whole.
  for (std::size_t tail = 1; tail <= 3 && tail <= text.size(); ++tail) {
    const auto byte = static_cast<unsigned char>(text[text.size() - tail]);
    if (byte < 0x80) break;
    if (byte < 0xC0) continue;
    const std::size_t whole = byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : byte < 0xF5 ? 4 : 0;
    if (tail < whole) text.remove_suffix(tail);
    break;
  }
  Reader reader(text, max_depth);
  return !reader.run() && reader.stopped_at_the_end();
}

Result<StrictJson> parse_strict_json(std::string_view text, std::size_t max_depth) {
  return Reader(text, max_depth).run();
}

}  // namespace plumb
