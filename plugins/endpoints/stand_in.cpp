#include "plugins/endpoints/stand_in.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "core/base/clock.hpp"
#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "plugins/endpoints/stand_in_encoder.hpp"
#include "plugins/endpoints/stand_in_listener.hpp"
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

int status_of(const Error& error) {
  switch (error.code) {
    case Code::protocol:
    case Code::limit:
      return 400;
    case Code::not_found:
      return 404;
    default:
      return 500;
  }
}

void refuse(httplib::Response& response, int status, const std::string& sentence) {
  response.status = status;
  response.set_content(encode_error(status, sentence), kJsonType);
}

/// A stream that has the beginning of an answer and not its end.
void cut_after_some_tokens(std::vector<StandInFrame>& frames) {
  // The first frame is the role; the last two or three hold no token.
  frames.resize(std::min(frames.size(), 1 + std::max<std::size_t>(1, (frames.size() - 3) / 2)));
}

}  // namespace

class StandInServer::Impl {
 public:
  Impl(StandInOptions options, const std::vector<std::shared_ptr<const Task>>& tasks)
      : options_(std::move(options)), created_(real_clock().unix_ms() / 1000) {
    for (const auto& task : tasks) tasks_[task->name] = task;
  }

  Status listen(int port, int max_streams) {
    listener_.set_payload_max_length(kMaxBody);
    listener_.Get("/v1/models", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(encode_models(created_), kJsonType);
    });
    listener_.Post("/v1/chat/completions",
                   [this](const httplib::Request& request, httplib::Response& response) {
                     answer_chat(request, response);
                   });
    listener_.set_error_handler([](const httplib::Request& request, httplib::Response& response) {
      if (!response.body.empty()) return;
      refuse(response, response.status,
             fmt::format("the stand-in cannot answer {} {}", shortened(request.method, 20),
                         shortened(valid_utf8(request.path), 80)));
    });
    listener_.set_exception_handler(
        [](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
          refuse(response, 500, "the stand-in ran into a bug or out of memory");
        });
    PLUMB_TRY(port_, listener_.listen_on(port, max_streams + kSpareConnections));
    return {};
  }

  [[nodiscard]] int port() const { return port_; }

 private:
  void answer_chat(const httplib::Request& request, httplib::Response& response) {
    const Instant arrived = real_clock().now();
    const auto parsed = parse_stand_in_request(request.body);
    if (!parsed) return refuse(response, status_of(parsed.error()), parsed.error().sentence);
    const bool in_trial = request.has_header(kTrialHeader);
    if (answer_fault(in_trial, response)) return;

    const std::string header = request.get_header_value(kTrialHeader);
    const auto reply = in_trial ? reply_to_trial(header, *parsed) : reply_to_bare_request(options_);
    if (!reply) return refuse(response, status_of(reply.error()), full_sentence(reply.error()));
    const StandInHead head{
        .id = "chatcmpl-" + sha256_hex(header + "\n" + request.body).substr(0, 24),
        .created = created_,
        .prompt_tokens = std::max<std::int64_t>(1, parsed->prompt_tokens)};
    const bool breaks_off =
        in_trial && options_.fault == StandInFault::disconnect && parsed->turn == 1;
    const Instant first_token = after(arrived, from_seconds(options_.ttft_ms / 1e3));
    if (parsed->stream || breaks_off) {
      auto frames = encode_stream(*reply, head, parsed->include_usage,
                                  options_.tok_s > 0 ? 1 : kTokensPerUnpacedChunk);
      if (breaks_off) cut_after_some_tokens(frames);
      send_stream(response, std::move(frames), first_token, !breaks_off);
    } else if (listener_.connection_here().wait_until(
                   due(first_token, completion_tokens(*reply)))) {
      response.set_content(encode_whole(*reply, head), kJsonType);
    } else {
      refuse(response, 503, "the stand-in stops");
    }
  }

  /// Answers with the fault that these options plant on every request, if there is one for this
  /// request.
  bool answer_fault(bool in_trial, httplib::Response& response) {
    if (options_.fault == StandInFault::http_500) {
      refuse(response, 500, "a fault that was asked for: http_500");
      return true;
    }
    if (options_.fault == StandInFault::http_429 && in_trial) {
      response.set_header("Retry-After", "0");
      refuse(response, 429, "a fault that was asked for: http_429");
      return true;
    }
    if (options_.fault == StandInFault::stall) {
      send_stream(response, {{0, ""}}, kNever, false);
      return true;
    }
    return false;
  }

  Result<StandInReply> reply_to_trial(const std::string& header, const StandInRequest& request) {
    PLUMB_TRY(const StandInTrial trial, parse_stand_in_trial(header));
    const auto task = tasks_.find(trial.task);
    if (task == tasks_.end()) {
      return fail(Code::not_found, fmt::format("the stand-in has no task '{}'", trial.task));
    }
    if (options_.fault == StandInFault::empty) return StandInReply{};
    return reply_in_trial(options_, trial, *task->second, request);
  }

  /// When the token with this number (from 0) is due.
  [[nodiscard]] Instant due(Instant first_token, std::int64_t token) const {
    if (options_.tok_s <= 0 || token <= 0) return first_token;
    return after(first_token, from_seconds(static_cast<double>(token) / options_.tok_s));
  }

  /// Sends frames at the instants at which they are due. Without a proper end the connection is
  /// dropped after them.
  void send_stream(httplib::Response& response, std::vector<StandInFrame> frames,
                   Instant first_token, bool proper_end) {
    response.set_chunked_content_provider(
        kStreamType, [this, frames = std::move(frames), first_token, proper_end](
                         std::size_t, httplib::DataSink& sink) {
          const StandInConnection& connection = listener_.connection_here();
          for (std::size_t i = 0; i < frames.size();) {
            const Instant at = due(first_token, frames[i].tokens_before);
            if (!connection.wait_until(at)) return false;
            std::string bytes;
            while (i < frames.size() && due(first_token, frames[i].tokens_before) <= at) {
              bytes += frames[i++].bytes;
            }
            if (!sink.write(bytes.data(), bytes.size())) return false;
          }
          if (proper_end) sink.done();
          return proper_end;
        });
  }

  const StandInOptions options_;
  const std::int64_t created_;
  std::map<std::string, std::shared_ptr<const Task>> tasks_;
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
