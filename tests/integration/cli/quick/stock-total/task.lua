-- A file that comes with the task, and two checks.

return task {
  name = "stock-total",
  category = "notes",
  prompt = "stock.csv lists pieces. Count its lines in lines.txt and its pieces in total.txt.",
  files = "workspace",
  tools = { "read_file", "write_file" },
  expected_turns = 4,

  grade = function(env)
    local lines = (env:read("lines.txt") or ""):sub(1, 60)
    local total = (env:read("total.txt") or ""):sub(1, 60)
    return {
      check("lines.txt holds the number of lines", lines == "2", lines),
      check("total.txt holds the number of pieces", total == "12", total),
    }
  end,

  oracle = function(model)
    model:call("read_file", { path = "stock.csv" })
    model:call("write_file", { path = "lines.txt", content = "2" })
    model:call("write_file", { path = "total.txt", content = "12" })
    model:say("There are 12 pieces.")
  end,

  negative_controls = {
    ["does half of it"] = function(model)
      model:call("write_file", { path = "lines.txt", content = "2" })
      model:say("There are 2 lines.")
    end,
    ["says it without writing"] = function(model)
      model:call("read_file", { path = "stock.csv" })
      model:say("There are 12 pieces in 2 lines.")
    end,
  },
}
