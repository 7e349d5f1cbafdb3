// What each flavour tells about itself, and whether its figures are true.
#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plugins/stand_in_support.hpp"

namespace plumb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// The value of the first series that starts so.
double series(const StandInServer& server, const std::string& start) {
  std::istringstream lines(get(server, "/metrics").body);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(start)) return std::stod(line.substr(line.rfind(' ')));
  }
  ADD_FAILURE() << "no series " << start;
  return -1;
}

TEST(StandInDiscovery, VllmTellsVersionWindowAndTokens) {
  const auto server = serve("flavour=vllm,context=32768");
  EXPECT_EQ(get(*server, "/health").status, 200);
  EXPECT_EQ(get(*server, "/health").body, "");
  EXPECT_TRUE(get(*server, "/version").json().contains("version"));
  const Json entry = get(*server, "/v1/models").json()["data"][0];
  EXPECT_EQ(entry["owned_by"], "vllm");
  EXPECT_EQ(entry["max_model_len"], 32768);
  const Json counted =
      post(*server, "/tokenize", {{"model", "stand-in"}, {"prompt", std::string(400, 'x')}}).json();
  EXPECT_EQ(counted["count"], 100);
  EXPECT_EQ(counted["tokens"].size(), 100U);
  const Json talk = says("hello");
  EXPECT_EQ(post(*server, "/tokenize", talk).json()["count"],
            chat(*server, talk).json()["usage"]["prompt_tokens"]);
  EXPECT_EQ(post(*server, "/tokenize", Json::array()).status, 200);
}

TEST(StandInDiscovery, SglangTellsItsArguments) {
  const auto server = serve("flavour=sglang,context=4096,parser=off,cache=off");
  EXPECT_TRUE(get(*server, "/model_info").json().contains("is_generation"));
  const Json info = get(*server, "/server_info").json();
  EXPECT_EQ(info["context_length"], 4096);
  EXPECT_TRUE(info["tool_call_parser"].is_null());
  EXPECT_TRUE(info["disable_radix_cache"]);
  EXPECT_EQ(get(*server, "/v1/models").json()["data"][0]["owned_by"], "sglang");
  EXPECT_EQ(get(*server, "/version").status, 404);
}

TEST(StandInDiscovery, LlamaServerTellsItsSlots) {
  const auto server = serve("flavour=llamacpp,context=8192,slots=2,vision=on");
  const Json props = get(*server, "/props").json();
  EXPECT_EQ(props["default_generation_settings"]["n_ctx"], 8192);
  EXPECT_EQ(props["total_slots"], 2);
  EXPECT_TRUE(props["modalities"]["vision"]);
  EXPECT_TRUE(props["chat_template_caps"]["supports_tool_calls"]);
  EXPECT_EQ(get(*server, "/slots").json().size(), 2U);
  const Page models = get(*server, "/v1/models");
  EXPECT_EQ(models.json()["data"][0]["meta"]["n_ctx_train"], 8192);
  EXPECT_EQ(models.headers.find("Server")->second, "llama.cpp");
  EXPECT_THAT(post(*server, "/apply-template", says("hello")).json()["prompt"], HasSubstr("hello"));
  EXPECT_EQ(post(*server, "/tokenize", {{"content", "12345678"}}).json()["tokens"].size(), 2U);
  EXPECT_EQ(get(*server, "/api/version").status, 404);
}

TEST(StandInDiscovery, OllamaTellsTheWindowThatIsLoaded) {
  const auto server = serve("flavour=ollama,context=32768,effective=4096,think=1");
  EXPECT_TRUE(get(*server, "/api/version").json().contains("version"));
  EXPECT_EQ(get(*server, "/api/tags").json()["models"][0]["name"], "stand-in");
  const Json shown = post(*server, "/api/show", {{"model", "stand-in"}}).json();
  EXPECT_EQ(shown["model_info"]["qwen3.context_length"], 32768);
  EXPECT_EQ(shown["capabilities"], Json({"completion", "tools", "thinking"}));
  EXPECT_EQ(get(*server, "/api/ps").json()["models"][0]["context_length"], 4096);
  EXPECT_EQ(post(*server, "/api/show", {{"model", "gpt-9"}}).status, 404);
  EXPECT_EQ(get(*server, "/metrics").status, 404);
}

TEST(StandInDiscovery, OpenrouterTellsWhatAModelTakes) {
  const auto server = serve("flavour=openrouter,context=32768,vision=blind");
  for (const char* path : {"/v1/models", "/api/v1/models"}) {
    const Json entry = get(*server, path).json()["data"][0];
    EXPECT_EQ(entry["context_length"], 32768);
    EXPECT_EQ(entry["architecture"]["input_modalities"], Json({"text", "image"}));
    EXPECT_THAT(entry["supported_parameters"].dump(), HasSubstr("\"tools\""));
  }
  EXPECT_EQ(get(*server, "/metrics").status, 404);
}

