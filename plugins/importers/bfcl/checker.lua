-- BFCL's verdict on the calls of one answer, for the categories whose functions are Python. It is
-- the original's verdict with all its quirks (docs/import.md lists them), not our own opinion of a
-- call: that is the judgement of the tool-call defects, which is reported beside it.

local python = require "bfcl.python"
local lower = require "bfcl.lower"

local checker = {}

-- Types of a function's parameters, and the type that a value of theirs has. What is not here makes
-- the original throw.
local TYPES = {
  string = "str", integer = "int", float = "float", boolean = "bool",
  array = "list", tuple = "list", dict = "dict", any = "str",
}

local function type_named(name)
  return type(name) == "string" and TYPES[name] or python.throw("an unknown type")
end

--- Letter case, blanks and some punctuation do not count, and both quotes are one.
local function standard(value)
  if type(value) ~= "string" then return value end
  return (lower(value:gsub("[ ,./%-_*^]", "")):gsub("'", '"'))
end

local function standard_list(list)
  local result = python.new_list()
  for i = 1, list.n do
    python.append(result, standard(list[i]))
  end
  return result
end

--- The type of the first allowed answer that is not "", the mark of what may be left out.
local function answer_type(options)
  local elements = python.elements(options)
  for i = 1, elements.n do
    if elements[i] ~= "" then return python.type(elements[i]) end
  end
end

--- Whether each item has the wanted type, or that of the first item of an allowed answer.
local function items_fit(value, answer, wanted)
  local answered = answer_type(answer)
  for i = 1, value.n do
    local kind = python.type(value[i])
    if kind ~= wanted and kind ~= answered then return false end
  end
  return true
end

--- An allowed answer that is no list (the mark "" among them) lets every item pass.
local function nested_types_fit(value, options, wanted)
  local elements = python.elements(options)
  for i = 1, elements.n do
    if python.type(elements[i]) ~= "list" or items_fit(value, elements[i], wanted) then
      return true
    end
  end
  return false
end

--- @return problem     nil where the type is right
--- @return by_answer   the answer's type differs from the declared one: plain equality decides
local function type_problem(value, options, wanted, nested)
  local answered = answer_type(options)
  local kind = python.type(value)
  if kind == wanted then
    if not nested or nested_types_fit(value, options, nested) then
      return nil, answered ~= nil and answered ~= wanted
    end
    return answered == kind and "type_error:nested" or "type_error:simple"
  end
  if answered == kind then return nil, true end
  return "type_error:simple"
end

-- ---- values, by type; each returns a problem or nil

local function string_problem(value, options)
  local elements = python.indexed(options)
  local wanted = standard(value)
  for i = 1, elements.n do
    if type(elements[i]) == "string" and standard(elements[i]) == wanted then return nil end
  end
  return "value_error:string"
end

local function list_problem(value, options)
  local standard_value, found = standard_list(value), false
  local elements = python.indexed(options)
  for i = 1, elements.n do
    local answer = standard_list(python.indexed(elements[i]))
    found = found or python.equal(standard_value, answer)
  end
  if not found then return "value_error:list/tuple" end
end

--- Against one dict of allowed answers.
local function members_problem(value, answers)
  if python.type(value) ~= "dict" or python.type(answers) ~= "dict" then python.throw("no dict") end
  local problem
  for _, name in ipairs(value.names) do
    if answers.members[name] == nil then
      problem = "value_error:dict_key"
      break
    end
    local allowed = standard_list(python.indexed(answers.members[name]))
    if not python.contains(allowed, standard(value.members[name])) then
      problem = "value_error:dict_value"
      break
    end
  end
  for _, name in ipairs(answers.names) do
    if value.members[name] == nil and not python.contains(answers.members[name], "") then
      return "value_error:dict_key"
    end
  end
  return problem
end

local function dict_problem(value, options)
  local problem = "dict_checker:unclear"
  local elements = python.indexed(options)
  for i = 1, elements.n do
    if elements[i] ~= "" then
      problem = members_problem(value, elements[i])
      if not problem then return nil end
    end
  end
  return problem
end

--- Each dict against the answer at its place.
local function dicts_problem(value, answers)
  for i = 1, value.n do
    local problem = dict_problem(value[i], { kind = "list", n = 1, answers[i] })
    if problem then return problem end
  end
end

local function dict_list_problem(value, options)
  local problem = "list_dict_checker:unclear"
  local elements = python.indexed(options)
  for i = 1, elements.n do
    if value.n ~= python.length(elements[i]) then
      problem = "value_error:list_dict_count"
    else
      problem = dicts_problem(value, python.indexed(elements[i]))
    end
    if not problem then return nil end
  end
  return problem
end

local function value_problem(value, options, declared)
  local type_name = python.member(declared, "type")
  local wanted, nested = type_named(type_name), nil
  if type_name == "array" or type_name == "tuple" then
    nested = type_named(python.member(python.member(declared, "items"), "type"))
  end
  if type_name == "float" and python.type(value) == "int" then value = python.float(value) end
  local problem, by_answer = type_problem(value, options, wanted, nested)
  if problem then return problem end
  if not by_answer then
    if wanted == "dict" then return dict_problem(value, options) end
    if wanted == "list" and nested == "dict" then return dict_list_problem(value, options) end
    if wanted == "str" then return string_problem(value, options) end
    if wanted == "list" then return list_problem(value, options) end
  end
  if not python.contains(options, value) then return "value_error:others" end
