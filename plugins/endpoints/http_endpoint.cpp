#include "plugins/endpoints/http_endpoint.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>

#include <fmt/format.h>

#include "core/base/secrets.hpp"
#include "core/base/text.hpp"
#include "plugins/endpoints/anthropic.hpp"
#include "plugins/endpoints/base_url.hpp"
#include "plugins/endpoints/http_faults.hpp"
#include "plugins/endpoints/openai_chat.hpp"
#include "plugins/endpoints/openai_responses.hpp"
#include "plugins/endpoints/protocol.hpp"
#include "plugins/endpoints/raw_completion.hpp"
#include "plugins/endpoints/request_parts.hpp"
#include "plugins/endpoints/response_stream.hpp"
#include "plugins/endpoints/server_error.hpp"

namespace plumb {
namespace {

/// After its terminator a stream ends at once; a server that keeps the connection open instead is
/// left.
constexpr Duration kAfterTerminator = std::chrono::milliseconds(200);
/// Comments are a server's way to say that it is still at work, for instance on a long prompt, so
/// they count as life: but for so many idle timeouts only, since a server that hangs goes on
/// commenting for ever (llama_cpp.server 0.3.36 does).
constexpr int kCommentsPatience = 5;
constexpr const char* kTrial = "X-Plumbline-Trial";
constexpr const char* kCutOff = "cut off: the trial's time was used up";
/// The tokens of a long conversation, as JSON.
constexpr std::size_t kMaxRawBody = std::size_t{32} << 20;
constexpr std::size_t kLeastSecret = 8;
constexpr std::size_t kLeastSecretOfWords =
    16;  ///< a header's shorter value may be an ordinary word

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
  std::string body_;
  std::string type_;
  Headers headers_;
};

/// Tells of one attempt's begin and end.
class OnTheWay {
 public:
  explicit OnTheWay(const std::function<void(bool begins)>& on_attempt) : on_attempt_(on_attempt) {
    if (on_attempt_) on_attempt_(true);
  }
  OnTheWay(const OnTheWay&) = delete;
  OnTheWay& operator=(const OnTheWay&) = delete;
  ~OnTheWay() {
    if (on_attempt_) on_attempt_(false);
  }

 private:
  const std::function<void(bool begins)>& on_attempt_;
};

class HttpEndpoint final : public Endpoint {
 public:
  HttpEndpoint(Contestant contestant, const Protocol& protocol, HttpClient& client,
               const ServerBook& book, RandomUnit random, const std::string& key)
      : contestant_(std::move(contestant)),
        protocol_(protocol),
        client_(client),
        url_(contestant_.url),
        book_(book),
        headers_(contestant_.headers),
        faults_(url_.shown(), protocol.noun(), secrets_of(contestant_, key), book) {
    policy_.attempts = contestant_.attempts;
    policy_.random = std::move(random);
    add_header("Content-Type", "application/json");
    add_header("Accept", "text/event-stream, application/json");
    add_header("User-Agent", "plumbline");
    for (const auto& [name, value] : protocol.headers(key)) add_header(name, value);
    if (key.size() >= kLeastSecret) keys_.push_back(key);
    for (const auto& [name, value] : contestant_.headers) {
      if (value.size() >= kLeastSecretOfWords) keys_.push_back(value);
    }
  }

  ChatReply chat(const ChatRequest& request, Waiter& waiter) override {
    const std::string body = protocol_.body(contestant_, request);
    RetryPolicy policy = policy_;
    policy.attempts = request.attempts.value_or(policy.attempts);
    policy.loading_patience = request.loading_patience;
    return with_retries(policy, waiter, [&] {
      const OnTheWay told(request.on_attempt);
      return attempt(request, body, waiter);
    });
  }

  std::expected<std::optional<RawCompletion>, Fault> complete_raw(const ChatRequest& request,
                                                                  Waiter& waiter) override;
  std::expected<std::vector<ServedModel>, Fault> models(Waiter& waiter) override;
  std::expected<PlainReply, Fault> fetch(const PlainRequest& request, Waiter& waiter) override;
  std::string without_secrets(std::string text) const override {
    blot(text, keys_);
    return text;
  }

