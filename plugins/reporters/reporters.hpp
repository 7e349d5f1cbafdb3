// plugins/reporters: what a person or a program gets to see: the scorecard for a terminal, a forum
// and a file, the progress of a run, a transcript, the list of runs. Functions over data; they
// measure and judge nothing.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/json.hpp"
#include "core/base/result.hpp"
#include "core/run/observer.hpp"
#include "core/store/store.hpp"
#include "core/trial/record.hpp"

namespace plumb {

struct TerminalStyle {
  bool colour = false;
  int width = 100;  ///< columns; text is wrapped there, tables may be wider
};

/// The scorecard for a terminal. Ends with a newline, as all of these do.
[[nodiscard]] std::string terminal_scorecard(const Json& card, const TerminalStyle& style);

/// The scorecard for a forum post. Shows no address: URLs are left out.
[[nodiscard]] std::string markdown_scorecard(const Json& card);

/// The scorecard as a file holds it: indented, numbers unrounded.
[[nodiscard]] std::string json_scorecard(const Json& card);
[[nodiscard]] Status write_json_scorecard(const std::filesystem::path& path, const Json& card);

/// What a run would do ({"schema": "plumb.plan/1"}): each contestant's budget for each task.
[[nodiscard]] std::string terminal_plan(const Json& plan, const TerminalStyle& style);

/// A capability card ({"schema": "plumb.probe/1"}) for a terminal: what an endpoint can do, how
/// fast it is, and which of it was measured.
[[nodiscard]] std::string terminal_capability_card(const Json& card, const TerminalStyle& style);

/// One attempt: what it was asked, what it did turn by turn, how it was judged.
/// @param full  nothing is shortened
[[nodiscard]] std::string show_trial(const TrialRecord& record, const TerminalStyle& style,
                                     bool full);

/// What tells two recipes apart, of recipe_diff(): equal fields are counted, not listed.
[[nodiscard]] std::string show_recipe_diff(const Json& diff, const TerminalStyle& style);
/// One recipe, of recipe_of(), and where it is contradicted.
[[nodiscard]] std::string show_recipe(const Json& side, const Json& contradictions,
                                      const TerminalStyle& style);

[[nodiscard]] std::string list_runs(const std::vector<RunInfo>& runs, const TerminalStyle& style);

/// Shows a run while it runs. On a terminal a block of lines, redrawn at most five times a second
/// by a thread of its own and erased at the end; else one plain line per stage, alarm and finished
/// trial, flushed at once.
/// @param out       must outlive the observer
/// @param terminal  whether out is one
[[nodiscard]] std::unique_ptr<RunObserver> make_progress(std::FILE* out, bool terminal,
                                                         const TerminalStyle& style,
                                                         const Clock& clock = real_clock());

}  // namespace plumb
