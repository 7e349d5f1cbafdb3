#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/wire/json_walk.hpp"
#include "plugins/endpoints/protocol.hpp"

namespace plumb {

/// Reads the events of a Messages stream, or a whole message, into an assembler.
class MessagesReader final : public AnswerReader, JsonListener {
 public:
  explicit MessagesReader(Assembler& assembler) : assembler_(assembler) {}

  Status read(std::string_view json, Instant at) override;
  bool saw_error() const override { return saw_error_; }
  bool saw_answer() const override { return saw_answer_; }
  bool terminated() const override { return terminated_; }

 private:
  /// A content block, or a piece of one.
  struct Block {
    std::string type;
    std::string id;
    std::string name;
    std::string text;
    std::string thinking;
    std::string signature;
    std::string data;   ///< of redacted thinking
    std::string input;  ///< JSON; of a piece, a part of it
  };
  /// The object being read: members may come in any order.
  struct Event {
    std::string type;
    std::int64_t index = 0;
    Block block;
    std::string stop_reason;
    bool error = false;
  };
  /// A block that began and did not end yet.
  struct Open {
    Block block;
    bool has_input = false;
  };

  void on_value(const JsonPlace& place, const JsonScalar& scalar) override;
  void on_end(const JsonPlace& place) override;
  bool wants_text(const JsonPlace& place) override;
  static void on_block(Block& block, std::string_view field, const JsonScalar& scalar);
  void on_usage(std::string_view field, const JsonScalar& scalar);
  void dispatch();
  /// Null when more blocks are open than anybody reads.
  [[nodiscard]] Open* open_at(std::int64_t index);
  void begin(std::int64_t index, Block block);
  void add(std::int64_t index, const Block& piece);
  void end(std::int64_t index, const Open& open);
  void end_all();

  Assembler& assembler_;
  Instant at_{};
  bool saw_error_ = false;
  bool saw_answer_ = false;
  bool terminated_ = false;
  Event event_;
  std::map<std::int64_t, Open> open_;
  /// The prompt is counted in three parts.
  std::optional<std::int64_t> fresh_tokens_;
  std::optional<std::int64_t> cache_write_tokens_;
};

}  // namespace plumb