 private:
  static std::vector<std::string> secrets_of(const Contestant& contestant, const std::string& key) {
    std::vector<std::string> secrets;
    if (!key.empty()) secrets.push_back(key);
    for (const auto& [name, value] : contestant.headers) {
      // A short value is no secret, and blotting it out would eat ordinary words.
      if (value.size() >= kLeastSecret) secrets.push_back(value);
    }
    return secrets;
  }
  /// What the user set holds.
  void add_header(const std::string& name, const std::string& value) {
    const auto same = [&](const auto& header) { return lower(header.first) == lower(name); };
    if (std::ranges::none_of(headers_, same)) headers_.emplace_back(name, value);
  }
  [[nodiscard]] HttpRequest http_request(std::string url) const {
    return {.url = std::move(url),
            .headers = headers_,
            .idle_timeout = from_seconds(contestant_.idle_timeout_s),
            .total_timeout = from_seconds(contestant_.total_timeout_s),
            .insecure = contestant_.insecure};
  }
  [[nodiscard]] RequestAttempt attempt(const ChatRequest& request, const std::string& body,
                                       Waiter& waiter) const;
  [[nodiscard]] std::expected<PlainReply, Fault> exchange(HttpRequest http, std::size_t max_bytes,
                                                          Instant until, Waiter& waiter) const;
  [[nodiscard]] std::expected<ChatResponse, Fault> judged(ResponseStream& stream,
                                                          const ChatRequest& request,
                                                          const HttpOutcome& outcome) const;
  [[nodiscard]] ChatResponse taken(ResponseStream& stream, const ChatRequest& request,
                                   const HttpOutcome& outcome) const;

