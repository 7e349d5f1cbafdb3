-- Ollama, through its OpenAI-compatible routes. Other servers imitate some of its own routes, so
-- the model list alone proves nothing.
-- What the fields mean: docs/servers.md
local show = { model = "$model" }

return {
  title = "Ollama",

  recognise = {
    { route = "models", path = "data.[].owned_by", is = "library" },
    { route = "/", contains = "ollama is running" },
  },

  discovery = {
    version = { route = "/api/version", path = "version" },
    models = { route = "models", path = "data.[].id" },
    model = { route = "models", path = "data.[model].id" },
    -- Known only while the model is loaded. What /api/show tells is what it was trained for.
    window = { route = "/api/ps", path = "models.[model].context_length" },
    window_trained = {
      route = "/api/show", body = show, path = { "model_info", "*.context_length" },
    },
    vision = { route = "/api/show", body = show, path = "capabilities", has = "vision" },
    tools = { route = "/api/show", body = show, path = "capabilities", has = "tools" },
    thinking = { route = "/api/show", body = show, path = "capabilities", has = "thinking" },
    quantization = { route = "/api/show", body = show, path = "details.quantization_level" },
    weights = { route = "/api/ps", path = "models.[model].digest" },
    chat_template = { route = "/api/show", body = show, path = "template" },
  },

  dialect = {
    max_tokens_field = "max_tokens",
    thinking_switch = "reasoning_effort",
    sampling_names = {
      temperature = "temperature", top_p = "top_p",
      presence_penalty = "presence_penalty", frequency_penalty = "frequency_penalty",
      seed = "seed",
    },
  },

  error_words = {
    context_full = { "input length exceeds", "exceeds the context length" },
    unknown_model = { "try pulling it first" },
    bad_history = { "invalid tool call arguments" },
    no_tools = { "does not support tools" },
    no_vision = { "invalid image input", "image urls are not" },
    unparsed = { "error parsing tool call" }, -- ollama#17638
  },

  -- It publishes no metrics.

  remedies = {
    parser_off = "the model's template in Ollama has no tools: pull a version that lists them "
      .. "among its capabilities (ollama show)",
    metrics_off = "Ollama publishes no metrics",
    context_floor = "start Ollama with a larger OLLAMA_CONTEXT_LENGTH; num_ctx in a request to /v1 "
      .. "is ignored",
    truncates = "Ollama cuts long conversations silently: start it with a larger "
      .. "OLLAMA_CONTEXT_LENGTH",
    thinking_stuck = "this model always thinks under Ollama",
    no_vision = "pull a version of the model that lists vision among its capabilities",
  },
}
