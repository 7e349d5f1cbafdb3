#include "core/trial/verdict.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace plumb {
namespace {

template <class Enum, std::size_t N>
using Names = std::array<std::pair<Enum, const char*>, N>;

constexpr Names<Outcome, 5> kOutcomes{{
    {Outcome::passed, "passed"},
    {Outcome::failed, "failed"},
    {Outcome::capped, "capped"},
    {Outcome::invalid, "invalid"},
    {Outcome::skipped, "skipped"},
}};

constexpr Names<Reason, 25> kReasons{{
    {Reason::none, "none"},
    {Reason::wrong_result, "wrong_result"},
    {Reason::gave_up, "gave_up"},
    {Reason::malformed_calls, "malformed_calls"},
    {Reason::server_rejected, "server_rejected"},
    {Reason::looped, "looped"},
    {Reason::refused, "refused"},
    {Reason::unsafe, "unsafe"},
    {Reason::turns, "turns"},
    {Reason::time, "time"},
    {Reason::tokens, "tokens"},
    {Reason::context, "context"},
    {Reason::never_reached, "never_reached"},
    {Reason::endpoint_error, "endpoint_error"},
    {Reason::sandbox_error, "sandbox_error"},
    {Reason::task_error, "task_error"},
    {Reason::grader_error, "grader_error"},
    {Reason::interrupted, "interrupted"},
    {Reason::context_floor, "context_floor"},
    {Reason::no_vision, "no_vision"},
    {Reason::no_tools, "no_tools"},
    {Reason::no_parallel_calls, "no_parallel_calls"},
    {Reason::missing_command, "missing_command"},
    {Reason::requires_container, "requires_container"},
    {Reason::ruler_broken, "ruler_broken"},
}};

constexpr Names<Blame, 9> kBlames{{
    {Blame::none, "none"},
    {Blame::model, "model"},
    {Blame::server, "server"},
    {Blame::transport, "transport"},
    {Blame::sandbox, "sandbox"},
    {Blame::task, "task"},
    {Blame::harness, "harness"},
    {Blame::user, "user"},
    {Blame::undetermined, "undetermined"},
}};

template <class Enum, std::size_t N>
const char* name_in(const Names<Enum, N>& names, Enum value) {
  const auto* it = std::ranges::find(names, value, &std::pair<Enum, const char*>::first);
  return it == names.end() ? "?" : it->second;
}

template <class Enum, std::size_t N>
std::optional<Enum> value_in(const Names<Enum, N>& names, std::string_view name) {
  for (const auto& [value, known] : names) {
    if (name == known) return value;
  }
  return std::nullopt;
}

}  // namespace

const char* outcome_name(Outcome outcome) { return name_in(kOutcomes, outcome); }
const char* reason_name(Reason reason) { return name_in(kReasons, reason); }
const char* blame_name(Blame blame) { return name_in(kBlames, blame); }
std::optional<Outcome> outcome_from(std::string_view name) { return value_in(kOutcomes, name); }
std::optional<Reason> reason_from(std::string_view name) { return value_in(kReasons, name); }
std::optional<Blame> blame_from(std::string_view name) { return value_in(kBlames, name); }

double Verdict::share_held() const {
  if (checks.empty()) return 0;
  const auto held = std::ranges::count_if(checks, &Check::holds);
  return static_cast<double>(held) / static_cast<double>(checks.size());
}

}  // namespace plumb