  Contestant contestant_;
  const Protocol& protocol_;
  HttpClient& client_;
  BaseUrl url_;
  const ServerBook& book_;
  Headers headers_;
  HttpFaults faults_;
  std::vector<std::string> keys_;  ///< blotted out of what a model says, too
  RetryPolicy policy_;
};

ChatResponse HttpEndpoint::taken(ResponseStream& stream, const ChatRequest& request,
                                 const HttpOutcome& outcome) const {
  ChatResponse response = stream.assembler().take(protocol_.max_tokens(contestant_, request));
  // A server may have its model say the key; what is said is kept, so the key is not.
  blot(response.message.text, keys_);
  blot(response.message.reasoning, keys_);
  blot(response.message.sealed_reasoning, keys_);
  blot(response.finish_as_sent, keys_);
  blot(response.model_as_served, keys_);
  for (ToolCall& call : response.message.calls) {
    for (std::string* said : {&call.id, &call.name, &call.arguments}) blot(*said, keys_);
  }
  response.times.sent = outcome.sent;
  response.times.ended = outcome.ended;
  return response;
}

RequestAttempt HttpEndpoint::attempt(const ChatRequest& request, const std::string& body,
                                     Waiter& waiter) const {
  HttpRequest http = http_request(url_.below(protocol_.path()));
  http.body = body;
  // Silence is no sign of trouble where the answer comes all at once.
  if (!request.streamed) http.idle_timeout = http.total_timeout;
  if (!request.trial_header.empty()) {
    http.headers.emplace_back(kTrial, request.trial_header);
  }
  const Duration longest_silence = kCommentsPatience * from_seconds(contestant_.idle_timeout_s);
  ResponseStream stream(protocol_, waiter.wake(), kMaxStreamBytes, longest_silence);
  const Instant started = waiter.now();
  auto exchange = client_.start(std::move(http), stream, waiter.wake());
  const auto end = waiter.wait([&] { return exchange->done() || stream.terminated(); },
                               after(started, request.allowed));
  if (end == Waiter::End::ready && !exchange->done()) {
    (void)waiter.wait([&] { return exchange->done(); }, after(waiter.now(), kAfterTerminator));
  }
  HttpOutcome outcome{.sent = started};
  const bool over = exchange->done();  // once: it may become true at any moment
  if (over) outcome = exchange->outcome();
  exchange.reset();  // from here on the stream is ours alone
  outcome.any_byte |= stream.kind() != ResponseStream::Kind::none;
  if (!over) outcome.ended = stream.terminated() ? stream.last_byte() : waiter.now();

  RequestAttempt tried{.in_flight = outcome.ended - outcome.sent};
  if (end == Waiter::End::stopped || end == Waiter::End::deadline) {
    const bool cut = end == Waiter::End::deadline;
    tried.answer =
        std::unexpected(Fault{.kind = cut ? Fault::Kind::cut_off : Fault::Kind::cancelled,
                              .sentence = cut ? kCutOff : "stopped",
                              .any_byte = outcome.any_byte,
                              .any_token = stream.assembler().has_token()});
    if (cut) tried.answer.error().partial = taken(stream, request, outcome);
    return tried;
  }
  if (outcome.end == HttpEnd::complete) stream.finish();
  tried.answer = judged(stream, request, outcome);
  tried.fell_silent = outcome.end == HttpEnd::idle_timeout || stream.only_comments();
  tried.retry_after = parse_retry_after(stream.retry_after(), waiter.clock().unix_ms());
  if (!tried.answer) {
    tried.answer.error().any_byte = outcome.any_byte;
    tried.answer.error().any_token = stream.assembler().has_token();
    if (tried.answer.error().unparsed) {
      tried.answer.error().partial = taken(stream, request, outcome);
    }
  }
  return tried;
}

std::expected<ChatResponse, Fault> HttpEndpoint::judged(ResponseStream& stream,
                                                        const ChatRequest& request,
                                                        const HttpOutcome& outcome) const {
  if (outcome.status != 0 && (outcome.status < 200 || outcome.status > 299)) {
    return std::unexpected(faults_.refused(outcome.status, stream.body(), stream.location()));
  }
  if (stream.error_event()) return std::unexpected(faults_.reported(*stream.error_event()));
  if (stream.garbage()) return std::unexpected(faults_.not_the_protocol(stream));
  if (stream.only_comments()) {
    return std::unexpected(faults_.nothing_but_comments(
        outcome.status, kCommentsPatience * contestant_.idle_timeout_s));
  }
  if (stream.terminated() && !stream.saw_something()) {
    return std::unexpected(faults_.nothing_but_terminator(outcome.status));
  }
  if (stream.terminated() || stream.assembler().full()) return taken(stream, request, outcome);
  const bool html = stream.kind() == ResponseStream::Kind::other;
  if (html || stream.body_too_large()) return std::unexpected(faults_.not_the_protocol(stream));
  if (outcome.end != HttpEnd::complete) {
    return std::unexpected(
        faults_.transport(outcome, contestant_.idle_timeout_s, url_.below(protocol_.path())));
  }
  if (stream.kind() == ResponseStream::Kind::json && stream.saw_answer()) {
    return taken(stream, request, outcome);
  }
  if (stream.kind() == ResponseStream::Kind::stream && stream.saw_event()) {
    // Some servers never send the terminator. A finish reason followed by a proper end of the HTTP
    // response (its length or its last chunk arrived) cannot be a connection that broke, so the
    // answer is whole.
    if (stream.assembler().has_finish()) return taken(stream, request, outcome);
    return std::unexpected(faults_.no_terminator(outcome.status));
  }
  return std::unexpected(faults_.not_the_protocol(stream));
}

std::expected<PlainReply, Fault> HttpEndpoint::fetch(const PlainRequest& request, Waiter& waiter) {
  const bool whole = request.target.find("://") != std::string::npos;
  const std::string url = whole ? request.target : url_.plain(request.target);
  HttpRequest http = http_request(url);
  // A key is for the server that it was given for, and so is the trust in its certificate.
  if (!same_server(url, contestant_.url)) {
    http.headers.clear();
    http.insecure = false;
  }
  http.body = request.body;
  http.idle_timeout = std::min(http.idle_timeout, request.patience);
  http.total_timeout = std::min(http.total_timeout, 2 * request.patience);
  return exchange(std::move(http), request.max_bytes, kNever, waiter);
}

std::expected<PlainReply, Fault> HttpEndpoint::exchange(HttpRequest http, std::size_t max_bytes,
                                                        Instant until, Waiter& waiter) const {
  http.method = http.body.empty() ? "GET" : "POST";
  const std::string url = http.url;
  const double idle_s = to_seconds(http.idle_timeout);
  BodySink sink(max_bytes);
  auto exchange = client_.start(std::move(http), sink, waiter.wake());
  switch (waiter.wait([&] { return exchange->done(); }, until)) {
    case Waiter::End::ready:
      break;
    case Waiter::End::deadline:
      return std::unexpected(Fault{.kind = Fault::Kind::cut_off, .sentence = kCutOff});
    default:
      return std::unexpected(Fault{.kind = Fault::Kind::cancelled, .sentence = "stopped"});
  }
  const HttpOutcome outcome = exchange->outcome();
  if (outcome.end != HttpEnd::complete && outcome.end != HttpEnd::sink_stopped) {
    return std::unexpected(faults_.transport(outcome, idle_s, url));
  }
  return PlainReply{outcome.status, sink.type(), std::move(sink.body()), std::move(sink.headers())};
}

std::expected<std::optional<RawCompletion>, Fault> HttpEndpoint::complete_raw(
    const ChatRequest& request, Waiter& waiter) {
  const ServerKind* const kind = book_.find(contestant_.server);
  const bool pictures = std::ranges::any_of(
      request.messages, [](const Message& message) { return !message.images.empty(); });
  // A text has no place for pictures.
  if (kind == nullptr || kind->raw.empty() || pictures) return std::nullopt;
  const Instant until = after(waiter.now(), request.allowed);
  const auto ask = [&](const std::string& route, std::string body) {
    HttpRequest http = http_request(url_.plain(route));
    http.body = std::move(body);
    http.idle_timeout = http.total_timeout;
    if (!request.trial_header.empty()) http.headers.emplace_back(kTrial, request.trial_header);
    return exchange(std::move(http), kMaxRawBody, until, waiter);
  };
  const auto chat = parse_json(chat_protocol().body(contestant_, request));
  if (!chat) return std::nullopt;
  auto raw =
      go_raw_steps(kind->raw, *chat, protocol_.max_tokens(contestant_, request), ask, faults_);
  if (raw && *raw) {
    blot((*raw)->prompt, keys_);
    blot((*raw)->text, keys_);
  }
  return raw;
}

std::expected<std::vector<ServedModel>, Fault> HttpEndpoint::models(Waiter& waiter) {
  const auto reply = fetch({.target = "models"}, waiter);
  if (!reply) return std::unexpected(reply.error());
  if (reply->status < 200 || reply->status > 299) {
    const auto place = std::ranges::find(reply->headers, "location", &Headers::value_type::first);
    Fault fault = faults_.refused(reply->status, reply->body,
                                  place == reply->headers.end() ? "" : place->second);
    fault.any_byte = true;
    return std::unexpected(std::move(fault));
  }
  const auto list = parse_json(reply->body);
  const bool fine =
      list && list->is_object() && list->contains("data") && (*list)["data"].is_array();
  if (!fine) return std::unexpected(faults_.no_list_of_models(reply->status, reply->body));
  std::vector<ServedModel> served;
  for (const Json& one : (*list)["data"]) {
    const std::string id = json_or(one, "id", "");
    if (id.empty()) continue;
    served.push_back({.id = without_secrets(id)});
  }
  return served;
}

}  // namespace

const Protocol* find_protocol(std::string_view api) {
  if (api == "chat") return &chat_protocol();
  if (api == "responses") return &responses_protocol();
  if (api == "messages") return &messages_protocol();
  return nullptr;
}

Result<std::unique_ptr<Endpoint>> make_endpoint(const Contestant& contestant, HttpClient& client,
                                                const ServerBook& book, RandomUnit random) {
  if (const auto status = check_extra_body(contestant.extra_body); !status) {
    return fail(Code::config,
                fmt::format("contestant \"{}\": {}", contestant.name, status.error().sentence));
  }
  const Protocol* const protocol = find_protocol(contestant.api);
  if (protocol == nullptr) {
    return fail(Code::config, fmt::format("contestant \"{}\": there is no api \"{}\"; it is chat, "
                                          "responses or messages",
                                          contestant.name, printable(contestant.api)));
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
  return std::make_unique<HttpEndpoint>(contestant, *protocol, client, book, std::move(random),
                                        key);
}

}  // namespace plumb
