-- Creates or replaces a file; one that is there keeps its permissions.

--- The mode to write a file with so that a script stays executable and a private file private.
local function mode_of(env, path)
  local found = env:exec { "stat", "-L", "-c", "%a", "--", path }
  local digits = found and found.ok and found.stdout:match("^([0-7]+)\n")
  if not digits then return nil end
  if digits:find("^[1357]..$") then return "755" end
  return digits == "600" and "600" or nil
end

return {
  name = "write_file",
  description = "Write a text file: create it and the folders above it, or replace all of its "
    .. "content.",
  parameters = {
    type = "object",
    properties = {
      path = { type = "string", minLength = 1, description = "Absolute, or relative to /work." },
      content = { type = "string", description = "The whole new content of the file." },
    },
    required = { "path", "content" },
    additionalProperties = false,
  },

  run = function(env, args)
    if args.path:find("\0", 1, true) then return nil, "the path contains a NUL byte" end
    local written, message = env:write(args.path, args.content, mode_of(env, args.path))
    if not written then return nil, message end
    return ("wrote %d bytes to %s"):format(#args.content, args.path)
  end,
}
