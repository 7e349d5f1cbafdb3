#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "core/endpoint/contestant.hpp"
#include "core/endpoint/endpoint.hpp"

namespace plumb {

/// Refuses keys of an extra body that would change what we read back.
[[nodiscard]] Status check_extra_body(const Json& extra_body);

/// The names under which protocols limit an answer.
inline constexpr std::array kMaxTokensFields = {"max_tokens", "max_completion_tokens",
                                                "max_output_tokens"};

/// What a request asks for at most: the request's own word, then the extra body's, then the
/// contestant's.
[[nodiscard]] std::optional<std::int64_t> asked_max_tokens(const Contestant& contestant,
                                                           const ChatRequest& request);

/// Puts in what all protocols share: the model, the sampling under its names, the limit of the
/// answer under `max_tokens_field`.
void set_common(Json& body, const Contestant& contestant, const ChatRequest& request,
                const char* max_tokens_field);

/// Switches thinking in a given form ("chat_template_kwargs", ...); "none" does nothing.
void switch_thinking(Json& body, std::string_view form, bool on);

/// Merges the extra body in: what the user wrote out holds over what we derived. Only the limit of
/// a single request is above it.
void add_extra_body(Json& body, const Contestant& contestant, const ChatRequest& request);

}  // namespace plumb
