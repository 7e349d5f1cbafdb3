-- Runs a command line. One that fails is a result, not an error: the model has to see what it did.

local DEFAULT_TIMEOUT_S = 60

local shell = "bash"

local function has_bash(env)
  local result = env:exec { "bash", "-c", ":" }
  return result ~= nil and result.ok
end

--- What came out, or nil and why the command could not be started at all.
local function run(env, command, timeout_s)
  local result, message = env:exec { shell, "-c", command, timeout = timeout_s }
  -- 127 is also what bash says of a command that it cannot find, so bash itself is asked for.
  if result and result.code == 127 and shell == "bash" and not has_bash(env) then
    shell = "sh"
    return run(env, command, timeout_s)
  end
  return result, message
end

local function ending(result)
  if result.timed_out then return "timed out: the command and what it started were killed" end
  if result.signal ~= 0 then return ("killed by signal %d"):format(result.signal) end
  return ("exit code: %d"):format(result.code)
end

local function section(title, text)
  if text == "" then return "" end
  return ("\n%s:\n%s"):format(title, (text:gsub("\n$", "")))
end

return {
  name = "shell",
  description = "Run a bash command line in the work folder (/work) and return its exit code, "
    .. "standard output and standard error. Each call is a new shell: variables and `cd` do not "
    .. "carry over. There is no terminal and no standard input.",
  parameters = {
    type = "object",
    properties = {
      command = { type = "string", minLength = 1, description = "The command line to run." },
      timeout_s = {
        type = "integer",
        minimum = 1,
        maximum = 600,
        description = "Seconds until the command is killed; 60 if not given.",
      },
    },
    required = { "command" },
    additionalProperties = false,
  },

  run = function(env, args)
    if args.command:find("\0", 1, true) then return nil, "the command contains a NUL byte" end
    local result, message = run(env, args.command, args.timeout_s or DEFAULT_TIMEOUT_S)
    if not result then return nil, message end
    return ending(result) .. section("stdout", result.stdout) .. section("stderr", result.stderr)
  end,
}
