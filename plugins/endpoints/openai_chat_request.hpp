#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/endpoint/contestant.hpp"
#include "core/endpoint/endpoint.hpp"

namespace plumb {

/// Where a contestant's server answers: `base` + path + `query`. A base without a path gets /v1; a
/// trailing slash and a trailing /chat/completions are cut.
struct ChatUrls {
  std::string chat;
  std::string shown;  ///< the base, fit for a sentence: no user, password or query
};
[[nodiscard]] ChatUrls chat_urls(std::string_view url);

/// Where a plain request goes: a target that begins with "/" is on the server's root, any other
/// below the base.
[[nodiscard]] std::string plain_url(std::string_view url, std::string_view target);
/// Whether both have the same scheme, host and port.
[[nodiscard]] bool same_server(std::string_view a, std::string_view b);

/// Refuses keys of an extra body that would change what we read back.
[[nodiscard]] Status check_extra_body(const Json& extra_body);

/// The body of a streaming request. History is sanitised, so that no call of a model's can make the
/// server refuse every request from then on: arguments that are not a JSON object travel inside
/// one, empty or doubled ids are replaced (in the call and in its answer alike), invalid UTF-8
/// becomes U+FFFD. Reasoning is not sent back.
[[nodiscard]] std::string chat_body(const Contestant& contestant, const ChatRequest& request);

/// What the request asks for at most, wherever the contestant set it.
[[nodiscard]] std::optional<std::int64_t> max_tokens_asked(const Contestant& contestant);

}  // namespace plumb
