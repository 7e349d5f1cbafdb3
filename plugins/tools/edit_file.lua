-- Replaces an exact piece of text in a file; it must be unique unless all of its places are wanted.

-- Bounds that keep the search for any piece in any file short, and its result small.
local MOST_FILE_BYTES = 1 << 20
local MOST_OLD_BYTES = 20000
local MOST_RESULT_BYTES = 8 << 20

--- The mode to write a file with so that a script stays executable and a private file private.
local function mode_of(env, path)
  local found = env:exec { "stat", "-L", "-c", "%a", "--", path }
  local digits = found and found.ok and found.stdout:match("^([0-7]+)\n")
  if not digits then return nil end
  if digits:find("^[1357]..$") then return "755" end
  return digits == "600" and "600" or nil
end

--- Where `piece` stands in `text`: the first byte of each place, none overlapping another.
local function places_of(text, piece)
  local places, from = {}, 1
  while true do
    local first, last = text:find(piece, from, true)
    if not first then return places end
    places[#places + 1] = first
    from = last + 1
  end
end

local function replace_at(text, places, old_length, new_text)
  local parts, from = {}, 1
  for _, first in ipairs(places) do
    parts[#parts + 1] = text:sub(from, first - 1)
    parts[#parts + 1] = new_text
    from = first + old_length
  end
  parts[#parts + 1] = text:sub(from)
  return table.concat(parts)
end

local function squeezed(text)
  return (text:gsub("%s+", " "))
end

--- Why this edit cannot be made, or nil.
local function objection(text, args, count)
  if count == 0 then
    local sentence = ("old_text was not found in %s"):format(args.path)
    if not squeezed(text):find(squeezed(args.old_text), 1, true) then return sentence end
    return sentence .. "; it is there with other white space, so copy it exactly as it stands"
  end
  if count > 1 and not args.replace_all then
    return ("old_text was found %d times in %s; add text around it until it is unique, or set "
      .. "replace_all"):format(count, args.path)
  end
  if #text + count * (#args.new_text - #args.old_text) > MOST_RESULT_BYTES then
    return ("%s would grow beyond %d bytes"):format(args.path, MOST_RESULT_BYTES)
  end
end

--- The edited text, how many places were replaced; or nil and why not.
local function edited(text, args)
  if #text > MOST_FILE_BYTES then
    return nil, ("%s has %d bytes; edit_file takes files up to %d"):format(
      args.path,
      #text,
      MOST_FILE_BYTES
    )
  end
  local places = places_of(text, args.old_text)
  local why_not = objection(text, args, #places)
  if why_not then return nil, why_not end
  return replace_at(text, places, #args.old_text, args.new_text), #places
end

return {
  name = "edit_file",
  description = "Replace text in a file. old_text must match exactly, white space included, and "
    .. "must occur exactly once unless replace_all is true. The rest of the file is not touched.",
  parameters = {
    type = "object",
    properties = {
      path = { type = "string", minLength = 1, description = "Absolute, or relative to /work." },
      old_text = {
        type = "string",
        minLength = 1,
        maxLength = MOST_OLD_BYTES,
        description = "The text to replace.",
      },
      new_text = { type = "string", description = "The text to put there; may be empty." },
      replace_all = {
        type = "boolean",
        description = "Replace every occurrence instead of requiring exactly one.",
      },
    },
    required = { "path", "old_text", "new_text" },
    additionalProperties = false,
  },

  run = function(env, args)
    if args.path:find("\0", 1, true) then return nil, "the path contains a NUL byte" end
    if args.old_text == args.new_text then return nil, "old_text and new_text are the same" end
    local text, message = env:read(args.path)
    if not text then return nil, message end
    local result, count = edited(text, args)
    if not result then return nil, count end
    local written
    written, message = env:write(args.path, result, mode_of(env, args.path))
    if not written then return nil, message end
    return ("replaced %d occurrence%s in %s"):format(count, count == 1 and "" or "s", args.path)
  end,
}
