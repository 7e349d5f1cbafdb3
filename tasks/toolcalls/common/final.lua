--- Final answers that have to be JSON.
local final = {}

-- Patterns are anchored on one side only where white space may be long: anything else takes time
-- that grows with the square of what a model wrote.
local function trimmed(text)
  local first, last = text:match "^%s*()", text:reverse():match "^%s*()"
  return text:sub(first, #text - last + 1)
end

--- The text without the one code fence that may be around all of it.
local function unfenced(text)
  local inner = trimmed(text)
  return inner:match "^```%w*[ \t]*\r?\n(.*)```$" or inner
end

--- The final answer as a value, or nil and why it is none. Nothing but JSON may be in it, with or
--- without a code fence around.
function final.value(transcript)
  local text = transcript.final or ""
  if #text > 100000 then return nil, "the answer is longer than 100000 bytes" end
  return json.decode(unfenced(text))
end

--- Two checks: that the answer is JSON, and that the schema takes it; and the value, or nil.
function final.checks(transcript, accepted)
  local value, problem = final.value(transcript)
  local errors = value ~= nil and schema.errors(value, accepted) or {}
  local first = errors[1] and errors[1].sentence
  return {
    check("the final answer is JSON and nothing else", value ~= nil, problem),
    check("it fits the schema", value ~= nil and not first, first),
  },
    value
end

return final
