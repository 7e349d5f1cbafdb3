#include "plugins/endpoints/openai_chat.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "plugins/endpoints/openai_chat_error.hpp"
#include "plugins/endpoints/openai_chat_request.hpp"
#include "plugins/endpoints/openai_chat_stream.hpp"

namespace plumb {
namespace {

/// After its terminator a stream ends at once; a server that keeps the connection open instead is
/// left.
constexpr Duration kAfterTerminator = std::chrono::milliseconds(200);
constexpr std::size_t kLeastSecret = 8;
constexpr std::size_t kLeastSecretOfWords =
    16;  ///< a header's shorter value may be an ordinary word
constexpr std::size_t kMostQuotedError = 4096;

using Headers = std::vector<std::pair<std::string, std::string>>;

class BodySink final : public HttpSink {
 public:
  explicit BodySink(std::size_t most) : most_(most) {}
  void on_head(int, const Headers& headers) override {
    for (const auto& [name, value] : headers) {
      if (name == "content-type") type_ = lower(value);
    }
    headers_ = headers;
  }
  bool on_body(std::string_view bytes, Instant) override {
    body_ += bytes.substr(0, most_ - body_.size());
    return body_.size() < most_;
  }
  [[nodiscard]] std::string& body() { return body_; }
  [[nodiscard]] const std::string& type() const { return type_; }
  [[nodiscard]] Headers& headers() { return headers_; }

 private:
  std::size_t most_;
  Headers headers_;
  std::string body_;
  std::string type_;
};

class OpenAiChat final : public Endpoint {
 public:
  OpenAiChat(Contestant contestant, HttpClient& client, RandomUnit random, const std::string& key)
      : contestant_(std::move(contestant)),
        client_(client),
        urls_(chat_urls(contestant_.url)),
        headers_(contestant_.headers) {
    policy_.attempts = contestant_.attempts;
    policy_.random = std::move(random);
    const auto add = [this](const char* name, const std::string& value) {
      const auto same = [name](const auto& header) { return lower(header.first) == lower(name); };
      if (std::ranges::none_of(headers_, same)) headers_.emplace_back(name, value);
    };
    add("Content-Type", "application/json");
    add("Accept", "text/event-stream, application/json");
    add("User-Agent", "plumbline");
    if (!key.empty()) add("Authorization", "Bearer " + key);
    if (!key.empty()) secrets_.push_back(key);
    if (key.size() >= kLeastSecret) keys_.push_back(key);
    for (const auto& [name, value] : contestant_.headers) {
      // A short value is no secret, and blotting it out would eat ordinary words.
      if (value.size() >= kLeastSecret) secrets_.push_back(value);
      if (value.size() >= kLeastSecretOfWords) keys_.push_back(value);
    }
  }

  ChatReply chat(const ChatRequest& request, Waiter& waiter) override {
    const std::string body = chat_body(contestant_, request);
    return with_retries(policy_, waiter, [&] { return attempt(request, body, waiter); });
  }

  std::expected<std::vector<ServedModel>, Fault> models(Waiter& waiter) override;
  std::expected<PlainReply, Fault> fetch(const PlainRequest& request, Waiter& waiter) override;

 private:
  [[nodiscard]] HttpRequest http_request(std::string url) const {
    return {.url = std::move(url),
            .headers = headers_,
            .idle_timeout = from_seconds(contestant_.idle_timeout_s),
            .total_timeout = from_seconds(contestant_.total_timeout_s)};
  }
  [[nodiscard]] RequestAttempt attempt(const ChatRequest& request, const std::string& body,
                                       Waiter& waiter) const;
  [[nodiscard]] std::expected<ChatResponse, Fault> judged(ChatStream& stream,
                                                          const HttpOutcome& outcome) const;
  [[nodiscard]] Fault reported(ChatStream& stream) const;
  [[nodiscard]] Fault not_the_protocol(ChatStream& stream) const;
  [[nodiscard]] Fault transport(const HttpOutcome& outcome, double idle_s) const;
  [[nodiscard]] Fault refused(int status, std::string_view body) const;
  [[nodiscard]] ChatResponse taken(ChatStream& stream, const HttpOutcome& outcome) const {
    ChatResponse response = stream.assembler().take(max_tokens_asked(contestant_));
    // A server may have its model say the key; what is said is kept, so the key is not.
    blot(response.message.text, keys_);
    blot(response.message.reasoning, keys_);
    for (ToolCall& call : response.message.calls) blot(call.arguments, keys_);
    response.times.sent = outcome.sent;
    response.times.ended = outcome.ended;
    return response;
  }

