-- Broken on purpose: what is gone counts as done.
return task {
  name = "passes-when-empty",
  category = "broken",
  prompt = "Remove the old name from notes.txt.",
  tools = { "shell", "write_file" },
  expected_turns = 2,
  setup = function(env)
    env:write("notes.txt", "the old name\n")
  end,
  grade = function(env)
    local notes = env:read("notes.txt") or ""
    return { check("the old name is gone", not notes:find("old name", 1, true)) }
  end,
  oracle = function(model)
    model:call("write_file", { path = "notes.txt", content = "the new name\n" })
    model:say("Done.")
  end,
  negative_controls = {
    ["writes the old name again"] = function(model)
      model:call("write_file", { path = "notes.txt", content = "still the old name\n" })
      model:say("Done.")
    end,
  },
}
