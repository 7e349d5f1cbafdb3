-- Broken on purpose: grading never ends.
return task {
  name = "endless-grader",
  category = "broken",
  prompt = "Say something.",
  tools = { "write_file" },
  expected_turns = 2,
  grade = function()
    while true do
    end
  end,
  oracle = function(model)
    model:say("Done.")
  end,
  negative_controls = {
    ["says nothing of use"] = function(model)
      model:say("Hm.")
    end,
  },
}
