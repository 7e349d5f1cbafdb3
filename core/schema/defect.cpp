#include "core/schema/defect.hpp"

#include <algorithm>
#include <array>

namespace plumb {
namespace {

struct Row {
  Defect defect;
  const char* code;
  const char* name;
};

constexpr std::array<Row, 22> kDefects{{
    {Defect::no_call, "T0", "no_call"},
    {Defect::leaked_text, "T1", "leaked_text"},
    {Defect::leaked_reasoning, "T2", "leaked_reasoning"},
    {Defect::swallowed, "T2", "swallowed"},
    {Defect::server_rejected, "T3", "server_rejected"},
    {Defect::args_not_json, "P1", "args_not_json"},
    {Defect::args_truncated, "P2", "args_truncated"},
    {Defect::args_empty, "P3", "args_empty"},
    {Defect::args_not_object, "P4", "args_not_object"},
    {Defect::args_double_encoded, "P5", "args_double_encoded"},
    {Defect::duplicate_key, "P6", "duplicate_key"},
    {Defect::unknown_tool, "N1", "unknown_tool"},
    {Defect::near_miss_name, "N2", "near_miss_name"},
    {Defect::missing_required, "S1", "missing_required"},
    {Defect::wrong_type, "S2", "wrong_type"},
    {Defect::enum_or_range, "S3", "enum_or_range"},
    {Defect::extra_property, "S4", "extra_property"},
    {Defect::missing_id, "I1", "missing_id"},
    {Defect::duplicate_id, "I2", "duplicate_id"},
    {Defect::index_collision, "I3", "index_collision"},
    {Defect::finish_reason_mismatch, "F1", "finish_reason_mismatch"},
    {Defect::repeat_loop, "L1", "repeat_loop"},
}};

constexpr std::array<const char*, 5> kAttributions = {"model", "server_parser", "transport",
                                                      "harness", "undetermined"};
constexpr std::array<const char*, 3> kAftermaths = {"recovered_next_turn", "recovered_later",
                                                    "fatal"};

const Row& row_of(Defect defect) { return *std::ranges::find(kDefects, defect, &Row::defect); }

template <class Enum, std::size_t N>
std::optional<Enum> at_name(const std::array<const char*, N>& names, std::string_view name) {
  const auto* const at = std::ranges::find(names, name);
  if (at == names.end()) return std::nullopt;
  return static_cast<Enum>(at - names.begin());
}

}  // namespace

const char* defect_name(Defect defect) { return row_of(defect).name; }
const char* defect_code(Defect defect) { return row_of(defect).code; }

std::optional<Defect> defect_from(std::string_view name) {
  const auto* const at = std::ranges::find(kDefects, name, &Row::name);
  if (at == kDefects.end()) return std::nullopt;
  return at->defect;
}

bool spoils_call(Defect defect) { return defect < Defect::missing_id; }

const char* attribution_name(Attribution attribution) {
  return kAttributions.at(static_cast<std::size_t>(attribution));
}
std::optional<Attribution> attribution_from(std::string_view name) {
  return at_name<Attribution>(kAttributions, name);
}

const char* aftermath_name(Aftermath aftermath) {
  return kAftermaths.at(static_cast<std::size_t>(aftermath));
}
std::optional<Aftermath> aftermath_from(std::string_view name) {
  return at_name<Aftermath>(kAftermaths, name);
}

}  // namespace plumb
