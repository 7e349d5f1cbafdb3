#include "core/trial/call_log.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace plumb {
namespace {

constexpr std::size_t kMostWords = 100;

/// Servers make the ids, indexes and words around a call; models write what is inside. What parsers
/// are known to do to calls (they lose them, braces and parameters, or encode twice) is nobody's
/// without evidence.
Attribution usual_attribution(Defect defect) {
  switch (defect) {
    case Defect::leaked_text:
    case Defect::leaked_reasoning:
    case Defect::swallowed:
    case Defect::server_rejected:
    case Defect::args_not_json:
    case Defect::args_empty:
    case Defect::args_double_encoded:
    case Defect::missing_required:
      return Attribution::undetermined;
    case Defect::missing_id:
    case Defect::duplicate_id:
    case Defect::index_collision:
    case Defect::finish_reason_mismatch:
      return Attribution::server_parser;
    default:
      return Attribution::model;
  }
}

std::string short_word(const std::string& text) {
  return printable(shortened(valid_utf8(text), kMostWords));
}

}  // namespace

int CallCounts::count(Defect defect) const {
  return static_cast<int>(std::ranges::count(defects, defect, &CallDefect::defect));
}

int CallCounts::first_spoilt() const {
  int first = 0;
  for (const CallDefect& one : defects) {
    if (spoils_call(one.defect) && one.call > 0 && (first == 0 || one.call < first)) {
      first = one.call;
    }
  }
  return first;
}

void CallLog::add_answer(int turn, const ChatResponse& response, double seconds) {
  const std::size_t calls = response.message.calls.size();
  answers_.push_back({.turn = turn,
                      .seconds = seconds,
                      .first_call = calls_ + 1,
                      .calls = std::vector(calls, State::unjudged)});
  calls_ += static_cast<int>(calls);
  note_ids(turn, response);
  if (response.index_collision) add(turn, Defect::index_collision, Attribution::server_parser, "");
  if (const auto mismatch = finish_mismatch(response)) {
    add(turn, Defect::finish_reason_mismatch, Attribution::server_parser, *mismatch);
  }
}

void CallLog::note_ids(int turn, const ChatResponse& response) {
  for (const ToolCall& call : response.message.calls) {
    if (call.id.empty()) {
      add(turn, Defect::missing_id, Attribution::server_parser, call.name);
      continue;
    }
    const auto at = std::ranges::lower_bound(ids_, call.id);
    if (at != ids_.end() && *at == call.id) {
      add(turn, Defect::duplicate_id, Attribution::server_parser, call.id);
    } else {
      ids_.insert(at, call.id);
    }
  }
}

void CallLog::add(int turn, Defect defect, Attribution attribution, const std::string& what) {
  counts_.defects.push_back({.defect = defect,
                             .attribution = attribution,
                             .turn = turn,
                             .call = 0,
                             .what = short_word(what),
                             .aftermath = std::nullopt});
}

void CallLog::spoil(Answer& answer, std::size_t call, Defect defect, Attribution attribution,
                    const std::string& what) {
  answer.calls.at(call) = State::spoilt;
  counts_.defects.push_back({.defect = defect,
                             .attribution = attribution,
                             .turn = answer.turn,
                             .call = answer.first_call + static_cast<int>(call),
                             .what = short_word(what),
                             .aftermath = std::nullopt});
}

void CallLog::add_lost(const LostCall& lost, bool rescued) {
  Answer& answer = answers_.back();
  const std::size_t calls = lost.leak && lost.leak->well_formed() ? lost.leak->calls.size() : 1;
  answer.calls.assign(calls, State::unjudged);
  calls_ += static_cast<int>(calls);
  if (rescued) {
    answer.rescued_from = lost;
    return;
  }
  answer.judged = calls;
  for (std::size_t i = 0; i < calls; ++i) {
    spoil(answer, i, lost.defect, usual_attribution(lost.defect),
          lost.leak ? lost.leak->format : "");
  }
}

/// The call that is judged next leaked, whatever else is wrong with it.
void CallLog::note_rescue(Answer& answer) {
  if (!answer.rescued_from) return;
  spoil(answer, answer.judged, answer.rescued_from->defect, Attribution::server_parser,
        answer.rescued_from->leak->format);
}

void CallLog::add_valid() {
  Answer& answer = answers_.back();
  note_rescue(answer);
  answer.calls.at(answer.judged++) = answer.rescued_from ? State::rescued : State::valid;
}

