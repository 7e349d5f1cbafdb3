// plugins/endpoints: the protocols in which models are served, each behind core/endpoint's
// Endpoint.
#pragma once

#include <memory>

#include "core/base/result.hpp"
#include "core/endpoint/contestant.hpp"
#include "core/endpoint/endpoint.hpp"
#include "core/endpoint/retry.hpp"
#include "core/endpoint/server_book.hpp"
#include "core/wire/http.hpp"

namespace plumb {

/// An endpoint over HTTP that speaks the protocol which the contestant names. `client` and `book`
/// must outlive it. The key is read from the contestant's environment variable here. Code::config
/// with a sentence when that is missing, when there is no such protocol, or when extra_body holds a
/// key that is ours to set.
/// @param book    tells what error messages of servers mean
/// @param random  for the backoff's jitter; tests replace it
[[nodiscard]] Result<std::unique_ptr<Endpoint>> make_endpoint(const Contestant& contestant,
                                                              HttpClient& client,
                                                              const ServerBook& book,
                                                              RandomUnit random = real_random());

}  // namespace plumb
