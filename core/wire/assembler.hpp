#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "core/wire/message.hpp"

namespace plumb {

/// A piece of a tool call as a server streams it; an empty field is one that was not sent.
struct CallDelta {
  std::optional<std::int64_t> index;
  std::string_view id;
  std::string_view name;
  std::string_view arguments;
  bool arguments_as_value = false;  ///< they came as JSON, not as text
};

/// Builds one response out of streamed pieces, whatever protocol they came in. Not thread-safe.
class Assembler {
 public:
  /// Servers fill the context with calls when they loop; nobody runs more than this.
  static constexpr std::size_t kMaxCalls = 1024;

  explicit Assembler(std::size_t max_text = kMaxResponseText) : max_text_(max_text) {}

  void on_byte(Instant at);
  void on_text(std::string_view text, Instant at);
  void on_reasoning(std::string_view text, Instant at);
  void on_refusal(std::string_view text, Instant at);
  /// Pieces belong together by index, but a different id or a second name on the same index begins
  /// a new call: some servers send every call with index 0.
  void on_call(const CallDelta& delta, Instant at);
  void on_finish(std::string_view as_sent) { response_.finish_as_sent = as_sent; }
  void on_model(std::string_view model) { response_.model_as_served = model; }
  /// A piece of the server's sealed reasoning (JSON), to be sent back as it is.
  void on_sealed(std::string_view json);
  /// Counts what a reader keeps on its own until the block is whole. False: the cap is reached.
  bool hold(std::size_t bytes);
  /// There is more of something than anybody reads: stop reading.
  void cut() { response_.oversize = true; }
  [[nodiscard]] Usage& usage() { return response_.usage; }
  [[nodiscard]] ServerTimings& server() { return response_.server; }

  /// The cap is reached: stop reading.
  [[nodiscard]] bool full() const { return response_.oversize; }
  [[nodiscard]] bool has_token() const { return response_.has_token(); }
  [[nodiscard]] bool has_finish() const { return !response_.finish_as_sent.empty(); }
  [[nodiscard]] bool has_usage() const {
    return response_.usage.prompt_tokens || response_.usage.completion_tokens;
  }

  /// The response, its finish derived from what arrived. `max_tokens` is what the request asked
  /// for. Ends the assembler.
  [[nodiscard]] ChatResponse take(std::optional<std::int64_t> max_tokens);

 private:
  /// As much of the text as the cap still allows.
  [[nodiscard]] std::string_view admitted(std::string_view text);
  [[nodiscard]] ToolCall* call_for(const CallDelta& delta);
  [[nodiscard]] bool said_length() const;
  [[nodiscard]] Finish derived(std::optional<std::int64_t> max_tokens) const;

  std::size_t max_text_;
  std::size_t size_ = 0;
  bool refused_ = false;
  ChatResponse response_;
  std::unordered_map<std::int64_t, std::size_t> latest_;  ///< index as sent -> call
};

}  // namespace plumb
