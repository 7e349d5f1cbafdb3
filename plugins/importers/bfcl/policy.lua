-- Calls made from an entry's ground truth: the oracle's, and those of the negative controls.

local checker = require "bfcl.checker"
local python = require "bfcl.python"
local schema = require "bfcl.schema"

local policy = {}

--- Whether a plain value is what a parameter's schema says, as far as the choice between answers
--- needs it.
local function suits(value, wanted)
  if not wanted then return true end
  if wanted.enum then
    local found = false
    for _, one in ipairs(wanted.enum) do
      found = found or one == value
    end
    if not found then return false end
  end
  local kind = type(value)
  if wanted.type == "integer" then return math.type(value) == "integer" end
  if wanted.type == "object" or wanted.type == "array" then return kind == "table" end
  return kind == wanted.type
end

--- The first of the allowed answers that the schema lets pass, else the first.
--- @param read  makes a value of an answer
local function choose(options, wanted, read)
  local first
  local elements = python.elements(options)
  for i = 1, elements.n do
    local value = read(elements[i], wanted)
    if suits(value, wanted) then return value end
    if first == nil then first = value end
  end
  return first
end

--- The members that may not be absent, each with an allowed answer.
local function members_of(answers, properties, read)
  local result = {}
  for _, name in ipairs(answers.names) do
    local options = answers.members[name]
    if not python.contains(options, "") then
      result[name] = choose(options, properties and properties[name], read)
    end
  end
  return result
end

--- The value of an answer to a parameter: the members of a dict, there or in a list, are lists of
--- allowed answers again. What is deeper stands for itself.
local function answer_value(answer, wanted)
  local kind = python.type(answer)
  if kind == "dict" then
    return members_of(answer, wanted and wanted.properties, schema.plain)
  end
  if kind ~= "list" then return schema.plain(answer) end
  local list = json.array()
  for i = 1, answer.n do
    local is_dict = python.type(answer[i]) == "dict"
    list[i] = (is_dict and answer_value or schema.plain)(answer[i], wanted and wanted.items)
  end
  return list
end

--- Calls as the checker sees them.
local function as_decoded(calls)
  local list = json.array()
  for i, call in ipairs(calls) do
    list[i] = { [call[1]] = call[2] }
  end
  return python.decode(json.encode(list))
end

--- The calls that the ground truth asks for: { { tool, arguments }, ... }. What may be left out is,
--- unless the schema requires it.
local function right_calls(answers, tools)
  local calls = {}
  for i = 1, answers.n do
    local name = answers[i].names[1]
    local given = answers[i].members[name]
    local tool = schema.tool_name(name)
    local wanted = tools[tool] and tools[tool].parameters or { properties = {} }
    local arguments = members_of(given, wanted.properties, answer_value)
    for _, required in ipairs(wanted.required or {}) do
      local options = given.members[required]
      if arguments[required] == nil and options then
        arguments[required] = choose(options, wanted.properties[required], answer_value)
      end
    end
    calls[i] = { tool, arguments }
  end
  return calls
end

--- A copy with another member.
local function with(value, key, member)
  local copy = {}
  for name, old in pairs(value) do
    copy[name] = old
  end
  copy[key] = member
  return copy
end

local function names_of(value)
  local names = {}
  for name in pairs(value) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

--- Another value of the same type, as a model might get it wrong; nil for what has none.
local function another(value)
  local kind = type(value)
  if kind == "string" then return value .. " or so" end
  if kind == "number" then return value + 1 end
  if kind == "boolean" then return not value end
  if kind ~= "table" then return nil end
  local key = #value > 0 and 1 or names_of(value)[1]
  if not key or another(value[key]) == nil then return nil end
  return with(value, key, another(value[key]))
end

--- The calls with one value changed so that they are wrong; nothing where no change makes them so.
local function wrong_value(calls, accepts)
  for at, call in ipairs(calls) do
    for _, name in ipairs(names_of(call[2])) do
      local value = another(call[2][name])
      local wrong = with(calls, at, { call[1], with(call[2], name, value) })
      if value ~= nil and not accepts(as_decoded(wrong)) then return wrong end
    end
  end
end

--- The first call that a trivial control makes of these tools; nothing when it makes none.
local function first_call(control, tools)
  local model = { tools = tools }
  function model.call(_, tool, arguments)
    coroutine.yield { tool, arguments or {} }
  end
  function model.say()
    coroutine.yield()
  end
  return coroutine.wrap(control)(model)
end

--- The trivial controls whose first answer happens to be right: no call where none is wanted, or
--- any call where the ground truth leaves everything open.
local function lucky(tools, accepts)
  local names = {}
  for name, control in pairs(require "trivial_controls") do
    local call = first_call(control, tools)
    if accepts(as_decoded { call }) then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

local function controls_of(calls, accepts)
  return {
    ["makes a call too many"] = with(calls, #calls + 1, calls[#calls]),
    ["leaves a call out"] = #calls > 1 and table.move(calls, 1, #calls - 1, 1, {}) or nil,
    ["gets a value wrong"] = wrong_value(calls, accepts),
  }
end

--- Whether the checker takes what the ground truth asks for; of a few entries it does not.
function policy.is_provable(category, functions, answers)
  if not answers then return true end
  local _, by_name = schema.tools(functions)
  local calls = as_decoded(right_calls(answers, by_name))
  return (checker.judge(category, functions, answers, calls))
end

--- What is played: { oracle = calls, controls = { [name] = calls }, trivial_pass = names }.
function policy.of(category, functions, answers)
  local tools, by_name = schema.tools(functions)
  local function accepts(calls)
    return (checker.judge(category, functions, answers, calls))
  end
  local any = { first_call(require("trivial_controls").spam, tools) }
  local wants_no_call = category:find("irrelevance", 1, true) ~= nil
  local played = {}
  if answers then
    played.oracle = right_calls(answers, by_name)
    played.controls = controls_of(played.oracle, accepts)
  elseif wants_no_call then
    played.oracle, played.controls = {}, { ["calls what does not fit"] = any }
  else
    played.oracle, played.controls = any, { ["answers in words"] = {} }
  end
  played.trivial_pass = lucky(tools, accepts)
  return played
end

return policy
