#include "core/wire/assembler.hpp"

#include <algorithm>
#include <array>

#include "core/base/text.hpp"

namespace plumb {
namespace {

constexpr std::string_view kWindowFull = "model_context_window_exceeded";

}  // namespace

void Assembler::on_byte(Instant at) {
  if (!response_.times.first_byte) response_.times.first_byte = at;
}

std::string_view Assembler::admitted(std::string_view text) {
  const std::size_t room = max_text_ - size_;
  if (text.size() > room) response_.oversize = true;
  text = text.substr(0, room);
  size_ += text.size();
  return text;
}

bool Assembler::hold(std::size_t bytes) {
  if (bytes > max_text_ - size_) cut();
  if (!full()) size_ += bytes;
  return !full();
}

void Assembler::on_text(std::string_view text, Instant at) {
  if (text.empty() || full()) return;
  response_.message.text += admitted(text);
  if (!response_.times.first_text) response_.times.first_text = at;
  response_.times.last_token = at;
}

void Assembler::on_reasoning(std::string_view text, Instant at) {
  if (text.empty() || full()) return;
  response_.message.reasoning += admitted(text);
  if (!response_.times.first_text) response_.times.first_text = at;
  response_.times.last_token = at;
}

void Assembler::on_refusal(std::string_view text, Instant at) {
  if (text.empty()) return;
  refused_ = true;
  on_text(text, at);
}

void Assembler::on_sealed(std::string_view json) {
  if (json.empty() || full()) return;
  std::string& sealed = response_.message.sealed_reasoning;
  sealed += sealed.empty() ? "[" : ",";
  sealed += admitted(json);
}

ToolCall* Assembler::call_for(const CallDelta& delta) {
  auto& calls = response_.message.calls;
  const std::int64_t key = delta.index.value_or(-1);
  if (const auto known = latest_.find(key); known != latest_.end()) {
    ToolCall& call = calls[known->second];
    const bool other_id = !delta.id.empty() && !call.id.empty() && delta.id != call.id;
    const bool second_name = !delta.name.empty() && !call.name.empty();
    if (!other_id && !second_name) return &call;
    response_.index_collision |= delta.index.has_value();
  }
  if (calls.size() == kMaxCalls) {
    response_.oversize = true;
    return nullptr;
  }
  latest_[key] = calls.size();
  return &calls.emplace_back();
}

void Assembler::on_call(const CallDelta& delta, Instant at) {
  if (delta.id.empty() && delta.name.empty() && delta.arguments.empty()) return;
  if (full()) return;
  ToolCall* const call = call_for(delta);
  if (call == nullptr) return;
  if (call->id.empty()) call->id = admitted(delta.id);
  if (call->name.empty()) call->name = admitted(delta.name);
  call->arguments += admitted(delta.arguments);
  call->arguments_as_value |= delta.arguments_as_value;
  if (!response_.times.first_tool_delta) response_.times.first_tool_delta = at;
  response_.times.last_token = at;
}

bool Assembler::said_length() const {
  constexpr std::array<std::string_view, 4> kLength = {"length", "max_tokens", "max_output_tokens",
                                                       kWindowFull};
  return std::ranges::find(kLength, response_.finish_as_sent) != kLength.end();
}

Finish Assembler::derived(std::optional<std::int64_t> max_tokens) const {
  const auto& wrote = response_.usage.completion_tokens;
  const bool reached = max_tokens && wrote && *wrote >= *max_tokens;
  const std::string& said = response_.finish_as_sent;
  // Servers hide a truncation behind another word, but do not claim one that was not.
  if (full() || reached || said_length()) return Finish::length;
  if (!response_.message.calls.empty()) return Finish::tool_calls;
  if (refused_ || said == "content_filter" || said == "refusal") return Finish::refused;
  return Finish::stop;
}

ChatResponse Assembler::take(std::optional<std::int64_t> max_tokens) {
  response_.finish = derived(max_tokens);
  // vLLM 0.32 and llama-server cut max_tokens down to what is left of the window, and say nothing.
  const auto& wrote = response_.usage.completion_tokens;
  const bool less = max_tokens && wrote && *wrote < *max_tokens;
  response_.window_full =
      !full() && ((less && said_length()) || response_.finish_as_sent == kWindowFull);
  response_.message.role = Role::assistant;
  std::string& sealed = response_.message.sealed_reasoning;
  if (full()) sealed.clear();  // perhaps cut in the middle
  if (!sealed.empty()) sealed += ']';
  // A character that a server cut between two pieces is whole again here; what is still broken
  // stays visible. Arguments keep their bytes: whether they are well formed is judged, not mended.
  response_.message.text = valid_utf8(response_.message.text);
  response_.message.reasoning = valid_utf8(response_.message.reasoning);
  response_.model_as_served = valid_utf8(shortened(response_.model_as_served, 500));
  response_.finish_as_sent = valid_utf8(shortened(response_.finish_as_sent, 100));
  for (ToolCall& call : response_.message.calls) {
    call.id = valid_utf8(call.id);
    call.name = valid_utf8(call.name);
  }
  return std::move(response_);
}

}  // namespace plumb
