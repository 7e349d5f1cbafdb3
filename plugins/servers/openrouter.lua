-- OpenRouter. The list of models describes each; who serves a request differs from one to the next
-- unless the provider is fixed (extra_body = { provider = { only = { ... } } }).
-- What the fields mean: docs/servers.md
return {
  title = "OpenRouter",

  recognise = { route = "models", path = "data.[].top_provider" },

  discovery = {
    models = { route = "models", path = "data.[].id" },
    model = { route = "models", path = "data.[model].id" },
    revision = { route = "models", path = "data.[model].canonical_slug" },
    window = {
      { route = "models", path = "data.[model].top_provider.context_length" },
      { route = "models", path = "data.[model].context_length" },
    },
    max_output = { route = "models", path = "data.[model].top_provider.max_completion_tokens" },
    vision = {
      route = "models", path = "data.[model].architecture.input_modalities", has = "image",
    },
    tools = { route = "models", path = "data.[model].supported_parameters", has = "tools" },
    thinking = { route = "models", path = "data.[model].supported_parameters", has = "reasoning" },
    weights = { route = "models", path = "data.[model].hugging_face_id" },
  },

  dialect = {
    max_tokens_field = "max_tokens",
    thinking_switch = "reasoning",
    sampling_names = {
      temperature = "temperature", top_p = "top_p", top_k = "top_k", min_p = "min_p",
      presence_penalty = "presence_penalty", frequency_penalty = "frequency_penalty",
      repetition_penalty = "repetition_penalty", seed = "seed",
    },
    -- Documented as 0 or above.
    sampling_off = { top_k = 0 },
  },

  error_words = {
    context_full = { "maximum context length" },
    no_vision = { "no endpoints found that support image input" },
    no_tools = { "no endpoints found that support tool use" },
    unknown_model = { "is not a valid model id" },
  },

  -- It publishes no metrics.

  remedies = {
    parser_off = "choose a provider whose endpoint supports tools: extra_body with provider = "
      .. "{ only = ..., require_parameters = true }",
    metrics_off = "OpenRouter publishes no metrics",
    context_floor = "choose a provider with a larger context window",
    thinking_stuck = "this model always reasons there",
    no_vision = "choose a model that takes images",
  },
}
