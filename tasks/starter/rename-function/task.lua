local vary = require "vary"

local PROBE = ".probe.py"

local function new_name(seed)
  return vary.choice(seed, "name", { "load_data", "read_table", "get_rows", "load_rows" })
end

--- What the package answers under the new name, by question; {} when it cannot be asked at all.
--- The isolated python imports the package by path, so no module of the agent's can stand in for
--- one of python's.
local function probe(env, name)
  env:put("hidden/probe.py", PROBE)
  local result = env:exec { "python3", "-I", "-B", PROBE, name }
  local answers = result.ok and json.decode(result.stdout)
  return type(answers) == "table" and answers or {}
end

local function as_table(value)
  return type(value) == "table" and value or {}
end

--- A text file's first bytes; no more than that, since it may be anything.
local function text_of(env, path)
  return (env:read(path) or ""):sub(1, 20000)
end

--- How often a whole word stands in a text.
local function words(text, word)
  local count = 0
  for found in text:gmatch("[%w_]+") do
    if found == word then count = count + 1 end
  end
  return count
end

--- A command that runs a sed script on every file of this kind.
local function sed(pattern, script)
  return ("find . -type f -name '%s' -exec sed -i '%s' {} +"):format(pattern, script)
end

--- Every whole word, then the metric's name back.
local function careful(name)
  return ("s/\\bfetch_data\\b/%s/g; s/\\b%s\\.reads\\b/fetch_data.reads/g"):format(name, name)
end

local function rename_everything(model, name)
  model:call("shell", { command = sed("*.py", careful(name)) })
  model:call("shell", { command = sed("*.md", careful(name)) })
end

return task {
  name = "rename-function",
  category = "file-edit",
  summary = "Rename a function across a package; a metric of the same name must stay.",
  prompt = function(env)
    return ([[
The python package `shop` is in /work. Rename its function `fetch_data` to `%s`.

- Every caller must go on working, the tests in `tests/` included. No alias of the old name may
  stay.
- The README and the error message must speak of the function by its new name.
- The metric `fetch_data.reads` keeps its name, since a dashboard reads it. `prefetch_data` keeps
  its name, too.]]):format(new_name(env.seed))
  end,
  files = "workspace",
  tools = { "shell", "read_file", "write_file", "edit_file", "list_files" },
  expected_turns = 8,
  needs = { commands = { "python3", "sed", "grep" }, context = 8192 },

  grade = function(env)
    local name = new_name(env.seed)
    local found = probe(env, name)
    local identifiers, reads = as_table(found.identifiers), as_table(found.reads)
    local readme = text_of(env, "README.md")
    local source = text_of(env, "shop/api.py")
    return {
      check("the function works under its new name", found.rows == 3, tostring(found.rows)),
      check("the package exports the new name", found.exported == true, tostring(found.exported)),
      check(
        "callers in other modules still work",
        found.rows == 3
          and found.pieces == 3
          and found.largest == 102
          and as_table(found.missing).chair == 1,
        tostring(found.pieces)
      ),
      check(
        "the command looked up by name works",
        found.rows == 3 and found.shown == 3,
        tostring(found.shown)
      ),
      check(
        "the old name is gone from the code and its tests",
        identifiers.new == true and identifiers.old == false
      ),
      check("the metric counts under its own name", reads[1] == 1 and reads[2] == 1),
      check(
        "prefetch_data still reads, through the renamed function",
        found.prefetched == 6 and words(source, name) >= 3
      ),
      check("the error message has the new name", source:find(name .. ": no source", 1, true)),
      check(
        "the README has the new name, and the metric's as it was",
        words(readme, name) >= 3
          and words(readme, "fetch_data") == 2
          and readme:find("metric `fetch_data.reads`. Its", 1, true)
      ),
    }
  end,

  oracle = function(model, env)
    local name = new_name(env.seed)
    model:call("shell", { command = "grep -rn fetch_data ." })
    rename_everything(model, name)
    model:call("shell", { command = "python3 -m unittest discover -s tests -t ." })
    model:say("Renamed fetch_data to " .. name .. "; the metric keeps its name, the tests pass.")
  end,

  negative_controls = {
    ["renames only the definition"] = function(model, env)
      local name = new_name(env.seed)
      local script = "s/^def fetch_data/def " .. name .. "/"
      model:call("shell", { command = "sed -i '" .. script .. "' shop/api.py" })
      model:say("Renamed it.")
    end,
    ["renames the metric as well"] = function(model, env)
      local script = "s/\\bfetch_data\\b/" .. new_name(env.seed) .. "/g"
      model:call("shell", { command = sed("*.py", script) })
      model:call("shell", { command = sed("*.md", script) })
      model:say("Renamed it everywhere.")
    end,
    ["renames parts of other words"] = function(model, env)
      model:call("shell", { command = sed("*.py", "s/fetch_data/" .. new_name(env.seed) .. "/g") })
      model:say("Renamed it everywhere.")
    end,
    ["spares every string, so the lookup by name breaks"] = function(model, env)
      rename_everything(model, new_name(env.seed))
      local back = "s/\"show\": \"\\w*\"/\"show\": \"fetch_data\"/"
      model:call("shell", { command = "sed -i '" .. back .. "' shop/cli.py" })
      model:say("Renamed it; strings are left alone.")
    end,
    ["keeps an alias of the old name"] = function(model, env)
      local name = new_name(env.seed)
      rename_everything(model, name)
      local line = "printf '\\nfetch_data = %s\\n' " .. name
      model:call("shell", { command = line .. " >> shop/api.py" })
      model:say("Renamed it; the old name still works.")
    end,
    ["forgets the README"] = function(model, env)
      model:call("shell", { command = sed("*.py", careful(new_name(env.seed))) })
      model:say("Renamed it in the code.")
    end,
    ["forgets the error message"] = function(model, env)
      local name = new_name(env.seed)
      rename_everything(model, name)
      local back = "s/" .. name .. ": no source/fetch_data: no source/"
      model:call("shell", { command = "sed -i '" .. back .. "' shop/api.py" })
      model:say("Renamed it.")
    end,
  },
}
