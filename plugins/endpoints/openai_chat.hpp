// plugins/endpoints: the dialects in which models are served, each behind core/endpoint's Endpoint.
#pragma once

#include <memory>

#include "core/base/result.hpp"
#include "core/endpoint/contestant.hpp"
#include "core/endpoint/endpoint.hpp"
#include "core/endpoint/retry.hpp"
#include "core/wire/http.hpp"

namespace plumb {

/// An endpoint that speaks streamed chat completions (POST {base}/chat/completions). `client` must
/// outlive it. The key is read from the contestant's environment variable here. Code::config with a
/// sentence when that is missing, or when extra_body holds a key that is ours to set.
/// @param random  for the backoff's jitter; tests replace it
[[nodiscard]] Result<std::unique_ptr<Endpoint>> make_openai_chat(const Contestant& contestant,
                                                                 HttpClient& client,
                                                                 RandomUnit random = real_random());

}  // namespace plumb
