-- What the agent is asked to do, what it gets, and how the result is judged. The guide to all of it
-- is docs/authoring.md; `plumb check` proves that this task measures something.

return task {
  name = "@NAME@",
  category = "file-edit",
  summary = "Add up a column of a table.",
  prompt = "/work/stock.csv lists what is in stock. Write the number of all pieces together to "
    .. "/work/total.txt: the number and nothing else.",
  files = "workspace", -- the folder beside this file that is copied to /work
  tools = { "shell", "read_file", "write_file" },
  expected_turns = 3, -- how many turns a good model takes; the budget follows from it
  needs = { commands = { "awk" } },

  -- Looks at what is there now, never at what the agent says. Each check must fail on an empty
  -- workspace.
  grade = function(env)
    local total = (env:read("total.txt") or ""):sub(1, 60)
    return {
      check("total.txt holds the number of pieces", total:match("^%s*(%d+)%s*$") == "27", total),
    }
  end,

  -- A reference that does the work, so that the task is known to be possible.
  oracle = function(model)
    model:call("read_file", { path = "stock.csv" })
    local sum = "awk -F, 'NR > 1 { sum += $2 } END { print sum }' stock.csv > total.txt"
    model:call("shell", { command = sum })
    model:say("There are 27 pieces in stock.")
  end,

  -- Mistakes that a plausible model makes. Each must fail.
  negative_controls = {
    ["counts lines instead of pieces"] = function(model)
      model:call("shell", { command = "wc -l < stock.csv > total.txt" })
      model:say("The total is in total.txt.")
    end,
    ["says it without writing the file"] = function(model)
      model:call("read_file", { path = "stock.csv" })
      model:say("There are 27 pieces in stock.")
    end,
  },
}
