#include "core/trial/inquest.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/base/text.hpp"
#include "core/schema/call_judge.hpp"

namespace plumb {
namespace {

constexpr std::string_view kThoughtEnd = "</think>";
constexpr std::string_view kThoughtBegin = "<think>";

/// Without white space and without special tokens, which servers strip.
std::string bare(std::string_view text) {
  std::string bare;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("<|")) {
      const auto end = text.substr(i, 80).find("|>");
      if (end != std::string_view::npos) {
        i += end + 1;
        continue;
      }
    }
    if (std::string_view(" \t\r\n").find(text[i]) == std::string_view::npos) bare += text[i];
  }
  return bare;
}

bool holds_text(const RawCompletion& raw, std::string_view arrived) {
  const std::string part = bare(arrived);
  return !part.empty() && bare(raw.text).find(part) != std::string::npos;
}

/// Servers count the end of an answer as a token, or do not.
bool as_many_tokens(const Usage& a, const Usage& b) {
  constexpr std::int64_t kOff = 2;
  return a.completion_tokens && b.completion_tokens &&
         std::abs(*a.completion_tokens - *b.completion_tokens) <= kOff;
}

bool asks_for(std::string_view prompt, const std::string& format) {
  if (format == "json") {
    return prompt.find("\"name\"") != prompt.npos &&
           (prompt.find("\"parameters\"") != prompt.npos ||
            prompt.find("\"arguments\"") != prompt.npos);
  }
  return prompt.find(format) != prompt.npos;
}

bool asks_for_any(std::string_view prompt) {
  const auto formats = leak_formats();
  return std::ranges::any_of(formats.first(formats.size() - 1), [&](std::string_view format) {
    return prompt.find(format) != prompt.npos;
  });
}

bool same_calls(const std::vector<ToolCall>& a, const std::vector<ToolCall>& b) {
  return !a.empty() && std::ranges::equal(a, b, [](const ToolCall& x, const ToolCall& y) {
    const auto left = parse_json(x.arguments);
    const auto right = parse_json(y.arguments);
    return x.name == y.name && (left && right ? *left == *right : x.arguments == y.arguments);
  });
}

/// What the raw text of the same answer says of its calls.
Finding by_markup(const RawCompletion& raw, const LeakedCall& written) {
  if (!written.well_formed()) {
    return {Attribution::model,
            "the raw completion holds the same, and it is flawed: " + shortened(written.flaw, 200)};
  }
  if (asks_for(raw.prompt, written.format)) {
    return {Attribution::server_parser,
            "the raw completion holds a whole call in the markup that the prompt asks for (" +
                written.format + ")"};
  }
  if (asks_for_any(raw.prompt)) {
    return {Attribution::model,
            "the raw completion holds a call in a markup that the prompt does "
            "not ask for (" +
                written.format + ")"};
  }
  return {std::nullopt,
          "the raw completion holds a whole call, and the prompt asks for no markup "
          "that is known"};
}

/// Whether the model wrote the call before it ended its thinking; nothing where no thinking is
/// marked.
std::optional<bool> inside_thinking(const RawCompletion& raw, const LeakedCall& written) {
  const auto end = raw.text.find(kThoughtEnd);
  if (end != std::string::npos) return written.begin < end;
  const bool begun = raw.text.find(kThoughtBegin) != std::string::npos ||
                     trimmed(raw.prompt).ends_with(kThoughtBegin);
  return begun ? std::optional(true) : std::nullopt;
}

Finding weigh_raw_leak(const Suspect& suspect, const RawCompletion& raw,
                       std::span<const ToolSpec> tools) {
  const Message& message = suspect.response.message;
  const bool in_reasoning = suspect.defect == Defect::leaked_reasoning;
  if (!holds_text(raw, in_reasoning ? message.reasoning : message.text)) {
    return {std::nullopt, "the raw completion is another answer"};
  }
  const auto written = find_leaked_call(raw.text, tools);
  if (!written) return {std::nullopt, "the raw completion holds no call"};
  if (in_reasoning && inside_thinking(raw, *written).value_or(false)) {
    return {Attribution::model, "the raw completion has the call inside the thinking"};
  }
  return by_markup(raw, *written);
}

Finding weigh_leak(const Suspect& suspect, const Testimony& testimony,
                   std::span<const ToolSpec> tools) {
  if (testimony.repeated && suspect.leak &&
      same_calls(suspect.leak->calls, testimony.repeated->message.calls)) {
    return {Attribution::server_parser,
            "without streaming the same call arrives as one: the parser loses it in the stream"};
  }
  if (testimony.raw) return weigh_raw_leak(suspect, *testimony.raw, tools);
  return {std::nullopt, testimony.repeated
                            ? "without streaming it came no better, and the server shows no raw "
                              "completion"
                            : "the same request was not answered again"};
}

