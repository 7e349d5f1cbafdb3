#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/run/entrant.hpp"
#include "core/trial/pressure.hpp"

namespace plumb {

/// The window that filler is measured by: the smallest that is known of. What the user says stands
/// above what the server says, and below what was measured.
struct FillWindow {
  std::int64_t tokens = 0;
  /// "given" (by the user), "declared", "measured" (a longer prompt was cut or refused), "kv_cache"
  std::string basis;
};
/// Nothing where nobody knows of any.
[[nodiscard]] std::optional<FillWindow> fill_window(const Contestant& contestant,
                                                    const CapabilityCard& card);

/// Asks twice with nothing but filler and keeps on the card what a token of it is worth in bytes
/// ("filler_weight").
void weigh_filler(Endpoint& endpoint, Waiter& waiter, const Contestant& contestant,
                  CapabilityCard& card);

/// Code::config when a window is to be filled and nobody knows how large it is, with what to do.
[[nodiscard]] Status check_fill(const Contestant& contestant, const CapabilityCard& card);

/// What a trial of this contestant at this task is put under.
/// @param salt  sets its filler apart from every other
[[nodiscard]] Pressure pressure_on(const Entrant& entrant, const Task& task, std::uint64_t salt);
/// The turns to be expected of the task where failed calls are made again.
[[nodiscard]] double turns_under_pressure(const Contestant& contestant, const Task& task);
/// The tokens of a trial's first request.
[[nodiscard]] std::int64_t opening_tokens(const Entrant& entrant, const Task& task);

/// Longest silence before the first token of a full window, where that is longer than the
/// contestant's idle timeout: a server that reads is not stuck.
/// @param fill  of the contestants that share its endpoint, the fullest
[[nodiscard]] double patience_for_filler(const Contestant& contestant, const CapabilityCard& card,
                                         double fill);

/// What the plan of a run keeps: {context_fill, tool_error_rate, sweep, window, window_basis,
/// kv_capacity_tokens, kv_doubt, at_once, tokens_at_once}; null without pressure and sweep.
[[nodiscard]] Json pressure_json(const Contestant& contestant,
                                 const std::optional<CapabilityCard>& card, const Bench& bench);

}  // namespace plumb
