--- Evaluates what the calculator of the office is given: numbers, + - * / % ^ and brackets.
--- Percent is the remainder, as in most programming languages.
local arithmetic = {}

local MOST_BYTES = 400
local MOST_DEPTH = 60

local SAME = { ["×"] = "*", ["·"] = "*", ["÷"] = "/", ["−"] = "-", ["–"] = "-", ["\u{a0}"] = " " }

local sum, power

--- A reader of one expression: its text, where it stands, and how deep it is.
local function peek(reader)
  reader.at = reader.source:find("%S", reader.at) or #reader.source + 1
  return reader.source:sub(reader.at, reader.at)
end

local function take(reader, characters)
  local next_one = peek(reader)
  if next_one == "" or not characters:find(next_one, 1, true) then return nil end
  reader.at = reader.at + 1
  return next_one
end

local function fail(reader, sentence)
  error({ sentence = ("%s (at character %d)"):format(sentence, reader.at) })
end

local function atom(reader)
  reader.depth = reader.depth + 1
  if reader.depth > MOST_DEPTH then fail(reader, "too many brackets") end
  local value
  if take(reader, "-") then
    value = -power(reader)
  elseif take(reader, "+") then
    value = power(reader)
  elseif take(reader, "(") then
    value = sum(reader)
    if not take(reader, ")") then fail(reader, "a bracket is not closed") end
  else
    peek(reader)
    local digits = reader.source:match("^%d[%d,]*%.?%d*", reader.at)
      or reader.source:match("^%.%d+", reader.at)
    if not digits then fail(reader, "expected a number or a bracket") end
    reader.at = reader.at + #digits
    value = tonumber((digits:gsub(",", ""))) + 0.0
  end
  reader.depth = reader.depth - 1
  return value
end

function power(reader)
  local value = atom(reader)
  if not take(reader, "^") then return value end
  return value ^ power(reader)
end

local function product(reader)
  local value = power(reader)
  while true do
    local operator = take(reader, "*/%")
    if not operator then return value end
    local other = power(reader)
    if operator == "*" then
      value = value * other
    elseif other == 0 then
      fail(reader, "division by zero")
    elseif operator == "/" then
      value = value / other
    else
      value = value % other
    end
  end
end

function sum(reader)
  local value = product(reader)
  while true do
    local operator = take(reader, "+-")
    if not operator then return value end
    local other = product(reader)
    value = operator == "+" and value + other or value - other
  end
end

--- The value of an expression, or nil and a sentence.
function arithmetic.evaluate(expression)
  if #expression > MOST_BYTES then return nil, "the expression is too long" end
  local source = expression:gsub("[\xC2-\xF4][\x80-\xBF]*", SAME):gsub("%*%*", "^")
  local reader = { source = source, at = 1, depth = 0 }
  local ok, value = pcall(function()
    local result = sum(reader)
    if peek(reader) ~= "" then fail(reader, "unexpected `" .. peek(reader) .. "`") end
    return result
  end)
  if not ok then return nil, type(value) == "table" and value.sentence or "cannot be evaluated" end
  if value ~= value or math.abs(value) == math.huge then return nil, "the result is too large" end
  return value
end

return arithmetic
