#include "plugins/endpoints/http_faults.hpp"

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/endpoint/retry.hpp"
#include "plugins/endpoints/server_error.hpp"

namespace plumb {
namespace {

constexpr std::size_t kMostSearched = 4096;

}  // namespace

Fault HttpFaults::reported(std::string_view error_event) const {
  const ServerError error = read_server_error(error_event, secrets_);
  const std::string_view said = error_event.substr(0, kMostSearched);
  return {.kind = Fault::Kind::stream_error,
          .status = error.code,
          .sentence = fmt::format("{} reported an error inside its stream: {}", server_,
                                  error.message.empty() ? "no message" : error.message),
          .deterministic = error.code >= 400 && !is_passing(error.code),
          .context_full = book_.says("context_full", said),
          .unparsed = book_.says("unparsed", said)};
}

Fault HttpFaults::not_the_protocol(const ResponseStream& stream) const {
  std::string what = "an empty body";
  if (stream.garbage()) {
    what = "something else: " + quotable(*stream.garbage(), secrets_);
  } else if (stream.body_too_large()) {
    what = "more than Plumbline reads of a response that is not streamed";
  } else if (!trimmed(stream.body()).empty()) {
    what = fmt::format("something else ({}): {}",
                       stream.content_type().empty() ? "no content type"
                                                     : quotable(stream.content_type(), secrets_),
                       quotable(stream.body(), secrets_));
  }
  return {.kind = Fault::Kind::not_a_stream,
          .status = 200,
          .sentence = fmt::format("{} answered {} with {}", server_, noun_, what)};
}

Fault HttpFaults::refused(int status, std::string_view body, std::string_view location) const {
  const ServerError error = read_server_error(body, secrets_);
  std::string sentence = fmt::format("{} answered HTTP {}", server_, status);
  if (status >= 300 && status < 400) {
    const std::string place = quotable(redacted_url(location), secrets_);
    sentence += place.empty() ? " (redirects are not followed)"
                              : fmt::format(
                                    " and points to {} (redirects are not followed; if "
                                    "that is the right place, give it as the url)",
                                    place);
  }
  if (!error.message.empty()) sentence += ": " + error.message;
  const std::string_view said = body.substr(0, kMostSearched);
  return {.kind = Fault::Kind::http_status,
          .status = status,
          .sentence = std::move(sentence),
          .deterministic = status >= 400 && !is_passing(status),
          .context_full = status >= 400 && book_.says("context_full", said),
          // A refused request was not put to the model, so its words are about the history.
          .unparsed = status >= 500 && book_.says("unparsed", said),
          // With another status the same words tell of a model that will never be loaded.
          .loading = status == 503 && book_.says("loading", said)};
}

Fault HttpFaults::transport(const HttpOutcome& outcome, double idle_s, std::string_view url) const {
  const std::string asked = quotable(redacted_url(url), secrets_);
  const auto kind = outcome.any_byte ? Fault::Kind::broken : Fault::Kind::no_answer;
  const auto with = [&](Fault::Kind as, std::string sentence) {
    return Fault{.kind = as,
                 .status = outcome.status,
                 .sentence = std::move(sentence),
                 .any_byte = outcome.any_byte};
  };
  switch (outcome.end) {
    case HttpEnd::connect_failed:
      return with(
          Fault::Kind::connect,
          fmt::format("cannot reach {} ({}){}", asked, quotable(outcome.detail, secrets_),
                      outcome.untrusted ? "; its certificate cannot be verified: if you trust "
                                          "it all the same, add insecure=true to the contestant"
                                        : ""));
    case HttpEnd::idle_timeout:
      return with(kind, fmt::format("{} sent nothing for {}", asked, human_seconds(idle_s)));
    case HttpEnd::total_timeout:
      return with(kind, fmt::format("{} was not done within the total timeout", asked));
    case HttpEnd::cancelled:
      return with(Fault::Kind::cancelled, "stopped");
    case HttpEnd::sink_stopped:
    case HttpEnd::complete:
    case HttpEnd::broken:
      break;
  }
  return with(kind, fmt::format("the connection to {} broke {} ({})", asked,
                                outcome.any_byte ? "inside the answer" : "before an answer",
                                quotable(outcome.detail, secrets_)));
}

Fault HttpFaults::no_terminator(int status) const {
  return {.kind = Fault::Kind::broken,
          .status = status,
          .sentence = fmt::format("{} ended its stream without a terminator", server_)};
}

Fault HttpFaults::nothing_but_terminator(int status) const {
  return {.kind = Fault::Kind::broken,
          .status = status,
          .sentence = fmt::format("{} ended its stream without a token, a finish reason or usage",
                                  server_)};
}

Fault HttpFaults::nothing_but_comments(int status, double patience_s) const {
  return {.kind = Fault::Kind::broken,
          .status = status,
          .sentence = fmt::format("{} sent nothing but comments for {}", server_,
                                  human_seconds(patience_s))};
}

Fault HttpFaults::lacks(std::string_view route, std::string_view what, int status,
                        std::string_view body) const {
  return {.kind = Fault::Kind::not_a_stream,
          .status = status,
          .sentence = fmt::format("{} answered {} without {}: {}", server_, route, what,
                                  quotable(body, secrets_)),
          .any_byte = true};
}

Fault HttpFaults::no_list_of_models(int status, std::string_view body) const {
  return {.kind = Fault::Kind::not_a_stream,
          .status = status,
          .sentence =
              fmt::format("{}/models is no list of models: {}", server_, quotable(body, secrets_)),
          .any_byte = true};
}

}  // namespace plumb
