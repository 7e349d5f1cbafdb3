#include "core/base/text.hpp"
#include "core/trial/attempt.hpp"
#include "core/trial/planted.hpp"

namespace plumb {
namespace {

/// The bytes that a template makes of what every trial of the task begins with.
std::size_t opening_bytes(const Task& task, const std::vector<Message>& before,
                          const std::string& prompt) {
  constexpr std::size_t kTemplate = 300;        // names of roles, braces around a tool
  constexpr std::size_t kOfAnImage = 1024 * 4;  // a thousand tokens, as the larger ones cost
  std::size_t bytes = kTemplate + prompt.size() + task.images.size() * kOfAnImage;
  for (const Message& message : before) bytes += message.text.size();
  for (const ToolSpec& tool : task.tools) {
    bytes += tool.name.size() + tool.description.size() + dump_json(tool.parameters).size() + 64;
  }
  return bytes;
}

}  // namespace

std::string Attempt::with_background(const std::string& prompt) {
  const FillPlan& fill = trial_.pressure.fill;
  if (fill.asked <= 0 || fill.window <= 0) return prompt;
  record_.filling = make_filling(fill, trial_.seed, opening_bytes(trial_.task, messages_, prompt));
  return with_filler(*record_.filling, prompt);
}

bool Attempt::plant_failure(const ToolCall& call, const Json& arguments) {
  if (is_spared(trial_.task)) return false;
  const int ordinal = log_.run() + 1;
  const std::string failure =
      planted_failure(trial_.pressure.tool_error_rate, trial_.seed, ordinal);
  if (failure.empty()) return false;
  log_.add_valid();
  ++judged_;
  ++record_.planted_errors;
  const std::string text = with_problem(trial_.scaffold.tool_error, failure);
  answer(call, text);
  calls_.push_back({{"turn", meter_.turns()},
                    {"tool", call.name},
                    {"arguments", arguments},
                    {"raw", valid_utf8(call.arguments)},
                    {"result", text},
                    {"ok", false},
                    {"malformed", false},
                    {"planted", true}});
  transcript_.add("tool", {{"turn", meter_.turns()},
                           {"call", call.id},
                           {"name", call.name},
                           {"text", text},
                           {"ok", false},
                           {"planted", true},
                           {"defect", nullptr},
                           {"seconds", 0.0}});
  return true;
}

}  // namespace plumb
