#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/result.hpp"

namespace plumb {

struct MetricsPlan;

/// A server's own figures at one moment. Absent is unknown, never 0. Counters count since the
/// server's start.
struct MetricsSample {
  Instant at{};
  std::optional<double> running;             ///< requests
  std::optional<double> waiting;             ///< requests
  std::optional<double> prompt_tokens;       ///< counter
  std::optional<double> generation_tokens;   ///< counter
  std::optional<double> generation_seconds;  ///< counter: time of slots spent decoding
  std::optional<double> prefix_queries;      ///< counter: prompt tokens that were looked up
  std::optional<double> prefix_hits;         ///< counter: of them, found in the cache
  std::optional<double> prefix_hit_rate;     ///< gauge, 0 to 1
  std::optional<double> kv_usage;            ///< gauge, 0 to 1
  std::optional<double> kv_capacity_tokens;  ///< of all engines
  std::optional<double> preemptions;         ///< counter
  std::optional<double> drafts;              ///< counter: steps of speculation
  std::optional<double> draft_tokens;        ///< counter
  std::optional<double> draft_accepted;      ///< counter
  std::vector<double> accepted_per_pos;      ///< counters by position; empty is unknown
  std::optional<double> draft_acceptance;    ///< gauge, 0 to 1
  std::optional<double> accepted_length;     ///< gauge: tokens of one step
  std::optional<double> requests_finished;   ///< counter
  std::optional<double> queue_seconds;       ///< counter: time that requests waited
  std::optional<double> queue_requests;      ///< counter: requests in queue_seconds
  std::optional<double> process_start_s;     ///< changes with a restart
  std::optional<bool> prefix_caching;        ///< the prefix cache is on
  /// generation_tokens moves only when a request is finished.
  bool generation_at_completion = false;
  /// Figure -> what a reader of it must know.
  std::map<std::string, std::string> notes;
};

/// The names of the figures above, as a server file may give series for them.
[[nodiscard]] const std::vector<std::string>& figure_names();

/// Reads a page of Prometheus text (exposition format 0.0.4) as the plan says. Label sets of one
/// series are engines: counters and counts add up, shares are averaged, copies count once. A line
/// that is no sample is passed over.
/// @param model  whose series count where the page tells models apart
/// @return  Code::protocol when the page holds none of the plan's series, with what it is instead
[[nodiscard]] Result<MetricsSample> read_metrics(std::string_view page, const MetricsPlan& plan,
                                                 const std::string& model, Instant at);

/// A longer page is not read.
inline constexpr std::size_t kMaxMetricsPage = std::size_t{8} << 20;

}  // namespace plumb
