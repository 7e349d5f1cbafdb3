-- vLLM, V1 engine; the metrics of V0 (before 0.9) stand behind those of V1.
-- What the fields mean: docs/servers.md
return {
  title = "vLLM",

  recognise = { route = "models", path = "data.[].owned_by", is = "vllm" },

  discovery = {
    version = { route = "/version", path = "version" },
    models = { route = "models", path = "data.[].id" },
    model = { route = "models", path = "data.[model].id" },
    weights = { route = "models", path = "data.[model].root" },
    window = { route = "models", path = "data.[model].max_model_len" },
  },

  dialect = {
    max_tokens_field = "max_tokens",
    thinking_switch = "chat_template_kwargs",
    sampling_names = {
      temperature = "temperature", top_p = "top_p", top_k = "top_k", min_p = "min_p",
      presence_penalty = "presence_penalty", frequency_penalty = "frequency_penalty",
      repetition_penalty = "repetition_penalty", seed = "seed",
    },
  },

  render = {
    route = "/tokenize",
    body = { model = "$model", messages = "$messages", tools = "$tools" },
    path = "tokens",
  },

  raw = {
    { route = "/tokenize",
      body = {
        model = "$model", messages = "$messages", tools = "$tools",
        chat_template_kwargs = "$chat_template_kwargs", add_generation_prompt = true,
      },
      takes = { ids = "tokens", prompt_tokens = "count", window = "max_model_len" } },
    { route = "/detokenize", body = { model = "$model", tokens = "$ids" },
      takes = { prompt = "prompt" } },
    -- Without a limit it writes 16 tokens.
    { route = "completions", samples = true, limit = "max_tokens",
      body = { prompt = "$ids", add_special_tokens = false, skip_special_tokens = false },
      takes = {
        text = "choices.[1].text", finish = "choices.[1].finish_reason",
        completion_tokens = "usage.completion_tokens",
      } },
  },

  error_words = {
    context_full = { "maximum context length", "longer than the maximum model length" },
    roles = { "roles must alternate" },
    no_vision = { "is not a multimodal model", "image(s) may be provided" },
    unknown_model = { "does not exist" },
    no_tools = { "requires --enable-auto-tool-choice" },
    -- openai_harmony, with models that write this format (vllm#51977, #46464).
    unparsed = { "unexpected tokens remaining in message header", "while expecting start token" },
  },

  metrics = {
    route = "/metrics",
    model_label = "model_name",
    figures = {
      running = "vllm:num_requests_running",
      waiting = "vllm:num_requests_waiting",
      prompt_tokens = {
        { series = "vllm:prompt_tokens_total", note = "counts tokens from the prefix cache, too" },
      },
      generation_tokens = "vllm:generation_tokens_total",
      generation_seconds = "vllm:request_decode_time_seconds_sum",
      prefix_queries = {
        "vllm:prefix_cache_queries_total", "vllm:gpu_prefix_cache_queries_total",
      },
      prefix_hits = { "vllm:prefix_cache_hits_total", "vllm:gpu_prefix_cache_hits_total" },
      prefix_hit_rate = "vllm:gpu_prefix_cache_hit_rate",
      kv_usage = { "vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc" },
      kv_capacity_tokens = {
        { series = "vllm:cache_config_info", labels = "kv_cache_size_tokens" },
        { series = "vllm:cache_config_info", labels = { "num_gpu_blocks", "block_size" } },
      },
      prefix_caching = { { series = "vllm:cache_config_info", labels = "enable_prefix_caching" } },
      preemptions = "vllm:num_preemptions_total",
      drafts = "vllm:spec_decode_num_drafts_total",
      draft_tokens = "vllm:spec_decode_num_draft_tokens_total",
      draft_accepted = "vllm:spec_decode_num_accepted_tokens_total",
      accepted_per_pos = {
        { series = "vllm:spec_decode_num_accepted_tokens_per_pos_total", by = "position" },
      },
      draft_acceptance = "vllm:spec_decode_draft_acceptance_rate",
      requests_finished = "vllm:request_success_total",
      queue_seconds = "vllm:request_queue_time_seconds_sum",
      queue_requests = "vllm:request_queue_time_seconds_count",
      process_start_s = "process_start_time_seconds",
    },
  },

  remedies = {
    parser_off = "start vLLM with --enable-auto-tool-choice and the --tool-call-parser of this "
      .. "model (hermes, mistral, llama3_json, qwen3_coder, ...)",
    metrics_off = "vLLM publishes /metrics unless something in front of it hides them: name the "
      .. "server's own address with metrics_url",
    cache_report_off = "start vLLM with --enable-prompt-tokens-details",
    context_floor = "start vLLM with a larger --max-model-len",
    prefix_cache_off = "start vLLM with --enable-prefix-caching (some architectures switch it off)",
    preemptions = "start vLLM with a larger --gpu-memory-utilization or a smaller --max-num-seqs, "
      .. "or run with less concurrency",
    thinking_stuck = "its chat template has no enable_thinking; --reasoning-parser at least keeps "
      .. "thoughts apart from the answer",
    leaked_reasoning = "start vLLM with the --reasoning-parser of this model",
    no_vision = "this model takes no images, or --limit-mm-per-prompt forbids them",
    strict_roles = "ask with merge_roles=true and, where the template refuses a system prompt, "
      .. "system_as_user=true",
  },
}
