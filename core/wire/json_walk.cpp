#include "core/wire/json_walk.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <memory_resource>
#include <string>
#include <vector>

#include "core/base/utf8.hpp"

namespace plumb {
namespace {

using Kind = JsonScalar::Kind;

/// Longest member name that is told.
constexpr std::size_t kMaxName = 256;

/// A JSON text of RFC 8259, read in one pass. This runs for every token of every stream on the one
/// network thread, so it builds nothing: strings without escapes are told as they lie in the text,
/// and what it remembers of its place fits on the stack for any chunk that a server sends.
class Walk {
 public:
  Walk(std::string_view text, JsonListener& listener, std::size_t max_depth)
      : text_(text), listener_(listener), max_depth_(max_depth) {
    path_.reserve(256);
    positions_.reserve(16);
  }

  Status run() {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    skip_space();
    if (value()) {
      skip_space();
      if (at_ == text_.size()) return {};
    }
    if (too_deep_) {
      return fail(Code::limit,
                  "JSON is nested deeper than " + std::to_string(max_depth_) + " levels");
    }
    return fail(Code::protocol, "not JSON at byte " + std::to_string(at_));
  }

 private:
  // Each of these reads one thing at at_ and stops behind it; false leaves at_ where it went wrong.

  bool value() {
    switch (peek()) {
      case '{':
        return open(&Walk::object);
      case '[':
        return open(&Walk::array);
      case '"': {
        std::string_view characters;
        if (!string(characters)) return false;
        tell({Kind::string, characters});
        return true;
      }
      case 't':
        return word("true", Kind::boolean);
      case 'f':
        return word("false", Kind::boolean);
      case 'n':
        return word("null", Kind::null);
      default:
        return number();
    }
  }

  /// An object or array, with its depth and its begin and end told.
  bool open(bool (Walk::*rest)()) {
    if (depth_ == max_depth_) {
      too_deep_ = true;
      return false;
    }
    const std::size_t begin = at_++;
    const std::size_t path_size = path_.size();
    const bool captured = !quiet_ && listener_.wants_text(place());
    if (captured) quiet_ = true;
    ++depth_;
    skip_space();
    if (!(this->*rest)()) return false;
    --depth_;
    if (captured) {
      quiet_ = false;
      tell({Kind::value, text_.substr(begin, at_ - begin)});
    } else if (!quiet_) {
      path_.resize(path_size);
      listener_.on_end(place());
    }
    return true;
  }

  bool object() {
    if (took('}')) return true;
    const std::size_t path_size = path_.size();
    do {
      skip_space();
      std::string_view name;
      if (peek() != '"' || !string(name)) return false;
      if (!quiet_) enter(path_size, name);
      skip_space();
      if (!took(':')) return false;
      skip_space();
      if (!value()) return false;
      skip_space();
    } while (took(','));
    return took('}');
  }

  bool array() {
    if (took(']')) return true;
    const std::size_t path_size = path_.size();
    if (!quiet_) positions_.push_back(0);
    do {
      skip_space();
      if (!quiet_) {
        path_.resize(path_size);
        path_ += "[]";
      }
      if (!value()) return false;
      if (!quiet_) ++positions_.back();
      skip_space();
    } while (took(','));
    if (!quiet_) positions_.pop_back();
    return took(']');
  }

  /// Goes to a member of the object at the first `path_size` bytes of the path.
  void enter(std::size_t path_size, std::string_view name) {
    path_.resize(path_size);
    if (!path_.empty()) path_ += '.';
    // A name with our own punctuation would forge a path.
    const bool tellable = name.size() <= kMaxName && std::ranges::none_of(name, [](char c) {
                            return c == '.' || c == '[' || c == ']';
                          });
    path_ += tellable ? name : "?";
  }

