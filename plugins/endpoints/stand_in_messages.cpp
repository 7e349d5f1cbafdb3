#include <string>
#include <utility>

#include <fmt/format.h>

#include "plugins/endpoints/stand_in_encoder.hpp"
#include "plugins/endpoints/stand_in_refusal.hpp"

namespace plumb {
namespace {

const char* stop_reason(const StandInReply& reply) {
  switch (reply.finish) {
    case StandInFinish::calls:
      return "tool_use";
    case StandInFinish::length:
      return "max_tokens";
    case StandInFinish::abort:
      return "abort";
    case StandInFinish::stop:
      break;
  }
  return "end_turn";
}

/// Cached tokens are not among the input tokens here.
std::string input_usage(const StandInHead& head) {
  const std::int64_t cached = head.reports_cached ? head.cached_tokens : 0;
  return fmt::format(
      R"("input_tokens":{},"cache_creation_input_tokens":0,"cache_read_input_tokens":{})",
      head.prompt_tokens - cached, cached);
}

std::string message_json(const StandInHead& head, const std::string& content,
                         const std::string& stop, const std::string& usage) {
  return fmt::format(
      R"({{"id":"msg_{}","type":"message","role":"assistant","model":"{}","content":[{}],)"
      R"("stop_reason":{},"stop_sequence":null{}}})",
      head.id, kStandInModel, content, stop, usage);
}

std::string tool_use(const StandInCall& call, const std::string& input) {
  const std::string id = call.id.empty() ? "" : fmt::format(R"("id":{},)", json_text(call.id));
  return fmt::format(R"({{"type":"tool_use",{}"name":{},"input":{}}})", id, json_text(call.name),
                     input);
}

/// Writes one stream of events.
class MessagesStream {
 public:
  MessagesStream(const StandInReply& reply, const StandInHead& head)
      : reply_(reply), head_(head), pieces_(head) {}

  std::vector<StandInFrame> all() {
    const bool counts = head_.fault != StandInFault::no_usage;
    event("message_start",
          "\"message\":" + message_json(head_, "", "null",
                                        counts ? fmt::format(R"(,"usage":{{{},"output_tokens":0}})",
                                                             input_usage(head_))
                                               : ""));
    event("ping", "");
    if (!reply_.reasoning.empty()) thinking();
    if (!reply_.text.empty()) text();
    for (const StandInCall& call : reply_.calls) use(call);
    pieces_.add(reply_.hidden_tokens);
    event("message_delta",
          fmt::format(
              R"("delta":{{"stop_reason":"{}","stop_sequence":null}}{})", stop_reason(reply_),
              counts ? fmt::format(R"(,"usage":{{"output_tokens":{}}})", completion_tokens(reply_))
                     : ""));
    if (head_.fault != StandInFault::no_done) event("message_stop", "");
    return std::move(frames_);
  }

 private:
  void event(std::string_view type, const std::string& members) {
    frames_.push_back(
        {pieces_.tokens(), fmt::format("event: {0}\ndata: {{\"type\":\"{0}\"{1}{2}}}\n\n", type,
                                       members.empty() ? "" : ",", members)});
  }
  void start(const std::string& block) {
    event("content_block_start", fmt::format(R"("index":{},"content_block":{})", index_, block));
  }
  void delta(const std::string& json) {
    event("content_block_delta", fmt::format(R"("index":{},"delta":{})", index_, json));
  }
  void stop() {
    event("content_block_stop", fmt::format(R"("index":{})", index_));
    if (head_.fault != StandInFault::same_index) ++index_;
  }

  void thinking() {
    start(R"({"type":"thinking","thinking":"","signature":""})");
    pieces_.cut(reply_.reasoning, [&](std::string_view piece) {
      delta(R"({"type":"thinking_delta","thinking":)" + json_text(piece) + "}");
    });
    delta(fmt::format(R"({{"type":"signature_delta","signature":"{}"}})",
                      thinking_signature(reply_.reasoning)));
    stop();
  }

  void text() {
    start(R"({"type":"text","text":""})");
    pieces_.cut(reply_.text, [&](std::string_view piece) {
      delta(R"({"type":"text_delta","text":)" + json_text(piece) + "}");
    });
    stop();
  }

  void use(const StandInCall& call) {
    start(tool_use(call, "{}"));
    pieces_.add(count_tokens(call.name));
    // Arguments are an object here anyway.
    const StandInFault fault =
        head_.fault == StandInFault::args_object ? StandInFault::none : head_.fault;
    if (sends_arguments_whole(call.arguments, fault)) {
      delta(R"({"type":"input_json_delta","partial_json":)" +
            arguments_json(call.arguments, fault) + "}");
      pieces_.add(count_tokens(call.arguments));
    } else {
      pieces_.cut(call.arguments, [&](std::string_view piece) {
        delta(R"({"type":"input_json_delta","partial_json":)" + json_text(piece) + "}");
      });
    }
    stop();
  }

  const StandInReply& reply_;
  const StandInHead& head_;
  StandInPieces pieces_;
  std::int64_t index_ = 0;
  std::vector<StandInFrame> frames_;
};

/// The input of a call in a JSON that is not streamed: an object; what is none stands there as a
/// text.
std::string input_json(const StandInCall& call, StandInFault fault) {
  if (fault == StandInFault::args_null) return "null";
  return parse_json(call.arguments) ? call.arguments : json_text(call.arguments);
}

}  // namespace

std::vector<StandInFrame> stream_messages(const StandInReply& reply, const StandInHead& head) {
  return MessagesStream(reply, head).all();
}

std::string whole_messages(const StandInReply& reply, const StandInHead& head) {
  std::string content;
  const auto add = [&content](const std::string& block) {
    if (!content.empty()) content += ',';
    content += block;
  };
  if (!reply.reasoning.empty()) {
    add(fmt::format(R"({{"type":"thinking","thinking":{},"signature":"{}"}})",
                    json_text(reply.reasoning), thinking_signature(reply.reasoning)));
  }
  if (!reply.text.empty()) {
    add(fmt::format(R"({{"type":"text","text":{}}})", json_text(reply.text)));
  }
  for (const StandInCall& call : reply.calls) add(tool_use(call, input_json(call, head.fault)));
  const std::string usage = head.fault == StandInFault::no_usage
                                ? ""
                                : fmt::format(R"(,"usage":{{{},"output_tokens":{}}})",
                                              input_usage(head), completion_tokens(reply));
  return message_json(head, content, fmt::format("\"{}\"", stop_reason(reply)), usage);
}

}  // namespace plumb
