-- One entry of BFCL as a task: what the model is asked and offered, the verdict, and the policies
-- that prove it. Lives in the suite's folder `common`.

local checker = require "bfcl.checker"
local policy = require "bfcl.policy"
local python = require "bfcl.python"
local schema = require "bfcl.schema"

local function answer_ok()
  return "ok"
end

local function opening_of(question)
  local opening = {}
  for i = 1, question[1].n do
    local members = question[1][i].members
    opening[i] = { role = members.role, text = members.content }
  end
  return opening
end

--- The calls of the first answer as BFCL decodes them; nil when the arguments of one are no JSON.
local function decoded(transcript)
  local calls = python.new_list()
  for _, call in ipairs(transcript.calls) do
    if call.turn == 1 then
      local arguments = python.decode(call.raw)
      if arguments == nil then return nil end
      local one = python.new_dict()
      python.set(one, call.tool, arguments)
      python.append(calls, one)
    end
  end
  return calls
end

--- Makes calls, { { tool, arguments }, ... }, in one answer.
local function play(calls)
  return function(model)
    if #calls == 0 then return model:say("None of these functions fits.") end
    if #calls == 1 then return model:call(calls[1][1], calls[1][2]) end
    model:calls(calls)
  end
end

--- @param category  of BFCL
--- @param line      the entry, as its file has it
--- @param answer    its ground truth; nil where the category has none
return function(category, line, answer)
  local entry = assert(python.decode(line)).members
  local answers = answer and assert(python.decode(answer)).members.ground_truth
  local functions = entry["function"]
  local tools = schema.tools(functions)
  for _, tool in ipairs(tools) do
    tool.run = answer_ok
  end
  local played = policy.of(category, functions, answers)
  local controls = {}
  for name, calls in pairs(played.controls) do
    controls[name] = play(calls)
  end
  return task {
    name = (entry.id:lower():gsub("[_.]", "-")),
    category = category,
    summary = entry.id .. " of BFCL v4.",
    opening = opening_of(entry.question),
    tools = tools,
    expected_turns = 1,
    single_answer = true,
    rubric = { name = "BFCL v4", category = category, points = 1 },
    trivial_pass = played.trivial_pass,
    grade = function(_, transcript)
      local valid, problem = checker.judge(category, functions, answers, decoded(transcript))
      return { check("BFCL's checker takes the calls for right", valid, problem) }, valid and 1 or 0
    end,
    oracle = play(played.oracle),
    negative_controls = controls,
  }
end
