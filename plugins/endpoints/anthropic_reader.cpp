#include "plugins/endpoints/anthropic_reader.hpp"

namespace plumb {
namespace {

using Kind = JsonScalar::Kind;

/// What follows the prefix, or "" when the path does not begin with it.
std::string_view after_prefix(std::string_view path, std::string_view prefix) {
  return path.starts_with(prefix) ? path.substr(prefix.size()) : std::string_view();
}

}  // namespace

Status MessagesReader::read(std::string_view json, Instant at) {
  at_ = at;
  saw_error_ = false;
  event_ = {};
  return walk_json(json, *this);
}

bool MessagesReader::wants_text(const JsonPlace& place) {
  return place.path == "content[].input" || place.path == "content_block.input";
}

void MessagesReader::on_value(const JsonPlace& place, const JsonScalar& scalar) {
  const bool string = scalar.kind == Kind::string;
  const std::string_view path = place.path;
  if (path == "type" && string) {
    event_.type = scalar.text;
  } else if (path == "index" && scalar.kind == Kind::integer) {
    event_.index = scalar.integer;
  } else if ((path == "model" || path == "message.model") && string) {
    assembler_.on_model(scalar.text);
  } else if ((path == "stop_reason" || path == "delta.stop_reason") && string) {
    event_.stop_reason = scalar.text;
  } else if (path == "error" || path.starts_with("error.")) {
    event_.error |= scalar.kind != Kind::null;
  }
  for (const std::string_view prefix : {"content_block.", "delta.", "content[]."}) {
    on_block(event_.block, after_prefix(path, prefix), scalar);
  }
  for (const std::string_view prefix : {"usage.", "message.usage."}) {
    on_usage(after_prefix(path, prefix), scalar);
  }
}

void MessagesReader::on_block(Block& block, std::string_view field, const JsonScalar& scalar) {
  // An object as a rule; whatever else a server puts there is judged as it stands.
  if (field == "input") block.input = scalar.text;
  if (scalar.kind != Kind::string) return;
  if (field == "type") block.type = scalar.text;
  if (field == "id") block.id = scalar.text;
  if (field == "name") block.name = scalar.text;
  if (field == "text") block.text = scalar.text;
  if (field == "thinking") block.thinking = scalar.text;
  if (field == "signature") block.signature = scalar.text;
  if (field == "data") block.data = scalar.text;
  if (field == "partial_json") block.input = scalar.text;
}

void MessagesReader::on_usage(std::string_view field, const JsonScalar& scalar) {
  if (scalar.kind != Kind::integer || scalar.integer < 0) return;
  Usage& usage = assembler_.usage();
  if (field == "input_tokens") fresh_tokens_ = scalar.integer;
  if (field == "cache_creation_input_tokens") cache_write_tokens_ = scalar.integer;
  if (field == "cache_read_input_tokens") usage.cached_tokens = scalar.integer;
  if (field == "output_tokens") usage.completion_tokens = scalar.integer;
  if (!fresh_tokens_) return;
  usage.prompt_tokens =
      *fresh_tokens_ + cache_write_tokens_.value_or(0) + usage.cached_tokens.value_or(0);
}

void MessagesReader::on_end(const JsonPlace& place) {
  if (place.path.empty()) return dispatch();
  if (place.path == "content") saw_answer_ = true;
  if (place.path != "content[]") return;
  // A whole message: its blocks begin and end here.
  const auto index = static_cast<std::int64_t>(place.positions.front());
  begin(index, std::move(event_.block));
  event_.block = {};
  end_all();
}

void MessagesReader::dispatch() {
  const std::string_view type = event_.type;
  saw_error_ = type == "error" || event_.error;
  if (saw_error_) return;
  saw_answer_ |= type.starts_with("message_") || type.starts_with("content_block_");
  if (!event_.stop_reason.empty()) assembler_.on_finish(event_.stop_reason);
  if (type == "content_block_start") {
    begin(event_.index, std::move(event_.block));
  } else if (type == "content_block_delta") {
    add(event_.index, event_.block);
  } else if (type == "content_block_stop") {
    const auto open = open_.find(event_.index);
    if (open == open_.end()) return;
    end(event_.index, open->second);
    open_.erase(open);
  } else if (type == "message_stop") {
    end_all();
    terminated_ = true;
  }
}

void MessagesReader::begin(std::int64_t index, Block block) {
  assembler_.on_text(block.text, at_);
  assembler_.on_reasoning(block.thinking, at_);
  if (block.type == "tool_use") {
    assembler_.on_call({.index = index, .id = block.id, .name = block.name}, at_);
  }
  if (!assembler_.hold(block.signature.size() + block.data.size() + block.input.size())) return;
  if (Open* const open = open_at(index)) *open = {std::move(block)};
}

MessagesReader::Open* MessagesReader::open_at(std::int64_t index) {
  if (open_.size() == Assembler::kMaxCalls && !open_.contains(index)) {
    assembler_.cut();
    return nullptr;
  }
  return &open_[index];
}

void MessagesReader::add(std::int64_t index, const Block& piece) {
  assembler_.on_text(piece.text, at_);
  assembler_.on_reasoning(piece.thinking, at_);
  Open* const open = open_at(index);
  if (open == nullptr) return;
  if (!piece.input.empty()) {
    open->has_input = true;
    assembler_.on_call({.index = index, .arguments = piece.input}, at_);
  }
  if (assembler_.full() || !assembler_.hold(piece.signature.size())) return;
  open->block.thinking += piece.thinking;
  open->block.signature += piece.signature;
}

void MessagesReader::end(std::int64_t index, const Open& open) {
  const Block& block = open.block;
  if (block.type == "tool_use" && !open.has_input) {
    // Without pieces the input is what the block began with.
    const std::string_view input = block.input.empty() ? "{}" : std::string_view(block.input);
    assembler_.on_call({.index = index, .arguments = input}, at_);
  }
  if (block.type == "thinking" && !block.signature.empty()) {
    assembler_.on_sealed(dump_json(
        {{"type", "thinking"}, {"thinking", block.thinking}, {"signature", block.signature}}));
  }
  if (block.type == "redacted_thinking") {
    assembler_.on_sealed(dump_json({{"type", "redacted_thinking"}, {"data", block.data}}));
  }
}

void MessagesReader::end_all() {
  for (const auto& [index, open] : open_) end(index, open);
  open_.clear();
}

}  // namespace plumb
