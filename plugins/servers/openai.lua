-- The hosted API of OpenAI. Proxies like to name "openai" as the owner of what they serve, so only
-- the header counts.
-- What the fields mean: docs/servers.md
return {
  title = "OpenAI",

  recognise = { route = "models", header = "openai-version" },

  discovery = {
    models = { route = "models", path = "data.[].id" },
    model = { route = "models", path = "data.[model].id" },
  },

  dialect = {
    max_tokens_field = "max_completion_tokens",
    thinking_switch = "reasoning_effort",
    sampling_names = {
      temperature = "temperature", top_p = "top_p",
      presence_penalty = "presence_penalty", frequency_penalty = "frequency_penalty",
      seed = "seed",
    },
  },

  error_words = {
    context_full = {
      "context_length_exceeded", "maximum context length", "exceeds the context window",
    },
    unknown_model = { "does not exist or you do not have access" },
    no_vision = { "image input is not supported", "image_url is only supported" },
  },

  -- It publishes no metrics.

  remedies = {
    metrics_off = "OpenAI publishes no metrics",
    context_floor = "choose a model with a larger context window",
    thinking_stuck = "this model always reasons",
    no_vision = "choose a model that takes images",
  },
}
