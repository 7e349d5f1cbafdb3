#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.hpp"
#include "core/base/result.hpp"
#include "plugins/endpoints/stand_in_options.hpp"

namespace plumb {

/// The three protocols: /v1/chat/completions, /v1/responses, /v1/messages.
enum class StandInProtocol { chat, responses, messages };
/// By the route; nothing for any other.
[[nodiscard]] std::optional<StandInProtocol> protocol_of(std::string_view path);

/// One message of a conversation, whatever its protocol.
struct StandInMessage {
  std::string role;  ///< as it was sent; "tool" for what a tool returned
  std::string text;
  std::vector<std::string> pictures;  ///< data URLs, or whatever URL was sent
  std::string calls;  ///< the calls of an assistant message as a template shows them
  std::vector<std::string> call_ids;  ///< of its calls; of a tool's message the one that it answers
};

/// What came back after one answer of the model's.
struct StandInComeback {
  std::vector<std::string> results;  ///< of its calls, in their order
  std::string all;                   ///< the results and the user's text
};

/// A request, as far as a stand-in cares. What some servers refuse and others accept is noted here
/// and judged elsewhere (stand_in_refusal.hpp).
struct StandInRequest {
  StandInProtocol protocol = StandInProtocol::chat;
  std::string model;
  std::vector<StandInMessage> messages;
  std::vector<std::string> tools;  ///< the names that are offered
  std::string tools_text;          ///< as a template shows them
  std::string call_form;           ///< how the template asks for calls
  bool stream = false;
  bool include_usage = false;
  bool continuous_usage = false;  ///< usage in every chunk
  bool timings_per_token = false;
  bool logprobs = false;
  std::optional<std::int64_t> max_tokens;
  std::optional<double> temperature;
  std::optional<std::int64_t> seed;
  std::optional<bool> parallel;
  std::optional<bool> thinking;  ///< what the request asks for, in this flavour's way

  // --- What a server may object to.
  bool has_empty_tools = false;
  bool has_stray_stream_options = false;  ///< without `stream`
  std::string unknown_role;
  std::string bad_arguments;  ///< of an earlier call: the first that are no JSON object
  std::string bad_thinking;   ///< why the thinking blocks are not those that were sent
  std::string bad_budget;     ///< why so much thinking cannot be asked for
  /// An item that says it is an earlier answer, without the id and the status of one.
  bool has_bare_output_text = false;

  // --- What the policies need.
  std::int64_t opening_tokens = 0;  ///< of the messages before the first answer, as they were sent
  std::int64_t turn = 0;            ///< number of assistant messages
  std::vector<StandInComeback> comebacks;  ///< for each assistant message
};

/// Reads a request's body. Code::protocol or limit with the reason when it is no such request at
/// all.
[[nodiscard]] Result<StandInRequest> parse_stand_in_request(const StandInOptions& options,
                                                            StandInProtocol protocol,
                                                            std::string_view body);

/// The conversation as a chat template would write it: what counts as the prompt.
[[nodiscard]] std::string render_stand_in_prompt(const StandInRequest& request);
/// Tokens of a prompt: 4 bytes each, and 256 for each picture.
[[nodiscard]] std::int64_t prompt_tokens(std::string_view prompt, const StandInRequest& request);
/// Cuts the conversation at its front, the system prompt excepted, until it has at most so many
/// tokens.
void truncate_stand_in_prompt(StandInRequest& request, std::int64_t tokens);

/// The signature under a block of thinking: whoever changes the block has to fake it.
[[nodiscard]] std::string thinking_signature(std::string_view thinking);

// --- For the readers of the protocols (stand_in_read_*.cpp).

/// The text and the pictures of a `content`: a text, null, or a list of parts of any protocol.
[[nodiscard]] Status read_content(const Json& content, StandInMessage& message);
/// Takes a message over and keeps the count of turns and replies.
void add_message(StandInRequest& request, StandInMessage message);
/// Notes a call of an assistant message; `arguments` are its bytes.
void note_call(StandInRequest& request, StandInMessage& message, const std::string& id,
               const std::string& name, const std::string& arguments);
[[nodiscard]] Status read_chat(const Json& body, StandInRequest& request);
[[nodiscard]] Status read_responses(const Json& body, StandInRequest& request);
[[nodiscard]] Status read_messages(const Json& body, StandInRequest& request);

}  // namespace plumb
