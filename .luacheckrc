-- Lua 5.4 as the script host offers it; the words of the task API are given, never assigned.
std = "lua54"
max_line_length = 100
exclude_files = {
  "build/**",
  "tasks/**/workspace/**",
  "tests/**/broken/**", -- files that have to be wrong
}

local values = { "null", "json", "schema" }
local task_api = { "task", "check", "must_not", "bench", "suite", "null", "json", "schema" }
files["plugins/**/*.lua"] = { read_globals = values }
files["plugins/importers/**/*.lua"] = { read_globals = task_api }
files["sandboxes/**/*.lua"] = { read_globals = values }
files["tasks/**/*.lua"] = { read_globals = task_api }
files["sdk/**/*.lua"] = { read_globals = task_api }
files["tests/**/*.lua"] = { read_globals = task_api }
files["**/bench.lua"] = { read_globals = { "bench" } }
