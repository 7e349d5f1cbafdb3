#include "core/run/pressure.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/run/sweep.hpp"
#include "core/trial/planted.hpp"

namespace plumb {
namespace {

constexpr double kUsualBytesPerToken = 3.2;  ///< of filler; of tokenizers seen, a low one
constexpr std::int64_t kResult = 400;        ///< tokens of a tool's answer, as in budgets
constexpr std::int64_t kUsualAnswer = 400;   ///< where no pace was measured

std::int64_t kv_capacity(const CapabilityCard& card) {
  const Finding* found = card.find("kv_capacity");
  return found != nullptr && found->value.is_number() ? integer_or<std::int64_t>(found->value, 0)
                                                      : 0;
}

/// Where a prompt was cut, or a longer one refused; 0 where neither was seen.
std::int64_t measured_window(const CapabilityCard& card) {
  const Finding* found = card.find("window");
  const bool any = found != nullptr && found->value.is_object() &&
                   (found->value.contains("effective") || found->value.contains("below"));
  return any ? card.window().value_or(0) : 0;
}

double bytes_per_token(const CapabilityCard& card) {
  const Finding* weight = card.find("filler_weight");
  const double known = weight == nullptr ? 0 : json_or(weight->value, "bytes_per_token", 0.0);
  return known > 0 ? known : kUsualBytesPerToken;
}

/// The tokens of the prompt that is nothing but so much filler, as the server counts them.
/// 0: nobody counted them.
std::int64_t weight_of(Endpoint& endpoint, Waiter& waiter, std::size_t bytes) {
  constexpr std::uint64_t kMaterial = 1;
  const std::vector<Message> messages = {
      {.role = Role::user, .text = filler_text(kMaterial, 0, bytes)}};
  const ChatReply reply = endpoint.chat({.messages = messages,
                                         .tools = {},
                                         .max_tokens = 64,
                                         .seed = std::nullopt,
                                         .trial_header = "",
                                         .allowed = std::chrono::minutes(5)},
                                        waiter);
  return reply.answer ? reply.answer->usage.prompt_tokens.value_or(0) : 0;
}

/// Tokens of the task's own turns behind its opening.
std::int64_t room_for_turns(const Entrant& entrant, const Task& task) {
  const Pace* pace = entrant.card && entrant.card->pace ? &*entrant.card->pace : nullptr;
  const std::int64_t answer =
      pace == nullptr ? kUsualAnswer
                      : std::clamp<std::int64_t>(std::llround(pace->tokens_per_turn), 1, 2048);
  const double turns = turns_under_pressure(entrant.contestant, task);
  const auto own = static_cast<std::int64_t>(std::ceil(turns)) * (answer + kResult);
  // Some servers count the longest answer that is allowed against the window.
  const std::int64_t longest = entrant.contestant.sampling.max_tokens.value_or(0);
  return std::max(own, task.needs_context - kUsualOpening) +
         std::max<std::int64_t>(0, longest - answer);
}

}  // namespace

std::optional<FillWindow> fill_window(const Contestant& contestant, const CapabilityCard& card) {
  std::optional<FillWindow> smallest;
  const auto consider = [&](std::int64_t tokens, const char* basis) {
    if (tokens > 0 && (!smallest || tokens < smallest->tokens)) smallest = {tokens, basis};
  };
  consider(contestant.context, "given");
  if (contestant.context <= 0) {
    consider(card.declared_window().value_or(0), "declared");
    consider(kv_capacity(card), "kv_cache");
  }
  consider(measured_window(card), "measured");
  return smallest;
}

void weigh_filler(Endpoint& endpoint, Waiter& waiter, const Contestant& contestant,
                  CapabilityCard& card) {
  constexpr std::size_t kLeast = 1024;
  constexpr std::int64_t kMost = 48 * 1024;
  const auto window = fill_window(contestant, card);
  const std::int64_t most = window ? std::clamp<std::int64_t>(window->tokens, 2048, kMost) : kMost;
  const std::int64_t few = weight_of(endpoint, waiter, kLeast);
  const std::int64_t many =
      few > 0 ? weight_of(endpoint, waiter, static_cast<std::size_t>(most)) : 0;
  Finding finding{"filler_weight", Basis::unknown, nullptr,
                  fmt::format("no answer told how many tokens filler has: {:g} bytes each are "
                              "assumed",
                              kUsualBytesPerToken)};
  if (many > few) {
    const double bytes = static_cast<double>(most) - static_cast<double>(kLeast);
    const double each = bytes / static_cast<double>(many - few);
    finding = {"filler_weight",
               Basis::measured,
               {{"bytes_per_token", each}},
               fmt::format("a token of filler is worth {:.2f} bytes", each)};
  }
  card.findings.push_back(std::move(finding));
}

Status check_fill(const Contestant& contestant, const CapabilityCard& card) {
  if (contestant.fill() <= 0 || card.lacks("reachable") || fill_window(contestant, card)) return {};
  return fail(Code::config,
              fmt::format("\"{}\" is to have its window filled to {:g}, and nobody knows how large "
                          "that is: the server declares none and refused no prompt; say it with "
                          "context=TOKENS",
                          contestant.name, contestant.fill()));
}

double turns_under_pressure(const Contestant& contestant, const Task& task) {
  return task.expected_turns / (1 - (is_spared(task) ? 0 : contestant.error_rate()));
}

Pressure pressure_on(const Entrant& entrant, const Task& task, std::uint64_t salt) {
  const Contestant& contestant = entrant.contestant;
  Pressure pressure{.fill = {}, .tool_error_rate = contestant.error_rate()};
  const auto window =
      entrant.card && contestant.fill() > 0 ? fill_window(contestant, *entrant.card) : std::nullopt;
  if (!window) return pressure;
  pressure.fill = {.asked = contestant.fill(),
                   .window = window->tokens,
                   .bytes_per_token = bytes_per_token(*entrant.card),
                   .reserve = room_for_turns(entrant, task),
                   .salt = salt};
  return pressure;
}

std::int64_t opening_tokens(const Entrant& entrant, const Task& task) {
  const FillPlan fill = pressure_on(entrant, task, 0).fill;
  const auto wanted = static_cast<std::int64_t>(fill.asked * static_cast<double>(fill.window));
  return std::max<std::int64_t>(kUsualOpening, std::min(wanted, fill.window - fill.reserve));
}

double patience_for_filler(const Contestant& contestant, const CapabilityCard& card, double fill) {
  const auto window = fill_window(contestant, card);
  if (fill <= 0 || !window || !card.pace) return contestant.idle_timeout_s;
  // Twice what was measured, since a longer prompt takes more for each of its tokens.
  const double tokens = fill * static_cast<double>(window->tokens);
  const double reading_s = 2 * tokens * card.pace->cold_ms_per_token / 1e3;
  return std::max(contestant.idle_timeout_s, std::min(30 + reading_s, contestant.total_timeout_s));
}

Json pressure_json(const Contestant& contestant, const std::optional<CapabilityCard>& card,
                   const Bench& bench) {
  const bool swept = !contestant.sweep_of.empty();
  if (contestant.fill() <= 0 && contestant.error_rate() <= 0 && !swept) return nullptr;
  Json json = {{"context_fill", contestant.fill()},
               {"tool_error_rate", contestant.error_rate()},
               {"sweep", nullptr},
               {"window", nullptr},
               {"window_basis", nullptr},
               {"kv_capacity_tokens", nullptr},
               {"kv_doubt", nullptr},
               {"at_once", nullptr},
               {"tokens_at_once", nullptr}};
  if (swept) {
    json["sweep"] = {{"of", contestant.sweep_of},
                     {"key", bench.sweep.key},
                     {"value", pressure_of(contestant, bench.sweep.key)}};
  }
  const bool of_window = contestant.fill() > 0 || (swept && bench.sweep.key == "context_fill");
  const auto window = card && of_window ? fill_window(contestant, *card) : std::nullopt;
  if (!window) return json;
  int at_once = bench.concurrency;
  if (contestant.concurrency > 0) at_once = std::min(at_once, contestant.concurrency);
  json["window"] = window->tokens;
  json["window_basis"] = window->basis;
  json["at_once"] = at_once;
  json["tokens_at_once"] =
      std::llround(at_once * contestant.fill() * static_cast<double>(window->tokens));
  if (const std::int64_t capacity = kv_capacity(*card); capacity > 0) {
    json["kv_capacity_tokens"] = capacity;
  }
  const Finding* found = card->find("kv_capacity");
  const std::string doubt = found == nullptr ? "" : json_or(found->value, "doubt", "");
  if (!doubt.empty()) json["kv_doubt"] = doubt;
  return json;
}

}  // namespace plumb
