-- One answer, one call: whoever spoils it has no second try.
local asked

return task {
  name = "one-shot",
  category = "single",
  prompt = "Look up the weather of Bergen in celsius.",
  single_answer = true,
  tools = {
    {
      name = "weather",
      description = "The weather of a place.",
      parameters = {
        type = "object",
        properties = { place = { type = "string" }, unit = { enum = { "celsius", "fahrenheit" } } },
        required = { "place", "unit" },
        additionalProperties = false,
      },
      run = function(_, args)
        asked = args
        return "12 degrees, rain"
      end,
    },
  },
  expected_turns = 1,
  grade = function(_, transcript)
    local right = asked and asked.place == "Bergen" and asked.unit == "celsius"
    return {
      check("one call was made", #transcript.calls == 1, #transcript.calls),
      check("it asked for Bergen in celsius", right, asked),
    }
  end,
  oracle = function(model)
    model:call("weather", { place = "Bergen", unit = "celsius" })
  end,
  negative_controls = {
    ["asks in fahrenheit"] = function(model)
      model:call("weather", { place = "Bergen", unit = "fahrenheit" })
    end,
  },
}
