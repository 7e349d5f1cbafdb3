#include <string>
#include <utility>

#include <fmt/format.h>

#include "plugins/endpoints/stand_in_encoder.hpp"
#include "plugins/endpoints/stand_in_refusal.hpp"

namespace plumb {
namespace {

std::string reasoning_item(const StandInReply& reply, const StandInHead& head, bool done) {
  return fmt::format(
      R"({{"id":"rs_{}","type":"reasoning","summary":[],"content":[{}],"status":"{}"}})", head.id,
      done ? fmt::format(R"({{"type":"reasoning_text","text":{}}})", json_text(reply.reasoning))
           : "",
      done ? "completed" : "in_progress");
}

std::string text_part(const std::string& text) {
  return fmt::format(R"({{"type":"output_text","annotations":[],"logprobs":[],"text":{}}})",
                     json_text(text));
}

std::string message_item(const StandInReply& reply, const StandInHead& head, bool done) {
  return fmt::format(
      R"({{"id":"msg_{}","type":"message","status":"{}","content":[{}],"role":"assistant"}})",
      head.id,
      !done                                   ? "in_progress"
      : reply.finish == StandInFinish::length ? "incomplete"
                                              : "completed",
      done ? text_part(reply.text) : "");
}

std::string call_item(const StandInCall& call, const StandInHead& head, std::size_t ordinal,
                      bool done) {
  const std::string id = call.id.empty() ? "" : fmt::format(R"("call_id":{},)", json_text(call.id));
  return fmt::format(
      R"({{"id":"fc_{}{}","type":"function_call","status":"{}","arguments":{},{}"name":{}}})",
      head.id, ordinal, done ? "completed" : "in_progress",
      done ? arguments_json(call.arguments, head.fault) : R"("")", id, json_text(call.name));
}

bool has_message(const StandInReply& reply) {
  return !reply.text.empty() || (reply.calls.empty() && reply.reasoning.empty());
}

std::string output_json(const StandInReply& reply, const StandInHead& head) {
  std::string output;
  const auto add = [&output](const std::string& item) {
    if (!output.empty()) output += ',';
    output += item;
  };
  if (!reply.reasoning.empty()) add(reasoning_item(reply, head, true));
  if (has_message(reply)) add(message_item(reply, head, true));
  for (std::size_t i = 0; i < reply.calls.size(); ++i)
    add(call_item(reply.calls[i], head, i, true));
  return output;
}

std::string usage_json(const StandInReply& reply, const StandInHead& head) {
  const std::int64_t completion = completion_tokens(reply);
  return fmt::format(
      R"({{"input_tokens":{},"input_tokens_details":{{"cached_tokens":{}}},"output_tokens":{},)"
      R"("output_tokens_details":{{"reasoning_tokens":{}}},"total_tokens":{}}})",
      head.prompt_tokens, head.reports_cached ? head.cached_tokens : 0, completion,
      count_tokens(reply.reasoning), head.prompt_tokens + completion);
}

/// llama.cpp (0c1e570) numbers neither events nor items, and calls a cut answer completed.
bool is_llama(const StandInHead& head) { return head.flavour == StandInFlavour::llamacpp; }

std::string status_of(const StandInReply& reply, const StandInHead& head) {
  switch (reply.finish) {
    case StandInFinish::length:
      return is_llama(head) ? "completed" : "incomplete";
    case StandInFinish::abort:
      return "cancelled";
    default:
      return "completed";
  }
}

std::string response_json(const StandInReply& reply, const StandInHead& head, bool done) {
  const bool cut = done && reply.finish == StandInFinish::length && !is_llama(head);
  const bool counts = done && head.fault != StandInFault::no_usage;
  return fmt::format(
      R"({{"id":"resp_{}","object":"response","created_at":{},"status":"{}","error":null,)"
      R"("incomplete_details":{},"model":"{}","output":[{}],"parallel_tool_calls":true,)"
      R"("usage":{}}})",
      head.id, head.created, done ? status_of(reply, head) : "in_progress",
      cut ? R"({"reason":"max_output_tokens"})" : "null", kStandInModel,
      done ? output_json(reply, head) : "", counts ? usage_json(reply, head) : "null");
}

/// Writes one stream of events. Each carries its number.
class ResponsesStream {
 public:
  ResponsesStream(const StandInReply& reply, const StandInHead& head)
      : reply_(reply), head_(head), pieces_(head) {}

