-- Reads BFCL's files: one JSON object a line, entries in BFCL_v4_<category>.json, their ground
-- truth in possible_answer/ under the same name. All of it is foreign, so that every mistake is
-- named by file and line, and nothing of it becomes a path before it was looked at.

local checker = require "bfcl.checker"
local python = require "bfcl.python"

local source = {}

local CATEGORIES = {
  "simple_python", "multiple", "parallel", "parallel_multiple", "irrelevance",
  "live_simple", "live_multiple", "live_parallel", "live_parallel_multiple", "live_irrelevance",
  "live_relevance",
}
local MOST_PROBLEMS = 10

local Problems = {}
Problems.__index = Problems

local function new_problems()
  return setmetatable({ count = 0 }, Problems)
end

function Problems:add(file, line, what)
  self.count = self.count + 1
  if self.count <= MOST_PROBLEMS then
    self[self.count] = ("%s:%d: %s"):format(file, line, what)
  end
end

--- One sentence for all of them, or nothing.
function Problems:sentence()
  if self.count == 0 then return nil end
  local text = table.concat(self, "\n  ")
  if self.count > MOST_PROBLEMS then
    text = text .. ("\n  and %d more"):format(self.count - MOST_PROBLEMS)
  end
  return ("the data cannot be used; mend these lines or take them out:\n  %s"):format(text)
end

--- Calls visit(object, line number, line) for each line that is a JSON object; the others are
--- problems.
function source.each_line(text, file, problems, visit)
  local number = 0
  for line in (text:sub(-1) == "\n" and text or text .. "\n"):gmatch("([^\n]*)\n") do
    number = number + 1
    if line:find("%S") then
      local object, why = python.decode(line)
      if python.type(object) == "dict" then
        visit(object, number, line)
      else
        problems:add(file, number, why and "not JSON: " .. why or "not a JSON object")
      end
    end
  end
end

-- ---- entries

local function message_problem(message)
  if python.type(message) ~= "dict" then return "a message is no object" end
  local role, content = message.members.role, message.members.content
  if role ~= "system" and role ~= "user" and role ~= "assistant" then
    return "a message has a role that is neither system nor user nor assistant"
  end
  if type(content) ~= "string" then return "a message has no text as its content" end
end

local function question_problem(question)
  if python.type(question) ~= "list" or question.n ~= 1 then
    return "\"question\" is no list of one turn; entries of several turns are not imported"
  end
  local turn = question[1]
  if python.type(turn) ~= "list" or turn.n == 0 then return "\"question\" has no message" end
  for i = 1, turn.n do
    local problem = message_problem(turn[i])
    if problem then return problem end
  end
  if turn[turn.n].members.role ~= "user" then return "the last message is not the user's" end
end

local function function_problem(declared)
  if python.type(declared) ~= "dict" then return "a function is no object" end
  local members = declared.members
  if type(members.name) ~= "string" or not members.name:find("^[%w_.-]+$") then
    return "a function has no name of letters, digits, '_', '-' and '.'"
  end
  if members.description ~= nil and type(members.description) ~= "string" then
    return "the description of " .. members.name .. " is no text"
  end
  if python.type(members.parameters) ~= "dict" then
    return members.name .. " has no \"parameters\""
  end
end

local function functions_problem(functions)
  if python.type(functions) ~= "list" then return "\"function\" is no list" end
  for i = 1, functions.n do
    local problem = function_problem(functions[i])
    if problem then return problem end
  end
end

local function entry_problem(entry)
  return question_problem(entry.members.question) or functions_problem(entry.members["function"])
end

--- The name of a task and of its folder: ids are foreign, and become paths here.
local function task_name(id)
  if type(id) ~= "string" or #id > 64 or not id:find("^%w[%w_.-]*$") then return nil end
  return (id:lower():gsub("[_.]", "-"))
end

local function read_entries(category, file, text, entries, problems)
  source.each_line(text, file, problems, function(object, number, line)
    local id = object.members.id
    local name = task_name(id)
    local other = entries.by_name[name or ""]
    local problem = not name and "\"id\" is no word of letters, digits, '_', '-' and '.'"
      or other and ("the id %s is there twice: also at %s"):format(id, other.place)
      or entry_problem(object)
    if problem then return problems:add(file, number, problem) end
    local entry = {
      id = id, name = name, category = category, line = line,
      place = file .. ":" .. number, number = number,
      question = object.members.question, functions = object.members["function"],
    }
    entries.by_name[name], entries.by_id[id] = entry, entry
    entries[#entries + 1] = entry
  end)
end

-- ---- ground truth

local function answers_problem(answers)
  if python.type(answers) ~= "list" or answers.n == 0 then
    return "\"ground_truth\" is no list of calls"
  end
  for i = 1, answers.n do
    local answer = answers[i]
    if python.type(answer) ~= "dict" or #answer.names == 0 then
      return "a call in \"ground_truth\" has no name"
    end
    if python.type(answer.members[answer.names[1]]) ~= "dict" then
      return "a call in \"ground_truth\" has no object of parameters"
    end
  end
end

local function read_answers(file, text, entries, problems)
  source.each_line(text, file, problems, function(object, number, line)
    local entry = entries.by_id[object.members.id]
    if not entry then return end
    local problem = entry.answers and ("the answer to %s is there twice"):format(entry.id)
      or answers_problem(object.members.ground_truth)
    if problem then return problems:add(file, number, problem) end
    entry.answers, entry.answer_line = object.members.ground_truth, line
  end)
end

local function read_category(files, category, file, entries, problems)
  local first = #entries + 1
  read_entries(category, file, assert(files.read(file)), entries, problems)
  if checker.needs_no_answer(category) then return end
  local answers_file = "possible_answer/" .. file
  local text, why = files.read(answers_file)
  if not text then
    return problems:add(file, 1, "its ground truth cannot be read: " .. why)
  end
  read_answers(answers_file, text, entries, problems)
  for i = first, #entries do
    local entry = entries[i]
    if not entry.answers then
      problems:add(file, entry.number, ("%s has no answer in %s"):format(entry.id, answers_file))
    end
  end
end

--- All entries of the folder, in the order of CATEGORIES and of their files.
--- @param wanted   a set of categories, or nil for all
--- @return entries  a list with `by_id`; nil and a sentence when they cannot be used
--- @return left_out names of files of BFCL that hold no category of ours
function source.read(files, wanted)
  local entries, problems = { by_id = {}, by_name = {} }, new_problems()
  local there, left_out = {}, {}
  for _, file in ipairs(files.files()) do
    local category = file:match("^BFCL_v%d+_(.+)%.json$")
    if category then there[category] = file end
  end
  local found = false
  for _, category in ipairs(CATEGORIES) do
    local file = there[category]
    if file then
      found = true
      if not wanted or wanted[category] then
        read_category(files, category, file, entries, problems)
      end
      there[category] = nil
    end
  end
  for _, file in pairs(there) do
    left_out[#left_out + 1] = file
  end
  table.sort(left_out)
  if not found then
    return nil, "there is no file BFCL_v4_<category>.json here; the categories are "
      .. table.concat(CATEGORIES, ", ")
  end
  local sentence = problems:sentence()
  if sentence then return nil, sentence end
  return entries, left_out
end

source.new_problems = new_problems

return source