  /// `characters` is good until the next string is read.
  bool string(std::string_view& characters) {
    const std::size_t begin = ++at_;
    skip_plain();
    if (took('"')) {
      characters = text_.substr(begin, at_ - 1 - begin);
      return true;
    }
    unescaped_.assign(text_.substr(begin, at_ - begin));
    while (took('\\')) {
      if (!escape()) return false;
      const std::size_t more = at_;
      skip_plain();
      unescaped_ += text_.substr(more, at_ - more);
    }
    characters = unescaped_;
    return took('"');
  }

  /// To the next quote, backslash or control character.
  void skip_plain() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20) return;
      ++at_;
    }
  }

  bool escape() {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (took('u')) return escaped_point();
    const auto letter = at_ < text_.size() ? kLetters.find(text_[at_]) : std::string_view::npos;
    if (letter == std::string_view::npos) return false;
    unescaped_ += kMeanings[letter];
    ++at_;
    return true;
  }

  /// What follows `\u`. Half of a surrogate pair is no character, but no reason to throw an answer
  /// away either: a model's token may end between the halves.
  bool escaped_point() {
    constexpr unsigned kReplacement = 0xFFFD;
    unsigned point = 0;
    if (!code_unit(point)) return false;
    while (point >= 0xD800 && point <= 0xDBFF) {
      if (!text_.substr(at_).starts_with("\\u")) break;
      at_ += 2;
      unsigned low = 0;
      if (!code_unit(low)) return false;
      if (low >= 0xDC00 && low <= 0xDFFF) {
        append_utf8(unescaped_, 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00));
        return true;
      }
      append_utf8(unescaped_, kReplacement);
      point = low;
    }
    append_utf8(unescaped_, point >= 0xD800 && point <= 0xDFFF ? kReplacement : point);
    return true;
  }

  bool code_unit(unsigned& unit) {
    if (text_.size() - at_ < 4) return false;
    const char* const digits = text_.data() + at_;
    const auto [end, error] = std::from_chars(digits, digits + 4, unit, 16);
    if (error != std::errc() || end != digits + 4) return false;
    at_ += 4;
    return true;
  }

  bool number() {
    const std::size_t begin = at_;
    (void)took('-');
    if (!took('0') && !digits()) return false;
    bool whole = true;
    if (took('.')) {
      whole = false;
      if (!digits()) return false;
    }
    if (took('e') || took('E')) {
      whole = false;
      if (!took('+')) (void)took('-');
      if (!digits()) return false;
    }
    const std::string_view text = text_.substr(begin, at_ - begin);
    std::int64_t integer = 0;
    if (whole) {
      whole = std::from_chars(text.data(), text.data() + text.size(), integer).ec == std::errc();
    }
    tell({whole ? Kind::integer : Kind::number, text, whole ? integer : 0});
    return true;
  }

  bool digits() {
    const std::size_t begin = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ > begin;
  }

  bool word(std::string_view word, Kind kind) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    tell({kind, word});
    return true;
  }

  void skip_space() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return;
      ++at_;
    }
  }

  /// NUL at the end of the text, and for a NUL in it: neither begins anything.
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool took(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  [[nodiscard]] JsonPlace place() const { return {path_, positions_}; }

  void tell(const JsonScalar& scalar) {
    if (!quiet_) listener_.on_value(place(), scalar);
  }

  std::string_view text_;
  JsonListener& listener_;
  std::size_t max_depth_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  bool quiet_ = false;  ///< inside a value that is told as its text
  bool too_deep_ = false;

  std::array<std::byte, 1024> buffer_;
  std::pmr::monotonic_buffer_resource memory_{buffer_.data(), buffer_.size()};
  std::pmr::string path_{&memory_};
  std::pmr::vector<std::size_t> positions_{&memory_};
  std::string unescaped_;
};

}  // namespace

Status walk_json(std::string_view bytes, JsonListener& listener, std::size_t max_depth) {
  return Walk(bytes, listener, max_depth).run();
}

}  // namespace plumb
