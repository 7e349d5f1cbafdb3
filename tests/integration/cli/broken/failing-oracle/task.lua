-- Broken on purpose: the reference does not do the work.
return task {
  name = "failing-oracle",
  category = "broken",
  prompt = "Write the number 4 to answer.txt.",
  tools = { "write_file" },
  expected_turns = 2,
  grade = function(env)
    return { check("the answer is 4", env:read("answer.txt") == "4") }
  end,
  oracle = function(model)
    model:call("write_file", { path = "answer.txt", content = "four" })
    model:say("Done.")
  end,
  negative_controls = {
    ["writes 5"] = function(model)
      model:call("write_file", { path = "answer.txt", content = "5" })
      model:say("Done.")
    end,
  },
}
