-- Lists a folder, one entry a line: size in bytes and path; a folder's path ends with a slash.

local function line_of(entry)
  if entry.kind == "folder" then return ("%10s  %s/"):format("-", entry.path) end
  if entry.kind == "file" then return ("%10d  %s"):format(entry.size, entry.path) end
  return ("%10s  %s"):format(entry.kind, entry.path)
end

return {
  name = "list_files",
  description = "List a folder: size in bytes and path of each entry, relative to that folder. "
    .. "The paths of folders end with a slash.",
  parameters = {
    type = "object",
    properties = {
      path = {
        type = "string",
        minLength = 1,
        description = "The folder; the work folder /work if not given.",
      },
      recursive = { type = "boolean", description = "List the folders inside as well." },
    },
    additionalProperties = false,
  },

  run = function(env, args)
    local entries, message = env:list(args.path or ".", args.recursive or false)
    if not entries then return nil, message end
    if #entries == 0 then return "[the folder is empty]" end
    local lines = {}
    for i, entry in ipairs(entries) do
      lines[i] = line_of(entry)
    end
    return table.concat(lines, "\n")
  end,
}
