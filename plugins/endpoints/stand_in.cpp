#include "plugins/endpoints/stand_in.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "core/base/clock.hpp"
#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "plugins/endpoints/stand_in_broken.hpp"
#include "plugins/endpoints/stand_in_discovery.hpp"
#include "plugins/endpoints/stand_in_encoder.hpp"
#include "plugins/endpoints/stand_in_ledger.hpp"
#include "plugins/endpoints/stand_in_listener.hpp"
#include "plugins/endpoints/stand_in_obedience.hpp"
#include "plugins/endpoints/stand_in_raw.hpp"
#include "plugins/endpoints/stand_in_refusal.hpp"
#include "plugins/endpoints/stand_in_reply.hpp"

namespace plumb {
namespace {

constexpr const char* kJsonType = "application/json";
constexpr const char* kStreamType = "text/event-stream; charset=utf-8";
constexpr std::size_t kMaxBody = std::size_t{64} << 20;
/// Connections beyond the streams: clients that keep one open without a request.
constexpr int kSpareConnections = 16;
/// A stream without a pace carries several tokens in a chunk, as a server does that speculates.
constexpr std::size_t kTokensPerUnpacedChunk = 16;
/// Nothing is said at greater length: a paced stream is held in memory token by token.
constexpr std::int64_t kLongestAnswer = 1 << 18;
constexpr Duration kSlowStart = std::chrono::seconds(2);

void show(httplib::Response& response, const StandInPage& page) {
  response.status = page.status;
  response.set_content(page.body, page.type);
}

}  // namespace

class StandInServer::Impl {
 public:
  Impl(StandInOptions options, const std::vector<std::shared_ptr<const Task>>& tasks)
      : options_(std::move(options)), started_(real_clock().now()), ledger_(options_) {
    for (const auto& task : tasks) tasks_[task->name] = task;
  }

  Status listen(int port, int max_streams) {
    listener_.set_payload_max_length(kMaxBody);
    const auto handle = [this](const httplib::Request& request, httplib::Response& response) {
      answer(request, response);
    };
    listener_.Get(".*", handle);
    listener_.Post(".*", handle);
    listener_.set_error_handler(
        [this](const httplib::Request& request, httplib::Response& response) {
          // A handler's own status comes through here, too.
          if (!response.body.empty() || response.has_header("Location")) return;
          const int status = response.status;
          refuse(response, StandInProtocol::chat,
                 {status == 404 ? StandInComplaint::no_route : StandInComplaint::bad_request,
                  unanswered(request)});
          response.status = status;
        });
    listener_.set_exception_handler(
        [this](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
          refuse(response, StandInProtocol::chat,
                 {StandInComplaint::server_error, "the stand-in ran into a bug or out of memory"});
        });
    PLUMB_TRY(port_, listener_.listen_on(port, max_streams + kSpareConnections));
    return {};
  }

  [[nodiscard]] int port() const { return port_; }

 private:
  /// All that is known of a request once it will be answered.
  struct Job {
    StandInProtocol protocol = StandInProtocol::chat;
    StandInReply reply;
    StandInHead head;
    Instant arrived;
    Duration until_first_token{};
    bool breaks_off = false;    ///< in the middle, without a word
    std::string error_at_half;  ///< the bytes of an error in the middle
  };

  static std::string unanswered(const httplib::Request& request) {
    return fmt::format("the stand-in cannot answer {} {}", shortened(request.method, 20),
                       shortened(valid_utf8(request.path), 80));
  }

  void refuse(httplib::Response& response, StandInProtocol protocol,
              const StandInRefusal& refusal) const {
    const StandInError error = encode_refusal(options_.flavour, protocol, refusal);
    response.status = error.status;
    response.set_content(error.body, error.type);
  }
  void refuse(httplib::Response& response, const Error& error,
              StandInProtocol protocol = StandInProtocol::chat) const {
    refuse(response, protocol, {complaint_of(error), full_sentence(error)});
  }

