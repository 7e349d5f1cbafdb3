#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/wire/json_walk.hpp"
#include "plugins/endpoints/protocol.hpp"

namespace plumb {

/// Reads chat-completion objects, streamed (`delta`) or whole (`message`), into an assembler. Known
/// differences of servers are met here: two names for reasoning, content in parts, arguments as an
/// object, errors in three shapes.
class ChatReader final : public AnswerReader, JsonListener {
 public:
  explicit ChatReader(Assembler& assembler) : assembler_(assembler) {}

  Status read(std::string_view json, Instant at) override;
  bool saw_error() const override { return saw_error_; }
  bool saw_answer() const override { return saw_choice_; }
  /// Its terminator is no object.
  bool terminated() const override { return false; }

 private:
  void on_value(const JsonPlace& place, const JsonScalar& scalar) override;
  void on_end(const JsonPlace& place) override;
  bool wants_text(const JsonPlace& place) override;
  void on_top(std::string_view path, const JsonScalar& scalar);
  void on_usage(std::string_view field, const JsonScalar& scalar);
  void on_timings(std::string_view field, const JsonScalar& scalar);
  void on_metrics(std::string_view field, const JsonScalar& scalar);
  void on_message(std::string_view field, const JsonPlace& place, const JsonScalar& scalar);
  void on_call_field(std::string_view field, const JsonScalar& scalar);

  Assembler& assembler_;
  Instant at_{};
  bool saw_choice_ = false;
  bool saw_error_ = false;
  std::string
      reasoning_field_;  ///< some servers send the same text under both names; the first one counts
  std::optional<std::int64_t> index_;
  std::string id_;
  std::string name_;
  std::string arguments_;
  bool arguments_as_value_ = false;
};

}  // namespace plumb
