#include <utility>

#include <fmt/format.h>

#include "plugins/endpoints/stand_in_encoder.hpp"
#include "plugins/endpoints/stand_in_refusal.hpp"

namespace plumb {
namespace {

using Flavour = StandInFlavour;

bool is_vllm(Flavour flavour) {
  return flavour == Flavour::vllm || flavour == Flavour::mistral_strict;
}

std::string id_of(const StandInHead& head) {
  switch (head.flavour) {
    case Flavour::ollama:
      return fmt::format("chatcmpl-{}", std::stoul(head.id.substr(0, 3), nullptr, 16) % 1000);
    case Flavour::openrouter:
      return fmt::format("gen-{}-{}", head.created, head.id.substr(0, 20));
    case Flavour::sglang:
      return head.id;
    default:
      return "chatcmpl-" + head.id;
  }
}

/// What the flavour writes beside the common members of every object.
std::string extras_of(Flavour flavour) {
  switch (flavour) {
    case Flavour::llamacpp:
      return R"("system_fingerprint":"b1-0c1e570",)";
    case Flavour::ollama:
      return R"("system_fingerprint":"fp_ollama",)";
    case Flavour::openrouter:
      return R"("provider":"Stand-in",)";
    default:
      return "";
  }
}

std::string text_delta(Flavour flavour, const std::string& text) {
  switch (flavour) {
    case Flavour::sglang:
      return R"({"role":null,"content":)" + text +
             R"(,"reasoning_content":null,"tool_calls":null})";
    case Flavour::ollama:
    case Flavour::openrouter:
      return R"({"role":"assistant","content":)" + text + "}";
    default:
      return R"({"content":)" + text + "}";
  }
}

std::string reasoning_delta(Flavour flavour, const std::string& text) {
  switch (flavour) {
    case Flavour::vllm:
    case Flavour::mistral_strict:
      return R"({"reasoning":)" + text + "}";
    case Flavour::sglang:
      return R"({"role":null,"content":null,"reasoning_content":)" + text +
             R"(,"tool_calls":null})";
    case Flavour::ollama:
      return R"({"role":"assistant","content":"","reasoning":)" + text + "}";
    case Flavour::openrouter:
      return fmt::format(
          R"({{"role":"assistant","content":"","reasoning":{0},"reasoning_details":)"
          R"([{{"type":"reasoning.text","text":{0},"format":"unknown","index":0}}]}})",
          text);
    default:
      return R"({"reasoning_content":)" + text + "}";
  }
}

/// A delta with one call, or a piece of one.
std::string calls_delta(Flavour flavour, const std::string& call) {
  switch (flavour) {
    case Flavour::sglang:
      return R"({"role":null,"content":null,"reasoning_content":null,"tool_calls":[)" + call + "]}";
    case Flavour::ollama:
      return R"({"role":"assistant","content":"","tool_calls":[)" + call + "]}";
    case Flavour::openrouter:
      return R"({"role":"assistant","content":null,"tool_calls":[)" + call + "]}";
    default:
      return R"({"tool_calls":[)" + call + "]}";
  }
}

std::string first_delta(Flavour flavour) {
  switch (flavour) {
    case Flavour::llamacpp:
      return R"({"role":"assistant","content":null})";
    case Flavour::sglang:
      return R"({"role":"assistant","content":"","reasoning_content":null,"tool_calls":null})";
    default:
      return R"({"role":"assistant","content":""})";
  }
}

std::string last_delta(Flavour flavour) {
  switch (flavour) {
    case Flavour::mistral_strict:  // vLLM, too, until 2025
      return R"({"content":""})";
    case Flavour::sglang:
      return R"({"role":null,"content":null,"reasoning_content":null,"tool_calls":null})";
    case Flavour::ollama:
    case Flavour::openrouter:
      return R"({"role":"assistant","content":""})";
    default:
      return "{}";
  }
}

/// One choice of a chunk. `finish` is JSON.
std::string chunk_choice(Flavour flavour, std::string_view delta, std::string_view finish) {
  switch (flavour) {
    case Flavour::llamacpp:
      return fmt::format(R"({{"finish_reason":{},"index":0,"delta":{}}})", finish, delta);
    case Flavour::ollama:
      return fmt::format(R"({{"index":0,"delta":{},"finish_reason":{}}})", delta, finish);
    case Flavour::openrouter:
      return fmt::format(
          R"({{"index":0,"delta":{},"finish_reason":{},"native_finish_reason":{},"logprobs":null}})",
          delta, finish, finish);
    case Flavour::sglang:
      return fmt::format(
          R"({{"index":0,"delta":{},"logprobs":null,"finish_reason":{},"matched_stop":null}})",
          delta, finish);
    default: {
      const bool stop = is_vllm(flavour) && finish != "null";
      return fmt::format(R"({{"index":0,"delta":{},"logprobs":null,"finish_reason":{}{}}})", delta,
                         finish, stop ? R"(,"stop_reason":null)" : "");
    }
  }
}

std::string finish_json(const StandInReply& reply) {
  switch (reply.finish) {
    case StandInFinish::calls:
      return "\"tool_calls\"";
    case StandInFinish::length:
      return "\"length\"";
    case StandInFinish::abort:
      return "\"abort\"";
    case StandInFinish::stop:
      break;
  }
  return "\"stop\"";
}

bool has_empty_calls(const StandInReply& reply) {
  return reply.finish == StandInFinish::calls && reply.calls.empty();
}

std::string usage_json(const StandInReply& reply, const StandInHead& head,
                       std::int64_t completion) {
  const std::int64_t reasoning = count_tokens(reply.reasoning);
  std::string details;
  if (head.reports_cached) {
    details +=
        fmt::format(R"(,"prompt_tokens_details":{{"cached_tokens":{}}})", head.cached_tokens);
  } else if (is_vllm(head.flavour) || head.flavour == Flavour::sglang) {
    details += R"(,"prompt_tokens_details":null)";
  }
  if (head.flavour == Flavour::sglang) {
    details += fmt::format(R"(,"reasoning_tokens":{})", reasoning);
  } else if (reasoning > 0 &&
             (head.flavour == Flavour::plain || head.flavour == Flavour::openrouter)) {
    details += fmt::format(R"(,"completion_tokens_details":{{"reasoning_tokens":{}}})", reasoning);
  }
  return fmt::format(R"({{"prompt_tokens":{},"total_tokens":{},"completion_tokens":{}{}}})",
                     head.prompt_tokens, head.prompt_tokens + completion, completion, details);
}

double per_second(std::int64_t tokens, double ms) {
  return ms > 0 ? static_cast<double>(tokens) / ms * 1e3 : 0;
}

/// llama-server's own account of an answer.
std::string timings_json(const StandInHead& head, std::int64_t completion) {
  const std::int64_t fresh = head.prompt_tokens - head.cached_tokens;
  const double predicted_ms = head.token_ms * static_cast<double>(completion);
  std::string draft;
  if (head.draft > 0) {
    const StandInSpeculation spent = speculation(head.draft, completion);
    draft = fmt::format(R"(,"draft_n":{},"draft_n_accepted":{})", spent.drafted, spent.accepted);
  }
  return fmt::format(
      R"({{"cache_n":{},"prompt_n":{},"prompt_ms":{},"prompt_per_token_ms":{},"prompt_per_second":{},)"
      R"("predicted_n":{},"predicted_ms":{},"predicted_per_token_ms":{},"predicted_per_second":{}{}}})",
      head.cached_tokens, fresh, head.prompt_ms,
      fresh > 0 ? head.prompt_ms / static_cast<double>(fresh) : 0,
      per_second(fresh, head.prompt_ms), completion, predicted_ms, head.token_ms,
      per_second(completion, predicted_ms), draft);
}

/// Writes one stream.
class ChatStream {
 public:
  ChatStream(const StandInReply& reply, const StandInHead& head)
      : reply_(reply),
        head_(head),
        flavour_(head.flavour),
        pieces_(head),
        front_(fmt::format("data: {{\"id\":\"{}\",\"object\":\"chat.completion.chunk\","
                           "\"created\":{},\"model\":\"{}\",{}\"choices\":[",
                           id_of(head), head.created, kStandInModel, extras_of(head.flavour))) {}

