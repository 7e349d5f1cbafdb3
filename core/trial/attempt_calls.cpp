// The part of an attempt that has to do with calls that did not arrive as calls: rescuing them, and
// asking for evidence whose fault they are.
#include <algorithm>

#include "core/trial/attempt.hpp"
#include "core/wire/assembler.hpp"

namespace plumb {

std::vector<ToolCall> Attempt::rescue(const LostCall& lost, Message& message) const {
  const bool wanted = lost.leak && lost.leak->well_formed() && lost.leak->format == trial_.rescue;
  if (!wanted) return {};
  std::string& holder = lost.defect == Defect::leaked_text ? message.text : message.reasoning;
  holder.resize(lost.leak->begin);
  message.calls = lost.leak->calls;
  for (ToolCall& call : message.calls) {
    // Nine letters and digits: the form that every server takes.
    std::string number = std::to_string(messages_.size() * Assembler::kMaxCalls +
                                        static_cast<std::size_t>(&call - message.calls.data()));
    call.id = "r" + std::string(8 - std::min<std::size_t>(8, number.size()), '0') + number;
  }
  return message.calls;
}

void Attempt::add_lost(const LostCall& lost, const ChatResponse& response, bool rescued) {
  log_.add_lost(lost, rescued);
  if (rescued) return;
  sentence_ = lost.sentence;
  suspect(lost.defect, response, lost.leak, 0, meter_.turns());
}

void Attempt::suspect(Defect defect, const ChatResponse& response, std::optional<LeakedCall> leak,
                      std::size_t call, int turn) {
  const bool known =
      std::ranges::any_of(suspects_, [&](const Suspect& other) { return other.defect == defect; });
  if (known || !wants_inquest(defect)) return;
  suspects_.push_back({.defect = defect,
                       .turn = turn,
                       .messages = asked_,
                       .response = response,
                       .leak = std::move(leak),
                       .call = call,
                       .in_flight = last_took_});
}

InquestResult Attempt::finding_on(const Suspect& suspect, Endpoint& endpoint) {
  if (trial_.inquests != nullptr) {
    if (auto settled = trial_.inquests->settled(suspect)) return *std::move(settled);
  }
  ChatRequest request = this->request();
  request.messages = std::span(messages_).first(suspect.messages);
  InquestResult finding = inquire(suspect, std::move(request), endpoint, waiter_);
  if (trial_.inquests != nullptr && !waiter_.stopped()) trial_.inquests->add(suspect, finding);
  return finding;
}

void Attempt::hear_evidence(Endpoint& endpoint) {
  constexpr std::size_t kMostInquests = 3;
  for (const Suspect& one : std::span(suspects_).first(std::min(suspects_.size(), kMostInquests))) {
    if (waiter_.stopped()) return;
    const InquestResult finding = finding_on(one, endpoint);
    if (waiter_.stopped()) return;
    if (finding.attribution) log_.attribute(one.defect, *finding.attribution);
    transcript_.add("evidence", {{"turn", one.turn},
                                 {"defect", defect_name(one.defect)},
                                 {"attribution", attribution_name(log_.attribution_of(one.defect))},
                                 {"sentence", finding.sentence}});
    if (one.turn >= meter_.turns() && !sentence_.empty() && !finding.sentence.empty()) {
      sentence_ += "; " + finding.sentence;
    }
  }
}

std::optional<Attribution> Attempt::fatal_call(LoopEnd end) const {
  const bool on_a_call = end == LoopEnd::answered || end == LoopEnd::empty_answer ||
                         end == LoopEnd::malformed_calls || end == LoopEnd::server_rejected;
  return on_a_call ? log_.last_spoilt() : std::nullopt;
}

}  // namespace plumb
