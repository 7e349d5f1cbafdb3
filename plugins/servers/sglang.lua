-- SGLang. Names of 2026 first; /get_server_info and /get_model_info are those of 2025.
-- What the fields mean: docs/servers.md
local info = { "/server_info", "/get_server_info" }
local model = { "/model_info", "/get_model_info" }

return {
  title = "SGLang",

  recognise = { route = "models", path = "data.[].owned_by", is = "sglang" },

  discovery = {
    version = { route = info, path = "version" },
    models = { route = "models", path = "data.[].id" },
    model = { route = "models", path = "data.[model].id" },
    window = { route = "models", path = "data.[model].max_model_len" },
    weights = { route = model, path = "model_path" },
    revision = { route = info, path = "revision" },
    vision = { route = model, path = "has_image_understanding" },
    quantization = { route = info, path = "quantization" },
    dtype = { route = info, path = "dtype" },
    kv_dtype = { route = info, path = "kv_cache_dtype" },
    kv_capacity_tokens = { route = info, path = "max_total_num_tokens" },
    slots = { route = info, path = "max_running_requests" },
    prefix_caching = { route = info, path = "disable_radix_cache", negated = true },
    speculation = { route = info, path = "speculative_algorithm" },
    tool_parser = { route = info, path = "tool_call_parser" },
    reasoning_parser = { route = info, path = "reasoning_parser" },
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

  error_words = {
    context_full = { "longer than the model's context length", "requested token count exceeds" },
    roles = { "roles must alternate" },
    bad_history = { "invalid tool call arguments" },
  },

  metrics = {
    route = "/metrics",
    model_label = "model_name",
    -- Each rank of one engine may publish the same figures (--enable-metrics-for-all-schedulers).
    copies = { "tp_rank", "pp_rank", "moe_ep_rank", "pid" },
    figures = {
      running = "sglang:num_running_reqs",
      waiting = "sglang:num_queue_reqs",
      prompt_tokens = {
        { series = "sglang:realtime_tokens_total",
          where = { mode = { "prefill_compute", "prefill_cache" } },
          note = "moves at each line of the scheduler's log" },
        { series = "sglang:prompt_tokens_total", at_completion = true },
      },
      generation_tokens = {
        { series = "sglang:realtime_tokens_total", where = { mode = "decode" },
          note = "moves at each line of the scheduler's log" },
        { series = "sglang:generation_tokens_total", at_completion = true },
      },
      prefix_queries = {
        { series = "sglang:realtime_tokens_total",
          where = { mode = { "prefill_compute", "prefill_cache" } } },
        { series = "sglang:prompt_tokens_total", at_completion = true },
      },
      prefix_hits = {
        { series = "sglang:realtime_tokens_total", where = { mode = "prefill_cache" } },
        { series = "sglang:cached_tokens_total", at_completion = true },
      },
      prefix_hit_rate = { { series = "sglang:cache_hit_rate", note = "of the latest batch only" } },
      kv_usage = "sglang:token_usage",
      kv_capacity_tokens = "sglang:max_total_num_tokens",
      preemptions = {
        { series = "sglang:num_retracted_requests_total", note = "SGLang calls it a retraction" },
      },
      draft_acceptance = {
        { series = "sglang:spec_accept_rate",
          note = "of the latest batch; its numerator holds the bonus token: not comparable with "
            .. "rates of other servers" },
      },
      accepted_length = {
        { series = "sglang:spec_accept_length", note = "of the latest batch" },
      },
      requests_finished = "sglang:num_requests_total",
      queue_seconds = "sglang:queue_time_seconds_sum",
      queue_requests = "sglang:queue_time_seconds_count",
      process_start_s = "process_start_time_seconds",
    },
  },

  remedies = {
    parser_off = "start SGLang with the --tool-call-parser of this model (qwen25, mistral, "
      .. "llama3, deepseekv3, ...)",
    metrics_off = "start SGLang with --enable-metrics",
    cache_report_off = "start SGLang with --enable-cache-report",
    context_floor = "start SGLang with a larger --context-length, or give it more memory with "
      .. "--mem-fraction-static",
    prefix_cache_off = "start SGLang without --disable-radix-cache",
    preemptions = "start SGLang with a larger --mem-fraction-static or --schedule-conservativeness"
      .. ", or run with less concurrency",
    thinking_stuck = "its chat template has no enable_thinking",
    leaked_reasoning = "start SGLang with the --reasoning-parser of this model",
    no_vision = "this model takes no images, or it needs --enable-multimodal",
    strict_roles = "ask with merge_roles=true and, where the template refuses a system prompt, "
      .. "system_as_user=true",
  },
}
