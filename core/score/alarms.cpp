#include "core/score/alarms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/base/text.hpp"
#include "core/score/sweeps.hpp"

namespace plumb {

Json to_json(const Alarm& alarm) {
  const auto or_null = [](const std::string& name) {
    return name.empty() ? Json(nullptr) : Json(name);
  };
  return {{"id", alarm.id},
          {"contestant", or_null(alarm.contestant)},
          {"task", or_null(alarm.task)},
          {"sentence", alarm.sentence},
          {"evidence", alarm.evidence},
          {"remedy", alarm.remedy}};
}

namespace {

/// Calls that did not arrive as calls, and the alarm that each raises.
struct Loss {
  Defect defect;
  const char* alarm;
  const char* what_became;
};
constexpr std::array kLosses = {
    Loss{Defect::leaked_text, "calls_as_text", "came as text"},
    Loss{Defect::leaked_reasoning, "calls_in_reasoning", "came inside the reasoning"},
    Loss{Defect::swallowed, "answers_swallowed",
         "may have been swallowed: tokens were counted, nothing came"}};

std::string listed(const std::map<std::string, int>& counts) {
  std::vector<std::string> parts;
  for (const auto& [name, count] : counts) parts.push_back(fmt::format("{} {}", count, name));
  return join(parts, ", ");
}

/// The sentence of the first trial with that outcome: a count says how often, this says what.
std::string first_sentence(const BoardContestant& contestant, Outcome outcome) {
  for (const Cell& cell : contestant.cells) {
    for (const TrialRecord* record : cell.counted) {
      if (record->verdict.outcome == outcome) return record->verdict.sentence;
    }
  }
  return {};
}

std::map<std::string, int> unscored_reasons(const BoardContestant& contestant) {
  std::map<std::string, int> reasons;
  for (const Cell& cell : contestant.cells) {
    for (const TrialRecord* record : cell.counted) {
      if (record->verdict.outcome == Outcome::invalid)
        ++reasons[reason_name(record->verdict.reason)];
    }
  }
  const int not_run = contestant.total().not_run;
  if (not_run > 0) reasons["not run"] = not_run;
  return reasons;
}

void alarm_coverage(const BoardContestant& contestant, std::vector<Alarm>& out) {
  const Tally total = contestant.total();
  const auto coverage = total.coverage();
  if (!coverage || *coverage >= kCoverageFloor) return;
  const bool nothing = total.scored() == 0;
  const bool unreached = total.reasons.contains(reason_name(Reason::never_reached));
  out.push_back(
      {.id = nothing ? "nothing_scored" : "coverage",
       .contestant = contestant.name,
       .sentence =
           fmt::format("{} of {} trials could be scored ({}){}",
                       nothing ? std::string("none") : std::to_string(total.scored()), total.due(),
                       listed(unscored_reasons(contestant)),
                       nothing ? ": there is no rate" : ": the run is not valid below 90 %"),
       .evidence = first_sentence(contestant, Outcome::invalid),
       .remedy = unreached ? "make sure that the server is up and answers, then run again"
                           : "mend what kept them from being scored, then resume the run"});
}

/// No trial passed. Whether anything at all came back tells a broken path from a weak model.
void alarm_zero(const BoardContestant& contestant, std::vector<Alarm>& out) {
  constexpr int kEnough = 5;
  const Tally total = contestant.total();
  if (total.passed > 0 || total.scored() < kEnough) return;
  int valid_calls = 0;
  bool any_token = false;
  bool leaked = false;
  for (const TrialRecord* record : contestant.scored()) {
    valid_calls += record->calls.valid;
    leaked = leaked || std::ranges::any_of(kLosses, [&](const Loss& loss) {
               return record->calls.count(loss.defect) > 0;
             });
    any_token = any_token || record->completion_tokens > 0 ||
                std::ranges::any_of(record->requests,
                                    [](const RequestTiming& r) { return r.ttft_ms.has_value(); });
  }
  if (valid_calls == 0 && !any_token) {
    out.push_back({.id = "impossible_zero",
                   .contestant = contestant.name,
                   .sentence = fmt::format("0 of {} passed, and not one token or valid call came "
                                           "back: suspect the harness or the endpoint, not the "
                                           "model",
                                           total.scored()),
                   .evidence = first_sentence(contestant, Outcome::failed),
                   .remedy = "look at one transcript, and ask the server by hand"});
  } else if (valid_calls == 0 && leaked) {
    return;  // alarm_lost_calls() says it
  } else if (valid_calls == 0) {
    out.push_back({.id = "no_valid_call",
                   .contestant = contestant.name,
                   .sentence = fmt::format("0 of {} passed: it answered, but made no valid tool "
                                           "call",
                                           total.scored()),
                   .evidence = first_sentence(contestant, Outcome::failed),
                   .remedy = "look at one transcript: does the server offer tools to this model "
                             "and parse its calls?"});
  } else {
    out.push_back({.id = "weak_model",
                   .contestant = contestant.name,
                   .sentence = fmt::format("0 of {} passed, with {} valid calls on the way: a "
                                           "model too weak for these tasks rather than a broken "
                                           "path",
                                           total.scored(), valid_calls),
                   .evidence = first_sentence(contestant, Outcome::failed),
                   .remedy = "look at one transcript; try easier tasks"});
  }
}

std::string remedy_of(Attribution attribution) {
  switch (attribution) {
    case Attribution::server_parser:
      return "turn on, or mend, the server's tool-call parser for this model";
    case Attribution::model:
      return "no parser can read what this model writes: try another quantization of it";
    default:
      return "turn on the server's tool-call parser for this model; a raw completion of the same "
             "conversation shows what it writes";
  }
}

void alarm_lost_calls(const BoardContestant& contestant, const Loss& loss,
                      std::vector<Alarm>& out) {
  struct Lost {
    int count = 0;
    std::string example;
  };
  std::map<Attribution, Lost> lost;
  for (const TrialRecord* record : contestant.scored()) {
    for (const CallDefect& one : record->calls.defects) {
      if (one.defect != loss.defect) continue;
      auto& [count, example] = lost[one.attribution];
      if (++count > 1) continue;
      example = fmt::format("first in {} #{}", record->key.task, record->key.repeat + 1);
      if (!one.what.empty()) example += ", written as " + one.what;
    }
  }
  for (const auto& [attribution, found] : lost) {
    const auto& [count, example] = found;
    out.push_back(
        {.id = loss.alarm,
         .contestant = contestant.name,
         .sentence = fmt::format("{} tool call{} {}; blame: {}", count, count == 1 ? "" : "s",
                                 loss.what_became, attribution_name(attribution)),
         .evidence = example,
         .remedy = remedy_of(attribution)});
  }
}

void alarm_time_caps(const BoardContestant& contestant, const std::string& label, bool alone,
                     std::vector<Alarm>& out) {
  if (label != "capped") return;
  const Tally total = contestant.total();
  out.push_back(
      {.id = "time_caps",
       .contestant = contestant.name,
       .sentence = fmt::format("{} of {} trials ran out of time{}: the rate is a floor, not a "
                               "measurement",
                               total.time_capped, total.planned,
                               alone ? "" : ", enough to decide who is ahead"),
       .evidence = fmt::format("{} of its capped trials passed before the hard stop", total.late),
       .remedy = "allow more seconds per turn"});
}

void alarm_skipped(const Board& board, const std::set<std::string>& broken,
                   std::vector<Alarm>& out) {
  struct Group {
    int trials = 0;
    std::set<std::string> contestants;
    std::string sentence;
  };
  for (std::size_t task = 0; task < board.tasks.size(); ++task) {
    std::map<Reason, Group> groups;
    for (const BoardContestant& contestant : board.contestants) {
      for (const TrialRecord* record : contestant.cells[task].counted) {
        if (record->verdict.outcome != Outcome::skipped) continue;
        Group& group = groups[record->verdict.reason];
        ++group.trials;
        group.contestants.insert(contestant.name);
        if (group.sentence.empty()) group.sentence = record->verdict.sentence;
      }
    }
    for (const auto& [reason, group] : groups) {
      if (reason == Reason::ruler_broken && broken.contains(board.tasks[task].name)) continue;
      const bool of_one = group.contestants.size() == 1 && board.contestants.size() > 1;
      out.push_back(
          {.id = "skipped",
           .contestant = of_one ? *group.contestants.begin() : "",
           .task = board.tasks[task].name,
           .sentence = fmt::format("{} trial{} skipped: {}", group.trials,
                                   group.trials == 1 ? "" : "s", reason_name(reason)),
           .evidence = group.sentence,
           .remedy = reason == Reason::missing_command ? "install the missing command" : ""});
    }
  }
}

void alarm_graders(const Board& board, std::vector<Alarm>& out) {
  for (std::size_t task = 0; task < board.tasks.size(); ++task) {
    int disagreed = 0;
    int graded = 0;
    std::string example;
    for (const BoardContestant& contestant : board.contestants) {
      for (const TrialRecord* record : contestant.cells[task].counted) {
        graded += record->verdict.graded ? 1 : 0;
        if (record->verdict.grader_agrees) continue;
        ++disagreed;
        example = fmt::format("{} {} #{}", record->key.contestant, record->key.task,
                              record->key.repeat + 1);
      }
    }
    if (disagreed == 0) continue;
    out.push_back({.id = "grader_disagrees",
                   .task = board.tasks[task].name,
                   .sentence = fmt::format("its grader contradicted itself on {} of {} trials",
                                           disagreed, std::max(graded, disagreed)),
                   .evidence = example,
                   .remedy = "make the grader read only what the trial left, and leave it as it "
                             "was"});
  }
}

std::set<std::string> alarm_ruler(const Json& ruler, std::vector<Alarm>& out) {
  std::set<std::string> broken;
  if (!json_or(ruler, "checked", false)) {
    out.push_back({.id = "no_ruler",
                   .sentence = "the ruler was not checked: nothing shows that these tasks can be "
                               "passed, or failed",
                   .remedy = "run with the ruler check"});
  }
  for (const Json& task : list_in(ruler, "broken")) {
    broken.insert(json_or(task, "task", ""));
    out.push_back({.id = "ruler_broken",
                   .task = json_or(task, "task", ""),
                   .sentence = json_or(task, "sentence", "its ruler is broken"),
                   .remedy = "mend the task; its trials were skipped"});
  }
  return broken;
}

void alarm_run(const RunInfo& run, std::vector<Alarm>& out) {
  if (!run.isolated) {
    out.push_back({.id = "no_isolation",
                   .sentence = "commands of the model ran on this host without isolation",
                   .remedy = "use an isolating sandbox"});
  }
  if (run.state == "finished") return;
  const bool outage = run.state == "outage";
  out.push_back(
      {.id = outage ? "outage" : "unfinished",
       .sentence = outage ? "an endpoint stopped answering; what was left of its trials was not run"
                          : "the run has not finished (" + run.state + ")",
       .remedy = "resume the run"});
}

/// The server says that its chat template has no place for tools: the model never reads of them.
void alarm_template(const std::string& contestant, const Json& probe, Json& out) {
  const Json& tools = object_in(object_in(object_in(probe, "server"), "facts"), "tools");
  if (json_or(tools, "value", true)) return;
  out.push_back(to_json(
      {.id = "no_tool_template",
       .contestant = contestant,
       .sentence = "the server says that this model takes no tools there, so it may never read of "
                   "them",
       .evidence = json_or(tools, "route", "") + " declares it",
       .remedy = "serve it with a chat template that has tools, or a version of the model that "
                 "comes with one"}));
}

/// Its seconds are not its own.
void alarm_pace(const std::string& contestant, const Json& probe, Json& out) {
  const Json& speed = object_in(probe, "speed");
  if (probe.empty() || !object_in(speed, "pace").empty()) return;
  const std::string why = json_or(speed, "pace_missing", "");
  const bool of_usage = why.empty() || why.find("usage") != std::string::npos;
  out.push_back(to_json(
      {.id = "not_calibrated",
       .contestant = contestant,
       .sentence = "its speed could not be measured, so its budget has the seconds of the "
                   "fixed rule",
       .evidence = why.empty() ? "no answer of the probe told how many tokens it had" : why,
       .remedy = of_usage ? "have the server report usage at the end of its streams" : ""}));
}

/// What the probes found amiss before the first trial.
void alarm_probes(const RunInfo& run, Json& out) {
  const bool calibrated = json_or(object_in(run.plan, "budget"), "mode", "") == "calibrated";
  for (const Json& contestant : list_in(run.plan, "contestants")) {
    const Json& probe = object_in(contestant, "probe");
    for (const Json& alarm : list_in(probe, "alarms")) out.push_back(alarm);
    const std::string name = json_or(contestant, "name", "");
    alarm_template(name, probe, out);
    if (calibrated) alarm_pace(name, probe, out);
  }
}

}  // namespace

Json alarms(const RunInfo& run, const Board& board, const std::vector<std::string>& labels) {
  std::vector<Alarm> found;
  alarm_run(run, found);
  const auto broken = alarm_ruler(object_in(run.plan, "ruler"), found);
  for (std::size_t i = 0; i < board.contestants.size(); ++i) {
    const BoardContestant& contestant = board.contestants[i];
    alarm_coverage(contestant, found);
    alarm_zero(contestant, found);
    for (const Loss& loss : kLosses) alarm_lost_calls(contestant, loss, found);
    alarm_time_caps(contestant, labels[i], board.contestants.size() == 1, found);
  }
  alarm_graders(board, found);
  alarm_skipped(board, broken, found);
  Json json = Json::array();
  for (const Alarm& alarm : found) json.push_back(to_json(alarm));
  alarm_probes(run, json);
  for (const BoardContestant& contestant : board.contestants) {
    if (Json alarm = capacity_alarm(contestant); !alarm.is_null()) json.push_back(std::move(alarm));
  }
  for (const Json& note : run.notes) {
    if (!note.is_object() || json_or(note, "id", "") == kServerFigures) continue;
    json.push_back(to_json({.id = json_or(note, "id", "note"),
                            .contestant = json_or(note, "contestant", ""),
                            .task = json_or(note, "task", ""),
                            .sentence = json_or(note, "sentence", ""),
                            .evidence = json_or(note, "evidence", ""),
                            .remedy = json_or(note, "remedy", "")}));
  }
  return json;
}

}  // namespace plumb
