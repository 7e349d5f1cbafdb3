#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>

#include "core/wire/assembler.hpp"
#include "core/wire/http.hpp"
#include "core/wire/json_walk.hpp"
#include "core/wire/sse.hpp"

namespace plumb {

/// Reads chat-completion objects, streamed (`delta`) or whole (`message`), into an assembler. Known
/// differences of servers are met here: two names for reasoning, content in parts, arguments as an
/// object, errors in three shapes.
class ChatChunkReader final : public JsonListener {
 public:
  explicit ChatChunkReader(Assembler& assembler) : assembler_(assembler) {}

  /// One object. The error of walk_json(), or nothing.
  [[nodiscard]] Status read(std::string_view json, Instant at);

  [[nodiscard]] bool saw_choice() const { return saw_choice_; }
  /// The last object was the server's report of an error.
  [[nodiscard]] bool saw_error() const { return saw_error_; }

  void on_value(const JsonPlace& place, const JsonScalar& scalar) override;
  void on_end(const JsonPlace& place) override;
  bool wants_text(const JsonPlace& place) override;

 private:
  void on_top(std::string_view path, const JsonScalar& scalar);
  void on_usage(std::string_view field, const JsonScalar& scalar);
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

/// Takes the bytes of one response to a chat request: an event stream, a whole JSON answer (servers
/// that ignore `stream`), or an error. Written by the network thread; read by the owner when the
/// exchange is done or gone.
class ChatStream final : public HttpSink {
 public:
  /// `wake` rings when the stream's terminator is there.
  explicit ChatStream(Wake& wake) : wake_(wake), reader_(assembler_) {}

  void on_head(int status,
               const std::vector<std::pair<std::string, std::string>>& headers) override;
  bool on_body(std::string_view bytes, Instant at) override;

  /// The terminator came: the answer is whole, though the connection may still be open. Any thread.
  [[nodiscard]] bool terminated() const { return terminated_.load(std::memory_order_acquire); }

  enum class Kind { none, stream, json, other };
  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] const std::string& content_type() const { return content_type_; }
  [[nodiscard]] const std::string& retry_after() const { return retry_after_; }
  /// The whole body of Kind::json and of an error status (capped), else its first bytes.
  [[nodiscard]] const std::string& body() const { return body_; }
  [[nodiscard]] bool body_too_large() const { return body_too_large_; }
  /// What the server said when it reported an error inside the stream.
  [[nodiscard]] const std::optional<std::string>& error_event() const { return error_event_; }
  /// Why what came is not the protocol.
  [[nodiscard]] const std::optional<std::string>& garbage() const { return garbage_; }
  [[nodiscard]] bool saw_event() const { return saw_event_; }
  [[nodiscard]] bool saw_choice() const { return reader_.saw_choice(); }
  [[nodiscard]] Instant last_byte() const { return last_byte_; }
  [[nodiscard]] Assembler& assembler() { return assembler_; }

  /// The connection ended properly: what is left of the stream, or the JSON answer, is read.
  void finish();

 private:
  bool on_event(SseKind kind, std::string_view data);
  bool keep(std::string_view bytes, std::size_t most);
  void read_object(std::string_view json);

  Wake& wake_;
  Assembler assembler_;
  ChatChunkReader reader_;
  SseParser parser_;
  Kind kind_ = Kind::none;
  int status_ = 0;
  std::string content_type_;
  std::string retry_after_;
  std::string body_;
  bool body_too_large_ = false;
  bool saw_event_ = false;
  std::optional<std::string> error_event_;
  std::optional<std::string> garbage_;
  Instant last_byte_{};
  std::atomic<bool> terminated_ = false;
};

}  // namespace plumb
