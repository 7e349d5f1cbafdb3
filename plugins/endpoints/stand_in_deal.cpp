#include "plugins/endpoints/stand_in_deal.hpp"

#include <algorithm>
#include <optional>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "core/base/hash.hpp"
#include "core/base/json.hpp"
#include "plugins/endpoints/stand_in_flaws.hpp"

namespace plumb {
namespace {

std::string key_of(const StandInTrial& trial) {
  return fmt::format("{}\n{}\n{}\n{}", trial.run_seed, trial.contestant, trial.task, trial.repeat);
}

std::string call_key(const char* purpose, const StandInTrial& trial, std::int64_t turn,
                     std::size_t ordinal) {
  return fmt::format("{}\n{}\n{}{}", purpose, key_of(trial), turn,
                     ordinal == 0 ? "" : fmt::format("\n{}", ordinal));
}

Result<std::string> text_member(const Json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end() || !it->is_string()) {
    return fail(Code::protocol, fmt::format("the header {} needs a text '{}'", kTrialHeader, key));
  }
  return it->get<std::string>();
}

template <class T>
Result<T> whole_member(const Json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end() || !it->is_number_integer() ||
      (std::is_unsigned_v<T> && !it->is_number_unsigned())) {
    return fail(Code::protocol,
                fmt::format("the header {} needs a whole number '{}'", kTrialHeader, key));
  }
  return it->get<T>();
}

StandInDeal dealt(std::string policy) {
  const bool oracle = policy == kOracle;
  return {std::move(policy), oracle};
}

const ToolSpec* tool_named(const std::vector<ToolSpec>& tools, const std::string& name) {
  const auto it = std::ranges::find(tools, name, &ToolSpec::name);
  return it == tools.end() ? nullptr : &*it;
}

std::vector<std::string> names_of(const std::vector<ToolSpec>& tools) {
  std::vector<std::string> names;
  for (const ToolSpec& tool : tools) names.push_back(tool.name);
  return names;
}

}  // namespace

Result<StandInTrial> parse_stand_in_trial(std::string_view header) {
  PLUMB_TRY(const Json object, parse_json(header));
  if (!object.is_object()) {
    return fail(Code::protocol, fmt::format("the header {} must be a JSON object", kTrialHeader));
  }
  StandInTrial trial;
  PLUMB_TRY(trial.task, text_member(object, "task"));
  PLUMB_TRY(trial.seed, whole_member<std::uint64_t>(object, "seed"));
  PLUMB_TRY(trial.run_seed, whole_member<std::uint64_t>(object, "run_seed"));
  PLUMB_TRY(trial.contestant, text_member(object, "contestant"));
  PLUMB_TRY(trial.repeat, whole_member<std::int64_t>(object, "repeat"));
  trial.policy = json_or(object, "policy", "");
  return trial;
}

double skill_at(const StandInOptions& options, double share) {
  if (options.skill_at_full < 0) return options.skill;
  return options.skill + share * (options.skill_at_full - options.skill);
}

StandInDeal deal(const StandInOptions& options, const StandInTrial& trial, const Task& task,
                 double share) {
  if (!trial.policy.empty()) return dealt(trial.policy);
  if (!options.policy.empty()) return dealt(options.policy);
  const std::string key = key_of(trial);
  if (hash_unit("plumb.deal/1\n" + key) < skill_at(options, share)) return dealt(kOracle);

  if (task.controls.empty()) return dealt(kTrivialControls.front());
  return dealt(task.controls[hash_number("plumb.control/1\n" + key) % task.controls.size()]);
}

bool is_call_spoilt(const StandInOptions& options, const StandInTrial& trial, std::int64_t turn,
                    std::size_t ordinal) {
  return options.malformed > 0 &&
         hash_unit(call_key("plumb.malformed/1", trial, turn, ordinal)) < options.malformed;
}

StandInCall spoil_call(const PolicyStep::Call& call, const std::vector<ToolSpec>& tools,
                       const StandInTrial& trial, std::int64_t turn, std::size_t ordinal) {
  const std::string whole = dump_json(call.arguments);
  const ToolSpec* tool = tool_named(tools, call.tool);
  const Json schema =
      tool == nullptr || !call.arguments.is_object() ? Json::object() : tool->parameters;
  switch (hash_number(call_key("plumb.malformed_kind/1", trial, turn, ordinal)) % 4) {
    case 1:
      if (const auto less = without_required(call.arguments, schema)) {
        return {"", call.tool, dump_json(*less)};
      }
      break;
    case 2:
      if (const auto wrong = with_wrong_type(call.arguments, schema)) {
        return {"", call.tool, dump_json(*wrong)};
      }
      break;
    case 3:
      return {"", unknown_name(call.tool, names_of(tools)), whole};
    default:
      break;
  }
  return {"", call.tool, whole.substr(0, whole.size() - 1)};
}

}  // namespace plumb
