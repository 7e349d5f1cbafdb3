#include "plugins/endpoints/stand_in_raw.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.hpp"
#include "plugins/endpoints/stand_in_markup.hpp"
#include "plugins/endpoints/stand_in_refusal.hpp"

namespace plumb {
namespace {

constexpr std::size_t kMostRemembered = 4096;
constexpr std::size_t kMostBytes = std::size_t{64} << 20;
/// vLLM's own when nothing is asked for.
constexpr std::int64_t kFewTokens = 16;
constexpr const char* kEndOfTurn = "<|im_end|>";

bool is_vllm(StandInFlavour flavour) {
  return flavour == StandInFlavour::vllm || flavour == StandInFlavour::mistral_strict;
}

/// A text as it comes without the tokens that a tokenizer calls special.
std::string without_special(std::string text) {
  for (const std::string_view special :
       {"[TOOL_CALLS]", "<|tool_call|>", "<|/tool_call|>", kEndOfTurn}) {
    for (auto at = text.find(special); at != std::string::npos; at = text.find(special)) {
      text.erase(at, special.size());
    }
  }
  return text;
}

std::string vllm_json(const StandInRawRequest& raw, const StandInRawAnswer& answer,
                      const StandInHead& head) {
  return fmt::format(
      R"({{"id":"cmpl-{}","object":"text_completion","created":{},"model":"{}","choices":[)"
      R"({{"index":0,"text":{},"logprobs":null,"finish_reason":"{}","stop_reason":null}}],)"
      R"("usage":{{"prompt_tokens":{},"total_tokens":{},"completion_tokens":{}}}}})",
      head.id, head.created, kStandInModel,
      json_text(raw.keeps_special ? answer.text : without_special(answer.text)),
      answer.finish == StandInFinish::length ? "length" : "stop", head.prompt_tokens,
      head.prompt_tokens + answer.tokens, answer.tokens);
}

std::string llama_json(const StandInRawRequest& raw, const StandInRawAnswer& answer,
                       const StandInHead& head) {
  const bool cut = answer.finish == StandInFinish::length;
  const std::string tokens =
      raw.returns_tokens ? dump_json(stand_in_tokens(answer.text + (cut ? "" : kEndOfTurn))) : "[]";
  return fmt::format(
      R"({{"index":0,"content":{},"tokens":{},"id_slot":0,"stop":true,"model":"{}",)"
      R"("tokens_predicted":{},"tokens_evaluated":{},"has_new_line":true,"truncated":false,)"
      R"("stop_type":"{}","stopping_word":"","tokens_cached":{}}})",
      json_text(without_special(answer.text)), tokens, kStandInModel, answer.tokens,
      head.prompt_tokens, cut ? "limit" : "eos", head.cached_tokens);
}

}  // namespace

Json stand_in_tokens(std::string_view text) {
  Json tokens = Json::array();
  for (std::size_t begin = 0; begin < text.size(); begin += 4) {
    const std::string_view bytes = text.substr(begin, 4);
    // The number of bytes stands above them: a short last token ends as it began.
    std::uint64_t token = bytes.size();
    for (const char byte : bytes) token = token << 8 | static_cast<unsigned char>(byte);
    tokens.push_back(token);
  }
  return tokens;
}

Result<std::string> stand_in_text(const Json& tokens) {
  if (!tokens.is_array()) return fail(Code::protocol, "'tokens' must be a list");
  std::string text;
  for (const Json& one : tokens) {
    const auto token = one.is_number_integer() ? integer_or<std::int64_t>(one, 0) : 0;
    int bytes = 1;
    while (bytes <= 4 && token >> (8 * bytes) != bytes) ++bytes;
    if (bytes > 4) return fail(Code::protocol, "there is no such token: " + dump_json(one));
    while (bytes-- > 0) text += static_cast<char>(token >> (8 * bytes) & 0xFF);
  }
  return text;
}

void StandInPrompts::remember(const std::string& prompt, std::string body) {
  const std::lock_guard lock(mutex_);
  bytes_ += body.size();
  bodies_.emplace_back(hash_number(prompt), std::move(body));
  while (bodies_.size() > kMostRemembered || (bytes_ > kMostBytes && bodies_.size() > 1)) {
    bytes_ -= bodies_.front().second.size();
    bodies_.pop_front();
  }
}

std::optional<std::string> StandInPrompts::body_of(std::string_view prompt) const {
  const std::uint64_t hash = hash_number(prompt);
  const std::lock_guard lock(mutex_);
  for (auto at = bodies_.rbegin(); at != bodies_.rend(); ++at) {
    if (at->first == hash) return at->second;
  }
  return std::nullopt;
}

StandInRawRoute raw_route(StandInFlavour flavour, std::string_view path) {
  const bool llama = flavour == StandInFlavour::llamacpp;
  if (!llama && !is_vllm(flavour)) return StandInRawRoute::none;
  if (path == (llama ? "/apply-template" : "/tokenize")) return StandInRawRoute::renders;
  if (path == (llama ? "/completion" : "/v1/completions")) return StandInRawRoute::completes;
  return path == "/detokenize" ? StandInRawRoute::detokenizes : StandInRawRoute::none;
}

Result<StandInRawRequest> parse_raw_request(StandInFlavour flavour, std::string_view body) {
  PLUMB_TRY(const Json json, parse_json(body));
  if (!json.is_object()) return fail(Code::protocol, "the request must be a JSON object");
  StandInRawRequest raw;
  const Json prompt = json.value("prompt", Json());
  if (prompt.is_string()) {
    raw.prompt = prompt.get<std::string>();
  } else {
    PLUMB_TRY(raw.prompt, stand_in_text(prompt));
  }
  const bool vllm = is_vllm(flavour);
  const auto limit = json_or<std::int64_t>(json, vllm ? "max_tokens" : "n_predict", -1);
  if (limit >= 0) raw.max_tokens = limit;
  if (vllm && !raw.max_tokens) raw.max_tokens = kFewTokens;
  if (json.contains("seed")) raw.seed = json_or<std::int64_t>(json, "seed", 0);
  if (json.contains("temperature")) raw.temperature = json_or(json, "temperature", 1.0);
  raw.keeps_special = !json_or(json, "skip_special_tokens", true);
  raw.returns_tokens = json_or(json, "return_tokens", false);
  return raw;
}

Result<std::string> detokenized(StandInFlavour flavour, std::string_view body) {
  PLUMB_TRY(const Json json, parse_json(body));
  PLUMB_TRY(const std::string text,
            stand_in_text(json.is_object() ? json.value("tokens", Json()) : Json()));
  return dump_json(Json{{is_vllm(flavour) ? "prompt" : "content", text}});
}

Result<StandInRequest> conversation_of(const StandInPrompts& prompts, const StandInRawRequest& raw,
                                       const StandInOptions& options) {
  StandInRequest request;
  if (const auto body = prompts.body_of(raw.prompt)) {
    PLUMB_TRY(request, parse_stand_in_request(options, StandInProtocol::chat, *body));
  } else {
    add_message(request, {.role = "user", .text = raw.prompt});
  }
  request.stream = false;
  request.max_tokens = raw.max_tokens;
  request.seed = raw.seed;
  request.temperature = raw.temperature;
  return request;
}

StandInRawAnswer raw_answer(const StandInReply& written, StandInLeak format, std::int64_t limit) {
  StandInRawAnswer answer{.text = written_answer(written, format),
                          .tokens = completion_tokens(written)};
  if (answer.tokens <= limit) return answer;
  cut_text(answer.text, limit);
  answer.tokens = limit;
  answer.finish = StandInFinish::length;
  return answer;
}

std::string encode_raw(const StandInRawRequest& raw, const StandInRawAnswer& answer,
                       const StandInHead& head) {
  return is_vllm(head.flavour) ? vllm_json(raw, answer, head) : llama_json(raw, answer, head);
}

}  // namespace plumb
