-- LM Studio 0.3.6 or newer: its own REST API tells what the OpenAI-compatible routes do not.
-- What the fields mean: docs/servers.md
local models = "/api/v0/models"

return {
  title = "LM Studio",

  recognise = {
    { route = "models", path = "data.[].owned_by", is = "organization_owner" },
    { route = models, path = "data.[].compatibility_type" },
  },

  discovery = {
    models = { route = "models", path = "data.[].id" },
    model = { route = models, path = "data.[model].id" },
    -- There only while the model is loaded.
    window = { route = models, path = "data.[model].loaded_context_length" },
    window_trained = { route = models, path = "data.[model].max_context_length" },
    quantization = { route = models, path = "data.[model].quantization" },
    tools = { route = models, path = "data.[model].capabilities", has = "tool_use" },
  },

  dialect = {
    max_tokens_field = "max_tokens",
    sampling_names = {
      temperature = "temperature", top_p = "top_p", top_k = "top_k",
      presence_penalty = "presence_penalty", frequency_penalty = "frequency_penalty",
      repetition_penalty = "repeat_penalty", seed = "seed",
    },
  },

  error_words = {
    context_full = {
      "greater than the context length", "exceeds the context window", "context overflow",
    },
    no_vision = { "does not support images" },
    loading = { "model is loading" },
    unknown_model = { "model not found" },
  },

  -- It publishes no metrics.

  remedies = {
    parser_off = "load a model that LM Studio marks with tool use",
    metrics_off = "LM Studio publishes no metrics",
    context_floor = "load the model with a larger context length in LM Studio",
    truncates = "set LM Studio's context overflow policy to stop at the limit",
    thinking_stuck = "switch thinking off in the model's settings in LM Studio",
    no_vision = "load a model that LM Studio marks with vision",
  },
}