void CallLog::add_spoilt(Defect defect, const std::string& tool, bool by_us) {
  Answer& answer = answers_.back();
  note_rescue(answer);
  spoil(answer, answer.judged++, defect, by_us ? Attribution::harness : usual_attribution(defect),
        tool);
}

void CallLog::add_rejected(int turn, const std::string& what) {
  answers_.push_back(
      {.turn = turn, .seconds = 0, .first_call = ++calls_, .calls = {State::spoilt}});
  answers_.back().judged = 1;
  answers_.back().rejected = true;
  spoil(answers_.back(), 0, Defect::server_rejected, Attribution::undetermined, what);
}

void CallLog::attribute(Defect defect, Attribution attribution) {
  for (CallDefect& one : counts_.defects) {
    const bool open = one.attribution == usual_attribution(defect);
    if (one.defect == defect && open) one.attribution = attribution;
  }
}

Attribution CallLog::attribution_of(Defect defect) const {
  const auto at = std::ranges::find(counts_.defects, defect, &CallDefect::defect);
  return at == counts_.defects.end() ? usual_attribution(defect) : at->attribution;
}

std::optional<Attribution> CallLog::last_spoilt() const {
  if (answers_.empty()) return std::nullopt;
  const auto of_last = [&](const CallDefect& one) {
    return spoils_call(one.defect) && one.call >= answers_.back().first_call;
  };
  const auto at = std::find_if(counts_.defects.rbegin(), counts_.defects.rend(), of_last);
  return at == counts_.defects.rend() ? std::nullopt : std::optional(at->attribution);
}

int CallLog::run() const {
  std::ptrdiff_t run = 0;
  for (const Answer& answer : answers_) {
    run += std::ranges::count(answer.calls, State::valid) +
           std::ranges::count(answer.calls, State::rescued);
  }
  return static_cast<int>(run);
}

int CallLog::spoilt() const {
  std::ptrdiff_t spoilt = 0;
  for (const Answer& answer : answers_) {
    spoilt += std::ranges::count(answer.calls, State::spoilt) +
              std::ranges::count(answer.calls, State::rescued);
  }
  return static_cast<int>(spoilt);
}

Aftermath CallLog::aftermath_of(const CallDefect& defect, bool passed) const {
  auto after = std::ranges::find_if(
      answers_, [&](const Answer& answer) { return answer.first_call > defect.call; });
  const auto holder = std::prev(after);
  const auto place = static_cast<std::size_t>(defect.call - holder->first_call);
  if (holder->calls.at(place) == State::rescued) return Aftermath::recovered_next_turn;
  const auto ran = [](const Answer& answer) {
    return std::ranges::any_of(
        answer.calls, [](State call) { return call == State::valid || call == State::rescued; });
  };
  const auto spoilt = [](const Answer& answer) {
    return std::ranges::find(answer.calls, State::spoilt) != answer.calls.end();
  };
  // Answers without a call begin where the next call would: they say nothing here.
  while (after != answers_.end() && after->calls.empty()) ++after;
  if (after != answers_.end() && ran(*after) && !spoilt(*after)) {
    return Aftermath::recovered_next_turn;
  }
  return std::any_of(after, answers_.end(), ran) || passed ? Aftermath::recovered_later
                                                           : Aftermath::fatal;
}

void CallLog::count_tries() {
  std::size_t to_make_again = 0;
  for (const Answer& answer : answers_) {
    const auto judged = std::span(answer.calls).first(answer.judged);
    for (std::size_t i = 0; i < judged.size(); ++i) {
      const bool valid = judged[i] == State::valid;
      counts_.total += 1;
      counts_.valid += valid ? 1 : 0;
      if (i < to_make_again) continue;
      counts_.intended += 1;
      counts_.valid_at_first += valid ? 1 : 0;
    }
    to_make_again = static_cast<std::size_t>(std::ranges::count(judged, State::spoilt));
    if (to_make_again == 0 || answer.rejected) continue;
    const double share = static_cast<double>(to_make_again) / static_cast<double>(judged.size());
    counts_.lost_turns += share;
    counts_.lost_seconds += share * answer.seconds;
  }
}

CallCounts CallLog::close(bool passed) {
  count_tries();
  for (CallDefect& one : counts_.defects) {
    if (spoils_call(one.defect) && one.call > 0) one.aftermath = aftermath_of(one, passed);
  }
  return std::move(counts_);
}

}  // namespace plumb
