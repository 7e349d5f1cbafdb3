#include "core/wire/json_walk.hpp"

#include <string>
#include <vector>

#include "core/base/text.hpp"

namespace plumb {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// The library's lexer refuses invalid UTF-8, so each such byte b travels through it as the private
/// character U+10FF00 + b, and is put back on the other side.
std::string hide_invalid_bytes(std::string_view bytes) {
  const std::string valid = valid_utf8(bytes);
  std::string hidden;
  hidden.reserve(valid.size());
  for (std::size_t in = 0, out = 0; in < bytes.size();) {
    const bool replaced = std::string_view(valid).substr(out, 3) == kReplacement &&
                          bytes.substr(in, 3) != kReplacement;
    if (replaced) {
      const auto byte = static_cast<unsigned char>(bytes[in++]);
      out += kReplacement.size();
      hidden += {'\xF4', '\x8F', static_cast<char>(0xBC | (byte >> 6)),
                 static_cast<char>(0x80 | (byte & 0x3F))};
    } else {
      hidden += bytes[in++];
      ++out;
    }
  }
  return hidden;
}

void restore_invalid_bytes(std::string& text) {
  std::size_t at = 0;
  while ((at = text.find("\xF4\x8F", at)) != std::string::npos) {
    const auto third = static_cast<unsigned char>(text[at + 2]);
    if (third >= 0xBE) {
      const auto fourth = static_cast<unsigned char>(text[at + 3]);
      text.replace(at, 4, 1, static_cast<char>(((third & 0x3) << 6) | (fourth & 0x3F)));
    }
    ++at;
  }
}

/// Keeps the path to the value being read, and tells the listener.
class Walker : public nlohmann::json_sax<Json> {
 public:
  Walker(JsonListener& listener, std::size_t max_depth, bool hidden)
      : listener_(listener), max_depth_(max_depth), hidden_(hidden) {}

  bool null() override { return scalar({JsonScalar::Kind::null, "null"}); }
  bool boolean(bool value) override {
    return scalar({JsonScalar::Kind::boolean, value ? "true" : "false"});
  }
  bool number_integer(number_integer_t value) override {
    return scalar({JsonScalar::Kind::integer, std::to_string(value), value});
  }
  bool number_unsigned(number_unsigned_t value) override {
    const std::string text = std::to_string(value);
    const bool fits = value <= static_cast<number_unsigned_t>(INT64_MAX);
    return scalar({fits ? JsonScalar::Kind::integer : JsonScalar::Kind::number, text,
                   fits ? static_cast<std::int64_t>(value) : 0});
  }
  bool number_float(number_float_t, const string_t& text) override {
    return scalar({JsonScalar::Kind::number, text});
  }
  bool string(string_t& value) override {
    begin_value();
    if (capturing_) {
      captured_ += quoted(value);
      return true;
    }
    if (hidden_) restore_invalid_bytes(value);
    listener_.on_value(place(), {JsonScalar::Kind::string, value});
    return true;
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(false); }
  bool start_array(std::size_t) override { return open(true); }
  bool end_object() override { return close('}'); }
  bool end_array() override { return close(']'); }
  bool key(string_t& name) override {
    if (capturing_) {
      if (!frames_.back().empty) captured_ += ',';
      frames_.back().empty = false;
      captured_ += quoted(name) + ':';
      return true;
    }
    path_.resize(frames_.back().path_size);
    if (!path_.empty()) path_ += '.';
    // A name with our own punctuation would forge a path.
    path_ += name.size() > 256 || name.find_first_of(".[]") != std::string::npos ? "?" : name;
    return true;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    error_position_ = position;
    return false;
  }

  [[nodiscard]] bool too_deep() const { return too_deep_; }
  [[nodiscard]] std::size_t error_position() const { return error_position_; }

 private:
  struct Frame {
    bool array;
    bool empty = true;
    std::size_t path_size;
  };

  static std::string quoted(const std::string& text) {
    return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  [[nodiscard]] JsonPlace place() const { return {path_, positions_}; }

  /// Moves to the next element where the value stands in an array; key() has done it in an object.
  void begin_value() {
    if (frames_.empty() || !frames_.back().array) return;
    if (capturing_) {
      if (!frames_.back().empty) captured_ += ',';
      frames_.back().empty = false;
      return;
    }
    path_.resize(frames_.back().path_size);
    path_ += "[]";
    ++positions_.back();
  }

  bool scalar(const JsonScalar& value) {
    begin_value();
    if (capturing_) {
      captured_ += value.text;
    } else {
      listener_.on_value(place(), value);
    }
    return true;
  }

  bool open(bool array) {
    if (frames_.size() >= max_depth_) {
      too_deep_ = true;
      return false;
    }
    begin_value();
    if (!capturing_ && listener_.wants_text(place())) {
      capturing_ = true;
      capture_depth_ = frames_.size();
      captured_.clear();
    }
    frames_.push_back({.array = array, .path_size = path_.size()});
    if (capturing_) {
      captured_ += array ? '[' : '{';
    } else if (array) {
      positions_.push_back(static_cast<std::size_t>(-1));
    }
    return true;
  }

  bool close(char bracket) {
    const Frame frame = frames_.back();
    frames_.pop_back();
    path_.resize(frame.path_size);
    if (!capturing_) {
      if (frame.array) positions_.pop_back();
      listener_.on_end(place());
      return true;
    }
    captured_ += bracket;
    if (frames_.size() == capture_depth_) {
      capturing_ = false;
      if (hidden_) restore_invalid_bytes(captured_);
      listener_.on_value(place(), {JsonScalar::Kind::value, captured_});
    }
    return true;
  }

  JsonListener& listener_;
  std::size_t max_depth_;
  bool hidden_;
  std::vector<Frame> frames_;
  std::string path_;
  std::vector<std::size_t> positions_;
  bool capturing_ = false;
  std::size_t capture_depth_ = 0;
  std::string captured_;
  bool too_deep_ = false;
  std::size_t error_position_ = 0;
};

}  // namespace

Status walk_json(std::string_view bytes, JsonListener& listener, std::size_t max_depth) {
  const bool hidden = !is_valid_utf8(bytes);
  const std::string safe = hidden ? hide_invalid_bytes(bytes) : std::string();
  const std::string_view text = hidden ? std::string_view(safe) : bytes;
  Walker walker(listener, max_depth, hidden);
  const bool ok = Json::sax_parse(text.begin(), text.end(), &walker);
  if (walker.too_deep()) {
    return fail(Code::limit, "JSON is nested deeper than " + std::to_string(max_depth) + " levels");
  }
  if (!ok) {
    return fail(Code::protocol, "not JSON at byte " + std::to_string(walker.error_position()));
  }
  return {};
}

}  // namespace plumb
