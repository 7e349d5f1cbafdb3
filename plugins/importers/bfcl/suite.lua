-- Writes BFCL's entries as a suite: a folder with three small files for each entry, which keep the
-- lines of the data as they are, and what they share in `common`.

local policy = require "bfcl.policy"
local schema = require "bfcl.schema"
local source = require "bfcl.source"

local suite = {}

local SHARED = { "checker", "lower", "policy", "python", "schema", "task" }

--- A Lua file that returns these bytes.
local function returning(text)
  local level = ""
  while text:find("]" .. level .. "]", 1, true) do
    level = level .. "="
  end
  return ("return [%s[%s]%s]\n"):format(level, text, level)
end

local function task_file(entry)
  local origin = ("-- Made from %s by `plumb import bfcl`.\n"):format(entry.place)
  local answer = entry.answer_line and ', require "answer"' or ""
  return origin
    .. ('return require "bfcl.task" ("%s", require "entry"%s)\n'):format(entry.category, answer)
end

local function write_entry(files, entry)
  files.write(entry.name .. "/task.lua", task_file(entry))
  files.write(entry.name .. "/entry.lua", returning(entry.line))
  if entry.answer_line then
    files.write(entry.name .. "/answer.lua", returning(entry.answer_line))
  end
end

local function sorted_keys(counts)
  local keys = {}
  for key in pairs(counts) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  return keys
end

local function counted(counts)
  local words = {}
  for i, key in ipairs(sorted_keys(counts)) do
    words[i] = ("%s %d"):format(key, counts[key])
  end
  return table.concat(words, ", ")
end

--- Why no task can be made of an entry that the data holds; nothing where one can.
local function obstacle(entry)
  if entry.functions.n == 0 then return "nothing is offered that could be called" end
  if not policy.is_provable(entry.category, entry.functions, entry.answers) then
    return "BFCL's checker refuses their own ground truth"
  end
end

local function write_shared(files)
  for _, name in ipairs(SHARED) do
    local file = "bfcl/" .. name .. ".lua"
    files.write("common/" .. file, assert(files.own(file)))
  end
end

local function lines_of(report)
  local lines = { "Read: " .. counted(report.categories) }
  if next(report.keywords_left_out) then
    lines[2] = "Left out of the schemas, with how often: " .. counted(report.keywords_left_out)
  end
  for _, why in ipairs(sorted_keys(report.entries_left_out)) do
    lines[#lines + 1] = ("Left out, since %s: %s"):format(
      why, table.concat(report.entries_left_out[why], ", "))
  end
  if #report.files_left_out > 0 then
    lines[#lines + 1] = "Not imported: " .. table.concat(report.files_left_out, ", ")
  end
  return lines
end

--- Writes the suite and returns the report; nil and a sentence where the data cannot be used.
function suite.write(files)
  local entries, left_out = source.read(files)
  if not entries then return nil, left_out end
  local report = {
    tasks = 0, categories = {}, keywords_left_out = {}, entries_left_out = {},
    files_left_out = json.array(left_out),
  }
  for _, entry in ipairs(entries) do
    local why = obstacle(entry)
    if why then
      local list = report.entries_left_out[why] or {}
      report.entries_left_out[why] = list
      list[#list + 1] = entry.id
    else
      write_entry(files, entry)
      report.tasks = report.tasks + 1
      report.categories[entry.category] = (report.categories[entry.category] or 0) + 1
      schema.tools(entry.functions, report.keywords_left_out)
    end
  end
  write_shared(files)
  report.lines = lines_of(report)
  return report
end

return suite
