#include "plugins/endpoints/stand_in_discovery.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/hash.hpp"
#include "core/base/json.hpp"
#include "plugins/endpoints/stand_in_raw.hpp"
#include "plugins/endpoints/stand_in_refusal.hpp"
#include "plugins/endpoints/stand_in_request.hpp"

namespace plumb {
namespace {

using Flavour = StandInFlavour;

/// What a route's page depends on.
struct Asked {
  const StandInOptions& options;
  bool get;
  std::string_view path;
  std::string_view body;
  const StandInFigures& figures;
  std::int64_t started;

  [[nodiscard]] bool gets(std::string_view route) const { return get && path == route; }
  [[nodiscard]] bool posts(std::string_view route) const { return !get && path == route; }
};

using Answer = std::optional<StandInPage>;

StandInPage page(const Json& json) { return {.body = dump_json(json)}; }

bool declares_vision(const StandInOptions& options) { return options.vision != StandInVision::off; }

StandInPage refused(const Asked& asked, StandInComplaint what, const std::string& detail) {
  const StandInError error =
      encode_refusal(asked.options.flavour, StandInProtocol::chat, {what, detail});
  return {.body = error.body, .type = error.type, .status = error.status};
}

/// The prompt that a conversation in the body becomes.
Result<std::string> rendered(const Asked& asked) {
  PLUMB_TRY(const StandInRequest request,
            parse_stand_in_request(asked.options, StandInProtocol::chat, asked.body));
  return render_stand_in_prompt(request);
}

Json model_entry(const Asked& asked, const char* owner) {
  return {{"id", kStandInModel},
          {"object", "model"},
          {"created", asked.started},
          {"owned_by", owner},
          {"root", kStandInModel},
          {"parent", nullptr},
          {"max_model_len", asked.options.context}};
}

StandInPage model_list(const Json& entry) {
  return page({{"object", "list"}, {"data", Json::array({entry})}});
}

/// vLLM: text under "prompt", or a conversation.
StandInPage vllm_tokenize(const Asked& asked) {
  const auto json = parse_json(asked.body);
  if (!json) return refused(asked, StandInComplaint::bad_json, json.error().sentence);
  std::string text = json_or(*json, "prompt", "");
  if (json->is_object() && json->contains("messages")) {
    auto prompt = rendered(asked);
    if (!prompt) return refused(asked, StandInComplaint::bad_request, prompt.error().sentence);
    text = std::move(*prompt);
  }
  Json tokens = stand_in_tokens(text);
  return page({{"count", tokens.size()},
               {"max_model_len", asked.options.context},
               {"tokens", std::move(tokens)},
               {"token_strs", nullptr}});
}

Answer vllm(const Asked& asked) {
  if (asked.gets("/health")) return StandInPage{};
  if (asked.gets("/version")) return page({{"version", "0.11.2"}});
  if (asked.gets("/v1/models")) return model_list(model_entry(asked, "vllm"));
  if (asked.posts("/tokenize")) return vllm_tokenize(asked);
  return std::nullopt;
}

Json sglang_server_info(const Asked& asked) {
  const StandInOptions& options = asked.options;
  return {{"model_path", kStandInModel},
          {"served_model_name", kStandInModel},
          {"version", "0.5.5"},
          {"context_length", options.context},
          {"max_total_num_tokens", options.window() * 4},
          {"max_running_requests", options.slots > 0 ? options.slots : 256},
          {"tool_call_parser", options.parser ? Json("qwen25") : Json()},
          {"reasoning_parser", options.think > 0 ? Json("qwen3") : Json()},
          {"enable_metrics", options.metrics != StandInMetrics::off},
          {"enable_cache_report", options.cache_report},
          {"disable_radix_cache", !options.cache},
          {"speculative_algorithm", options.draft > 0 ? Json("EAGLE") : Json()},
          {"internal_states", Json::array({{{"last_gen_throughput", 0.0}}})}};
}

Answer sglang(const Asked& asked) {
  if (asked.gets("/health") || asked.gets("/health_generate")) return StandInPage{};
  if (asked.gets("/model_info") || asked.gets("/get_model_info")) {
    return page({{"model_path", kStandInModel},
                 {"tokenizer_path", kStandInModel},
                 {"is_generation", true},
                 {"preferred_sampling_params", nullptr},
                 {"weight_version", "default"},
                 {"has_image_understanding", declares_vision(asked.options)}});
  }
  if (asked.gets("/server_info") || asked.gets("/get_server_info")) {
    return page(sglang_server_info(asked));
  }
  if (asked.gets("/v1/models")) return model_list(model_entry(asked, "sglang"));
  return std::nullopt;
}

Json llama_props(const StandInOptions& options) {
  const Json params = {{"temperature", 0.8}, {"top_k", 40}, {"top_p", 0.95}, {"min_p", 0.05}};
  return {
      {"default_generation_settings",
       {{"id", 0},
        {"n_ctx", options.context},
        {"speculative", options.draft > 0},
        {"is_processing", false},
        {"params", params}}},
      {"total_slots", options.slots > 0 ? options.slots : 4},
      {"model_alias", kStandInModel},
      {"model_path", "/models/stand-in.gguf"},
      {"model_ftype", "Q8_0"},
      {"modalities", {{"vision", declares_vision(options)}, {"audio", false}, {"video", false}}},
      {"chat_template", "{% for message in messages %}{{ message.content }}{% endfor %}"},
      {"chat_template_caps",
       {{"supports_tools", true},
        {"supports_tool_calls", true},
        {"supports_system_role", true},
        {"supports_parallel_tool_calls", options.parallel},
        {"supports_preserve_reasoning", false}}},
      {"bos_token", ""},
      {"eos_token", "<|end|>"},
      {"build_info", "b1-0c1e570"},
      {"is_sleeping", false}};
}

Json llama_slots(const Asked& asked) {
  Json slots = Json::array();
  const std::int64_t count = asked.options.slots > 0 ? asked.options.slots : 4;
  for (std::int64_t i = 0; i < count; ++i) {
    slots.push_back({{"id", i},
                     {"n_ctx", asked.options.context},
                     {"speculative", asked.options.draft > 0},
                     {"is_processing", i < asked.figures.running}});
  }
  return slots;
}

StandInPage llama_models(const Asked& asked) {
  const Json meta = {{"vocab_type", 2},
                     {"n_vocab", 151'936},
                     {"n_ctx", asked.options.context},
                     {"n_ctx_train", asked.options.context},
                     {"n_embd", 4096},
                     {"n_params", 8'190'735'360},
                     {"size", 8'709'518'336},
                     {"ftype", "Q8_0"}};
  const Json old = {{"name", kStandInModel}, {"model", kStandInModel}, {"type", "model"}};
  return page({{"models", Json::array({old})},
               {"object", "list"},
               {"data", Json::array({{{"id", kStandInModel},
                                      {"aliases", Json::array({kStandInModel})},
                                      {"tags", Json::array()},
                                      {"object", "model"},
                                      {"created", asked.started},
                                      {"owned_by", "llamacpp"},
                                      {"meta", meta}}})}});
}

Answer llamacpp_post(const Asked& asked) {
  if (asked.posts("/tokenize")) {
    const auto json = parse_json(asked.body);
    if (!json) return refused(asked, StandInComplaint::bad_json, json.error().sentence);
    return page({{"tokens", stand_in_tokens(json_or(*json, "content", ""))}});
  }
  const bool counts = asked.posts("/v1/chat/completions/input_tokens");
  if (!counts && !asked.posts("/apply-template")) return std::nullopt;
  const auto prompt = rendered(asked);
  if (!prompt) return refused(asked, StandInComplaint::bad_request, prompt.error().sentence);
  if (!counts) return page({{"prompt", *prompt}});
  return page({{"input_tokens", (prompt->size() + 3) / 4}, {"object", "response.input_tokens"}});
}

Answer llamacpp(const Asked& asked) {
  if (asked.gets("/health")) return page({{"status", "ok"}});
  if (asked.gets("/props")) return page(llama_props(asked.options));
  if (asked.gets("/slots")) return page(llama_slots(asked));
  if (asked.gets("/v1/models") || asked.gets("/models")) return llama_models(asked);
  return llamacpp_post(asked);
}

Json ollama_details() {
  return {{"parent_model", ""},    {"format", "gguf"},         {"family", "qwen3"},
          {"families", {"qwen3"}}, {"parameter_size", "8.2B"}, {"quantization_level", "Q8_0"}};
}

Json ollama_model() {
  return {{"name", kStandInModel},
          {"model", kStandInModel},
          {"modified_at", "2026-11-21T00:00:00Z"},
          {"size", 8'709'518'336},
          {"digest", sha256_hex(kStandInModel)},
          {"details", ollama_details()}};
}

StandInPage ollama_show(const Asked& asked) {
  const auto json = parse_json(asked.body);
  if (!json) return {.body = R"({"error":"invalid character in request"})", .status = 400};
  const std::string model = json_or(*json, "model", json_or(*json, "name", "").c_str());
  if (model != kStandInModel && model != std::string(kStandInModel) + ":latest") {
    return {.body = dump_json({{"error", fmt::format("model '{}' not found", model)}}),
            .status = 404};
  }
  const StandInOptions& options = asked.options;
  Json capabilities = {"completion", "tools"};
  if (options.think > 0) capabilities.push_back("thinking");
  if (declares_vision(options)) capabilities.push_back("vision");
  return page({{"modelfile", "FROM stand-in"},
               {"parameters", ""},
               {"template", "{{ .Prompt }}"},
               {"details", ollama_details()},
               {"model_info",
                {{"general.architecture", "qwen3"}, {"qwen3.context_length", options.context}}},
               {"capabilities", capabilities}});
}

Answer ollama(const Asked& asked) {
  if (asked.gets("/")) return StandInPage{.body = "Ollama is running", .type = "text/plain"};
  if (asked.gets("/api/version")) return page({{"version", "0.12.10"}});
  if (asked.gets("/api/tags")) return page({{"models", Json::array({ollama_model()})}});
  if (asked.gets("/api/ps")) {
    Json loaded = ollama_model();
    // The window that it really has, whatever the model's own is.
    loaded["context_length"] = asked.options.window();
    loaded["size_vram"] = loaded["size"];
    loaded["expires_at"] = "2026-11-22T00:00:00Z";
    return page({{"models", Json::array({loaded})}});
  }
  if (asked.posts("/api/show")) return ollama_show(asked);
  if (asked.gets("/v1/models")) {
    return model_list({{"id", kStandInModel},
                       {"object", "model"},
                       {"created", asked.started},
                       {"owned_by", "library"}});
  }
  return std::nullopt;
}

Answer openrouter(const Asked& asked) {
  if (!asked.gets("/v1/models")) return std::nullopt;
  const StandInOptions& options = asked.options;
  Json inputs = {"text"};
  if (declares_vision(options)) inputs.push_back("image");
  return page(
      {{"data", Json::array({{{"id", kStandInModel},
                              {"canonical_slug", kStandInModel},
                              {"name", "Stand-in"},
                              {"created", asked.started},
                              {"context_length", options.context},
                              {"architecture",
                               {{"modality", "text->text"},
                                {"input_modalities", inputs},
                                {"output_modalities", {"text"}},
                                {"tokenizer", "Other"},
                                {"instruct_type", nullptr}}},
                              {"pricing", {{"prompt", "0"}, {"completion", "0"}}},
                              {"top_provider",
                               {{"context_length", options.context},
                                {"max_completion_tokens", nullptr},
                                {"is_moderated", false}}},
                              {"per_request_limits", nullptr},
                              {"supported_parameters",
                               {"frequency_penalty", "include_reasoning", "max_tokens", "min_p",
                                "presence_penalty", "reasoning", "repetition_penalty", "seed",
                                "temperature", "tool_choice", "tools", "top_k", "top_p"}}}})}});
}

Answer metrics(const Asked& asked) {
  if (!asked.gets("/metrics")) return std::nullopt;
  switch (asked.options.metrics) {
    case StandInMetrics::html:
      return StandInPage{.body = "<!doctype html><html><body>Sign in</body></html>",
                         .type = "text/html"};
    case StandInMetrics::off:
      if (asked.options.flavour != Flavour::llamacpp) return std::nullopt;
      return StandInPage{.body = R"({"error":{"code":501,"message":"This server does not support )"
                                 R"(metrics endpoint. Start it with `--metrics`",)"
                                 R"("type":"not_supported_error"}})",
                         .status = 501};
    case StandInMetrics::on:
    case StandInMetrics::v0:
      break;
  }
  auto text = stand_in_metrics(asked.options, asked.figures, asked.started);
  if (!text) return std::nullopt;
  return StandInPage{.body = std::move(*text), .type = "text/plain; version=0.0.4; charset=utf-8"};
}

}  // namespace

const char* stand_in_server_header(StandInFlavour flavour) {
  switch (flavour) {
    case Flavour::vllm:
    case Flavour::sglang:
    case Flavour::mistral_strict:
      return "uvicorn";
    case Flavour::llamacpp:
      return "llama.cpp";
    case Flavour::openrouter:
      return "cloudflare";
    default:
      return nullptr;
  }
}

std::optional<StandInPage> discovery_page(const StandInOptions& options, bool get,
                                          std::string_view path, std::string_view body,
                                          const StandInFigures& figures, std::int64_t started) {
  const Asked asked{options, get, path, body, figures, started};
  if (auto found = metrics(asked)) return found;
  switch (options.flavour) {
    case Flavour::vllm:
    case Flavour::mistral_strict:
      return vllm(asked);
    case Flavour::sglang:
      return sglang(asked);
    case Flavour::llamacpp:
      return llamacpp(asked);
    case Flavour::ollama:
      return ollama(asked);
    case Flavour::openrouter:
      return openrouter(asked);
    case Flavour::plain:
      break;
  }
  if (asked.gets("/v1/models")) return model_list(model_entry(asked, "plumbline"));
  return std::nullopt;
}

}  // namespace plumb