  std::vector<StandInFrame> all() {
    if (flavour_ == Flavour::openrouter) raw(": OPENROUTER PROCESSING\n\n");
    // Ollama writes no chunk that says nothing but who speaks.
    if (flavour_ != Flavour::ollama) delta(first_delta(flavour_));
    text(reply_.reasoning, reasoning_delta);
    text(reply_.text, text_delta);
    for (std::size_t i = 0; i < reply_.calls.size(); ++i) call(reply_.calls[i], i);
    if (has_empty_calls(reply_)) delta(calls_delta(flavour_, ""));
    pieces_.add(reply_.hidden_tokens);
    end();
    return std::move(frames_);
  }

 private:
  void raw(std::string bytes) { frames_.push_back({pieces_.tokens(), std::move(bytes)}); }

  void chunk(std::string_view choice, const std::string& more) {
    std::string bytes = front_;
    bytes += choice;
    bytes += "]";
    bytes += more;
    bytes += "}\n\n";
    raw(std::move(bytes));
  }

  void delta(std::string_view delta_json, std::string_view finish = "null") {
    std::string more;
    if (head_.continuous_usage) {
      more += ",\"usage\":" + usage_json(reply_, head_, pieces_.tokens());
    }
    if (head_.timings_per_token) more += ",\"timings\":" + timings_json(head_, pieces_.tokens());
    chunk(chunk_choice(flavour_, delta_json, finish), more);
  }

  template <class Wrap>
  void text(const std::string& whole, Wrap wrap) {
    pieces_.cut(whole, [&](std::string_view piece) { delta(wrap(flavour_, json_text(piece))); });
  }

