-- Broken on purpose: the second grading sees what the first one left behind.
return task {
  name = "wavering-grader",
  category = "broken",
  prompt = "Write the number 4 to answer.txt.",
  tools = { "write_file" },
  expected_turns = 2,
  grade = function(env)
    local answer = env:read("answer.txt") or ""
    env:write("answer.txt", "graded")
    return { check("the answer is 4", answer == "4", answer) }
  end,
  oracle = function(model)
    model:call("write_file", { path = "answer.txt", content = "4" })
    model:say("Done.")
  end,
  negative_controls = {
    ["writes 5"] = function(model)
      model:call("write_file", { path = "answer.txt", content = "5" })
      model:say("Done.")
    end,
  },
}
