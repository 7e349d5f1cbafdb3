#include "core/endpoint/metrics_watch.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace plumb {
namespace {

constexpr Duration kPatience = std::chrono::seconds(5);
/// The last sample must not hold up the end of a run.
constexpr Duration kLastPatience = std::chrono::milliseconds(500);
/// An older sample says nothing about now.
constexpr int kFreshIntervals = 5;

}  // namespace

std::optional<MetricsSource> metrics_source(const Contestant& contestant, const std::string& kind,
                                            const ServerBook& book) {
  const ServerKind* known = book.find(kind);
  const bool has_metrics = known != nullptr && !known->metrics.route.empty();
  if (contestant.metrics_url.empty() && !has_metrics) return std::nullopt;
  MetricsSource source{.target = contestant.metrics_url.empty() ? known->metrics.route
                                                                : contestant.metrics_url};
  if (has_metrics) {
    source.kinds = {known};
    return source;
  }
  for (const ServerKind& one : book.kinds()) {
    if (!one.metrics.route.empty()) source.kinds.push_back(&one);
  }
  return source;
}

Duration pause_after(int failures, const MetricsWatch::Options& options) {
  Duration pause = options.interval;
  for (int i = 0; i < failures && pause < options.longest_pause; ++i) {
    pause = std::min(2 * pause, options.longest_pause);
  }
  return pause;
}

struct MetricsWatch::Impl {
  Impl(Endpoint& endpoint_in, MetricsSource source_in, std::function<int()> in_flight_in,
       const Clock& clock_in, Options options_in)
      : endpoint(endpoint_in),
        source(std::move(source_in)),
        in_flight(std::move(in_flight_in)),
        clock(clock_in),
        options(std::move(options_in)),
        figures(kFreshIntervals * options.interval) {}

  void run(const std::stop_token& stop) {
    Waiter waiter(clock, stop);
    Instant due = clock.now();
    while (true) {
      take(waiter, kPatience);
      due = std::max(after(due, pause_after(failures, options)), clock.now());
      if (waiter.wait([] { return false; }, due) == Waiter::End::stopped) return;
    }
  }
  void take_last() {
    if (failures > 0) return;
    Waiter waiter(clock, {});
    take(waiter, kLastPatience);
  }
  void take(Waiter& waiter, Duration patience) {
    const int before = in_flight();
    const auto reply = endpoint.fetch(
        {.target = source.target, .patience = patience, .max_bytes = kMaxMetricsPage}, waiter);
    const int behind = in_flight();
    if (!reply && reply.error().kind == Fault::Kind::cancelled) return;
    auto sample = read(reply, waiter.now());
    failures = sample ? 0 : failures + 1;
    const std::lock_guard lock(mutex);
    if (!sample) return figures.add_failure(std::move(sample.error().sentence));
    figures.add(*sample, {std::min(before, behind), std::max(before, behind)});
    latest = std::move(*sample);
  }
  Result<MetricsSample> read(const std::expected<PlainReply, Fault>& reply, Instant at) {
    if (!reply) return fail(Code::unavailable, reply.error().sentence);
    const std::string shown = redacted_url(source.target);
    if (reply->status < 200 || reply->status > 299) {
      return fail(Code::protocol,
                  fmt::format("no metrics: {} answered HTTP {}", shown, reply->status));
    }
    Result<MetricsSample> sample = fail(Code::protocol, "no metrics: no kind of server has any");
    for (const ServerKind* kind : source.kinds) {
      sample = read_metrics(reply->body, kind->metrics, options.model, at);
      if (!sample) continue;
      found = kind;
      for (const auto& [name, value] : reply->headers) {
        const bool start = name == kind->metrics.start_header && !sample->process_start_s;
        if (start) sample->process_start_s = parse_number(value);
      }
      source.kinds = {kind};
      return sample;
    }
    sample.error().sentence += fmt::format(" ({})", shown);
    return sample;
  }

  Endpoint& endpoint;
  MetricsSource source;
  std::function<int()> in_flight;
  const Clock& clock;
  Options options;
  std::atomic<const ServerKind*> found = nullptr;
  int failures = 0;  ///< on end; of the watch's thread, and of finish() behind it
  mutable std::mutex mutex;
  ServerFigures figures;
  std::optional<MetricsSample> latest;
  std::jthread thread;
};

MetricsWatch::MetricsWatch(Endpoint& endpoint, MetricsSource source, std::function<int()> in_flight,
                           const Clock& clock, Options options)
    : impl_(std::make_unique<Impl>(endpoint, std::move(source), std::move(in_flight), clock,
                                   std::move(options))) {
  impl_->thread =
      std::jthread([impl = impl_.get()](const std::stop_token& stop) { impl->run(stop); });
}

MetricsWatch::~MetricsWatch() = default;

std::optional<MetricsSample> MetricsWatch::latest() const {
  const std::lock_guard lock(impl_->mutex);
  const auto& latest = impl_->latest;
  const bool fresh =
      latest && impl_->clock.now() - latest->at <= kFreshIntervals * impl_->options.interval;
  return fresh ? latest : std::nullopt;
}

const ServerKind* MetricsWatch::kind() const { return impl_->found; }

ServerFigures MetricsWatch::finish() {
  impl_->thread.request_stop();
  if (impl_->thread.joinable()) impl_->thread.join();
  impl_->take_last();
  const std::lock_guard lock(impl_->mutex);
  return impl_->figures;
}

}  // namespace plumb
