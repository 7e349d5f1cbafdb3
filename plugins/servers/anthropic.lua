-- The hosted Messages API of Anthropic, and servers that list models as it does.
-- What the fields mean: docs/servers.md
return {
  title = "Anthropic",

  recognise = {
    { route = "models", header = "anthropic-organization-id" },
    { route = "models", path = "first_id" },
  },

  discovery = {
    models = { route = "models", path = "data.[].id" },
    model = { route = "models", path = "data.[model].id" },
    window = { route = "models", path = "data.[model].max_input_tokens" },
    max_output = { route = "models", path = "data.[model].max_tokens" },
    vision = { route = "models", path = "data.[model].capabilities.image_input.supported" },
    thinking = { route = "models", path = "data.[model].capabilities.thinking.supported" },
  },

  dialect = { max_tokens_field = "max_tokens", thinking_switch = "thinking" },

  error_words = {
    context_full = { "prompt is too long", "exceed context limit" },
    roles = { "roles must alternate" },
    no_vision = { "does not support image" },
  },

  -- It publishes no metrics.

  remedies = {
    metrics_off = "Anthropic publishes no metrics",
    context_floor = "choose a model with a larger context window",
    no_vision = "choose a model that takes images",
  },
}
