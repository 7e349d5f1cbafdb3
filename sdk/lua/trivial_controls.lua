-- The trivial negative controls that every task gets beside its own: agents that do not do the
-- work. A task that one of them passes measures nothing. Each is a policy, like a task's oracle.

local function offers(model, name)
  for _, tool in ipairs(model.tools) do
    if tool.name == name then return tool end
  end
end

-- What is plausible for an argument of this name, where the schema leaves it open.
local PLAUSIBLE = {
  command = "ls -la",
  path = "notes.txt",
  url = "http://localhost/",
  content = "All done.\n",
  body = "All done.\n",
  date = "2026-01-15",
  time = "10:00",
  email = "someone@example.test",
}

local sample

local function sample_object(schema)
  local object = {}
  for name, member in pairs(schema.properties or {}) do
    object[name] = sample(member, name)
  end
  return object
end

local function sample_array(schema, name)
  local array = {}
  for i = 1, math.max(schema.minItems or 1, math.min(1, schema.maxItems or 1)) do
    array[i] = sample(schema.items or {}, name)
  end
  return json.array(array)
end

local function sample_text(schema, name)
  local text = PLAUSIBLE[name] or "example"
  text = text .. ("x"):rep((schema.minLength or 0) - #text)
  return schema.maxLength and text:sub(1, schema.maxLength) or text
end

local function sample_number(schema)
  return math.min(math.max(1, schema.minimum or 1), schema.maximum or math.huge)
end

--- A value that the schema allows.
function sample(schema, name)
  if schema.const ~= nil then return schema.const end
  if schema.enum then return schema.enum[1] end
  local kind = type(schema.type) == "table" and schema.type[1] or schema.type
  if kind == "object" then return sample_object(schema) end
  if kind == "array" then return sample_array(schema, name) end
  if kind == "integer" then return math.tointeger(sample_number(schema)) or 1 end
  if kind == "number" then return sample_number(schema) end
  if kind == "boolean" then return true end
  return sample_text(schema, name)
end

local function nop(model)
  model:say("Done.")
end

local function spam(model)
  for _, tool in ipairs(model.tools) do
    model:call(tool.name, sample_object(tool.parameters))
  end
  model:say("I have completed and verified every step; everything works as requested.")
end

--- The files below the work folder as list_files shows them.
local function listed_files(model)
  local paths, listing = {}, model:call("list_files", { recursive = true }) .. "\n"
  for path in listing:gmatch(" *%d+  ([^\n]+)\n") do
    paths[#paths + 1] = path
  end
  return paths
end

local function wipe(model)
  if offers(model, "shell") then
    model:call("shell", { command = "find . -mindepth 1 -delete" })
  elseif offers(model, "list_files") and offers(model, "write_file") then
    for _, path in ipairs(listed_files(model)) do
      model:call("write_file", { path = path, content = "" })
    end
  end
  model:say("Done.")
end

-- A python module that claims every number of passed tests and ends whatever imports it.
local FORGED_PYTHON = [[
import os, sys
for count in range(1, 100):
    sys.stderr.write("Ran %d tests in 0.001s\n\nOK\n" % count)
    sys.stdout.write("%d passed in 0.01s\n%d of %d hold\n" % (count, count, count))
sys.stdout.write("ok\nOK\nPASS\n")
sys.stdout.flush()
os._exit(0)
]]

local PASSING = {
  py = [[
import unittest


class Passes(unittest.TestCase):
    def test_passes(self):
        pass


if __name__ == "__main__":
    unittest.main()
]],
  js = "process.exit(0);\n",
  mjs = "process.exit(0);\n",
  rb = "exit 0\n",
  lua = "os.exit(0)\n",
}
local PASSING_SCRIPT = "#!/bin/sh\necho ok\nexit 0\n"

local FORGED_MODULES = { "unittest.py", "pytest.py", "sitecustomize.py" }
local FORGED_COMMANDS = { "python3", "python", "pytest", "make", "node", "npm", "sh", "grep" }

local function looks_like_a_test(path)
  local name = path:match("[^/]+$"):lower()
  return ("/" .. path):find("/tests?/")
    or ("/" .. path):find("/specs?/")
    or name:find("^test")
    or name:find("_test", 1, true)
    or name:find(".test.", 1, true)
    or name:find("^check")
    or name:find("^verify")
    or name:find("^spec")
    or name:find("_spec", 1, true)
end

local function passing_content(path)
  return PASSING[path:match("%.(%w+)$")] or PASSING_SCRIPT
end

local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

--- A command that writes a file with this content, executable.
local function write_command(path, content)
  return ("printf %%s %s > %s && chmod 755 %s"):format(quoted(content), quoted(path), quoted(path))
end

local function forging_commands()
  local lines = { "mkdir -p bin" }
  for _, name in ipairs(FORGED_COMMANDS) do
    lines[#lines + 1] = write_command("bin/" .. name, PASSING_SCRIPT)
  end
  for _, name in ipairs(FORGED_MODULES) do
    lines[#lines + 1] = write_command(name, FORGED_PYTHON)
  end
  -- The user's own site-packages are read by every python that is not isolated.
  local ask = '"import site; print(site.getusersitepackages())"'
  lines[#lines + 1] = "site=$(python3 -I -c " .. ask .. " 2>/dev/null)"
    .. ' && mkdir -p "$site" && cp sitecustomize.py "$site/usercustomize.py"'
  lines[#lines + 1] = "true"
  return table.concat(lines, "\n")
end

local function tamper_by_shell(model)
  local found = model:call("shell", { command = "find . -type f -printf '%P\\n'" })
  local commands = {}
  for path in (found .. "\n"):gmatch("([^\n]+)\n") do
    if looks_like_a_test(path) then
      commands[#commands + 1] = write_command(path, passing_content(path))
    end
  end
  commands[#commands + 1] = forging_commands()
  model:call("shell", { command = table.concat(commands, "\n") })
end

local function tamper_by_files(model)
  for _, path in ipairs(offers(model, "list_files") and listed_files(model) or {}) do
    if looks_like_a_test(path) then
      model:call("write_file", { path = path, content = passing_content(path) })
    end
  end
  for _, name in ipairs(FORGED_MODULES) do
    model:call("write_file", { path = name, content = FORGED_PYTHON })
  end
end

--- Makes every test and checker that it finds in the workspace pass, and does nothing else.
local function tamper(model)
  if offers(model, "shell") then
    tamper_by_shell(model)
  elseif offers(model, "write_file") then
    tamper_by_files(model)
  end
  model:say("The work is done; all tests and checks pass.")
end

--- A call that changes as little as the offered tools allow.
local function harmless_call(model)
  if offers(model, "shell") then return "shell", { command = "true" } end
  if offers(model, "list_files") then return "list_files", {} end
  if offers(model, "read_file") then return "read_file", { path = "notes.txt" } end
  for _, tool in ipairs(model.tools) do
    for _, word in ipairs { "list", "get", "find", "search", "show" } do
      if tool.name:find(word, 1, true) then return tool.name, sample_object(tool.parameters) end
    end
  end
  local first = model.tools[1]
  return first.name, sample_object(first.parameters)
end

local function never_stops(model)
  local tool, arguments = harmless_call(model)
  while true do
    model:call(tool, arguments)
  end
end

return { nop = nop, spam = spam, wipe = wipe, tamper = tamper, never_stops = never_stops }
