-- A task of one call and no command: as short as a trial can be.

local function number(seed)
  return tostring(100 + seed % 900)
end

return task {
  name = "number-note",
  category = "notes",
  prompt = function(env)
    return ("Write the number %s to note.txt."):format(number(env.seed))
  end,
  tools = { "write_file" },
  expected_turns = 2,

  grade = function(env)
    local note = (env:read("note.txt") or ""):sub(1, 60)
    return { check("note.txt holds the number", note == number(env.seed), note) }
  end,

  oracle = function(model, env)
    model:call("write_file", { path = "note.txt", content = number(env.seed) })
    model:say("It is written.")
  end,

  negative_controls = {
    ["writes another number"] = function(model)
      model:call("write_file", { path = "note.txt", content = "7" })
      model:say("It is written.")
    end,
    ["writes another file"] = function(model, env)
      model:call("write_file", { path = "notes.txt", content = number(env.seed) })
      model:say("It is written.")
    end,
  },
}
