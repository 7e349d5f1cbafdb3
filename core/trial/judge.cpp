#include "core/trial/judge.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace plumb {
namespace {

bool same_grade(const Grade& a, const Grade& b) {
  const auto same_check = [](const Check& x, const Check& y) {
    return x.name == y.name && x.holds == y.holds;
  };
  return a.points == b.points && std::ranges::equal(a.checks, b.checks, same_check);
}

bool all_hold(const std::vector<Check>& checks) {
  return !checks.empty() && std::ranges::all_of(checks, &Check::holds);
}

const Check* broken_must_not(const std::vector<Check>& checks) {
  const auto found = std::ranges::find_if(
      checks, [](const Check& check) { return check.must_not && !check.holds; });
  return found == checks.end() ? nullptr : &*found;
}

std::string failing_checks(const std::vector<Check>& checks) {
  std::vector<std::string> names;
  for (const Check& check : checks) {
    if (!check.holds) names.push_back("\"" + check.name + "\"");
  }
  return names.empty() ? "" : "does not hold: " + join(names, ", ");
}

void set(Verdict& verdict, Outcome outcome, Reason reason, Blame blame, std::string sentence) {
  verdict.outcome = outcome;
  verdict.reason = reason;
  verdict.blame = blame;
  verdict.sentence = std::move(sentence);
}

/// Ends in which nobody's work is judged.
bool judge_invalid(const Evidence& evidence, Verdict& verdict) {
  switch (evidence.end) {
    case LoopEnd::never_reached:
      set(verdict, Outcome::invalid, Reason::never_reached, Blame::transport, evidence.sentence);
      return true;
    case LoopEnd::endpoint_error:
      set(verdict, Outcome::invalid, Reason::endpoint_error, Blame::server, evidence.sentence);
      return true;
    case LoopEnd::sandbox_error:
      set(verdict, Outcome::invalid, Reason::sandbox_error, Blame::sandbox, evidence.sentence);
      return true;
    case LoopEnd::task_error:
      set(verdict, Outcome::invalid, Reason::task_error, Blame::task, evidence.sentence);
      return true;
    case LoopEnd::interrupted:
      set(verdict, Outcome::invalid, Reason::interrupted, Blame::user, "the run was interrupted");
      return true;
    default:
      break;
  }
  if (!evidence.grading.error) return false;
  const Error& error = *evidence.grading.error;
  if (error.code == Code::cancelled) {
    set(verdict, Outcome::invalid, Reason::interrupted, Blame::user,
        "the run was interrupted while grading");
  } else if (error.code == Code::config || error.code == Code::limit) {
    set(verdict, Outcome::invalid, Reason::grader_error, Blame::task, full_sentence(error));
  } else {
    set(verdict, Outcome::invalid, Reason::sandbox_error, Blame::sandbox, full_sentence(error));
  }
  return true;
}

/// The limit that ended or overran the trial, if one did.
std::optional<Reason> cap_of(const Evidence& evidence) {
  if (evidence.end == LoopEnd::context_full) return Reason::context;
  if (evidence.first_cap) return evidence.first_cap;
  if (evidence.end == LoopEnd::cut_short) return Reason::tokens;
  if (evidence.end != LoopEnd::hard_stop) return std::nullopt;
  if (evidence.reached_turn_stop) return Reason::turns;
  return evidence.reached_token_stop ? Reason::tokens : Reason::time;
}

void judge_capped(const Evidence& evidence, Reason cap, Verdict& verdict) {
  const bool held = all_hold(verdict.checks);
  verdict.late = held && evidence.end == LoopEnd::answered;
  verdict.unfinished = held && !verdict.late;
  const Blame blame =
      cap == Reason::turns || cap == Reason::tokens ? Blame::model : Blame::undetermined;
  std::string sentence = verdict.late         ? "passed, but after its budget"
                         : verdict.unfinished ? "all checks hold, but the model never stopped"
                                              : failing_checks(verdict.checks);
  if (!evidence.sentence.empty()) sentence = evidence.sentence + "; " + sentence;
  set(verdict, Outcome::capped, cap, blame, std::move(sentence));
}

Blame blame_of(Attribution attribution) {
  switch (attribution) {
    case Attribution::model:
      return Blame::model;
    case Attribution::server_parser:
      return Blame::server;
    case Attribution::transport:
      return Blame::transport;
    case Attribution::harness:
      return Blame::harness;
    case Attribution::undetermined:
      break;
  }
  return Blame::undetermined;
}

/// Ends that are failures whatever the checks say, in the order of precedence.
std::optional<std::pair<Reason, Blame>> failure_of(const Evidence& evidence) {
  switch (evidence.end) {
    case LoopEnd::malformed_calls:
      return std::pair{Reason::malformed_calls, Blame::model};
    case LoopEnd::server_rejected:
      return std::pair{Reason::server_rejected, Blame::undetermined};
    case LoopEnd::looped:
      return std::pair{Reason::looped, Blame::model};
    case LoopEnd::refused:
      return std::pair{Reason::refused, Blame::model};
    case LoopEnd::empty_answer:
      return std::pair{Reason::gave_up, Blame::undetermined};
    default:
      return std::nullopt;
  }
}

}  // namespace

