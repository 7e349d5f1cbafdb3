#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/endpoint/metrics_figures.hpp"
#include "core/endpoint/server_book.hpp"

namespace plumb {

/// Where a contestant's server publishes its metrics, and by which names.
struct MetricsSource {
  std::string target;  ///< as in PlainRequest
  /// The kinds whose names may stand there; the first whose do is kept.
  std::vector<const ServerKind*> kinds;
};
/// The contestant's own metrics_url, else the route of its server's kind; nothing where there is
/// neither. The book must outlive it.
[[nodiscard]] std::optional<MetricsSource> metrics_source(const Contestant& contestant,
                                                          const std::string& kind,
                                                          const ServerBook& book);

/// Reads a server's metrics again and again, on a thread of its own: at once, at every interval,
/// and a last time at finish(). A page that cannot be had is asked for ever less often.
class MetricsWatch {
 public:
  struct Options {
    Duration interval = std::chrono::seconds(1);
    Duration longest_pause = std::chrono::seconds(60);  ///< between failures
    std::string model;  ///< as served: whose figures count where a page tells models apart
  };
  /// @param in_flight  how many requests of ours are in flight; called on the watch's thread
  /// Endpoint, clock and the kinds of the source must outlive the watch.
  MetricsWatch(Endpoint& endpoint, MetricsSource source, std::function<int()> in_flight,
               const Clock& clock, Options options);
  MetricsWatch(Endpoint& endpoint, MetricsSource source, std::function<int()> in_flight,
               const Clock& clock = real_clock())
      : MetricsWatch(endpoint, std::move(source), std::move(in_flight), clock, Options()) {}
  /// Ends within milliseconds, without a last sample.
  ~MetricsWatch();
  MetricsWatch(const MetricsWatch&) = delete;
  MetricsWatch& operator=(const MetricsWatch&) = delete;

  /// The newest sample; nothing while there is none that is fresh. Thread-safe.
  [[nodiscard]] std::optional<MetricsSample> latest() const;
  /// The kind whose names were found; null while none were. Thread-safe.
  [[nodiscard]] const ServerKind* kind() const;
  /// Takes the last sample, ends the thread, and gives what was seen. Once.
  [[nodiscard]] ServerFigures finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// How long a watch waits behind so many failures on end: twice as long each time.
[[nodiscard]] Duration pause_after(int failures, const MetricsWatch::Options& options);

}  // namespace plumb
