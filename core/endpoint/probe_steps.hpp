#pragma once

#include "core/endpoint/capability.hpp"
#include "core/endpoint/probe_talk.hpp"

namespace plumb {

// How a server wants to be asked (probe_form.cpp). What is found is learnt by the talk.

/// "reachable" and "sampling": a first answer, if need be without the parameters that the server
/// refuses.
void probe_reach(ProbeTalk& talk, CapabilityCard& card);
/// "system_role", "roles".
void probe_roles(ProbeTalk& talk, CapabilityCard& card);
/// "thinking".
void probe_thinking(ProbeTalk& talk, CapabilityCard& card);

// What it can do (probe_abilities.cpp).

/// "tool_calls", "tool_results", with an alarm where calls come as text.
void probe_tools(ProbeTalk& talk, CapabilityCard& card);
/// "parallel_calls".
void probe_parallel(ProbeTalk& talk, CapabilityCard& card);
/// "vision".
void probe_vision(ProbeTalk& talk, CapabilityCard& card);
/// "repeatable", "seed".
void probe_repeatability(ProbeTalk& talk, CapabilityCard& card);
/// "errors".
void probe_errors(ProbeTalk& talk, CapabilityCard& card);

/// Prompts of three sizes: how fast they are read, and whether long ones are cut ("window";
/// probe_window.cpp).
void probe_prefill(ProbeTalk& talk, CapabilityCard& card, std::int64_t longest_prompt);
/// "kv_capacity": its tokens; {"doubt"} where its kind does not tell and that may matter
/// (probe_capacity.cpp).
void probe_capacity(ProbeTalk& talk, CapabilityCard& card);

// How fast it is (probe_speed.cpp).

/// Decode rates alone and at the run's concurrency.
void probe_decode(ProbeTalk& talk, CapabilityCard& card, const ProbeOptions& options);
/// What calibrated budgets are made of, from probe_decode() and at the run's concurrency.
void probe_pace(ProbeTalk& talk, CapabilityCard& card, const ProbeOptions& options);
void probe_grid(ProbeTalk& talk, CapabilityCard& card, const ProbeOptions& options);
/// Tokens of a turn in a tool-using conversation; nothing where no answer told its tokens.
[[nodiscard]] std::optional<double> probe_tokens_per_turn(ProbeTalk& talk);

}  // namespace plumb