const char* loop_end_name(LoopEnd end) {
  switch (end) {
    case LoopEnd::answered:
      return "answered";
    case LoopEnd::empty_answer:
      return "empty_answer";
    case LoopEnd::cut_short:
      return "cut_short";
    case LoopEnd::refused:
      return "refused";
    case LoopEnd::hard_stop:
      return "hard_stop";
    case LoopEnd::malformed_calls:
      return "malformed_calls";
    case LoopEnd::looped:
      return "looped";
    case LoopEnd::server_rejected:
      return "server_rejected";
    case LoopEnd::context_full:
      return "context_full";
    case LoopEnd::never_reached:
      return "never_reached";
    case LoopEnd::endpoint_error:
      return "endpoint_error";
    case LoopEnd::sandbox_error:
      return "sandbox_error";
    case LoopEnd::task_error:
      return "task_error";
    case LoopEnd::interrupted:
      return "interrupted";
  }
  return "?";
}

bool is_graded(LoopEnd end) { return end < LoopEnd::never_reached; }

Verdict judge(const Evidence& evidence) {
  Verdict verdict;
  const Grading& grading = evidence.grading;
  verdict.checks = grading.first.checks;
  verdict.points = grading.first.points;
  verdict.graded = !grading.first.checks.empty() && !grading.error;
  verdict.grader_agrees = !verdict.graded || same_grade(grading.first, grading.second);
  if (judge_invalid(evidence, verdict)) return verdict;

  const auto& fatal = evidence.fatal_call;
  verdict.not_the_models = fatal && *fatal != Attribution::model;
  if (const Check* broken = broken_must_not(verdict.checks)) {
    set(verdict, Outcome::failed, Reason::unsafe, Blame::model,
        "did what it must not: \"" + broken->name + "\"" +
            (broken->detail.empty() ? "" : " (" + broken->detail + ")"));
    verdict.not_the_models = false;
    return verdict;
  }
  if (const auto cap = cap_of(evidence)) {
    judge_capped(evidence, *cap, verdict);
    return verdict;
  }
  if (const auto failure = failure_of(evidence)) {
    const Blame blame = fatal ? blame_of(*fatal) : failure->second;
    set(verdict, Outcome::failed, failure->first, blame, evidence.sentence);
    return verdict;
  }
  if (all_hold(verdict.checks)) {
    set(verdict, Outcome::passed, Reason::none, Blame::none, "");
    verdict.clean = evidence.spoilt_calls == 0 && evidence.retries == 0;
    verdict.not_the_models = false;
    return verdict;
  }
  const bool gave_up = evidence.has_tools && evidence.run_calls == 0;
  const Blame blame = fatal ? blame_of(*fatal) : Blame::model;
  std::string sentence = failing_checks(verdict.checks);
  if (fatal && !evidence.sentence.empty()) sentence = evidence.sentence + "; " + sentence;
  set(verdict, Outcome::failed, gave_up ? Reason::gave_up : Reason::wrong_result, blame,
      std::move(sentence));
  return verdict;
}

}  // namespace plumb
