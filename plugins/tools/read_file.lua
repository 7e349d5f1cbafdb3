-- Shows a text file as it is: without line numbers, so that what is read can be given to edit_file.

local DEFAULT_LINES = 2000

--- How many lines a text has; a last line without a line end counts.
local function count_lines(text)
  local _, ends = text:gsub("\n", "")
  return text:sub(-1) == "\n" and ends or ends + 1
end

--- Where the line begins that comes `lines` after the one that begins at `from`.
local function skip_lines(text, from, lines)
  for _ = 1, lines do
    local line_end = text:find("\n", from, true)
    if not line_end then return #text + 1 end
    from = line_end + 1
  end
  return from
end

return {
  name = "read_file",
  description = "Read a text file. Returns its lines unchanged; a note in square brackets follows "
    .. "when only a part was returned.",
  parameters = {
    type = "object",
    properties = {
      path = { type = "string", minLength = 1, description = "Absolute, or relative to /work." },
      offset = {
        type = "integer",
        minimum = 1,
        maximum = 1000000000,
        description = "First line to return; 1 if not given.",
      },
      limit = {
        type = "integer",
        minimum = 1,
        maximum = 1000000000,
        description = "How many lines to return at most; 2000 if not given.",
      },
    },
    required = { "path" },
    additionalProperties = false,
  },

  run = function(env, args)
    local bytes, message = env:read(args.path)
    if not bytes then return nil, message end
    if bytes == "" then return "[the file is empty]" end
    if bytes:find("\0", 1, true) then
      return nil, ("%s is not a text file: it has NUL bytes"):format(args.path)
    end
    local total = count_lines(bytes)
    local first, limit = args.offset or 1, args.limit or DEFAULT_LINES
    if first > total then
      return nil, ("offset %d is beyond the end: %s has %d lines"):format(first, args.path, total)
    end
    if first == 1 and limit >= total then return bytes end
    local last = limit > total - first and total or first + limit - 1
    local from = skip_lines(bytes, 1, first - 1)
    local text = bytes:sub(from, skip_lines(bytes, from, last - first + 1) - 1)
    local gap = text:sub(-1) == "\n" and "" or "\n"
    return ("%s%s[lines %d to %d of %d]"):format(text, gap, first, last, total)
  end,
}