  void answer(const httplib::Request& request, httplib::Response& response) {
    if (const char* name = stand_in_server_header(options_.flavour)) {
      response.set_header("Server", name);
    }
    std::string_view path = request.path;
    if (options_.flavour == StandInFlavour::openrouter && path.starts_with("/api/")) {
      path.remove_prefix(4);
    }
    const bool post = request.method == "POST";
    const auto route = post ? raw_route(options_.flavour, path) : StandInRawRoute::none;
    std::optional<StandInProtocol> protocol;
    if (post) protocol = protocol_of(path);
    if (real_clock().now() < after(started_, from_seconds(options_.load_s))) {
      return refuse(response, protocol.value_or(StandInProtocol::chat),
                    {StandInComplaint::loading, ""});
    }
    if (protocol) return answer_chat(*protocol, request, response);
    if (route != StandInRawRoute::none && !options_.raw) {
      return refuse(response, StandInProtocol::chat,
                    {StandInComplaint::no_route, unanswered(request)});
    }
    if (route == StandInRawRoute::completes) return answer_raw(request, response);
    if (route == StandInRawRoute::detokenizes) return detokenize(request, response);
    if (route == StandInRawRoute::renders) remember(request.body);
    const auto page =
        discovery_page(options_, !post, path, request.body, ledger_.figures(), created_);
    if (page) return show(response, *page);
    refuse(response, StandInProtocol::chat, {StandInComplaint::no_route, unanswered(request)});
  }

  void answer_chat(StandInProtocol protocol, const httplib::Request& request,
                   httplib::Response& response) {
    Job job{.protocol = protocol, .arrived = real_clock().now()};
    const bool in_trial = request.has_header(kTrialHeader);
    auto parsed = parse_stand_in_request(options_, protocol, request.body);
    if (!parsed) {
      const bool is_json = parse_json(request.body).has_value();
      return refuse(response, protocol,
                    {is_json ? StandInComplaint::bad_request : StandInComplaint::bad_json,
                     parsed.error().sentence});
    }
    const StandInFault fault = striking_fault(options_, *parsed, in_trial);
    if (answer_brokenly(fault, options_.flavour, protocol, listener_, response)) return;
    if (fault == StandInFault::deterministic_500) {
      return refuse(response, protocol,
                    {StandInComplaint::server_error,
                     "Failed to parse input at pos 0: the model's output has another shape"});
    }
    if (fault == StandInFault::history_refused) {
      return refuse(response, protocol,
                    {StandInComplaint::arguments, "a fault that was asked for: history_refused"});
    }

    std::string prompt = fitted_prompt(*parsed);
    const std::int64_t tokens = prompt_tokens(prompt, *parsed);
    if (const auto refusal = refusal_of(options_, *parsed, tokens)) {
      return refuse(response, protocol, *refusal);
    }
    const std::string header = request.get_header_value(kTrialHeader);
    const std::int64_t limit = limit_of(*parsed, tokens);
    auto written = write(in_trial, header, *parsed, fault, limit);
    if (!written) return refuse(response, written.error(), protocol);
    job.reply = finished_reply(options_, *parsed, std::move(*written), fault, limit,
                               in_trial ? fmt::format("{}\n{}", header, parsed->turn) : prompt);
    describe(job, *parsed, fault, tokens, prompt,
             sha256_hex(header + "\n" + request.body).substr(0, 32));
    job.breaks_off = fault == StandInFault::disconnect;
    if (fault == StandInFault::stream_error) {
      job.error_at_half = encode_error_in_stream(options_.flavour, protocol,
                                                 "a fault that was asked for: stream_error");
    }
    if (parsed->stream || job.breaks_off) return send_stream(response, std::move(job));
    send_whole(response, job, encode_whole(job.protocol, job.reply, job.head));
  }

  [[nodiscard]] std::int64_t limit_of(const StandInRequest& request, std::int64_t prompt) const {
    const std::int64_t room =
        std::clamp<std::int64_t>(options_.window() - prompt, 1, kLongestAnswer);
    return std::clamp<std::int64_t>(request.max_tokens.value_or(kLongestAnswer), 1, room);
  }

  /// What the model writes in answer to this request.
  Result<StandInReply> write(bool in_trial, const std::string& header,
                             const StandInRequest& request, StandInFault fault,
                             std::int64_t limit) {
    StandInReply reply;
    if (in_trial) {
      PLUMB_TRY(reply, reply_to_trial(header, request));
    } else {
      reply = obedient_reply(options_, request, limit);
    }
    return written_reply(options_, request, std::move(reply), fault, limit);
  }

