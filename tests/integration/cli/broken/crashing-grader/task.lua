-- Broken on purpose: the grader takes the answer's file for granted.
return task {
  name = "crashing-grader",
  category = "broken",
  prompt = "Write the number 4 to answer.txt.",
  tools = { "write_file" },
  expected_turns = 2,
  grade = function(env)
    local answer = env:read("answer.txt")
    return { check("the answer is 4", answer:sub(1, 1) == "4") }
  end,
  oracle = function(model)
    model:call("write_file", { path = "answer.txt", content = "4" })
    model:say("Done.")
  end,
  negative_controls = {
    ["writes another file"] = function(model)
      model:call("write_file", { path = "anwser.txt", content = "4" })
      model:say("Done.")
    end,
  },
}
