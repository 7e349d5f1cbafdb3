#include "core/endpoint/metrics_figures.hpp"

#include <algorithm>
#include <cmath>

namespace plumb {
namespace {

/// Samples on end: requests come and go between our count and the server's.
constexpr int kEnoughForeign = 3;
constexpr int kEnoughMissing = 10;

std::optional<double> ratio(const std::optional<double>& part, const std::optional<double>& whole) {
  if (!part || !whole || *whole <= 0) return std::nullopt;
  return *part / *whole;
}
Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

}  // namespace

bool ServerFigures::Growth::add(const std::optional<double>& value) {
  if (!value) return false;
  const bool fell = last && *value < *last;
  // What was counted between the last sample and the fall is lost.
  if (last) total = total.value_or(0) + (fell ? *value : *value - *last);
  last = value;
  return fell;
}

void ServerFigures::Level::add(const std::optional<double>& value) {
  if (!value) return;
  sum += *value;
  most = count == 0 ? *value : std::max(most, *value);
  ++count;
}
Json ServerFigures::Level::mean() const { return count == 0 ? Json(nullptr) : Json(sum / count); }
Json ServerFigures::Level::largest() const { return count == 0 ? Json(nullptr) : Json(most); }

void ServerFigures::Strangeness::add(bool strange, double by, int enough) {
  on_end = strange ? on_end + 1 : 0;
  most_on_end = strange ? std::max(most_on_end, by) : 0;
  if (on_end < enough) return;
  samples += on_end == enough ? enough : 1;
  most = std::max(most, most_on_end);
}

void ServerFigures::add(const MetricsSample& sample, OurTraffic ours) {
  const bool restarted = last_ && last_->process_start_s && sample.process_start_s &&
                         std::abs(*sample.process_start_s - *last_->process_start_s) > 1;
  const bool fell = add_counters(sample);
  if (restarted) {
    ++restarts_;
  } else if (fell) {
    ++resets_;
  }
  add_rate(sample, fell || restarted);
  add_traffic(sample, ours);
  running_.add(sample.running);
  waiting_.add(sample.waiting);
  kv_usage_.add(sample.kv_usage);
  if (!first_) first_ = sample;
  last_ = sample;
  ++samples_;
}

void ServerFigures::add_failure(std::string sentence) {
  ++failed_;
  last_failure_ = std::move(sentence);
}

/// True when one of them fell.
bool ServerFigures::add_counters(const MetricsSample& sample) {
  bool fell = false;
  const auto grow = [&fell](Growth& growth, const std::optional<double>& value) {
    fell = growth.add(value) || fell;
  };
  grow(prompt_, sample.prompt_tokens);
  grow(generation_, sample.generation_tokens);
  grow(generation_seconds_, sample.generation_seconds);
  grow(queries_, sample.prefix_queries);
  grow(hits_, sample.prefix_hits);
  grow(preemptions_, sample.preemptions);
  grow(drafts_, sample.drafts);
  grow(draft_tokens_, sample.draft_tokens);
  grow(accepted_, sample.draft_accepted);
  grow(finished_, sample.requests_finished);
  grow(queue_seconds_, sample.queue_seconds);
  grow(queue_requests_, sample.queue_requests);
  const std::size_t positions = sample.accepted_per_pos.size();
  if (per_position_.size() < positions) per_position_.resize(positions);
  for (std::size_t i = 0; i < positions; ++i) grow(per_position_[i], sample.accepted_per_pos[i]);
  return fell;
}

void ServerFigures::add_rate(const MetricsSample& sample, bool fell) {
  if (!last_ || fell || !sample.generation_tokens || !last_->generation_tokens) return;
  if (!sample.running || !last_->running) return;
  const Duration took = sample.at - last_->at;
  if (*sample.running > 0 || *last_->running > 0) busy_ += took;
  if (*sample.running <= 0 || *last_->running <= 0 || took > longest_gap_) return;
  kept_ += took;
  kept_tokens_ += *sample.generation_tokens - *last_->generation_tokens;
}

void ServerFigures::add_traffic(const MetricsSample& sample, OurTraffic ours) {
  if (!sample.running) return;
  const double there = *sample.running + sample.waiting.value_or(0);
  const double slack = 1 + 0.1 * ours.most;
  foreign_.add(there > ours.most + slack, there - ours.most, kEnoughForeign);
  // An idle server that we wait for has not seen even the one request.
  const bool idle = there == 0 && ours.least > 0;
  missing_.add(idle || there < ours.least - slack, ours.least - there, kEnoughMissing);
}

std::optional<double> ServerFigures::in_flight_tok_s() const {
  if (!last_ || !generation_.total) return std::nullopt;
  if (last_->generation_at_completion) {
    const double busy_s = to_seconds(busy_);
    return busy_s > 0 ? std::optional(*generation_.total / busy_s) : std::nullopt;
  }
  const double kept_s = to_seconds(kept_);
  return kept_s > 0 ? std::optional(kept_tokens_ / kept_s) : std::nullopt;
}

std::optional<double> ServerFigures::disagreement(const ClientFigures& client) const {
  if (!generation_.total || client.completion_tokens <= 0) return std::nullopt;
  const auto ours = static_cast<double>(client.completion_tokens);
  const double apart = std::abs(*generation_.total - ours) / std::max(*generation_.total, ours);
  // The rates are of the same stretch of time only where the server's is not the longer one: gaps
  // between short requests are seen by us alone.
  const auto rate = in_flight_tok_s();
  const auto our_rate = client.tok_s();
  const bool comparable = rate && our_rate && !last_->generation_at_completion &&
                          to_seconds(kept_) >= 0.5 * client.busy_s &&
                          to_seconds(kept_) <= client.busy_s * (1 + kThroughputTolerance);
  if (!comparable) return apart;
  return std::max(apart, std::abs(*rate - *our_rate) / std::max(*rate, *our_rate));
}

std::optional<bool> ServerFigures::prefix_caching() const {
  return last_ && last_->prefix_caching ? last_->prefix_caching : declared_caching_;
}

std::optional<double> ServerFigures::hit_rate() const {
  if (const auto counted = ratio(hits_.total, queries_.total)) return counted;
  return last_ && !hits_.last ? last_->prefix_hit_rate : std::nullopt;
}

std::optional<double> ServerFigures::acceptance() const {
  if (const auto counted = ratio(accepted_.total, draft_tokens_.total)) return counted;
  return last_ && !accepted_.last ? last_->draft_acceptance : std::nullopt;
}

Json ServerFigures::speculation() const {
  Json per_position = Json::array();
  for (const Growth& growth : per_position_) {
    if (const auto rate = ratio(growth.total, drafts_.total)) per_position.push_back(*rate);
  }
  auto length = ratio(accepted_.total, drafts_.total);
  if (length) {
    *length += 1;
  } else if (last_ && !accepted_.last) {
    length = last_->accepted_length;
  }
  return {{"acceptance", or_null(acceptance())},
          {"mean_length", or_null(length)},
          {"per_position", per_position.empty() ? Json(nullptr) : std::move(per_position)},
          {"drafts", or_null(drafts_.total)},
          {"draft_tokens", or_null(draft_tokens_.total)},
          {"accepted_tokens", or_null(accepted_.total)}};
}

Json ServerFigures::to_json(const ClientFigures& client) const {
  const int asked = samples_ + failed_;
  const bool at_completion = last_ && last_->generation_at_completion;
  const auto busy_s = to_seconds(at_completion ? busy_ : kept_);
  const auto our_rate = client.tok_s();
  Json throughput = {{"server_tok_s", or_null(in_flight_tok_s())},
                     {"server_tokens", or_null(generation_.total)},
                     {"server_busy_s", generation_.total ? Json(busy_s) : Json(nullptr)},
                     {"counter_moves", !generation_.last ? Json(nullptr)
                                       : at_completion   ? Json("at completion")
                                                         : Json("live")},
                     {"slot_tok_s", or_null(ratio(generation_.total, generation_seconds_.total))},
                     {"client_tok_s", or_null(our_rate)},
                     {"client_tokens", client.completion_tokens},
                     {"client_busy_s", client.busy_s},
                     {"client_answers", client.answers},
                     {"client_uncounted", client.uncounted},
                     {"client_mean_in_flight", client.mean_in_flight},
                     {"disagreement", or_null(disagreement(client))}};
  const auto caching = prefix_caching();
  return {{"samples", samples_},
          {"failed_samples", failed_},
          {"failed_share", asked == 0 ? Json(nullptr) : Json(static_cast<double>(failed_) / asked)},
          {"last_failure", last_failure_.empty() ? Json(nullptr) : Json(last_failure_)},
          {"span_s", last_ ? Json(to_seconds(last_->at - first_->at)) : Json(nullptr)},
          {"throughput", std::move(throughput)},
          {"prompt_tokens", or_null(prompt_.total)},
          {"requests_finished", or_null(finished_.total)},
          {"running", {{"mean", running_.mean()}, {"max", running_.largest()}}},
          {"queue",
           {{"mean", waiting_.mean()},
            {"max", waiting_.largest()},
            {"mean_wait_s", or_null(ratio(queue_seconds_.total, queue_requests_.total))}}},
          {"prefix_cache",
           {{"on", caching ? Json(*caching) : Json(nullptr)},
            {"hit_rate", or_null(hit_rate())},
            {"queried_tokens", or_null(queries_.total)},
            {"hit_tokens", or_null(hits_.total)}}},
          {"speculation", speculation()},
          {"kv",
           {{"capacity_tokens", or_null(last_ ? last_->kv_capacity_tokens : std::nullopt)},
            {"usage_mean", kv_usage_.mean()},
            {"usage_max", kv_usage_.largest()}}},
          {"preemptions", or_null(preemptions_.total)},
          {"restarts", restarts_},
          {"counter_resets", resets_},
          {"foreign_samples", foreign_.samples},
          {"missing_samples", missing_.samples},
          {"notes", last_ ? Json(last_->notes) : Json::object()}};
}

}  // namespace plumb