  void call(const StandInCall& call, std::size_t ordinal) {
    const std::size_t index = head_.fault == StandInFault::same_index ? 0 : ordinal;
    const std::string id = call.id.empty() ? "" : fmt::format(R"("id":{},)", json_text(call.id));
    const bool whole =
        flavour_ == Flavour::ollama || sends_arguments_whole(call.arguments, head_.fault);
    // vLLM's parsers send the name alone first.
    const std::string arguments =
        whole               ? ",\"arguments\":" + arguments_json(call.arguments, head_.fault)
        : is_vllm(flavour_) ? ""
                            : R"(,"arguments":"")";
    delta(calls_delta(flavour_, fmt::format(R"({{"index":{},{}"type":"function","function":)"
                                            R"({{"name":{}{}}}}})",
                                            index, id, json_text(call.name), arguments)));
    pieces_.add(count_tokens(call.name));
    if (whole) {
      pieces_.add(count_tokens(call.arguments));
      return;
    }
    const bool names_nulls = flavour_ == Flavour::sglang;
    const std::string before =
        names_nulls
            ? fmt::format(R"({{"id":null,"index":{},"type":"function","function":{{"name":null,)",
                          index)
            : fmt::format(R"({{"index":{},"function":{{)", index);
    pieces_.cut(call.arguments, [&](std::string_view piece) {
      delta(calls_delta(flavour_, before + "\"arguments\":" + json_text(piece) + "}}"));
    });
  }

  void end() {
    const std::int64_t completion = completion_tokens(reply_);
    const bool wants_usage = (head_.include_usage || flavour_ == Flavour::openrouter) &&
                             head_.fault != StandInFault::no_usage;
    std::string timings;
    if (flavour_ == Flavour::llamacpp) timings = ",\"timings\":" + timings_json(head_, completion);
    chunk(chunk_choice(flavour_, last_delta(flavour_), finish_json(reply_)),
          wants_usage ? "" : timings);
    if (wants_usage) {
      const std::string choice = flavour_ == Flavour::openrouter
                                     ? chunk_choice(flavour_, last_delta(flavour_), "null")
                                     : "";
      chunk(choice, ",\"usage\":" + usage_json(reply_, head_, completion) + timings);
    }
    if (head_.fault != StandInFault::no_done) raw("data: [DONE]\n\n");
  }

  const StandInReply& reply_;
  const StandInHead& head_;
  const Flavour flavour_;
  StandInPieces pieces_;
  const std::string front_;
  std::vector<StandInFrame> frames_;
};

std::string message_json(const StandInReply& reply, const StandInHead& head) {
  const bool no_text = !reply.calls.empty() && reply.text.empty();
  std::string message =
      fmt::format(R"({{"role":"assistant","content":{})", no_text ? "null" : json_text(reply.text));
  if (!reply.reasoning.empty()) {
    const bool short_name = is_vllm(head.flavour) || head.flavour == Flavour::ollama ||
                            head.flavour == Flavour::openrouter;
    message += fmt::format(R"(,"{}":{})", short_name ? "reasoning" : "reasoning_content",
                           json_text(reply.reasoning));
  }
  if (has_empty_calls(reply)) message += R"(,"tool_calls":[])";
  if (reply.calls.empty()) return message + "}";
  std::string calls;
  for (const StandInCall& call : reply.calls) {
    if (!calls.empty()) calls += ',';
    const std::string id = call.id.empty() ? "" : fmt::format(R"("id":{},)", json_text(call.id));
    // SGLang numbers a call by its tool's place among the tools that are offered.
    const std::string index =
        head.flavour == Flavour::sglang ? fmt::format(R"("index":{},)", call.tool_place) : "";
    calls +=
        fmt::format(R"({{{}{}"type":"function","function":{{"name":{},"arguments":{}}}}})", index,
                    id, json_text(call.name), arguments_json(call.arguments, head.fault));
  }
  return message + R"(,"tool_calls":[)" + calls + "]}";
}

}  // namespace

std::vector<StandInFrame> stream_chat(const StandInReply& reply, const StandInHead& head) {
  return ChatStream(reply, head).all();
}

std::string whole_chat(const StandInReply& reply, const StandInHead& head) {
  const std::int64_t completion = completion_tokens(reply);
  std::string more;
  if (head.fault != StandInFault::no_usage) {
    more = ",\"usage\":" + usage_json(reply, head, completion);
  }
  if (head.flavour == Flavour::llamacpp) more += ",\"timings\":" + timings_json(head, completion);
  return fmt::format(
      R"({{"id":"{}","object":"chat.completion","created":{},"model":"{}",{}"choices":[)"
      R"({{"index":0,"message":{},"logprobs":null,"finish_reason":{}}}]{}}})",
      id_of(head), head.created, kStandInModel, extras_of(head.flavour), message_json(reply, head),
      finish_json(reply), more);
}

}  // namespace plumb