TEST(StandInMetrics, CountersMoveByWhatWasUsed) {
  const auto server = serve("flavour=vllm,draft=0.5");
  Json body = says(std::string(4000, 'x') + " Count without end.");
  body["max_tokens"] = 100;
  const Json first = chat(*server, body).json()["usage"];
  const Json second = chat(*server, body).json()["usage"];
  const double prompt = first["prompt_tokens"];
  EXPECT_EQ(series(*server, "vllm:prompt_tokens_total{"), 2 * prompt);
  EXPECT_EQ(series(*server, "vllm:generation_tokens_total{"), 200);
  EXPECT_EQ(series(*server, "vllm:prefix_cache_queries_total{"), 2 * prompt);
  EXPECT_EQ(series(*server, "vllm:prefix_cache_hits_total{"),
            second["prompt_tokens_details"]["cached_tokens"].get<double>());
  EXPECT_EQ(series(*server, "vllm:num_requests_running{"), 0);
  EXPECT_EQ(series(*server, "vllm:num_requests_waiting{"), 0);
  EXPECT_EQ(series(*server, "vllm:kv_cache_usage_perc{"), 0);
  EXPECT_EQ(series(*server, "vllm:time_to_first_token_seconds_count{"), 2);
  EXPECT_GT(series(*server, "process_start_time_seconds"), 1.6e9);
  const double accepted = series(*server, "vllm:spec_decode_num_accepted_tokens_total{");
  EXPECT_NEAR(accepted / series(*server, "vllm:spec_decode_num_draft_tokens_total{"), 0.5, 0.01);
  EXPECT_THAT(get(*server, "/metrics").body, HasSubstr("finished_reason=\"length\"} 2"));
}

TEST(StandInMetrics, TheNamesAreThoseOfTheServer) {
  EXPECT_THAT(
      get(*serve("flavour=vllm"), "/metrics").body,
      AllOf(HasSubstr("vllm:cache_config_info{"), HasSubstr("enable_prefix_caching=\"True\""),
            HasSubstr("num_gpu_blocks=\"262144\""), HasSubstr("vllm:kv_cache_usage_perc{")));
  EXPECT_THAT(
      get(*serve("flavour=vllm,metrics=v0,cache=off"), "/metrics").body,
      AllOf(HasSubstr("vllm:gpu_cache_usage_perc{"), HasSubstr("enable_prefix_caching=\"False\""),
            Not(HasSubstr("vllm:prefix_cache_queries_total"))));
  EXPECT_THAT(get(*serve("flavour=sglang"), "/metrics").body,
              AllOf(HasSubstr("sglang:num_running_reqs{"),
                    HasSubstr("sglang:realtime_tokens_total{"), HasSubstr("mode=\"decode\"")));
  EXPECT_THAT(get(*serve("flavour=llamacpp"), "/metrics").body,
              HasSubstr("llamacpp:requests_deferred 0"));
  EXPECT_EQ(get(*serve("flavour=vllm,metrics=off"), "/metrics").status, 404);
  EXPECT_EQ(get(*serve("flavour=llamacpp,metrics=off"), "/metrics").status, 501);
  EXPECT_THAT(get(*serve("flavour=vllm,metrics=html"), "/metrics").body, HasSubstr("<html>"));
  EXPECT_EQ(get(*serve(""), "/metrics").status, 404);
}

TEST(StandInMetrics, SglangAndLlamaServerCountARequestWhenItIsOver) {
  for (const auto& [flavour, done, live] :
       {std::tuple("sglang", "sglang:generation_tokens_total{", "sglang:realtime_tokens_total{"),
        {"llamacpp", "llamacpp:tokens_predicted_total ", "llamacpp:n_decode_total "}}) {
    const auto server = serve(std::string("tok_s=0.001,flavour=") + flavour);
    auto client = client_of(*server);
    httplib::Request request;
    request.method = "POST";
    request.path = "/v1/chat/completions";
    request.body = bare_body("Count without end.");
    std::string body;
    request.content_receiver = [&](const char* data, size_t size, std::uint64_t, std::uint64_t) {
      body.append(data, size);
      if (body.find("\"1 ") == std::string::npos) return true;
      // The first token is here: the client hangs up in the middle of the answer.
      EXPECT_EQ(series(*server, done), 0) << flavour;
      EXPECT_THAT(get(*server, "/metrics").body, HasSubstr(live)) << flavour;
      return false;
    };
    EXPECT_FALSE(client.send(request));
  }
}

TEST(StandInMetrics, WhoFindsNoSlotWaitsInTheQueue) {
  auto server = serve("flavour=vllm,slots=1,tok_s=0.001");
  const auto ask_in_vain = [&] { return ask(*server, bare_body("Count without end.")).complete; };
  auto first = std::async(std::launch::async, ask_in_vain);
  auto second = std::async(std::launch::async, ask_in_vain);
  while (series(*server, "vllm:num_requests_waiting{") < 1) std::this_thread::yield();
  EXPECT_EQ(series(*server, "vllm:num_requests_running{"), 1);
  server.reset();
  EXPECT_FALSE(first.get());
  EXPECT_FALSE(second.get());
}

TEST(StandInMetrics, AQueueIsServedInTurn) {
  const auto server = serve("slots=2,tok_s=20000");
  std::vector<std::future<bool>> answers;
  for (int i = 0; i < 12; ++i) {
    answers.push_back(std::async(std::launch::async, [&] {
      return ask(*server, bare_body("Answer with the word: ready")).done;
    }));
  }
  for (auto& answer : answers) EXPECT_TRUE(answer.get());
}

}  // namespace
}  // namespace plumb
