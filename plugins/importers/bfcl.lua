-- The Berkeley Function Calling Leaderboard, version 4: its categories of one turn whose functions
-- are Python. What is mapped, and which quirks are kept: docs/import.md.

local checker = require "bfcl.checker"
local source = require "bfcl.source"

local MOST_SHOWN = 10

-- ---- verify

local function shown(valid, problem)
  return valid and "valid" or ("invalid (%s)"):format(problem or "no reason given")
end

local function read_vectors(name, text)
  local vectors, categories, problems = {}, {}, source.new_problems()
  source.each_line(text, name, problems, function(object, number)
    local members = object.members
    local is_vector = type(members.category) == "string"
      and type(members.id) == "string"
      and type(members.valid) == "boolean"
    if not is_vector then
      return problems:add(name, number, 'a vector has "id", "category", "calls" and "valid"')
    end
    members.number = number
    vectors[#vectors + 1] = members
    categories[members.category] = true
  end)
  return vectors, categories, problems:sentence()
end

--- What the checker says of one vector: nothing where both agree, else our verdict.
local function disagreement(entry, vector)
  if not entry then return "no such entry in the folder" end
  local valid, problem =
    checker.judge(vector.category, entry.functions, entry.answers, vector.calls)
  if valid ~= vector.valid then return shown(valid, problem) .. " here" end
end

local function verify(files, name, text)
  local vectors, categories, problem = read_vectors(name, text)
  if problem then return nil, problem end
  local entries, why = source.read(files, categories)
  if not entries then return nil, why end
  local agreed, disagreements = 0, json.array()
  for _, vector in ipairs(vectors) do
    local ours = disagreement(entries.by_id[vector.id], vector)
    if not ours then
      agreed = agreed + 1
    elseif #disagreements < MOST_SHOWN then
      local reason = type(vector.error_type) == "string" and vector.error_type or nil
      disagreements[#disagreements + 1] = ("%s:%d: %s: %s, %s there"):format(
        name, vector.number, vector.id, ours, shown(vector.valid, reason))
    end
  end
  return { agreed = agreed, total = #vectors, disagreements = disagreements }
end

return {
  about = "Berkeley Function Calling Leaderboard v4: the Python categories of one turn",
  import = require("bfcl.suite").write,
  verify = verify,
}
