#include "plugins/endpoints/stand_in_encoder.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "core/base/json.hpp"

namespace plumb {
namespace {

constexpr std::size_t kBytesPerToken = 4;

std::string json_text(std::string_view text) { return dump_json(Json(std::string(text))); }

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// Splits a text into tokens of 4 bytes, never inside a character: the offset behind each of them.
std::vector<std::size_t> token_ends(std::string_view text) {
  std::vector<std::size_t> ends;
  for (std::size_t end = 0; end < text.size();) {
    end = std::min(end + kBytesPerToken, text.size());
    while (end < text.size() && continues_character(text[end])) ++end;
    ends.push_back(end);
  }
  return ends;
}

std::int64_t count_tokens(std::string_view text) {
  return static_cast<std::int64_t>(token_ends(text).size());
}

std::string usage_json(const StandInReply& reply, const StandInHead& head) {
  const std::int64_t completion = completion_tokens(reply);
  std::string details;
  if (!reply.reasoning.empty()) {
    details = fmt::format(R"(,"completion_tokens_details":{{"reasoning_tokens":{}}})",
                          count_tokens(reply.reasoning));
  }
  return fmt::format(R"({{"prompt_tokens":{},"total_tokens":{},"completion_tokens":{}{}}})",
                     head.prompt_tokens, head.prompt_tokens + completion, completion, details);
}

const char* finish_of(const StandInReply& reply) { return reply.call ? "tool_calls" : "stop"; }

/// Writes one stream, counting tokens as it goes.
class StreamWriter {
 public:
  StreamWriter(const StandInHead& head, std::size_t tokens_per_chunk)
      : head_(head), tokens_per_chunk_(tokens_per_chunk) {}

  void chunk(std::string_view choices, std::string_view more = "") {
    frames_.push_back(
        {tokens_,
         fmt::format("data: {{\"id\":\"{}\",\"object\":\"chat.completion.chunk\",\"created\":{},"
                     "\"model\":\"stand-in\",\"choices\":[{}]{}}}\n\n",
                     head_.id, head_.created, choices, more)});
  }

  void delta(std::string_view delta_json, std::string_view finish_json = "null") {
    chunk(fmt::format(R"({{"index":0,"delta":{},"logprobs":null,"finish_reason":{}}})", delta_json,
                      finish_json));
  }

  /// Deltas that carry a text piece by piece; `before` and `after` are the JSON around the piece.
  void pieces(std::string_view text, std::string_view before, std::string_view after) {
    const auto ends = token_ends(text);
    std::size_t begin = 0;
    for (std::size_t i = 0; i < ends.size();) {
      const std::size_t next = std::min(ends.size(), i + tokens_per_chunk_);
      const std::size_t end = ends[next - 1];
      delta(fmt::format("{}{}{}", before, json_text(text.substr(begin, end - begin)), after));
      tokens_ += static_cast<std::int64_t>(next - i);
      i = next;
      begin = end;
    }
  }

  void call(const StandInCall& call) {
    delta(fmt::format(R"({{"tool_calls":[{{"index":0,"id":{},"type":"function",)"
                      R"("function":{{"name":{},"arguments":""}}}}]}})",
                      json_text(call.id), json_text(call.name)));
    tokens_ += count_tokens(call.name);
    pieces(call.arguments, R"({"tool_calls":[{"index":0,"function":{"arguments":)", "}}]}");
  }

  std::vector<StandInFrame> done() {
    frames_.push_back({tokens_, "data: [DONE]\n\n"});
    return std::move(frames_);
  }

 private:
  const StandInHead& head_;
  std::size_t tokens_per_chunk_;
  std::int64_t tokens_ = 0;
  std::vector<StandInFrame> frames_;
};

}  // namespace

std::int64_t completion_tokens(const StandInReply& reply) {
  std::int64_t tokens = count_tokens(reply.reasoning) + count_tokens(reply.text);
  if (reply.call) tokens += count_tokens(reply.call->name) + count_tokens(reply.call->arguments);
  return std::max<std::int64_t>(1, tokens);
}

std::vector<StandInFrame> encode_stream(const StandInReply& reply, const StandInHead& head,
                                        bool include_usage, std::size_t tokens_per_chunk) {
  StreamWriter writer(head, std::max<std::size_t>(1, tokens_per_chunk));
  writer.delta(R"({"role":"assistant","content":""})");
  writer.pieces(reply.reasoning, R"({"reasoning_content":)", "}");
  writer.pieces(reply.text, R"({"content":)", "}");
  if (reply.call) writer.call(*reply.call);
  writer.delta("{}", fmt::format("\"{}\"", finish_of(reply)));
  if (include_usage) writer.chunk("", ",\"usage\":" + usage_json(reply, head));
  return writer.done();
}

std::string encode_whole(const StandInReply& reply, const StandInHead& head) {
  const bool no_text = reply.call && reply.text.empty();
  std::string message =
      fmt::format(R"({{"role":"assistant","content":{})", no_text ? "null" : json_text(reply.text));
  if (!reply.reasoning.empty()) {
    message += fmt::format(R"(,"reasoning_content":{})", json_text(reply.reasoning));
  }
  if (reply.call) {
    message += fmt::format(R"(,"tool_calls":[{{"id":{},"type":"function","function":{{"name":{},)"
                           R"("arguments":{}}}}}])",
                           json_text(reply.call->id), json_text(reply.call->name),
                           json_text(reply.call->arguments));
  }
  return fmt::format(
      R"({{"id":"{}","object":"chat.completion","created":{},"model":"stand-in","choices":[)"
      R"({{"index":0,"message":{}}},"logprobs":null,"finish_reason":"{}"}}],"usage":{}}})",
      head.id, head.created, message, finish_of(reply), usage_json(reply, head));
}

std::string encode_error(int status, const std::string& sentence) {
  const char* type = status == 404   ? "NotFoundError"
                     : status == 429 ? "RateLimitError"
                     : status >= 500 ? "InternalServerError"
                                     : "BadRequestError";
  return fmt::format(R"({{"error":{{"message":{},"type":"{}","param":null,"code":{}}}}})",
                     json_text(sentence), type, status);
}

std::string encode_models(std::int64_t created) {
  return fmt::format(R"({{"object":"list","data":[{{"id":"stand-in","object":"model","created":{},)"
                     R"("owned_by":"plumbline","root":"stand-in","parent":null,)"
                     R"("max_model_len":1048576}}]}})",
                     created);
}

}  // namespace plumb