  Contestant contestant_;
  HttpClient& client_;
  ChatUrls urls_;
  Headers headers_;
  std::vector<std::string> secrets_;  ///< blotted out of what a server says about itself
  std::vector<std::string> keys_;     ///< blotted out of what a model says, too
  RetryPolicy policy_;
};

RequestAttempt OpenAiChat::attempt(const ChatRequest& request, const std::string& body,
                                   Waiter& waiter) const {
  HttpRequest http = http_request(urls_.chat);
  http.body = body;
  if (!request.trial_header.empty()) {
    http.headers.emplace_back("X-Plumbline-Trial", request.trial_header);
  }
  ChatStream stream(waiter.wake());
  const Instant started = waiter.now();
  auto exchange = client_.start(std::move(http), stream, waiter.wake());
  const auto end = waiter.wait([&] { return exchange->done() || stream.terminated(); },
                               after(started, request.allowed));
  if (end == Waiter::End::ready && !exchange->done()) {
    (void)waiter.wait([&] { return exchange->done(); }, after(waiter.now(), kAfterTerminator));
  }
  HttpOutcome outcome{.sent = started};
  if (exchange->done()) outcome = exchange->outcome();
  const bool over = exchange->done();
  exchange.reset();  // from here on the stream is ours alone
  outcome.any_byte |= stream.kind() != ChatStream::Kind::none;
  if (!over) outcome.ended = stream.terminated() ? stream.last_byte() : waiter.now();

  RequestAttempt tried{.in_flight = outcome.ended - outcome.sent};
  if (end == Waiter::End::stopped || end == Waiter::End::deadline) {
    const bool cut = end == Waiter::End::deadline;
    tried.answer =
        std::unexpected(Fault{.kind = cut ? Fault::Kind::cut_off : Fault::Kind::cancelled,
                              .sentence = cut ? "cut off: the trial's time was used up" : "stopped",
                              .any_byte = outcome.any_byte,
                              .any_token = stream.assembler().has_token()});
    if (cut) tried.answer.error().partial = taken(stream, outcome);
    return tried;
  }
  if (outcome.end == HttpEnd::complete) stream.finish();
  tried.answer = judged(stream, outcome);
  tried.fell_silent = outcome.end == HttpEnd::idle_timeout;
  tried.retry_after = parse_retry_after(stream.retry_after(), waiter.clock().unix_ms());
  if (!tried.answer) {
    tried.answer.error().any_byte = outcome.any_byte;
    tried.answer.error().any_token = stream.assembler().has_token();
  }
  return tried;
}

std::expected<ChatResponse, Fault> OpenAiChat::judged(ChatStream& stream,
                                                      const HttpOutcome& outcome) const {
  if (outcome.status != 0 && (outcome.status < 200 || outcome.status > 299)) {
    return std::unexpected(refused(outcome.status, stream.body()));
  }
  if (stream.error_event()) return std::unexpected(reported(stream));
  if (stream.garbage()) return std::unexpected(not_the_protocol(stream));
  if (stream.terminated() || stream.assembler().full()) return taken(stream, outcome);
  const bool html = stream.kind() == ChatStream::Kind::other;
  if (html || stream.body_too_large()) return std::unexpected(not_the_protocol(stream));
  if (outcome.end != HttpEnd::complete) {
    return std::unexpected(transport(outcome, contestant_.idle_timeout_s));
  }
  if (stream.kind() == ChatStream::Kind::json && stream.saw_choice()) return taken(stream, outcome);
  if (stream.kind() == ChatStream::Kind::stream && stream.saw_event()) {
    // Some servers never send the terminator. A finish reason followed by a proper end of the HTTP
    // response (its length or its last chunk arrived) cannot be a connection that broke, so the
    // answer is whole.
    if (stream.assembler().has_finish()) return taken(stream, outcome);
    return std::unexpected(
        Fault{.kind = Fault::Kind::broken,
              .status = outcome.status,
              .sentence = fmt::format("{} ended its stream without a terminator", urls_.shown)});
  }
  return std::unexpected(not_the_protocol(stream));
}

/// An error inside a stream that began with status 200.
Fault OpenAiChat::reported(ChatStream& stream) const {
  const ServerError error = read_server_error(*stream.error_event(), secrets_);
  const bool passing = error.code == 408 || error.code == 429 || error.code >= 500;
  return {.kind = Fault::Kind::stream_error,
          .status = error.code,
          .sentence = fmt::format("{} reported an error inside its stream: {}", urls_.shown,
                                  error.message.empty() ? "no message" : error.message),
          .deterministic = error.code >= 400 && !passing,
          .context_full = says_context_full(error.message)};
}

Fault OpenAiChat::not_the_protocol(ChatStream& stream) const {
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
          .sentence = fmt::format("{} answered a chat completion with {}", urls_.shown, what)};
}

Fault OpenAiChat::refused(int status, std::string_view body) const {
  const ServerError error = read_server_error(body, secrets_);
  std::string sentence = fmt::format("{} answered HTTP {}", urls_.shown, status);
  if (status >= 300 && status < 400) sentence += " (redirects are not followed)";
  if (!error.message.empty()) sentence += ": " + error.message;
  return {.kind = Fault::Kind::http_status,
          .status = status,
          .sentence = std::move(sentence),
          .deterministic = status >= 400 && status < 500 && status != 408 && status != 429,
          .context_full = status == 400 && says_context_full(body.substr(0, kMostQuotedError))};
}

Fault OpenAiChat::transport(const HttpOutcome& outcome, double idle_s) const {
  const auto kind = outcome.any_byte ? Fault::Kind::broken : Fault::Kind::no_answer;
  const Fault fault{.kind = kind, .status = outcome.status, .any_byte = outcome.any_byte};
  const auto with = [&](Fault::Kind as, std::string sentence) {
    Fault one = fault;
    one.kind = as;
    one.sentence = std::move(sentence);
    return one;
  };
  switch (outcome.end) {
    case HttpEnd::connect_failed:
      return with(Fault::Kind::connect, fmt::format("cannot reach {} ({})", urls_.shown,
                                                    quotable(outcome.detail, secrets_)));
    case HttpEnd::idle_timeout:
      return with(kind, fmt::format("{} sent nothing for {}", urls_.shown, human_seconds(idle_s)));
    case HttpEnd::total_timeout:
      return with(kind, fmt::format("{} was not done within the total timeout", urls_.shown));
    case HttpEnd::cancelled:
      return with(Fault::Kind::cancelled, "stopped");
    case HttpEnd::sink_stopped:
    case HttpEnd::complete:
    case HttpEnd::broken:
      break;
  }
  return with(kind, fmt::format("the connection to {} broke {} ({})", urls_.shown,
                                outcome.any_byte ? "inside the answer" : "before an answer",
                                quotable(outcome.detail, secrets_)));
}

std::expected<PlainReply, Fault> OpenAiChat::fetch(const PlainRequest& request, Waiter& waiter) {
  const bool whole = request.target.find("://") != std::string::npos;
  const std::string url = whole ? request.target : plain_url(contestant_.url, request.target);
  HttpRequest http = http_request(url);
  // A key is for the server that it was given for.
  if (!same_server(url, contestant_.url)) http.headers.clear();
  http.method = request.body.empty() ? "GET" : "POST";
  http.body = request.body;
  http.idle_timeout = std::min(http.idle_timeout, request.patience);
  http.total_timeout = std::min(http.total_timeout, 2 * request.patience);
  const double idle_s = to_seconds(http.idle_timeout);
  BodySink sink(request.max_bytes);
  auto exchange = client_.start(std::move(http), sink, waiter.wake());
  if (waiter.wait([&] { return exchange->done(); }, kNever) != Waiter::End::ready) {
    return std::unexpected(Fault{.kind = Fault::Kind::cancelled, .sentence = "stopped"});
  }
  const HttpOutcome outcome = exchange->outcome();
  if (outcome.end != HttpEnd::complete && outcome.end != HttpEnd::sink_stopped) {
    return std::unexpected(transport(outcome, idle_s));
  }
  blot(sink.body(), secrets_);
  for (auto& [name, value] : sink.headers()) blot(value, secrets_);
  return PlainReply{outcome.status, sink.type(), std::move(sink.body()), std::move(sink.headers())};
}

std::expected<std::vector<ServedModel>, Fault> OpenAiChat::models(Waiter& waiter) {
  const auto reply = fetch({.target = "models"}, waiter);
  if (!reply) return std::unexpected(reply.error());
  if (reply->status < 200 || reply->status > 299) {
    Fault fault = refused(reply->status, reply->body);
    fault.any_byte = true;
    return std::unexpected(std::move(fault));
  }
  const auto list = parse_json(reply->body);
  const bool fine =
      list && list->is_object() && list->contains("data") && (*list)["data"].is_array();
  if (!fine) {
    return std::unexpected(
        Fault{.kind = Fault::Kind::not_a_stream,
              .status = reply->status,
              .sentence = fmt::format("{}/models is no list of models: {}", urls_.shown,
                                      quotable(reply->body, secrets_)),
              .any_byte = true});
  }
  std::vector<ServedModel> served;
  for (const Json& one : (*list)["data"]) {
    const std::string id = json_or(one, "id", "");
    if (id.empty()) continue;
    ServedModel model{.id = id};
    const auto context = json_or<std::int64_t>(one, "max_model_len", 0);
    if (context > 0) model.context = context;
    served.push_back(std::move(model));
  }
  return served;
}

}  // namespace

Result<std::unique_ptr<Endpoint>> make_openai_chat(const Contestant& contestant, HttpClient& client,
                                                   RandomUnit random) {
  if (const auto status = check_extra_body(contestant.extra_body); !status) {
    return fail(Code::config,
                fmt::format("contestant \"{}\": {}", contestant.name, status.error().sentence));
  }
  std::string key;
  if (!contestant.key_env.empty()) {
    const char* const value = std::getenv(contestant.key_env.c_str());
    key = value == nullptr ? "" : std::string(trimmed(value));
    const bool one_line = std::ranges::none_of(
        key, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
    if (key.empty() || !one_line) {
      return fail(
          Code::config,
          fmt::format("contestant \"{}\": the environment variable {} must hold its key and "
                      "{}; set it, or leave key_env out",
                      contestant.name, printable(contestant.key_env),
                      key.empty() ? "is not set" : "holds more than one line"));
    }
  }
  return std::make_unique<OpenAiChat>(contestant, client, std::move(random), key);
}

}  // namespace plumb
