#include <fmt/format.h>

#include "core/endpoint/metrics_figures.hpp"

namespace plumb {
namespace {

class Alarms {
 public:
  Alarms(const std::string& contestant, const ServerKind* kind)
      : contestant_(contestant), kind_(kind) {}

  void add(const char* id, std::string sentence, std::string evidence, std::string remedy) {
    list_.push_back({{"id", id},
                     {"contestant", contestant_},
                     {"task", nullptr},
                     {"sentence", std::move(sentence)},
                     {"evidence", std::move(evidence)},
                     {"remedy", std::move(remedy)}});
  }
  [[nodiscard]] std::string remedy(const std::string& what, const std::string& otherwise) const {
    return kind_ == nullptr ? otherwise : kind_->remedy(what, otherwise);
  }
  [[nodiscard]] Json take() { return std::move(list_); }

 private:
  const std::string& contestant_;
  const ServerKind* kind_;
  Json list_ = Json::array();
};

std::string times(int count) { return count == 1 ? "once" : fmt::format("{} times", count); }

}  // namespace

Json ServerFigures::alarms(const std::string& contestant, const ClientFigures& client,
                           const ServerKind* kind) const {
  Alarms alarms(contestant, kind);
  if (samples_ == 0) {
    if (failed_ > 0) {
      alarms.add("metrics_off", "the server's own metrics could not be read", last_failure_,
                 alarms.remedy("metrics_off", "name the right address with metrics_url"));
    }
    return alarms.take();
  }
  const std::string of_samples = fmt::format("of {} samples", samples_);
  if (foreign_.samples > 0) {
    alarms.add("foreign_traffic",
               "the server worked for somebody else while it was measured: speed and time budgets "
               "are not its own",
               fmt::format("{} {} show more requests than ours, up to {:.0f} more",
                           foreign_.samples, of_samples, foreign_.most),
               "keep others off the server, then run again");
  }
  if (missing_.samples > 0) {
    alarms.add("missing_traffic",
               "the server saw fewer requests than were sent to it: something in front of it holds "
               "them back, or these are the metrics of another server",
               fmt::format("{} {} show fewer requests than ours, up to {:.0f} fewer",
                           missing_.samples, of_samples, missing_.most),
               "ask the server without a proxy, or name its own metrics with metrics_url");
  }
  if (restarts_ > 0) {
    alarms.add("server_restarted", fmt::format("the server was restarted {}", times(restarts_)),
               "the start time of its process changed",
               "find out why (memory, a crash, somebody's hand), and run again");
  }
  if (resets_ > 0) {
    alarms.add("counter_reset",
               fmt::format("counters of the server fell {}: it was restarted, or several servers "
                           "answer under one address",
                           times(resets_)),
               fmt::format("seen in {} {}", resets_, of_samples),
               "name the metrics of one server with metrics_url, or find out why it restarted");
  }
  if (prefix_caching() == false) {
    alarms.add("prefix_cache_off",
               "the server's prefix cache is off: each turn reads its whole conversation again",
               last_->prefix_caching ? "its metrics say so" : "it said so when it was asked",
               alarms.remedy("prefix_cache_off", "switch the server's prefix cache on"));
  }
  if (preemptions_.total.value_or(0) > 0) {
    alarms.add("preemptions",
               fmt::format("the server ran out of memory for conversations and put requests back "
                           "{:.0f} times: its speed is not what it could be",
                           *preemptions_.total),
               kv_usage_.count == 0
                   ? "its own counter"
                   : fmt::format("its cache was {:.0f} % full at most", 100 * kv_usage_.most),
               alarms.remedy("preemptions", "run with less concurrency"));
  }
  const auto apart = disagreement(client);
  // Answers that were cut off are in the server's count and not in ours.
  const bool explained =
      client.uncounted > 0 && generation_.total > static_cast<double>(client.completion_tokens);
  if (apart && *apart > kThroughputTolerance && !explained) {
    alarms.add(
        "throughput_disagrees",
        fmt::format("client and server disagree by {:.0f} % on what was generated", 100 * *apart),
        fmt::format("the server counted {:.0f} tokens at {:.1f} tok/s, we {} at {:.1f} tok/s",
                    *generation_.total, in_flight_tok_s().value_or(0), client.completion_tokens,
                    client.tok_s().value_or(0)),
        "look for foreign traffic, a restart, or metrics of another server before you trust a "
        "speed");
  }
  return alarms.take();
}

}  // namespace plumb
