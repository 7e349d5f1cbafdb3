-- The least that a trial can be: what the benchmark measures is the cost of everything around it.
return task {
  name = "three-turns",
  category = "bench",
  summary = "Three turns with one `true` each.",
  prompt = "Run `true` three times, then say that you are done.",
  files = "workspace",
  tools = { "shell" },
  expected_turns = 4,

  grade = function(env)
    return {
      check("the workspace is there", env:read("notes.txt") == "one\n"),
      check("commands run", env:exec({ "test", "-f", "notes.txt" }).ok),
    }
  end,

  oracle = function(model)
    for _ = 1, 3 do
      model:call("shell", { command = "true" })
    end
    model:say("Done.")
  end,

  negative_controls = {
    ["removes the workspace"] = function(model)
      model:call("shell", { command = "rm notes.txt" })
      model:say("Done.")
    end,
  },
}
