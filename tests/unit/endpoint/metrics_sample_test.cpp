#include "core/endpoint/metrics_sample.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/endpoint/metrics_text.hpp"
#include "core/endpoint/server_book.hpp"

namespace plumb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

const ServerBook& shipped() {
  static const ServerBook book = ServerBook::load(server_book_folder()).value_or(ServerBook());
  return book;
}
Result<MetricsSample> read(const char* kind, std::string_view page, const std::string& model = "") {
  return read_metrics(page, shipped().find(kind)->metrics, model, Instant{});
}

TEST(MetricsText, ALineIsANameLabelsAndAValue) {
  const auto plain = parse_sample_line("up 1");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->name, "up");
  EXPECT_EQ(plain->value, 1);
  const auto full = parse_sample_line(R"(a:b_c{x="1", y = "two words",} 1.5e+03 1731000000000)");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->name, "a:b_c");
  EXPECT_THAT(full->labels, ElementsAre(Pair("x", "1"), Pair("y", "two words")));
  EXPECT_EQ(full->value, 1500);
  EXPECT_EQ(parse_sample_line("a{} +7\r")->value, 7);
  EXPECT_EQ(parse_sample_line("a\t-7")->value, -7);
  EXPECT_EQ(parse_sample_line(R"(a_bucket{le="+Inf"} 3 # {trace="x"} 0.5 1.0)")->value, 3);
}

TEST(MetricsText, LabelsMayHoldWhatEndsALabelElsewhere) {
  const auto sample = parse_sample_line(R"(a{p="C:\\x \"q\" } , = #\n",z=""} 2)");
  ASSERT_TRUE(sample);
  EXPECT_EQ(sample->labels.at("p"), "C:\\x \"q\" } , = #\n");
  EXPECT_EQ(sample->labels.at("z"), "");
}

TEST(MetricsText, WhatIsNoSampleIsPassedOver) {
  for (const char* line : {"",
                           "#",
                           "# HELP up Is it up",
                           "  ",
                           "up",
                           "up NaN",
                           "up +Inf",
                           "up -Inf",
                           "up one",
                           "up 1x",
                           "up{x=\"1\" 1",
                           "up{x=1} 1",
                           "up{x=\"1} 1",
                           "up{x} 1",
                           "up{=\"1\"} 1",
                           "5up 1",
                           "up{x=\"\\",
                           "up{",
                           "up}",
                           "up{}1e",
                           "<html>",
                           "{\"a\": 1}",
                           "up 1e999",
                           "\xff\xfe 1"}) {
    EXPECT_FALSE(parse_sample_line(line)) << line;
  }
}