  std::vector<StandInFrame> all() {
    event("response.created", "\"response\":" + response_json(reply_, head_, false));
    event("response.in_progress", "\"response\":" + response_json(reply_, head_, false));
    if (!reply_.reasoning.empty()) reasoning();
    if (has_message(reply_)) message();
    for (std::size_t i = 0; i < reply_.calls.size(); ++i) call(reply_.calls[i], i);
    pieces_.add(reply_.hidden_tokens);
    if (head_.fault != StandInFault::no_done) {
      const std::string status = status_of(reply_, head_);
      event("response." + (status == "cancelled" ? "failed" : status),
            "\"response\":" + response_json(reply_, head_, true));
    }
    return std::move(frames_);
  }

 private:
  void event(std::string_view type, std::string_view members) {
    const std::string number = llama_ ? "" : fmt::format(R"("sequence_number":{},)", number_++);
    frames_.push_back(
        {pieces_.tokens(),
         fmt::format("event: {0}\ndata: {{\"type\":\"{0}\",{1}{2}}}\n\n", type, number, members)});
  }

  void item(std::string_view type, const std::string& json) {
    event(type, index() + "\"item\":" + json);
  }

  [[nodiscard]] std::string index() const {
    return llama_ ? "" : fmt::format(R"("output_index":{},)", index_);
  }

  /// Where a delta belongs.
  [[nodiscard]] std::string place(const std::string& item_id, bool in_content) const {
    return fmt::format(R"("item_id":"{}",{}{})", item_id, index(),
                       in_content && !llama_ ? R"("content_index":0,)" : "");
  }

  void reasoning() {
    const std::string at = place("rs_" + head_.id, true);
    item("response.output_item.added", reasoning_item(reply_, head_, false));
    pieces_.cut(reply_.reasoning, [&](std::string_view piece) {
      event("response.reasoning_text.delta", at + "\"delta\":" + json_text(piece));
    });
    event("response.reasoning_text.done", at + "\"text\":" + json_text(reply_.reasoning));
    item("response.output_item.done", reasoning_item(reply_, head_, true));
    ++index_;
  }

  void message() {
    const std::string at = place("msg_" + head_.id, true);
    item("response.output_item.added", message_item(reply_, head_, false));
    event("response.content_part.added", at + "\"part\":" + text_part(""));
    pieces_.cut(reply_.text, [&](std::string_view piece) {
      event("response.output_text.delta",
            at + "\"delta\":" + json_text(piece) + R"(,"logprobs":[])");
    });
    event("response.output_text.done",
          at + "\"text\":" + json_text(reply_.text) + R"(,"logprobs":[])");
    event("response.content_part.done", at + "\"part\":" + text_part(reply_.text));
    item("response.output_item.done", message_item(reply_, head_, true));
    ++index_;
  }

  void call(const StandInCall& call, std::size_t ordinal) {
    const std::string at = place(fmt::format("fc_{}{}", head_.id, ordinal), false);
    item("response.output_item.added", call_item(call, head_, ordinal, false));
    pieces_.add(count_tokens(call.name));
    if (sends_arguments_whole(call.arguments, head_.fault)) {
      pieces_.add(count_tokens(call.arguments));
    } else {
      pieces_.cut(call.arguments, [&](std::string_view piece) {
        event("response.function_call_arguments.delta", at + "\"delta\":" + json_text(piece));
      });
    }
    event("response.function_call_arguments.done",
          at + fmt::format(R"("name":{},"arguments":{})", json_text(call.name),
                           arguments_json(call.arguments, head_.fault)));
    item("response.output_item.done", call_item(call, head_, ordinal, true));
    if (head_.fault != StandInFault::same_index) ++index_;
  }

  const StandInReply& reply_;
  const StandInHead& head_;
  const bool llama_ = is_llama(head_);
  StandInPieces pieces_;
  std::int64_t number_ = 0;
  std::int64_t index_ = 0;
  std::vector<StandInFrame> frames_;
};

}  // namespace

std::vector<StandInFrame> stream_responses(const StandInReply& reply, const StandInHead& head) {
  return ResponsesStream(reply, head).all();
}

std::string whole_responses(const StandInReply& reply, const StandInHead& head) {
  return response_json(reply, head, true);
}

}  // namespace plumb
