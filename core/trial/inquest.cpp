#include "core/trial/inquest.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "core/base/text.hpp"
#include "core/schema/call_judge.hpp"

namespace plumb {
namespace {

constexpr std::string_view kThoughtEnd = "</think>";
constexpr std::string_view kThoughtBegin = "<think>";

/// Without white space, special tokens and the tags around thinking, which servers strip; cut,
/// since texts are searched for one another.
std::string bare(std::string_view text) {
  constexpr std::size_t kMost = std::size_t{64} << 10;
  constexpr std::size_t kLongestToken = 80;
  std::string bare;
  for (std::size_t i = 0; i < text.size() && bare.size() < kMost; ++i) {
    const bool ends_thought = text.substr(i).starts_with(kThoughtEnd);
    if (ends_thought || text.substr(i).starts_with(kThoughtBegin)) {
      i += (ends_thought ? kThoughtEnd : kThoughtBegin).size() - 1;
      continue;
    }
    if (text.substr(i).starts_with("<|")) {
      const auto end = text.substr(i, kLongestToken).find("|>");
      if (end != std::string_view::npos) {
        i += end + 1;
        continue;
      }
    }
    if (std::string_view(" \t\r\n").find(text[i]) == std::string_view::npos) bare += text[i];
  }
  return bare;
}

bool holds_text(std::string_view whole, std::string_view arrived) {
  const std::string part = bare(arrived);
  return !part.empty() && bare(whole).find(part) != std::string::npos;
}

/// Servers count the end of an answer as a token, or do not.
bool as_many_tokens(const Usage& a, const Usage& b, std::int64_t off) {
  return a.completion_tokens && b.completion_tokens &&
         std::abs(*a.completion_tokens - *b.completion_tokens) <= off;
}

/// Whether the instructions, or how the prompt lists its tools, ask for one of the tagged markups.
bool asks_for_tagged(const Testimony& testimony, std::string_view format) {
  if (testimony.instructions.find(format) != std::string::npos) return true;
  // Some templates name the tools in a tag of their own, and no markup of calls.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kLists = {
      {{"[TOOL_CALLS]", "[AVAILABLE_TOOLS]"}, {"<|tool_call", "tool_declare"}}};
  return std::ranges::any_of(kLists, [&](const auto& list) {
    return list.first == format && testimony.raw->prompt.find(list.second) != std::string::npos;
  });
}

bool asks_for_any_tagged(const Testimony& testimony) {
  const auto formats = leak_formats();
  return std::ranges::any_of(formats.first(formats.size() - 1), [&](std::string_view format) {
    return asks_for_tagged(testimony, format);
  });
}

bool asks_for(const Testimony& testimony, const std::string& format) {
  if (format != "json") return asks_for_tagged(testimony, format);
  // Every list of tools is JSON; only without tags is it what is asked for.
  const auto says = [&](const char* word) {
    return testimony.instructions.find(word) != std::string::npos;
  };
  return !asks_for_any_tagged(testimony) && says("\"name\"") &&
         (says("\"parameters\"") || says("\"arguments\""));
}

bool same_calls(const std::vector<ToolCall>& a, const std::vector<ToolCall>& b) {
  return !a.empty() && std::ranges::equal(a, b, [](const ToolCall& x, const ToolCall& y) {
    const auto left = parse_json(x.arguments);
    const auto right = parse_json(y.arguments);
    return x.name == y.name && (left && right ? *left == *right : x.arguments == y.arguments);
  });
}

/// What the raw text of the same answer says of its calls.
InquestResult by_markup(const Testimony& testimony, const LeakedCall& written) {
  if (!written.well_formed()) {
    return {Attribution::model,
            "the raw completion holds the same, and it is flawed: " + shortened(written.flaw, 200)};
  }
  if (asks_for(testimony, written.format)) {
    return {Attribution::server_parser,
            "the raw completion holds a whole call in the markup that the prompt asks for (" +
                written.format + ")"};
  }
  if (asks_for_any_tagged(testimony)) {
    return {Attribution::model,
            "the raw completion holds a call in a markup that the prompt does not ask for (" +
                written.format + ")"};
  }
  return {std::nullopt,
          "the raw completion holds a whole call, and the prompt asks for no markup that is known"};
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

InquestResult weigh_raw_leak(const Suspect& suspect, const Testimony& testimony,
                             std::span<const ToolSpec> tools) {
  const RawCompletion& raw = *testimony.raw;
  const Message& message = suspect.response.message;
  const bool in_reasoning = suspect.defect == Defect::leaked_reasoning;
  if (!holds_text(raw.text, in_reasoning ? message.reasoning : message.text)) {
    return {std::nullopt, "the raw completion is another answer"};
  }
  const auto written = find_leaked_call(raw.text, tools);
  if (!written) return {std::nullopt, "the raw completion holds no call"};
  if (in_reasoning && inside_thinking(raw, *written).value_or(false)) {
    return {Attribution::model, "the raw completion has the call inside the thinking"};
  }
  return by_markup(testimony, *written);
}

InquestResult weigh_leak(const Suspect& suspect, const Testimony& testimony,
                         std::span<const ToolSpec> tools) {
  if (testimony.repeated && suspect.leak &&
      same_calls(suspect.leak->calls, testimony.repeated->message.calls)) {
    return {Attribution::server_parser,
            "without streaming the same call arrives as one: the parser loses it in the stream"};
  }
  if (testimony.raw) return weigh_raw_leak(suspect, testimony, tools);
  return {std::nullopt, testimony.repeated
                            ? "without streaming it came no better, and the server shows no raw "
                              "completion"
                            : "the same request was not answered again"};
}

/// Of an answer that nothing arrived of, or that the server could not read.
InquestResult weigh_unseen(const Suspect& suspect, const Testimony& testimony,
                           std::span<const ToolSpec> tools) {
  const bool rejected = suspect.defect == Defect::server_rejected;
  const Usage& counted = suspect.response.usage;
  if (testimony.repeated && !rejected && !testimony.repeated->message.calls.empty() &&
      as_many_tokens(testimony.repeated->usage, counted, 0)) {
    return {Attribution::server_parser, "without streaming a call of as many tokens arrives"};
  }
  if (!testimony.raw) return {std::nullopt, "the server shows no raw completion"};
  const RawCompletion& raw = *testimony.raw;
  const std::string& partial = suspect.response.message.text;
  const bool same =
      rejected ? testimony.refused_again && (partial.empty() || holds_text(raw.text, partial))
               : as_many_tokens(raw.usage, counted, 2);
  if (!testimony.raw_repeats || !same) {
    return {std::nullopt, "the raw completion may be another answer"};
  }
  const auto written = find_leaked_call(raw.text, tools);
  if (!written) {
    return {std::nullopt,
            "the raw completion holds no call: " + printable(shortened(raw.text, 80))};
  }
  return by_markup(testimony, *written);
}

/// Whether what arrived may be what is left of what was written.
bool is_left_of(std::string_view arrived, const std::string& written) {
  const std::string_view text = trimmed(arrived);
  if (text.empty() || text == "null") return true;
  const auto left = parse_json(text);
  const auto whole = parse_json(written);
  if (!left || !whole) return bare(written).starts_with(bare(text));
  const Json* value = &*left;
  Json inner;
  if (value->is_string()) {
    auto parsed = parse_json(value->get_ref<const std::string&>());
    inner = parsed ? std::move(*parsed) : Json();
    value = &inner;
  } else if (value->is_array() && value->size() == 1) {
    value = &value->front();
  }
  if (!value->is_object() || !whole->is_object()) return false;
  return std::ranges::all_of(value->items(), [&](const auto& member) {
    const auto at = whole->find(member.key());
    return at != whole->end() && *at == member.value();
  });
}

InquestResult weigh_arguments(const Suspect& suspect, const Testimony& testimony,
                              std::span<const ToolSpec> tools) {
  if (!testimony.raw) return {std::nullopt, "the server shows no raw completion"};
  const RawCompletion& raw = *testimony.raw;
  if (!testimony.raw_repeats || !as_many_tokens(raw.usage, suspect.response.usage, 2)) {
    return {std::nullopt, "the raw completion may be another answer"};
  }
  const auto written = find_leaked_call(raw.text, tools);
  if (!written) return {std::nullopt, "the raw completion holds no call"};
  if (!written->well_formed()) {
    return {Attribution::model, "the raw completion holds no whole call either"};
  }
  const auto& arrived = suspect.response.message.calls;
  if (written->calls.size() != arrived.size() ||
      written->calls.at(suspect.call).name != arrived.at(suspect.call).name ||
      !is_left_of(arrived.at(suspect.call).arguments, written->calls.at(suspect.call).arguments)) {
    return {std::nullopt, "the raw completion holds other calls"};
  }
  const ToolCall& call = written->calls.at(suspect.call);
  const auto judge = CallJudge::create({tools.begin(), tools.end()});
  if (!judge) return {std::nullopt, judge.error().sentence};
  if (judge->judge(call).defect) {
    return {Attribution::model, "the raw completion has the same defect"};
  }
  return {Attribution::server_parser, "the raw completion has the call without the defect: " +
                                          printable(shortened(call.arguments, 120))};
}

/// The prompt up to where the user begins to speak.
std::string instructions_of(const std::string& prompt, std::span<const Message> messages) {
  constexpr std::size_t kEnough = 40;
  const auto user = std::ranges::find(messages, Role::user, &Message::role);
  if (user == messages.end()) return prompt;
  const std::string_view words = trimmed(user->text).substr(0, kEnough);
  return prompt.substr(0, words.empty() ? std::string::npos : prompt.find(words));
}

/// Two raw completions, the second for whether they are alike.
void ask_raw(const ChatRequest& request, Endpoint& endpoint, Waiter& waiter, Testimony& testimony) {
  auto raw = endpoint.complete_raw(request, waiter);
  if (!raw || !*raw || waiter.stopped()) return;
  testimony.raw = std::move(**raw);
  testimony.instructions = instructions_of(testimony.raw->prompt, request.messages);
  const auto again = endpoint.complete_raw(request, waiter);
  testimony.raw_repeats = again && *again && (*again)->text == testimony.raw->text;
}

std::pair<Defect, std::string> entry_of(const Suspect& suspect) {
  return {suspect.defect, suspect.leak ? suspect.leak->format : ""};
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

InquestResult weigh(const Suspect& suspect, const Testimony& testimony,
                    std::span<const ToolSpec> tools) {
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

InquestResult inquire(const Suspect& suspect, ChatRequest request, Endpoint& endpoint,
                      Waiter& waiter) {
  // As long as the answer took, and time to queue.
  request.allowed =
      std::clamp<Duration>(4 * suspect.in_flight, std::chrono::seconds(5), std::chrono::minutes(5));
  request.attempts = 1;
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
      if (!testimony.refused_again) {
        return {std::nullopt, "the same request, sent again without streaming, got no answer: " +
                                  shortened(reply.answer.error().sentence, 200)};
      }
    }
  }
  if (waiter.stopped()) return {};
  InquestResult finding = weigh(suspect, testimony, request.tools);
  if (finding.attribution) return finding;
  ask_raw(request, endpoint, waiter, testimony);
  return testimony.raw && !waiter.stopped() ? weigh(suspect, testimony, request.tools) : finding;
}

std::optional<InquestResult> InquestBook::settled(const Suspect& suspect) const {
  const std::lock_guard lock(mutex_);
  const auto at = entries_.find(entry_of(suspect));
  if (at == entries_.end()) return std::nullopt;
  const Entry& entry = at->second;
  if (entry.alike >= kEnough) {
    return InquestResult{entry.attribution, "as in the " + std::to_string(entry.all) +
                                                " trials that were asked about before"};
  }
  if (entry.all < kMost) return std::nullopt;
  return InquestResult{std::nullopt, "the evidence of " + std::to_string(entry.all) +
                                         " trials was not alike, and no more is asked for"};
}

void InquestBook::add(const Suspect& suspect, const InquestResult& finding) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[entry_of(suspect)];
  entry.alike = entry.all > 0 && entry.attribution == finding.attribution ? entry.alike + 1 : 1;
  entry.attribution = finding.attribution;
  ++entry.all;
}

}  // namespace plumb
