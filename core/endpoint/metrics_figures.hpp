#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/endpoint/in_flight.hpp"
#include "core/endpoint/metrics_sample.hpp"
#include "core/endpoint/server_kind.hpp"

namespace plumb {

/// How many of our own requests were in flight around a sample, which takes a moment.
struct OurTraffic {
  int least = 0;
  int most = 0;
};

/// What a server's metrics say about the time in which it was watched. Pure: samples in order of
/// time go in, figures and alarms come out. docs/servers.md defines the figures.
class ServerFigures {
 public:
  /// @param longest_gap  a longer interval between two samples says nothing about the rate
  explicit ServerFigures(Duration longest_gap = std::chrono::seconds(5))
      : longest_gap_(longest_gap) {}

  void add(const MetricsSample& sample, OurTraffic ours);
  /// A sample that could not be had, and why.
  void add_failure(std::string sentence);

  /// What the server said beforehand; its metrics, where they tell, are nearer to the truth.
  void declare_prefix_caching(bool on) { declared_caching_ = on; }

  [[nodiscard]] int samples() const { return samples_; }
  [[nodiscard]] int failed() const { return failed_; }
  /// Tokens per second while the server had a request at both ends of the interval; where its
  /// counter moves only at completion, over the whole time in which it had any.
  [[nodiscard]] std::optional<double> in_flight_tok_s() const;
  /// By how much of the larger the server's tokens and ours differ; nothing where either is
  /// unknown.
  [[nodiscard]] std::optional<double> disagreement(const ClientFigures& client) const;

  /// Unknown figures are null.
  [[nodiscard]] Json to_json(const ClientFigures& client) const;
  /// [{id, contestant, task, sentence, evidence, remedy}]; ids: metrics_off, foreign_traffic,
  /// missing_traffic, server_restarted, counter_reset, prefix_cache_off, preemptions,
  /// throughput_disagrees.
  /// @param kind  for its remedies; null where it is not known
  [[nodiscard]] Json alarms(const std::string& contestant, const ClientFigures& client,
                            const ServerKind* kind) const;

 private:
  /// A counter's growth, whatever restarts lie between.
  struct Growth {
    std::optional<double> last;
    std::optional<double> total;
    /// @return  true when the counter fell
    bool add(const std::optional<double>& value);
  };
  struct Level {
    double sum = 0;
    double most = 0;
    int count = 0;
    void add(const std::optional<double>& value);
    [[nodiscard]] Json mean() const;
    [[nodiscard]] Json largest() const;
  };
  /// Traffic that is not what we sent, for several samples on end.
  struct Strangeness {
    int on_end = 0;
    double most_on_end = 0;
    int samples = 0;  ///< of episodes that were long enough
    double most = 0;
    void add(bool strange, double by, int enough);
  };

  [[nodiscard]] bool add_counters(const MetricsSample& sample);
  void add_rate(const MetricsSample& sample, bool fell);
  void add_traffic(const MetricsSample& sample, OurTraffic ours);
  [[nodiscard]] std::optional<bool> prefix_caching() const;
  [[nodiscard]] std::optional<double> hit_rate() const;
  [[nodiscard]] std::optional<double> acceptance() const;
  [[nodiscard]] Json speculation() const;

  Duration longest_gap_;
  int samples_ = 0;
  int failed_ = 0;
  std::string last_failure_;
  std::optional<bool> declared_caching_;
  std::optional<MetricsSample> first_;
  std::optional<MetricsSample> last_;
  Growth prompt_, generation_, generation_seconds_, queries_, hits_, preemptions_, drafts_,
      draft_tokens_, accepted_, finished_, queue_seconds_, queue_requests_;
  std::vector<Growth> per_position_;
  Level running_, waiting_, kv_usage_;
  Duration kept_{};         ///< intervals with requests at both ends
  double kept_tokens_ = 0;  ///< generated in them
  Duration busy_{};         ///< intervals with requests at either end
  Strangeness foreign_;
  Strangeness missing_;
  int restarts_ = 0;
  int resets_ = 0;
};

/// Client and server are said to disagree beyond this share.
inline constexpr double kThroughputTolerance = 0.05;

}  // namespace plumb
