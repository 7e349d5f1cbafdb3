// core/wire: what travels between a contestant's server and us, in our own neutral types, and how
// bytes become them: server-sent events, the assembler of streamed responses, HTTP. It knows no
// vendor and no task.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/json.hpp"

namespace plumb {

enum class Role { system, user, assistant, tool };
[[nodiscard]] const char* role_name(Role role);

/// One tool call as the model made it.
struct ToolCall {
  std::string id;  ///< as the server sent it; may be empty
  std::string name;
  std::string arguments;            ///< the bytes as they came: perhaps not JSON, perhaps not UTF-8
  bool arguments_as_value = false;  ///< the server sent JSON instead of text; these are its bytes
};

struct Image {
  std::string type;   ///< "image/png"
  std::string bytes;  ///< the file, not encoded
};

/// "image/png", "image/jpeg", "image/gif" or "image/webp", by the file's first bytes; "" for
/// anything else.
[[nodiscard]] std::string image_type(std::string_view bytes);

struct Message {
  Role role = Role::user;
  std::string text;
  std::vector<Image> images;  ///< user and tool only; shown after the text
  std::string reasoning;  ///< assistant only; sent back only where Dialect::send_reasoning says so
  /// Assistant only: reasoning that the server sealed (a JSON list), which it wants back as it came
  /// together with the calls; "" where the protocol has none.
  std::string sealed_reasoning;
  std::vector<ToolCall> calls;  ///< assistant only
  std::string call_id;          ///< tool only: which call this answers
};

/// A tool as it is offered to a model.
struct ToolSpec {
  std::string name;
  std::string description;
  Json parameters;  ///< JSON Schema of an object
};

/// Tokens as the server counted them. Absent is unknown, never 0.
struct Usage {
  std::optional<std::int64_t> prompt_tokens;
  std::optional<std::int64_t> completion_tokens;  ///< reasoning included
  std::optional<std::int64_t> cached_tokens;      ///< of the prompt
  std::optional<std::int64_t> reasoning_tokens;   ///< of the completion
};

/// When things happened to one response, stamped where the bytes arrive. Parsers on servers hold
/// back the text of tool calls, so three "firsts" are kept.
struct ResponseTimes {
  Instant sent{};
  std::optional<Instant> first_byte;  ///< of the body
  std::optional<Instant> first_text;  ///< text or reasoning
  std::optional<Instant> first_tool_delta;
  std::optional<Instant> last_token;  ///< last text, reasoning or tool delta
  Instant ended{};

  /// First text, reasoning or tool delta.
  [[nodiscard]] std::optional<Instant> first_token() const {
    if (!first_text) return first_tool_delta;
    if (!first_tool_delta) return first_text;
    return std::min(*first_text, *first_tool_delta);
  }
};

/// A response as the server timed it. Absent is unknown.
struct ServerTimings {
  std::optional<double> prefill_ms;
  std::optional<double> decode_ms;
  std::optional<double> queue_ms;
  std::optional<std::int64_t> draft_tokens;    ///< drafted by speculation
  std::optional<std::int64_t> draft_accepted;  ///< of them
};

/// Why a response ended, derived from what arrived; servers' own word is unreliable (a truncated
/// call is often called `tool_calls`).
enum class Finish { stop, tool_calls, length, refused };
[[nodiscard]] const char* finish_name(Finish finish);

struct ChatResponse {
  Message message;  ///< Role::assistant
  Usage usage;
  ResponseTimes times;
  Finish finish = Finish::stop;
  std::string finish_as_sent;   ///< the server's word, "" when it sent none
  std::string model_as_served;  ///< what the server says answered
  ServerTimings server;
  bool oversize = false;         ///< we stopped reading: the model wrote more than kMaxResponseText
  bool window_full = false;      ///< a length below what was asked for: there was no room for more
  bool index_collision = false;  ///< several calls came under one index of the stream

  /// Any text, reasoning or call at all.
  [[nodiscard]] bool has_token() const {
    return !message.text.empty() || !message.reasoning.empty() || !message.calls.empty();
  }
};

/// How the server's word for the end contradicts what arrived, as a sentence: calls that are not
/// there, a stop beside calls, a truncation under another word. Words that are not known contradict
/// nothing.
[[nodiscard]] std::optional<std::string> finish_mismatch(const ChatResponse& response);

/// Text, reasoning and arguments of one response together. A model that writes more is cut off
/// there (Finish::length).
inline constexpr std::size_t kMaxResponseText = std::size_t{8} << 20;

}  // namespace plumb
