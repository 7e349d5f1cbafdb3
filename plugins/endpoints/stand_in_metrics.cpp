#include "plugins/endpoints/stand_in_discovery.hpp"

#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "plugins/endpoints/stand_in_encoder.hpp"
#include "plugins/endpoints/stand_in_refusal.hpp"

namespace plumb {
namespace {

using Flavour = StandInFlavour;

/// Blocks of the cache of keys and values: room for four windows.
constexpr std::int64_t kBlockTokens = 16;
constexpr std::int64_t kWindowsHeld = 4;

double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

/// Writes Prometheus text.
class Page {
 public:
  Page(std::string prefix, std::string labels)
      : prefix_(std::move(prefix)), labels_(std::move(labels)) {}

  void gauge(std::string_view name, double value, const std::string& more = "") {
    head(name, "gauge");
    line(name, value, more);
  }
  void counter(std::string_view name, double value) {
    head(name, "counter");
    line(name, value);
  }
  void head(std::string_view name, std::string_view type) {
    text_ += fmt::format("# HELP {0}{1} Of a stand-in.\n# TYPE {0}{1} {2}\n", prefix_, name, type);
  }
  void line(std::string_view name, double value, const std::string& more = "") {
    std::string labels = labels_;
    if (!more.empty()) labels += (labels.empty() ? "" : ",") + more;
    if (!labels.empty()) labels = "{" + labels + "}";
    text_ += fmt::format("{}{}{} {}\n", prefix_, name, labels, value);
  }
  void histogram(const std::string& name, const StandInHistogram& values) {
    head(name, "histogram");
    for (std::size_t i = 0; i < std::size(StandInHistogram::kBounds); ++i) {
      line(name + "_bucket", static_cast<double>(values.below[i]),
           fmt::format(R"(le="{}")", StandInHistogram::kBounds[i]));
    }
    line(name + "_bucket", static_cast<double>(values.count), R"(le="+Inf")");
    line(name + "_count", static_cast<double>(values.count));
    line(name + "_sum", values.sum);
  }
  void raw(const std::string& text) { text_ += text; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string prefix_;
  std::string labels_;
  std::string text_;
};

double number(std::int64_t value) { return static_cast<double>(value); }

double kv_usage(const StandInOptions& options, const StandInFigures& figures) {
  return ratio(number(figures.tokens_held), number(kWindowsHeld * options.window()));
}

void vllm_speculation(Page& page, const StandInOptions& options, const StandInFigures& figures) {
  if (options.draft <= 0) return;
  const StandInSpeculation& spent = figures.speculation;
  page.counter("spec_decode_num_drafts_total", number(spent.drafts));
  page.counter("spec_decode_num_draft_tokens_total", number(spent.drafted));
  page.counter("spec_decode_num_accepted_tokens_total", number(spent.accepted));
  page.head("spec_decode_num_accepted_tokens_per_pos_total", "counter");
  for (std::size_t i = 0; i < spent.per_position.size(); ++i) {
    page.line("spec_decode_num_accepted_tokens_per_pos_total", number(spent.per_position[i]),
              fmt::format(R"(position="{}")", i));
  }
}

void vllm_common(Page& page, const StandInOptions& options, const StandInFigures& figures) {
  page.gauge("num_requests_running", number(figures.running));
  page.gauge("num_requests_waiting", number(figures.waiting));
  page.counter("prompt_tokens_total", number(figures.prompt_tokens));
  page.counter("generation_tokens_total", number(figures.generated_tokens));
  page.counter("num_preemptions_total", 0);
  page.head("request_success_total", "counter");
  for (const auto& [finish, times] : figures.finished) {
    page.line("request_success_total", number(times),
              fmt::format(R"(finished_reason="{}")", finish));
  }
  page.histogram("time_to_first_token_seconds", figures.ttft);
  page.histogram("e2e_request_latency_seconds", figures.whole);
  page.gauge("cache_config_info", 1,
             fmt::format(R"(block_size="{}",cache_dtype="auto",enable_prefix_caching="{}",)"
                         R"(gpu_memory_utilization="0.9",num_gpu_blocks="{}")",
                         kBlockTokens, options.cache ? "True" : "False",
                         kWindowsHeld * options.window() / kBlockTokens));
}

std::string vllm_page(const StandInOptions& options, const StandInFigures& figures,
                      std::int64_t started) {
  const bool v0 = options.metrics == StandInMetrics::v0;
  Page page("vllm:",
            fmt::format(R"({}model_name="{}")", v0 ? "" : R"(engine="0",)", kStandInModel));
  vllm_common(page, options, figures);
  if (v0) {
    page.gauge("gpu_cache_usage_perc", kv_usage(options, figures));
    page.gauge(
        "gpu_prefix_cache_hit_rate",
        options.cache ? ratio(number(figures.cached_tokens), number(figures.prompt_tokens)) : -1);
    page.histogram("time_per_output_token_seconds", figures.between_tokens);
    if (options.draft > 0) {
      page.gauge("spec_decode_draft_acceptance_rate",
                 ratio(number(figures.speculation.accepted), number(figures.speculation.drafted)));
    }
  } else {
    page.gauge("kv_cache_usage_perc", kv_usage(options, figures));
    page.counter("prefix_cache_queries_total", options.cache ? number(figures.prompt_tokens) : 0);
    page.counter("prefix_cache_hits_total", number(figures.cached_tokens));
    page.histogram("inter_token_latency_seconds", figures.between_tokens);
    vllm_speculation(page, options, figures);
  }
  page.raw(
      fmt::format("# HELP process_start_time_seconds Start time of the process since unix "
                  "epoch in seconds.\n# TYPE process_start_time_seconds gauge\n"
                  "process_start_time_seconds {}\n",
                  started));
  return page.text();
}

std::string sglang_page(const StandInOptions& options, const StandInFigures& figures) {
  Page page("sglang:",
            fmt::format(R"(engine_type="unified",model_name="{}",pp_rank="0",tp_rank="0")",
                        kStandInModel));
  page.gauge("num_running_reqs", number(figures.running));
  page.gauge("num_queue_reqs", number(figures.waiting));
  page.gauge("num_used_tokens", number(figures.tokens_held));
  page.gauge("token_usage", kv_usage(options, figures));
  page.gauge("max_total_num_tokens", number(kWindowsHeld * options.window()));
  page.gauge("gen_throughput",
             ratio(number(figures.generated_tokens_done), figures.generated_seconds_done));
  page.gauge("cache_hit_rate", ratio(number(figures.cached_tokens), number(figures.prompt_tokens)));
  page.counter("prompt_tokens_total", number(figures.prompt_tokens_done));
  page.counter("generation_tokens_total", number(figures.generated_tokens_done));
  page.counter("cached_tokens_total", number(figures.cached_tokens_done));
  page.counter("num_requests_total", number(figures.whole.count));
  page.head("realtime_tokens_total", "counter");
  page.line("realtime_tokens_total", number(figures.prompt_tokens - figures.cached_tokens),
            R"(mode="prefill_compute")");
  page.line("realtime_tokens_total", number(figures.cached_tokens), R"(mode="prefill_cache")");
  page.line("realtime_tokens_total", number(figures.generated_tokens), R"(mode="decode")");
  if (options.draft > 0) {
    const StandInSpeculation& spent = figures.speculation;
    // The numerator of its rate counts the token that every step yields anyway.
    page.gauge("spec_accept_length", 1 + ratio(number(spent.accepted), number(spent.drafts)));
    page.gauge("spec_accept_rate",
               ratio(number(spent.accepted + spent.drafts), number(spent.drafted + spent.drafts)));
  }
  page.histogram("time_to_first_token_seconds", figures.ttft);
  page.histogram("e2e_request_latency_seconds", figures.whole);
  page.histogram("inter_token_latency_seconds", figures.between_tokens);
  return page.text();
}

std::string llamacpp_page(const StandInOptions& options, const StandInFigures& figures) {
  Page page("llamacpp:", "");
  const double fresh = number(figures.prompt_tokens_done - figures.cached_tokens_done);
  page.counter("prompt_tokens_total", fresh);
  page.counter("prompt_tokens_cached_total", number(figures.cached_tokens_done));
  page.counter("prompt_seconds_total", figures.prompt_seconds_done);
  page.counter("tokens_predicted_total", number(figures.generated_tokens_done));
  page.counter("tokens_predicted_seconds_total", figures.generated_seconds_done);
  page.counter("n_decode_total", number(figures.generated_tokens));
  if (options.draft > 0) {
    page.counter("spec_decode_num_drafts_total", number(figures.speculation.drafts));
    page.counter("spec_decode_num_draft_tokens_total", number(figures.speculation.drafted));
    page.counter("spec_decode_num_accepted_tokens_total", number(figures.speculation.accepted));
  }
  page.gauge("prompt_tokens_seconds", ratio(fresh, figures.prompt_seconds_done));
  page.gauge("predicted_tokens_seconds",
             ratio(number(figures.generated_tokens_done), figures.generated_seconds_done));
  page.gauge("requests_processing", number(figures.running));
  page.gauge("requests_deferred", number(figures.waiting));
  page.gauge("n_busy_slots_per_decode", number(figures.running));
  return page.text();
}

}  // namespace

std::optional<std::string> stand_in_metrics(const StandInOptions& options,
                                            const StandInFigures& figures, std::int64_t started) {
  switch (options.flavour) {
    case Flavour::sglang:
      return sglang_page(options, figures);
    case Flavour::llamacpp:
      return llamacpp_page(options, figures);
    case Flavour::vllm:
    case Flavour::mistral_strict:
      return vllm_page(options, figures, started);
    case Flavour::plain:
    case Flavour::ollama:
    case Flavour::openrouter:
      break;
  }
  return std::nullopt;
}

}  // namespace plumb