TEST(MetricsText, HostileLinesAreNoLoadOnTheReader) {
  std::string page = "a{x=\"" + std::string(1 << 20, 'y') + "\"} 1\n";
  page += "a{" + std::string(60'000, '{') + "} 1\n";
  std::string labels;
  for (int i = 0; i < 5000; ++i) labels += "l" + std::to_string(i) + "=\"\",";
  page += "a{" + labels.substr(0, 60'000) + "} 1\n";
  page += std::string(100'000, '\n') + "a 4";
  std::vector<double> values;
  scan_metrics(
      page, [](std::string_view) { return true; },
      [&](const SeriesSample& sample) { values.push_back(sample.value); });
  EXPECT_THAT(values, ElementsAre(4));
}

constexpr const char* kVllmPage = R"(# HELP vllm:num_requests_running Number of requests.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m"} 3.0
vllm:num_requests_running{engine="1",model_name="m"} 2.0
vllm:num_requests_waiting{engine="0",model_name="m"} 1.0
vllm:num_requests_waiting{engine="1",model_name="m"} 0.0
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.5
vllm:kv_cache_usage_perc{engine="1",model_name="m"} 0.3
vllm:prompt_tokens_total{engine="0",model_name="m"} 1.0e+06
vllm:generation_tokens_total{engine="0",model_name="m"} 4000.0
vllm:generation_tokens_created{engine="0",model_name="m"} 1.7e+09
vllm:prefix_cache_queries_total{engine="0",model_name="m"} 900.0
vllm:prefix_cache_hits_total{engine="0",model_name="m"} 600.0
vllm:num_preemptions_total{engine="0",model_name="m"} 0.0
vllm:spec_decode_num_drafts_total{engine="0",model_name="m"} 100
vllm:spec_decode_num_draft_tokens_total{engine="0",model_name="m"} 300
vllm:spec_decode_num_accepted_tokens_total{engine="0",model_name="m"} 180
vllm:spec_decode_num_accepted_tokens_per_pos_total{engine="0",model_name="m",position="0"} 90
vllm:spec_decode_num_accepted_tokens_per_pos_total{engine="0",model_name="m",position="2"} 30
vllm:spec_decode_num_accepted_tokens_per_pos_total{engine="0",model_name="m",position="1"} 60
vllm:cache_config_info{block_size="16",enable_prefix_caching="True",engine="0",kv_cache_size_tokens="None",num_gpu_blocks="1000"} 1.0
vllm:cache_config_info{block_size="16",enable_prefix_caching="True",engine="1",kv_cache_size_tokens="None",num_gpu_blocks="500"} 1.0
vllm:request_success_total{engine="0",finished_reason="stop",model_name="m"} 5
vllm:request_success_total{engine="0",finished_reason="length",model_name="m"} 2
vllm:request_queue_time_seconds_bucket{engine="0",le="+Inf",model_name="m"} 7
vllm:request_queue_time_seconds_sum{engine="0",model_name="m"} 3.5
vllm:request_queue_time_seconds_count{engine="0",model_name="m"} 7
process_start_time_seconds 1.73e+09
)";

TEST(MetricsSample, EnginesAddUpAndSharesAreAveraged) {
  const auto sample = read("vllm", kVllmPage);
  ASSERT_TRUE(sample) << full_sentence(sample.error());
  EXPECT_EQ(sample->running, 5);
  EXPECT_EQ(sample->waiting, 1);
  EXPECT_DOUBLE_EQ(sample->kv_usage.value_or(0), 0.4);
  EXPECT_EQ(sample->prompt_tokens, 1'000'000);
  EXPECT_EQ(sample->generation_tokens, 4000);
  EXPECT_FALSE(sample->generation_at_completion);
  EXPECT_EQ(sample->kv_capacity_tokens, 16 * 1500);
  EXPECT_EQ(sample->prefix_caching, true);
  EXPECT_EQ(sample->preemptions, 0);
  EXPECT_THAT(sample->accepted_per_pos, ElementsAre(90, 60, 30));
  EXPECT_EQ(sample->requests_finished, 7);
  EXPECT_EQ(sample->queue_seconds, 3.5);
  EXPECT_EQ(sample->process_start_s, 1.73e9);
  EXPECT_THAT(sample->notes.at("prompt_tokens"), HasSubstr("prefix cache"));
}

TEST(MetricsSample, OlderNamesAreReadWhereTheNewerAreMissing) {
  const auto sample = read("vllm", R"(
vllm:num_requests_running{model_name="m"} 1.0
vllm:gpu_cache_usage_perc{model_name="m"} 0.25
vllm:gpu_prefix_cache_hit_rate{model_name="m"} 0.75
vllm:spec_decode_draft_acceptance_rate{model_name="m"} 0.6
)");
  ASSERT_TRUE(sample);
  EXPECT_EQ(sample->kv_usage, 0.25);
  EXPECT_EQ(sample->prefix_hit_rate, 0.75);
  EXPECT_EQ(sample->draft_acceptance, 0.6);
  EXPECT_EQ(sample->waiting, std::nullopt);
  EXPECT_EQ(sample->prefix_caching, std::nullopt);
  EXPECT_THAT(sample->accepted_per_pos, IsEmpty());
}

TEST(MetricsSample, CopiesOfOneEngineCountOnceAndEnginesAddUp) {
  const auto sample = read("sglang", R"(
sglang:num_running_reqs{dp_rank="0",tp_rank="0"} 3
sglang:num_running_reqs{dp_rank="0",tp_rank="1"} 3
sglang:num_running_reqs{dp_rank="1",tp_rank="2"} 1
sglang:num_running_reqs{dp_rank="1",tp_rank="3"} 1
sglang:realtime_tokens_total{dp_rank="0",mode="prefill_cache",tp_rank="0"} 900
sglang:realtime_tokens_total{dp_rank="0",mode="prefill_compute",tp_rank="0"} 100
sglang:realtime_tokens_total{dp_rank="0",mode="decode",tp_rank="0"} 50
sglang:generation_tokens_total{model_name="m"} 40
)");
  ASSERT_TRUE(sample);
  EXPECT_EQ(sample->running, 4);
  EXPECT_EQ(sample->prompt_tokens, 1000);
  EXPECT_EQ(sample->prefix_queries, 1000);
  EXPECT_EQ(sample->prefix_hits, 900);
  EXPECT_EQ(sample->generation_tokens, 50);
  EXPECT_FALSE(sample->generation_at_completion);
}

TEST(MetricsSample, ACounterThatMovesAtCompletionIsMarked) {
  const auto older = read("sglang", "sglang:generation_tokens_total{model_name=\"m\"} 40\n");
  ASSERT_TRUE(older);
  EXPECT_TRUE(older->generation_at_completion);
  const auto llama = read("llama_server", R"(
llamacpp:prompt_tokens_total 100
llamacpp:prompt_tokens_cached_total 300
llamacpp:tokens_predicted_total 20
llamacpp:tokens_predicted_seconds_total 4
llamacpp:requests_processing 1
llamacpp:requests_deferred 0
)");
  ASSERT_TRUE(llama);
  EXPECT_TRUE(llama->generation_at_completion);
  EXPECT_EQ(llama->prefix_queries, 400);
  EXPECT_EQ(llama->prefix_hits, 300);
  EXPECT_EQ(llama->generation_seconds, 4);
}

TEST(MetricsSample, ASumOfWhichAPartIsMissingIsUnknown) {
  const auto sample = read("llama_server", "llamacpp:prompt_tokens_total 100\n");
  ASSERT_TRUE(sample);
  EXPECT_EQ(sample->prompt_tokens, 100);
  EXPECT_EQ(sample->prefix_queries, std::nullopt);
}

TEST(MetricsSample, WhereAPageHoldsSeveralModelsOnlyOursCounts) {
  const char* page = R"(vllm:num_requests_running{model_name="a"} 3
vllm:num_requests_running{model_name="b"} 4
)";
  EXPECT_EQ(read("vllm", page, "a")->running, 3);
  EXPECT_EQ(read("vllm", page, "served under another name")->running, 7);
}

TEST(MetricsSample, WhatIsNoNumberOrBelowZeroIsUnknown) {
  const auto sample = read("vllm",
                           "vllm:num_requests_running 1\nvllm:num_requests_waiting NaN\n"
                           "vllm:prompt_tokens_total +Inf\n"
                           "vllm:gpu_prefix_cache_hit_rate -1\n");
  ASSERT_TRUE(sample);
  EXPECT_EQ(sample->waiting, std::nullopt);
  EXPECT_EQ(sample->prompt_tokens, std::nullopt);
  EXPECT_EQ(sample->prefix_hit_rate, std::nullopt);
}

TEST(MetricsSample, WhatIsNoPageOfThisServersMetricsIsNamed) {
  const auto sentence = [](std::string_view page) {
    const auto sample = read("vllm", page);
    return sample ? std::string("taken") : sample.error().sentence;
  };
  EXPECT_EQ(sentence("<!DOCTYPE html>\n<html><body>up 1\n</body>"), "no metrics: that is a page");
  EXPECT_EQ(sentence("\n  <html>"), "no metrics: that is a page");
  EXPECT_EQ(sentence(""), "no metrics: it is empty");
  EXPECT_THAT(sentence(R"({"error": "not found"})"), HasSubstr("something else: {\"error\""));
  EXPECT_THAT(sentence("go_threads 5\nprocess_start_time_seconds 1.0\n"),
              HasSubstr("its 2 samples are of another server"));
  EXPECT_THAT(sentence("\x1b[2Jhello"), ::testing::Not(HasSubstr("\x1b")));
  EXPECT_THAT(sentence(std::string(kMaxMetricsPage, 'a')), HasSubstr("larger than 8 MiB"));
}

}  // namespace
}  // namespace plumb