/// Of an answer that nothing arrived of, or that the server could not read.
Finding weigh_unseen(const Suspect& suspect, const Testimony& testimony,
                     std::span<const ToolSpec> tools) {
  const bool rejected = suspect.defect == Defect::server_rejected;
  if (testimony.repeated && !rejected && testimony.repeated->has_token() &&
      as_many_tokens(testimony.repeated->usage, suspect.response.usage)) {
    return {Attribution::server_parser, "without streaming an answer of as many tokens arrives"};
  }
  if (!testimony.raw) return {std::nullopt, "the server shows no raw completion"};
  const bool same = rejected ? testimony.refused_again
                             : as_many_tokens(testimony.raw->usage, suspect.response.usage);
  if (!same) return {std::nullopt, "the raw completion is another answer"};
  const auto written = find_leaked_call(testimony.raw->text, tools);
  if (!written) {
    return {std::nullopt,
            "the raw completion holds no call: " + printable(shortened(testimony.raw->text, 80))};
  }
  return by_markup(*testimony.raw, *written);
}

Finding weigh_arguments(const Suspect& suspect, const Testimony& testimony,
                        std::span<const ToolSpec> tools) {
  if (!testimony.raw) return {std::nullopt, "the server shows no raw completion"};
  if (!as_many_tokens(testimony.raw->usage, suspect.response.usage)) {
    return {std::nullopt, "the raw completion is another answer"};
  }
  const auto written = find_leaked_call(testimony.raw->text, tools);
  const auto& arrived = suspect.response.message.calls;
  if (!written || !written->well_formed() || written->calls.size() != arrived.size()) {
    return {Attribution::model, "the raw completion holds no whole call either"};
  }
  const ToolCall& call = written->calls.at(suspect.call);
  if (call.name != arrived.at(suspect.call).name) {
    return {std::nullopt, "the raw completion calls another tool"};
  }
  const auto judge = CallJudge::create({tools.begin(), tools.end()});
  if (!judge) return {std::nullopt, judge.error().sentence};
  const CallJudgement judged = judge->judge(call);
  if (!judged.defect) {
    return {Attribution::server_parser, "the raw completion has the call without the defect: " +
                                            printable(shortened(call.arguments, 120))};
  }
  return {Attribution::model, "the raw completion has the same defect"};
}

}  // namespace

bool wants_inquest(Defect defect) {
  switch (defect) {
    case Defect::leaked_text:
    case Defect::leaked_reasoning:
    case Defect::swallowed:
    case Defect::server_rejected:
    case Defect::args_not_json:
    case Defect::args_empty:
    case Defect::args_not_object:
    case Defect::args_double_encoded:
    case Defect::missing_required:
      return true;
    default:
      return false;
  }
}

Finding weigh(const Suspect& suspect, const Testimony& testimony, std::span<const ToolSpec> tools) {
  switch (suspect.defect) {
    case Defect::leaked_text:
    case Defect::leaked_reasoning:
      return weigh_leak(suspect, testimony, tools);
    case Defect::swallowed:
    case Defect::server_rejected:
      return weigh_unseen(suspect, testimony, tools);
    default:
      return weigh_arguments(suspect, testimony, tools);
  }
}

Finding inquire(const Suspect& suspect, ChatRequest request, Endpoint& endpoint, Waiter& waiter) {
  constexpr Duration kLeast = std::chrono::seconds(30);
  request.allowed = std::max<Duration>(kLeast, 4 * suspect.in_flight);
  request.streamed = false;
  request.loading_patience = Duration::zero();
  Testimony testimony;
  const bool arrived_as_call = !suspect.response.message.calls.empty();
  if (!arrived_as_call || suspect.defect == Defect::server_rejected) {
    ChatReply reply = endpoint.chat(request, waiter);
    if (reply.answer) {
      testimony.repeated = std::move(*reply.answer);
    } else {
      testimony.refused_again = reply.answer.error().unparsed;
    }
  }
  if (waiter.stopped()) return {};
  Finding finding = weigh(suspect, testimony, request.tools);
  if (finding.attribution) return finding;
  if (auto raw = endpoint.complete_raw(request, waiter); raw && *raw) {
    testimony.raw = std::move(**raw);
    finding = weigh(suspect, testimony, request.tools);
  }
  return finding;
}

}  // namespace plumb
