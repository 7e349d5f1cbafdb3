-- llama-server of llama.cpp. Seen on the wire in a build of October 2026 (commit 0c1e570).
-- What the fields mean: docs/servers.md
return {
  title = "llama-server",

  recognise = {
    { route = "models", header = "server", is = "llama.cpp" },
    { route = "models", path = "data.[].owned_by", is = "llamacpp" },
    { route = "/props", path = "default_generation_settings" },
  },

  discovery = {
    version = { route = "/props", path = "build_info" },
    models = { route = "models", path = "data.[].id" },
    model = { route = "models", path = "data.[model].id" },
    -- n_ctx of the settings is one slot's share, which is what a request gets.
    window = {
      { route = "/props", path = "default_generation_settings.n_ctx" },
      { route = "models", path = "data.[model].meta.n_ctx" },
    },
    window_trained = { route = "models", path = "data.[model].meta.n_ctx_train" },
    slots = { route = "/props", path = "total_slots" },
    vision = { route = "/props", path = "modalities.vision" },
    tools = { route = "/props", path = "chat_template_caps.supports_tools" },
    parallel_calls = {
      route = "/props", path = "chat_template_caps.supports_parallel_tool_calls",
    },
    weights = { route = "/props", path = "model_path" },
    quantization = {
      { route = "/props", path = "model_ftype" },
      { route = "models", path = "data.[model].meta.ftype" },
    },
    chat_template = { route = "/props", path = "chat_template" },
  },

  dialect = {
    max_tokens_field = "max_tokens",
    thinking_switch = "chat_template_kwargs",
    -- Its default is false, unlike that of the other servers.
    parallel_tool_calls = true,
    sampling_names = {
      temperature = "temperature", top_p = "top_p", top_k = "top_k", min_p = "min_p",
      presence_penalty = "presence_penalty", frequency_penalty = "frequency_penalty",
      repetition_penalty = "repeat_penalty", seed = "seed",
    },
  },

  render = {
    route = "/apply-template",
    body = { messages = "$messages", tools = "$tools" },
    path = "prompt",
  },

  raw = {
    { route = "/apply-template",
      body = {
        messages = "$messages", tools = "$tools", parallel_tool_calls = "$parallel_tool_calls",
        chat_template_kwargs = "$chat_template_kwargs",
      },
      takes = { prompt = "prompt" } },
    -- Its text is without special tokens; those that are read back from the tokens are with them.
    { route = "/completion", samples = true, limit = "n_predict",
      body = { prompt = "$prompt", stream = false, return_tokens = true },
      takes = {
        ids = "tokens", finish = "stop_type", prompt_tokens = "tokens_evaluated",
        completion_tokens = "tokens_predicted",
      } },
    { route = "/detokenize", body = { tokens = "$ids" }, takes = { text = "content" } },
  },

  error_words = {
    context_full = {
      "exceed_context_size", "exceeds the available context size", "context size has been exceeded",
    },
    roles = { "roles must alternate", "jinja exception" },
    no_vision = { "image input is not supported" },
    loading = { "loading model" },
    bad_history = { "failed to parse tool call arguments as json" },
    no_tools = { "requires --jinja", "param requires --jinja flag" },
    unparsed = {
      "the model produced output that does not match", "failed to parse input at pos",
    },
  },

  metrics = {
    route = "/metrics",
    model_label = "model",
    -- Microseconds since the host's boot, whatever its name says: only its change means something.
    start_header = "Process-Start-Time-Unix",
    figures = {
      running = "llamacpp:requests_processing",
      waiting = "llamacpp:requests_deferred",
      prompt_tokens = {
        { series = "llamacpp:prompt_tokens_total", at_completion = true,
          note = "without tokens from the cache" },
      },
      generation_tokens = { { series = "llamacpp:tokens_predicted_total", at_completion = true } },
      generation_seconds = {
        { series = "llamacpp:tokens_predicted_seconds_total", at_completion = true },
      },
      prefix_queries = {
        { series = { "llamacpp:prompt_tokens_total", "llamacpp:prompt_tokens_cached_total" },
          at_completion = true },
      },
      prefix_hits = {
        { series = "llamacpp:prompt_tokens_cached_total", at_completion = true },
      },
      drafts = { { series = "llamacpp:spec_decode_num_drafts_total", at_completion = true } },
      draft_tokens = {
        { series = "llamacpp:spec_decode_num_draft_tokens_total", at_completion = true },
      },
      draft_accepted = {
        { series = "llamacpp:spec_decode_num_accepted_tokens_total", at_completion = true },
      },
      kv_usage = "llamacpp:kv_cache_usage_ratio",
    },
  },

  remedies = {
    parser_off = "start llama-server with --jinja (and a --chat-template-file whose template knows "
      .. "tools, where the model's own does not)",
    metrics_off = "start llama-server with --metrics",
    context_floor = "start llama-server with a larger --ctx-size or a smaller --parallel: each "
      .. "slot gets ctx-size / parallel tokens",
    kv_unknown = "llama-server started without --parallel lets its slots share one window, and "
      .. "breaks off what does not fit: run with --concurrency 1, or start it with --parallel N",
    prefix_cache_off = "ask without cache_prompt=false",
    thinking_stuck = "start llama-server with --reasoning-budget 0, or with a template that has "
      .. "enable_thinking",
    leaked_reasoning = "start llama-server with --reasoning-format deepseek",
    no_vision = "start llama-server with the model's --mmproj file",
    strict_roles = "ask with merge_roles=true and, where the template refuses a system prompt, "
      .. "system_as_user=true",
  },
}
