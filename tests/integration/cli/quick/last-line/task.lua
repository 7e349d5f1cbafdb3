-- Two calls, one of them a command.

local function word(seed)
  return "word" .. seed % 1000
end

return task {
  name = "last-line",
  category = "commands",
  prompt = "Copy the last line of lines.txt to last.txt, with the shell.",
  tools = { "shell", "read_file" },
  expected_turns = 3,

  setup = function(env)
    env:write("lines.txt", "first\nsecond\n" .. word(env.seed) .. "\n")
  end,

  grade = function(env)
    local last = (env:read("last.txt") or ""):sub(1, 60)
    return { check("last.txt holds the last line", last == word(env.seed) .. "\n", last) }
  end,

  oracle = function(model)
    model:call("read_file", { path = "lines.txt" })
    model:call("shell", { command = "tail -n 1 lines.txt > last.txt" })
    model:say("Copied.")
  end,

  negative_controls = {
    ["copies the first line"] = function(model)
      model:call("shell", { command = "head -n 1 lines.txt > last.txt" })
      model:say("Copied.")
    end,
    ["copies all lines"] = function(model)
      model:call("shell", { command = "cp lines.txt last.txt" })
      model:say("Copied.")
    end,
    ["reads and never writes"] = function(model)
      model:call("read_file", { path = "lines.txt" })
      model:say("Copied.")
    end,
  },
}