  /// Completes a prompt without parsing what is written. The faults of the server have no part in
  /// it, but what the model does wrong has.
  void answer_raw(const httplib::Request& request, httplib::Response& response) {
    const bool in_trial = request.has_header(kTrialHeader);
    const std::string header = request.get_header_value(kTrialHeader);
    const auto raw = parse_raw_request(options_.flavour, request.body);
    if (!raw) return refuse(response, raw.error());
    const auto parsed = conversation_of(prompts_, *raw, options_);
    if (!parsed) return refuse(response, parsed.error());
    const std::int64_t tokens = prompt_tokens(raw->prompt, *parsed);
    const std::int64_t limit = limit_of(*parsed, tokens);
    const StandInFault fault = striking_fault(options_, *parsed, in_trial);
    const auto written = write(in_trial, header, *parsed, fault, limit);
    if (!written) return refuse(response, written.error());
    const StandInRawAnswer answer = raw_answer(*written, options_.leaked, limit);
    // What is sent here has its own shape; the reply is what the books need.
    Job job{.reply = {.finish = answer.finish, .hidden_tokens = answer.tokens},
            .arrived = real_clock().now()};
    describe(job, *parsed, StandInFault::none, tokens, raw->prompt,
             sha256_hex(header + "\n" + request.body).substr(0, 32));
    send_whole(response, job, encode_raw(*raw, answer, job.head));
  }

  void detokenize(const httplib::Request& request, httplib::Response& response) const {
    const auto page = detokenized(options_.flavour, request.body);
    if (!page) return refuse(response, page.error());
    response.set_content(*page, kJsonType);
  }

  /// Keeps the conversation behind a prompt that is about to be rendered.
  void remember(const std::string& body) {
    const auto parsed = parse_stand_in_request(options_, StandInProtocol::chat, body);
    if (parsed) prompts_.remember(render_stand_in_prompt(*parsed), body);
  }

  /// The prompt, cut at the front where this server cuts.
  std::string fitted_prompt(StandInRequest& request) const {
    std::string prompt = render_stand_in_prompt(request);
    if (options_.overflow != StandInOverflow::truncate) return prompt;
    const std::int64_t window = options_.window();
    if (prompt_tokens(prompt, request) < window) return prompt;
    // Some room is left for an answer.
    truncate_stand_in_prompt(request, window - std::clamp<std::int64_t>(window / 8, 1, 256));
    return render_stand_in_prompt(request);
  }

  void describe(Job& job, const StandInRequest& request, StandInFault fault, std::int64_t tokens,
                const std::string& prompt, std::string id) {
    const std::int64_t cached = ledger_.cached_tokens(prompt);
    const bool reports =
        options_.cache_report && (options_.cache || options_.flavour == StandInFlavour::llamacpp);
    Duration wait = from_seconds(options_.ttft_ms / 1e3);
    if (options_.prefill_tok_s > 0) {
      wait += from_seconds(static_cast<double>(tokens - cached) / options_.prefill_tok_s);
    }
    if (fault == StandInFault::slow_start && !warm_.exchange(true)) wait += kSlowStart;
    job.until_first_token = wait;
    job.head = {.flavour = options_.flavour,
                .fault = shape_of(fault),
                .id = std::move(id),
                .created = created_,
                .prompt_tokens = std::max<std::int64_t>(1, tokens),
                .cached_tokens = cached,
                .reports_cached = reports,
                .include_usage = request.include_usage,
                .continuous_usage = request.continuous_usage,
                .timings_per_token = request.timings_per_token,
                .prompt_ms = to_ms(wait),
                .token_ms = options_.tok_s > 0 ? 1e3 / options_.tok_s : 0.01,
                .tokens_per_chunk = options_.tok_s > 0 ? 1 : kTokensPerUnpacedChunk,
                .draft = options_.draft};
    // Only these two know the option.
    if (options_.flavour != StandInFlavour::vllm && options_.flavour != StandInFlavour::sglang &&
        options_.flavour != StandInFlavour::mistral_strict) {
      job.head.continuous_usage = false;
    }
  }

  /// A null that the model wrote is a text like any other.
  [[nodiscard]] StandInFault shape_of(StandInFault fault) const {
    const bool by_model = options_.blame == StandInBlame::model;
    return fault == StandInFault::args_null && by_model ? StandInFault::none : fault;
  }

  Result<StandInReply> reply_to_trial(const std::string& header, const StandInRequest& request) {
    PLUMB_TRY(const StandInTrial trial, parse_stand_in_trial(header));
    const auto task = tasks_.find(trial.task);
    if (task == tasks_.end()) {
      return fail(Code::not_found, fmt::format("the stand-in has no task '{}'", trial.task));
    }
    return reply_in_trial(options_, trial, *task->second, request);
  }

