-- Broken on purpose: a tool of the task has a mistake.
return task {
  name = "throwing-tool",
  category = "broken",
  prompt = "Call the tool look_up.",
  tools = {
    {
      name = "look_up",
      description = "Looks a word up.",
      parameters = { type = "object", properties = { word = { type = "string" } }, required = { "word" } },
      run = function(_, args)
        local entries = nil
        return entries[args.word]
      end,
    },
  },
  expected_turns = 2,
  grade = function(_, transcript)
    return { check("it was called", #transcript.calls > 0) }
  end,
  oracle = function(model)
    model:call("look_up", { word = "plumb" })
    model:say("Done.")
  end,
  negative_controls = {
    ["never calls it"] = function(model)
      model:say("Done.")
    end,
  },
}
