#include <optional>

#include <fmt/format.h>

#include "plugins/endpoints/stand_in_encoder.hpp"
#include "plugins/endpoints/stand_in_refusal.hpp"

namespace plumb {
namespace {

using enum StandInComplaint;
using Flavour = StandInFlavour;

/// Who answers with vLLM's code.
bool is_vllm(Flavour flavour) {
  return flavour == Flavour::vllm || flavour == Flavour::mistral_strict;
}

int status_of(Flavour flavour, StandInComplaint what) {
  const bool llama = flavour == Flavour::llamacpp;
  switch (what) {
    case unknown_model:
      return flavour == Flavour::openrouter ? 400 : 404;
    case no_route:
    case not_found:
      return 404;
    case rate_limit:
      return 429;
    case loading:
    case overloaded:
      return 503;
    case server_error:
      return 500;
    case roles:
    case arguments:
    case bad_json:
      return llama ? 500 : 400;
    case picture:
      return llama ? 500 : flavour == Flavour::openrouter ? 404 : 400;
    default:
      return 400;
  }
}

std::string overflow_sentence(Flavour flavour, const StandInRefusal& refusal) {
  const std::int64_t prompt = refusal.prompt;
  const std::int64_t window = refusal.window;
  switch (flavour) {
    case Flavour::vllm:
    case Flavour::mistral_strict:
      if (!refusal.detail.empty()) {
        return fmt::format(
            "'max_tokens' or 'max_completion_tokens' is too large: {0}. This model's maximum "
            "context length is {1} tokens and your request has {2} input tokens ({0} > {1} - {2}).",
            refusal.detail, window, prompt);
      }
      return fmt::format(
          "This model's maximum context length is {} tokens. However, your request has {} input "
          "tokens. Please reduce the length of the input messages.",
          window, prompt);
    case Flavour::sglang:
      if (!refusal.detail.empty()) {
        return fmt::format(
            "Requested token count exceeds the model's maximum context length of {} tokens. You "
            "requested a total of {} tokens: {} tokens from the input messages and {} tokens for "
            "the completion. Please reduce the number of tokens in the input messages or the "
            "completion to fit within the limit.",
            window, prompt + std::stoll(refusal.detail), prompt, refusal.detail);
      }
      return fmt::format(
          "The input ({} tokens) is longer than the model's context length ({} tokens).", prompt,
          window);
    case Flavour::llamacpp:
      return fmt::format(
          "request ({} tokens) exceeds the available context size ({} tokens), try increasing it",
          prompt, window);
    case Flavour::ollama:
      return fmt::format("prompt is too long: {} tokens exceed the context length of {}", prompt,
                         window);
    case Flavour::openrouter:
      return fmt::format(
          "This endpoint's maximum context length is {} tokens. However, you requested about {} "
          "tokens ({} of text input, {} in the output). Please reduce the length of either one.",
          window, prompt + std::stoll(refusal.detail.empty() ? "0" : refusal.detail), prompt,
          refusal.detail.empty() ? "0" : refusal.detail);
    case Flavour::plain:
      break;
  }
  return fmt::format(
      "This model's maximum context length is {} tokens. However, your messages resulted in {} "
      "tokens. Please reduce the length of the messages.",
      window, prompt);
}

std::string picture_sentence(Flavour flavour) {
  switch (flavour) {
    case Flavour::vllm:
    case Flavour::mistral_strict:
      return fmt::format("{} is not a multimodal model", kStandInModel);
    case Flavour::llamacpp:
      return "image input is not supported - hint: if this is unexpected, you may need to provide "
             "the mmproj";
    case Flavour::openrouter:
      return "No endpoints found that support image input";
    case Flavour::ollama:
      return "this model is missing data required for image input";
    default:
      return "this model does not support image input";
  }
}

std::string roles_sentence(Flavour flavour) {
  const std::string words =
      "After the optional system message, conversation roles must alternate "
      "user/assistant/user/assistant/...";
  return flavour == Flavour::llamacpp ? "Jinja Exception: " + words : words;
}

std::string arguments_sentence(Flavour flavour, const std::string& detail) {
  switch (flavour) {
    case Flavour::llamacpp:
      return "Failed to parse tool call arguments as JSON: [json.exception.parse_error.101] " +
             detail;
    case Flavour::ollama:
      return "invalid tool call arguments";
    default:
      return "the arguments of an earlier tool call are not a JSON object: " + detail;
  }
}

std::string unknown_model_sentence(Flavour flavour, const std::string& model) {
  switch (flavour) {
    case Flavour::ollama:
      return fmt::format("model '{}' not found", model);
    case Flavour::openrouter:
      return fmt::format("{} is not a valid model ID", model);
    default:
      return fmt::format("The model `{}` does not exist.", model);
  }
}

std::string sentence_of(Flavour flavour, const StandInRefusal& refusal) {
  switch (refusal.what) {
    case unknown_model:
      return unknown_model_sentence(flavour, refusal.detail);
    case overflow:
      return overflow_sentence(flavour, refusal);
    case roles:
      return roles_sentence(flavour);
    case picture:
      return picture_sentence(flavour);
    case arguments:
      return arguments_sentence(flavour, refusal.detail);
    case empty_tools:
      return "'tools' must not be an empty array; leave it out instead";
    case stray_stream_options:
      return "Stream options can only be defined when `stream=True`.";
    case call_id:
      return fmt::format("Tool call id was {} but must be a-z, A-Z, 0-9, with a length of 9.",
                         refusal.detail);
    case logprobs:
      return "logprobs is not supported with tools + stream";
    case loading:
      return "Loading model";
    case no_route:
      return flavour == Flavour::llamacpp ? "File Not Found" : refusal.detail;
    default:
      return refusal.detail;
  }
}

const char* vllm_type(int status) {
  switch (status) {
    case 404:
      return "NotFoundError";
    case 429:
      return "RateLimitError";
    case 503:
      return "ServiceUnavailableError";
    case 500:
      return "InternalServerError";
    default:
      return "BadRequestError";
  }
}

const char* openai_type(int status) {
  switch (status) {
    case 404:
      return "not_found_error";
    case 429:
      return "rate_limit_error";
    case 500:
    case 503:
      return "api_error";
    default:
      return "invalid_request_error";
  }
}

const char* llama_type(StandInComplaint what, int status) {
  if (what == overflow) return "exceed_context_size_error";
  switch (status) {
    case 404:
      return "not_found_error";
    case 503:
      return "unavailable_error";
    case 500:
      return "server_error";
    default:
      return "invalid_request_error";
  }
}

std::string llama_body(const StandInRefusal& refusal, int status, const std::string& sentence) {
  std::string more;
  if (refusal.what == overflow) {
    more = fmt::format(R"(,"n_prompt_tokens":{},"n_ctx":{})", refusal.prompt, refusal.window);
  }
  return fmt::format(R"({{"error":{{"code":{},"message":{},"type":"{}"{}}}}})", status,
                     json_text(sentence), llama_type(refusal.what, status), more);
}

std::string anthropic_body(int status, const std::string& sentence) {
  const char* type = status == 503 ? "overloaded_error" : openai_type(status);
  return fmt::format(R"({{"type":"error","error":{{"type":"{}","message":{}}}}})", type,
                     json_text(sentence));
}

std::string body_of(Flavour flavour, const StandInRefusal& refusal, int status,
                    const std::string& sentence) {
  switch (flavour) {
    case Flavour::llamacpp:
      return llama_body(refusal, status, sentence);
    case Flavour::sglang:
      return fmt::format(R"({{"object":"error","message":{},"type":"{}","param":null,"code":{}}})",
                         json_text(sentence), vllm_type(status), status);
    case Flavour::ollama:
      return fmt::format(R"({{"error":{{"message":{},"type":"{}","param":null,"code":null}}}})",
                         json_text(sentence), openai_type(status));
    case Flavour::openrouter:
      return fmt::format(R"({{"error":{{"message":{},"code":{}}}}})", json_text(sentence), status);
    default:
      return fmt::format(R"({{"error":{{"message":{},"type":"{}","param":{},"code":{}}}}})",
                         json_text(sentence), vllm_type(status),
                         refusal.what == unknown_model ? "\"model\"" : "null", status);
  }
}

/// What a web framework says by itself where there is no route.
std::optional<StandInError> framework_error(Flavour flavour) {
  if (is_vllm(flavour) || flavour == Flavour::sglang) {
    return StandInError{404, "application/json", R"({"detail":"Not Found"})"};
  }
  if (flavour == Flavour::ollama) return StandInError{404, "text/plain", "404 page not found"};
  return std::nullopt;
}

}  // namespace

StandInError encode_refusal(StandInFlavour flavour, StandInProtocol protocol,
                            const StandInRefusal& refusal) {
  if (refusal.what == no_route) {
    if (auto error = framework_error(flavour)) return *error;
  }
  StandInError error{.status = status_of(flavour, refusal.what)};
  const std::string sentence = sentence_of(flavour, refusal);
  // llama.cpp (0c1e570) answers /v1/messages with its own shape.
  error.body = protocol == StandInProtocol::messages && flavour != Flavour::llamacpp
                   ? anthropic_body(error.status, sentence)
                   : body_of(flavour, refusal, error.status, sentence);
  return error;
}

std::string encode_error_in_stream(StandInFlavour flavour, StandInProtocol protocol,
                                   const std::string& sentence) {
  const StandInRefusal refusal{server_error, sentence};
  const std::string body = encode_refusal(flavour, protocol, refusal).body;
  if (protocol == StandInProtocol::messages) return fmt::format("event: error\ndata: {}\n\n", body);
  if (protocol == StandInProtocol::responses && flavour != Flavour::llamacpp) {
    return fmt::format(
        "event: error\ndata: {{\"type\":\"error\",\"code\":\"server_error\",\"message\":{},"
        "\"param\":null,\"sequence_number\":99}}\n\n",
        json_text(sentence));
  }
  switch (flavour) {
    case Flavour::llamacpp:
      // Builds of 2025: a field that no event stream knows.
      return fmt::format("error: {{\"code\":500,\"message\":{},\"type\":\"server_error\"}}\n\n",
                         json_text(sentence));
    case Flavour::ollama:
      return fmt::format("{{\"error\":{}}}\n", json_text(sentence));
    case Flavour::openrouter:
      return fmt::format(
          "data: {{\"id\":\"gen-0\",\"object\":\"chat.completion.chunk\",\"created\":0,"
          "\"model\":\"{}\",\"provider\":\"Stand-in\",\"error\":{{\"code\":502,\"message\":{}}},"
          "\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"\"}},\"finish_reason\":\"error\"}}]"
          "}}\n\n",
          kStandInModel, json_text(sentence));
    case Flavour::sglang:
      return fmt::format("data: {{\"error\":{}}}\n\n", body);
    default:
      return fmt::format("data: {}\n\n", body);
  }
}

}  // namespace plumb
