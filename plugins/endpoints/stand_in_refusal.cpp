#include "plugins/endpoints/stand_in_refusal.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace plumb {
namespace {

using enum StandInComplaint;
using Flavour = StandInFlavour;

bool is_system(const StandInMessage& message) {
  return message.role == "system" || message.role == "developer";
}

/// System first and only there, then user and assistant in turn; calls and their results stand
/// between them.
bool roles_alternate(const StandInRequest& request) {
  std::string last = "assistant";
  for (std::size_t i = 0; i < request.messages.size(); ++i) {
    const StandInMessage& message = request.messages[i];
    if (is_system(message)) {
      if (i != 0) return false;
      continue;
    }
    if (message.role == "tool") continue;
    const bool makes_calls = !message.call_ids.empty();
    if (message.role == last && !makes_calls) return false;
    // After a call and its result the assistant goes on.
    last = makes_calls ? "user" : message.role;
  }
  return true;
}

bool has_picture(const StandInRequest& request) {
  return std::ranges::any_of(request.messages,
                             [](const auto& message) { return !message.pictures.empty(); });
}

bool is_nine(const std::string& id) {
  constexpr std::string_view kLetters =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  return id.size() == 9 && id.find_first_not_of(kLetters) == std::string::npos;
}

std::optional<std::string> odd_call_id(const StandInRequest& request) {
  for (const StandInMessage& message : request.messages) {
    for (const std::string& id : message.call_ids) {
      if (!is_nine(id)) return id;
    }
  }
  return std::nullopt;
}

bool checks_model(Flavour flavour) {
  return flavour == Flavour::vllm || flavour == Flavour::ollama || flavour == Flavour::openrouter ||
         flavour == Flavour::mistral_strict;
}

/// vLLM, and who is built on it or as strict.
bool is_strict(Flavour flavour) {
  return flavour == Flavour::plain || flavour == Flavour::vllm ||
         flavour == Flavour::mistral_strict;
}

/// The others clamp what they are asked, or leave it to the sampler.
std::optional<StandInRefusal> odd_sampling(Flavour flavour, const StandInRequest& request) {
  const bool checks =
      flavour == Flavour::vllm || flavour == Flavour::sglang || flavour == Flavour::mistral_strict;
  if (!checks) return std::nullopt;
  if (request.temperature.value_or(0) < 0) {
    return StandInRefusal{bad_request, fmt::format("temperature must be non-negative, got {}.",
                                                   *request.temperature)};
  }
  if (request.max_tokens.value_or(1) < 1) {
    return StandInRefusal{
        bad_request, fmt::format("max_tokens must be at least 1, got {}.", *request.max_tokens)};
  }
  return std::nullopt;
}

std::optional<StandInRefusal> malformed_request(const StandInOptions& options,
                                                const StandInRequest& request) {
  const Flavour flavour = options.flavour;
  if (checks_model(flavour) && !request.model.empty() && request.model != kStandInModel) {
    return StandInRefusal{unknown_model, shortened(request.model, 80)};
  }
  if (!request.unknown_role.empty() && flavour != Flavour::llamacpp) {
    return StandInRefusal{bad_request,
                          "'" + shortened(request.unknown_role, 40) + "' is no role of a message"};
  }
  if (request.has_empty_tools && is_strict(flavour)) return StandInRefusal{empty_tools};
  if (request.has_stray_stream_options && is_strict(flavour)) {
    return StandInRefusal{stray_stream_options};
  }
  if (request.has_bare_output_text && flavour == Flavour::vllm) {
    return StandInRefusal{bad_request, "ResponseOutputMessageParam: 'id' and 'status' are missing"};
  }
  if (!request.bad_arguments.empty() && flavour != Flavour::openrouter) {
    return StandInRefusal{arguments, request.bad_arguments};
  }
  if (flavour == Flavour::llamacpp && request.logprobs && request.stream &&
      !request.tools.empty()) {
    return StandInRefusal{logprobs};
  }
  const bool signs = flavour == Flavour::plain || flavour == Flavour::openrouter;
  if (signs && !request.bad_budget.empty()) return StandInRefusal{bad_request, request.bad_budget};
  if (signs && options.think > 0 && !request.bad_thinking.empty()) {
    return StandInRefusal{thinking, request.bad_thinking};
  }
  return odd_sampling(flavour, request);
}

std::optional<StandInRefusal> too_long(const StandInOptions& options, const StandInRequest& request,
                                       std::int64_t prompt) {
  if (options.overflow == StandInOverflow::truncate) return std::nullopt;
  const std::int64_t window = options.window();
  // These count the answer that is asked for (older builds of vLLM, too); the others end it at
  // the window.
  const Flavour flavour = options.flavour;
  const bool counts_answer = flavour == Flavour::sglang || flavour == Flavour::openrouter ||
                             flavour == Flavour::mistral_strict;
  const std::int64_t answer = counts_answer ? request.max_tokens.value_or(1) : 1;
  if (prompt < window && answer <= window - prompt) return std::nullopt;
  return StandInRefusal{overflow, prompt >= window ? "" : std::to_string(answer), prompt, window};
}

}  // namespace

StandInComplaint complaint_of(const Error& error) {
  switch (error.code) {
    case Code::protocol:
    case Code::limit:
      return StandInComplaint::bad_request;
    case Code::not_found:
      return StandInComplaint::not_found;
    default:
      return StandInComplaint::server_error;
  }
}

std::optional<StandInRefusal> refusal_of(const StandInOptions& options,
                                         const StandInRequest& request, std::int64_t prompt) {
  if (auto refusal = malformed_request(options, request)) return refusal;
  // Ollama's templates cannot refuse.
  const bool alternates = options.flavour == Flavour::mistral_strict ||
                          (options.flavour != Flavour::ollama && options.strict_roles);
  if (alternates && !roles_alternate(request)) return StandInRefusal{roles};
  if (options.flavour == Flavour::mistral_strict) {
    if (const auto id = odd_call_id(request)) return StandInRefusal{call_id, shortened(*id, 60)};
  }
  // SGLang does not look.
  if (options.vision == StandInVision::off && options.flavour != Flavour::sglang &&
      has_picture(request)) {
    return StandInRefusal{picture};
  }
  return too_long(options, request, prompt);
}

}  // namespace plumb
