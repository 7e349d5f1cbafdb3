#include "plugins/endpoints/openai_responses_reader.hpp"

namespace plumb {
namespace {

using Kind = JsonScalar::Kind;

constexpr std::string_view kResponse = "response.";

/// A path without the "response." that an event puts before it.
std::string_view inner(std::string_view path) {
  return path.starts_with(kResponse) ? path.substr(kResponse.size()) : path;
}

}  // namespace

Status ResponsesReader::read(std::string_view json, Instant at) {
  at_ = at;
  saw_error_ = false;
  event_ = {};
  // The last event repeats the whole answer; it is read when nothing of it came before.
  had_token_ = assembler_.has_token();
  return walk_json(json, *this);
}

bool ResponsesReader::wants_text(const JsonPlace& place) {
  return place.path.ends_with("arguments");
}

void ResponsesReader::on_value(const JsonPlace& place, const JsonScalar& scalar) {
  constexpr std::string_view kItem = "item.";
  if (place.path.starts_with(kItem)) {
    return on_item(event_.item, place.path.substr(kItem.size()), scalar);
  }
  const bool string = scalar.kind == Kind::string;
  if (place.path == "output_index" && scalar.kind == Kind::integer) event_.index = scalar.integer;
  if (place.path == "item_id" && string) event_.item_id = scalar.text;
  if (place.path == "type" && string) event_.type = scalar.text;
  if (place.path == "object" && string) event_.object = scalar.text;
  if (place.path == "delta" && string) event_.delta = scalar.text;
  if (place.path == "arguments" && scalar.kind != Kind::null) event_.arguments = scalar.text;
  on_response(inner(place.path), scalar);
}

void ResponsesReader::on_response(std::string_view field, const JsonScalar& scalar) {
  constexpr std::string_view kOutput = "output[].";
  const bool string = scalar.kind == Kind::string;
  if (field == "error" || field.starts_with("error.")) {
    event_.error |= scalar.kind != Kind::null && !scalar.text.empty();
  } else if (field == "model" && string) {
    assembler_.on_model(scalar.text);
  } else if (field == "status" && string) {
    event_.status = scalar.text;
  } else if (field == "incomplete_details.reason" && string) {
    event_.incomplete = scalar.text;
  } else if (field.starts_with("usage.")) {
    on_usage(field.substr(6), scalar);
  } else if (field.starts_with(kOutput) && !had_token_) {
    on_item(event_.item, field.substr(kOutput.size()), scalar);
  }
}

void ResponsesReader::on_usage(std::string_view field, const JsonScalar& scalar) {
  if (scalar.kind != Kind::integer || scalar.integer < 0) return;
  Usage& usage = assembler_.usage();
  if (field == "input_tokens") usage.prompt_tokens = scalar.integer;
  if (field == "output_tokens") usage.completion_tokens = scalar.integer;
  if (field == "input_tokens_details.cached_tokens") usage.cached_tokens = scalar.integer;
  if (field == "output_tokens_details.reasoning_tokens") usage.reasoning_tokens = scalar.integer;
}

void ResponsesReader::on_item(Item& item, std::string_view field, const JsonScalar& scalar) {
  if (scalar.kind == Kind::null) return;
  if (field == "type") item.type = scalar.text;
  if (field == "id") item.id = scalar.text;
  if (field == "call_id") item.call_id = scalar.text;
  if (field == "name") item.name = scalar.text;
  if (field == "arguments") item.arguments = scalar.text;
  if (field == "content[].type" || field == "summary[].type") item.part_type = scalar.text;
  if (field == "content[].text" || field == "content[].refusal" || field == "summary[].text") {
    item.part_text = scalar.text;
  }
}

void ResponsesReader::on_reasoning(std::string_view kind, std::string_view text) {
  if (text.empty()) return;
  if (reasoning_kind_.empty()) reasoning_kind_ = kind;
  if (reasoning_kind_ == kind) assembler_.on_reasoning(text, at_);
}

void ResponsesReader::add_part() {
  const Item& item = event_.item;
  if (item.part_type == "output_text" || item.part_type == "text") {
    assembler_.on_text(item.part_text, at_);
  } else if (item.part_type == "refusal") {
    assembler_.on_refusal(item.part_text, at_);
  } else if (item.part_type == "reasoning_text") {
    on_reasoning("text", item.part_text);
  } else if (item.part_type == "summary_text") {
    on_reasoning("summary", item.part_text);
  }
  event_.item.part_type.clear();
  event_.item.part_text.clear();
}

ResponsesReader::Call* ResponsesReader::call_at(std::int64_t index) {
  if (calls_.size() == Assembler::kMaxCalls && !calls_.contains(index)) {
    assembler_.cut();
    return nullptr;
  }
  return &calls_[index];
}

void ResponsesReader::add_call(std::int64_t index, const Item& item) {
  if (item.type != "function_call") return;
  Call* const call = call_at(index);
  if (call == nullptr) return;
  // A second item on the same index is another call; ids alone do not tell, some servers (vLLM in
  // 2025) make a new one for each event.
  if (call->named && event_.type == "response.output_item.added") *call = {};
  if (!call->named) {
    call->named = true;
    const std::string& id = item.call_id.empty() ? item.id : item.call_id;
    assembler_.on_call({.index = index, .id = id, .name = item.name}, at_);
  }
  if (!call->has_arguments) add_arguments(index, item.arguments);
}

void ResponsesReader::add_arguments(std::int64_t index, std::string_view arguments) {
  if (arguments.empty()) return;
  Call* const call = call_at(index);
  if (call == nullptr) return;
  call->has_arguments = true;
  assembler_.on_call({.index = index, .arguments = arguments}, at_);
}

void ResponsesReader::on_end(const JsonPlace& place) {
  const std::string_view path = inner(place.path);
  if (place.path.empty()) return dispatch();
  if (path == "output") saw_answer_ = true;
  if (had_token_) return;
  if (path == "output[].content[]" || path == "output[].summary[]") add_part();
  if (path == "output[]") {
    add_call(static_cast<std::int64_t>(place.positions.front()), event_.item);
    event_.item = {};
  }
}

std::int64_t ResponsesReader::index_by_id() {
  const std::string& id = event_.item.id.empty() ? event_.item_id : event_.item.id;
  if (index_of_.size() == Assembler::kMaxCalls && !index_of_.contains(id)) {
    assembler_.cut();
    return 0;
  }
  return index_of_.try_emplace(id, static_cast<std::int64_t>(index_of_.size())).first->second;
}

void ResponsesReader::dispatch() {
  const std::string_view type = event_.type;
  if (event_.index < 0) event_.index = index_by_id();
  saw_answer_ |= type.starts_with(kResponse);
  saw_error_ = type == "error" || type == "response.failed" || type == "response.error" ||
               event_.error || event_.object == "error" || event_.status == "failed";
  if (saw_error_) return;
  if (type == "response.output_text.delta") {
    assembler_.on_text(event_.delta, at_);
  } else if (type == "response.refusal.delta") {
    assembler_.on_refusal(event_.delta, at_);
  } else if (type == "response.reasoning_text.delta" || type == "response.reasoning.delta") {
    on_reasoning("text", event_.delta);
  } else if (type == "response.reasoning_summary_text.delta") {
    on_reasoning("summary", event_.delta);
  } else if (type == "response.function_call_arguments.delta") {
    add_arguments(event_.index, event_.delta);
  } else if (type == "response.function_call_arguments.done") {
    const Call* const call = call_at(event_.index);
    if (call != nullptr && !call->has_arguments) add_arguments(event_.index, event_.arguments);
  } else if (type == "response.output_item.added" || type == "response.output_item.done") {
    add_call(event_.index, event_.item);
  }
  const bool incomplete = type == "response.incomplete" || event_.status == "incomplete";
  const bool completed = type == "response.completed" || event_.status == "completed";
  const bool whole = type.empty() && event_.object == "response";
  const bool last = type == "response.incomplete" || type == "response.completed";
  if (!last && !whole) return;
  terminated_ = last;
  if (incomplete)
    assembler_.on_finish(event_.incomplete.empty() ? "incomplete" : event_.incomplete);
  if (completed && !incomplete) assembler_.on_finish("completed");
}

}  // namespace plumb