  /// When the token with this number (from 0) is due.
  [[nodiscard]] Instant due(Instant first_token, std::int64_t token) const {
    if (options_.tok_s <= 0 || token <= 0) return first_token;
    return after(first_token, from_seconds(static_cast<double>(token) / options_.tok_s));
  }

  void send_whole(httplib::Response& response, const Job& job, const std::string& content) {
    const StandInConnection& connection = listener_.connection_here();
    const auto seat = ledger_.take_seat(connection);
    if (seat) {
      const Instant first_token = after(real_clock().now(), job.until_first_token);
      if (connection.wait_until(first_token)) {
        seat->read_prompt(job.head.prompt_tokens, job.head.cached_tokens);
        const std::int64_t tokens = completion_tokens(job.reply);
        seat->generate(1);
        if (connection.wait_until(due(first_token, tokens))) {
          seat->generate(tokens - 1);
          seat->finish(job.reply.finish);
          response.set_content(content, kJsonType);
          return;
        }
      }
    }
    refuse(response, job.protocol, {StandInComplaint::overloaded, "the stand-in stops"});
  }

  void send_stream(httplib::Response& response, Job job) {
    auto frames = encode_stream(job.protocol, job.reply, job.head);
    if (job.breaks_off || !job.error_at_half.empty()) cut_stream(frames);
    if (!job.error_at_half.empty()) {
      const std::int64_t tokens = frames.empty() ? 0 : frames.back().tokens_before;
      frames.push_back({tokens, job.error_at_half});
    }
    response.set_chunked_content_provider(
        kStreamType,
        [this, frames = std::move(frames), job = std::move(job)](
            std::size_t, httplib::DataSink& sink) { return stream(frames, job, sink); });
  }

  /// Sends frames at the instants at which they are due. False drops the connection.
  bool stream(const std::vector<StandInFrame>& frames, const Job& job, httplib::DataSink& sink) {
    const StandInConnection& connection = listener_.connection_here();
    const auto seat = ledger_.take_seat(connection);
    if (!seat) return false;
    const Instant first_token =
        after(options_.slots > 0 ? real_clock().now() : job.arrived, job.until_first_token);
    if (!connection.wait_until(first_token)) return false;
    seat->read_prompt(job.head.prompt_tokens, job.head.cached_tokens);
    const std::int64_t all = completion_tokens(job.reply);
    std::int64_t generated = 0;
    for (std::size_t i = 0; i < frames.size();) {
      const Instant at = due(first_token, frames[i].tokens_before);
      if (!connection.wait_until(at)) return false;
      std::string bytes;
      while (i < frames.size() && due(first_token, frames[i].tokens_before) <= at) {
        bytes += frames[i++].bytes;
      }
      if (!write(sink, bytes)) return false;
      const std::int64_t now =
          std::clamp(i < frames.size() ? frames[i].tokens_before : all, generated, all);
      seat->generate(now - generated);
      generated = now;
    }
    if (job.breaks_off) return false;
    seat->finish(job.reply.finish);
    sink.done();
    return true;
  }

  [[nodiscard]] bool write(httplib::DataSink& sink, const std::string& bytes) const {
    if (options_.fault != StandInFault::cut_utf8) return sink.write(bytes.data(), bytes.size());
    return std::ranges::all_of(cut_inside_characters(bytes), [&](const std::string& piece) {
      return sink.write(piece.data(), piece.size());
    });
  }

  const StandInOptions options_;
  const Instant started_;
  const std::int64_t created_ = real_clock().unix_ms() / 1000;
  std::map<std::string, std::shared_ptr<const Task>> tasks_;
  std::atomic<bool> warm_ = false;  ///< the first answer has been given
  StandInLedger ledger_;
  StandInPrompts prompts_;
  int port_ = 0;
  StandInListener listener_;  ///< last: its threads use all of the above
};

Result<std::unique_ptr<StandInServer>> StandInServer::start(
    StandInOptions options, const std::vector<std::shared_ptr<const Task>>& tasks, int port,
    int max_streams) {
  try {
    auto impl = std::make_unique<Impl>(std::move(options), tasks);
    PLUMB_CHECK(impl->listen(port, max_streams));
    return std::make_unique<StandInServer>(std::move(impl));
  } catch (const std::system_error& error) {
    return fail(Code::io, fmt::format("a stand-in could not be started: {}", error.what()));
  }
}

StandInServer::StandInServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StandInServer::~StandInServer() = default;

std::string StandInServer::url() const {
  return fmt::format("http://127.0.0.1:{}/v1", impl_->port());
}

}  // namespace plumb