end

-- ---- calls

--- The first member of a dict, by order.
local function first_member(dict)
  if python.type(dict) ~= "dict" or #dict.names == 0 then python.throw("no first member") end
  return dict.names[1], dict.members[dict.names[1]]
end

--- @param call     { name: { parameter: value } }
--- @param answer   { name: { parameter: allowed answers } }
local function call_problem(description, call, answer)
  local _, answers = first_member(answer)
  local name = python.member(description, "name"):gsub("%.", "_")
  local parameters = python.member(description, "parameters")
  local declared = python.member(parameters, "properties")
  local required = python.elements(python.member(parameters, "required"))
  local given = call.members[name]
  if not given then return "simple_function_checker:wrong_func_name" end
  for i = 1, required.n do
    if not python.contains(given, required[i]) then
      return "simple_function_checker:missing_required"
    end
  end
  for _, parameter in ipairs(given.names) do
    if not python.contains(declared, parameter) or not python.contains(answers, parameter) then
      return "simple_function_checker:unexpected_param"
    end
    local problem = value_problem(given.members[parameter], python.member(answers, parameter),
      python.member(declared, parameter))
    if problem then return problem end
  end
  local expected = python.elements(answers)
  for i = 1, expected.n do
    local left_out = not python.contains(given, expected[i])
    if left_out and not python.contains(python.member(answers, expected[i]), "") then
      return "simple_function_checker:missing_optional"
    end
  end
end

local function description_of(functions, name)
  for i = 1, functions.n do
    if python.member(functions[i], "name") == name then return functions[i] end
  end
  python.throw("no function of that name")
end

--- The answers in their order each take the first call that fits; no answer gives its call back.
local function parallel_problem(functions, calls, answers)
  if calls.n ~= answers.n then return "parallel_function_checker_no_order:wrong_count" end
  local taken = {}
  for i = 1, answers.n do
    local description = description_of(functions, (first_member(answers[i])))
    local found
    for j = 1, calls.n do
      if not taken[j] and not call_problem(description, calls[j], answers[i]) then
        found = j
        break
      end
    end
    if not found then return "parallel_function_checker_no_order:cannot_find_match" end
    taken[found] = true
  end
end

local function multiple_problem(functions, calls, answers)
  if calls.n ~= answers.n then return "multiple_function_checker:wrong_count" end
  if answers.n == 0 then python.throw("no answer") end
  return call_problem(description_of(functions, (first_member(answers[1]))), calls[1], answers[1])
end

local function simple_problem(functions, calls, answers)
  if calls.n ~= 1 then return "simple_function_checker:wrong_count" end
  if functions.n == 0 or answers.n == 0 then python.throw("no function or no answer") end
  return call_problem(functions[1], calls[1], answers[1])
end

--- Whether it is a list of { name: { ... } }, each with one name.
local function are_calls(calls)
  if python.type(calls) ~= "list" then return false end
  for i = 1, calls.n do
    local call = calls[i]
    if python.type(call) ~= "dict" or #call.names ~= 1 then return false end
    if python.type(call.members[call.names[1]]) ~= "dict" then return false end
  end
  return true
end

local function has(category, word)
  return category:find(word, 1, true) ~= nil
end

--- Whether calls decide the verdict by being there or not, without an answer to compare with.
function checker.needs_no_answer(category)
  return has(category, "relevance")
end

local function problem_of(category, functions, answers, calls)
  if not are_calls(calls) then return "ast_decoder:decoder_wrong_output_format" end
  if python.type(functions) ~= "list" or python.type(answers) ~= "list" then
    python.throw("no list")
  end
  if has(category, "parallel") then return parallel_problem(functions, calls, answers) end
  if has(category, "multiple") then return multiple_problem(functions, calls, answers) end
  return simple_problem(functions, calls, answers)
end

--- BFCL's verdict.
--- @param category   of BFCL, "live_parallel" say
--- @param functions  the entry's, as python.decode gives them
--- @param answers    its ground truth; nil where the category needs none
--- @param calls      [{ name: { parameter: value } }], or anything else that was decoded; nil: the
---                   arguments of a call could not be decoded
--- @return valid
--- @return problem  BFCL's name for it; "thrown: ..." where the original throws
function checker.judge(category, functions, answers, calls)
  if checker.needs_no_answer(category) then
    local called = are_calls(calls) and calls.n > 0
    if has(category, "irrelevance") then
      return not called, called and "irrelevance_error:decoder_success" or nil
    end
    return called, not called and "relevance_error:decoder_failed" or nil
  end
  if calls == nil then return false, "ast_decoder:decoder_failed" end
  local ok, problem = pcall(problem_of, category, functions, answers, calls)
  if ok then return problem == nil, problem end
  if type(problem) == "table" and problem.thrown then return false, "thrown: " .. problem.thrown end
  error(problem, 0)
end

return checker
