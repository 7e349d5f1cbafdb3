#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/wire/assembler.hpp"
#include "core/wire/http.hpp"
#include "core/wire/sse.hpp"
#include "plugins/endpoints/protocol.hpp"

namespace plumb {

/// More of one streamed answer is not read, whatever it holds: an endless stream of comments or of
/// empty pieces must end, too.
inline constexpr std::size_t kMaxStreamBytes = std::size_t{256} << 20;

/// Takes the bytes of one response to a request for an answer: an event stream, a whole JSON answer
/// (servers that ignore `stream`), or an error. Written by the network thread; read by the owner
/// when the exchange is done or gone.
class ResponseStream final : public HttpSink {
 public:
  /// `wake` rings when the stream's terminator is there.
  /// @param longest_silence  without an event, whatever else comes, before no more is read
  ResponseStream(const Protocol& protocol, Wake& wake, std::size_t max_bytes = kMaxStreamBytes,
                 Duration longest_silence = std::chrono::hours(24))
      : wake_(wake),
        max_bytes_(max_bytes),
        longest_silence_(longest_silence),
        reader_(protocol.reader(assembler_)) {}

  void on_head(int status,
               const std::vector<std::pair<std::string, std::string>>& headers) override;
  bool on_body(std::string_view bytes, Instant at) override;

  /// The terminator came: the answer is whole, though the connection may still be open. Any thread.
  [[nodiscard]] bool terminated() const { return terminated_.load(std::memory_order_acquire); }

  enum class Kind { none, stream, json, other };
  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] const std::string& content_type() const { return content_type_; }
  [[nodiscard]] const std::string& retry_after() const { return retry_after_; }
  /// Where a redirect leads.
  [[nodiscard]] const std::string& location() const { return location_; }
  /// The whole body of Kind::json and of an error status (capped), else its first bytes.
  [[nodiscard]] const std::string& body() const { return body_; }
  [[nodiscard]] bool body_too_large() const { return body_too_large_; }
  /// What the server said when it reported an error inside the stream.
  [[nodiscard]] const std::optional<std::string>& error_event() const { return error_event_; }
  /// Why what came is not the protocol.
  [[nodiscard]] const std::optional<std::string>& garbage() const { return garbage_; }
  /// Bytes kept coming, and for too long no event.
  [[nodiscard]] bool only_comments() const { return only_comments_; }
  [[nodiscard]] bool saw_event() const { return saw_event_; }
  /// A token, a finish or usage: else what ended is no answer of the model's.
  [[nodiscard]] bool saw_something() const {
    return assembler_.has_token() || assembler_.has_finish() || assembler_.has_usage();
  }
  [[nodiscard]] bool saw_answer() const { return reader_->saw_answer(); }
  [[nodiscard]] Instant last_byte() const { return last_byte_; }
  [[nodiscard]] Assembler& assembler() { return assembler_; }

  /// The connection ended properly: what is left of the stream, or the JSON answer, is read.
  void finish();

 private:
  bool on_event(SseKind kind, std::string_view data);
  bool keep(std::string_view bytes, std::size_t most);
  void terminate();
  void read_object(std::string_view json);

  Wake& wake_;
  std::size_t max_bytes_;
  Duration longest_silence_;
  std::size_t bytes_ = 0;
  Assembler assembler_;
  std::unique_ptr<AnswerReader> reader_;
  SseParser parser_;
  Kind kind_ = Kind::none;
  std::string content_type_;
  std::string retry_after_;
  std::string location_;
  std::string body_;
  bool body_too_large_ = false;
  bool saw_event_ = false;
  bool only_comments_ = false;
  std::optional<Instant> last_event_;  ///< or the first byte
  std::optional<std::string> error_event_;
  std::optional<std::string> garbage_;
  Instant last_byte_{};
  std::atomic<bool> terminated_ = false;
};

}  // namespace plumb
