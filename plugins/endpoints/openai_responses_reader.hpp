#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/wire/json_walk.hpp"
#include "plugins/endpoints/protocol.hpp"

namespace plumb {

/// Reads the events of a Responses stream, or a whole response object, into an assembler. What
/// servers leave out is met here: an item that is only `added` or only `done`, arguments without
/// deltas, a stream whose text is only in its last event.
class ResponsesReader final : public AnswerReader, JsonListener {
 public:
  explicit ResponsesReader(Assembler& assembler) : assembler_(assembler) {}

  Status read(std::string_view json, Instant at) override;
  bool saw_error() const override { return saw_error_; }
  bool saw_answer() const override { return saw_answer_; }
  bool terminated() const override { return terminated_; }

 private:
  /// An output item; of a message, the part that is being read.
  struct Item {
    std::string type;
    std::string id;
    std::string call_id;
    std::string name;
    std::string arguments;
    std::string part_type;
    std::string part_text;
  };
  /// The object being read: members may come in any order.
  struct Event {
    std::string type;
    std::string object;
    std::int64_t index = -1;  ///< -1: llama.cpp (0c1e570) numbers nothing
    std::string item_id;
    std::string delta;
    std::string arguments;
    std::string status;
    std::string incomplete;
    bool error = false;
    Item item;
  };
  /// What is known of a call.
  struct Call {
    bool named = false;
    bool has_arguments = false;
  };

  void on_value(const JsonPlace& place, const JsonScalar& scalar) override;
  void on_end(const JsonPlace& place) override;
  bool wants_text(const JsonPlace& place) override;
  void on_response(std::string_view field, const JsonScalar& scalar);
  void on_usage(std::string_view field, const JsonScalar& scalar);
  static void on_item(Item& item, std::string_view field, const JsonScalar& scalar);
  void on_reasoning(std::string_view kind, std::string_view text);
  void add_part();
  /// Null when there are more calls than anybody reads.
  [[nodiscard]] Call* call_at(std::int64_t index);
  void add_call(std::int64_t index, const Item& item);
  void add_arguments(std::int64_t index, std::string_view arguments);
  /// Where the item that this event is about stands, by its id.
  [[nodiscard]] std::int64_t index_by_id();
  void dispatch();

  Assembler& assembler_;
  Instant at_{};
  bool saw_error_ = false;
  bool saw_answer_ = false;
  bool terminated_ = false;
  bool had_token_ = false;  ///< before this object
  Event event_;
  std::string reasoning_kind_;  ///< text and summary may both come; the first one counts
  std::map<std::int64_t, Call> calls_;
  std::map<std::string, std::int64_t> index_of_;  ///< by the item's id, of items without a number
};

}  // namespace plumb
