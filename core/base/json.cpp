#include "core/base/json.hpp"

#include <vector>

#include "core/base/text.hpp"

namespace plumb {
namespace {

/// Builds a DOM from SAX events and stops at the depth cap, before anything recursive can see the
/// value.
class CappedBuilder : public nlohmann::json_sax<Json> {
 public:
  explicit CappedBuilder(std::size_t max_depth) : max_depth_(max_depth) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t& value) override { return add(Json::binary(std::move(value))); }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& value) override {
    key_ = std::move(value);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& reason) override {
    // The library's text is "[name] parse error at line 1, column 2: reason", or "[name] reason".
    // The reason quotes what was read last, whatever that is and however long.
    std::string_view text = reason.what();
    text.remove_prefix(text.find(' ') + 1);
    if (text.starts_with("parse error")) text.remove_prefix(text.find(':') + 1);
    error_ = "not JSON at byte " + std::to_string(position) + ": " +
             printable(shortened(trimmed(text), 200));
    return false;
  }

  [[nodiscard]] bool too_deep() const { return too_deep_; }
  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] Json take() { return std::move(root_); }

 private:
  Json* place(Json&& value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    Json& slot = parent[key_];
    slot = std::move(value);
    return &slot;
  }
  bool add(Json&& value) {
    place(std::move(value));
    return true;
  }
  bool open(Json&& value) {
    if (open_.size() >= max_depth_) {
      too_deep_ = true;
      return false;
    }
    open_.push_back(place(std::move(value)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  std::size_t max_depth_;
  Json root_;
  std::vector<Json*> open_;
  std::string key_;
  std::string error_;
  bool too_deep_ = false;
};

}  // namespace

Result<Json> parse_json(std::string_view bytes, std::size_t max_depth) {
  CappedBuilder builder(max_depth);
  const bool ok = Json::sax_parse(bytes, &builder);
  if (builder.too_deep()) {
    return fail(Code::limit, "JSON is nested deeper than " + std::to_string(max_depth) + " levels");
  }
  if (!ok) return fail(Code::protocol, builder.error().empty() ? "not JSON" : builder.error());
  return builder.take();
}

std::string dump_json(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace plumb
