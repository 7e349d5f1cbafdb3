-- Python's values as BFCL's checker sees them, in Lua: what `json.loads` makes of a text, the type
-- of a value, `==` and `in`. A verdict of BFCL hangs on them: 10 is not 10.0, True is not 1 but
-- equals it, members have an order, integers have no end, NaN and lone surrogates are let through.
--
-- None is `null`, str is a string, bool a boolean, float and int are Lua's two kinds of number.
-- The rest are tables with a `kind`: "list" { n, 1..n }, "dict" { names, members }, "int" { digits
-- } beyond 64 bits.

local python = {}

local DEEPEST = 990 -- Python gives up on a text nested about 1000 deep
local MOST_DIGITS = 4300 -- and on an integer longer than this

--- Ends a judgement where Python would have thrown an exception; checker.judge catches it.
function python.throw(what)
  error({ thrown = what }, 0)
end

local function not_json(at, what)
  error({ not_json = what .. " at byte " .. at }, 0)
end

function python.new_list()
  return { kind = "list", n = 0 }
end

function python.append(list, value)
  list.n = list.n + 1
  list[list.n] = value
end

function python.new_dict()
  return { kind = "dict", names = {}, members = {} }
end

function python.set(dict, name, value)
  if dict.members[name] == nil then dict.names[#dict.names + 1] = name end
  dict.members[name] = value
end

-- ---- decode

local ESCAPES = {
  ['"'] = '"', ["\\"] = "\\", ["/"] = "/",
  b = "\b", f = "\f", n = "\n", r = "\r", t = "\t",
}

--- A `\u` escape whose `u` is at `at`; what it stands for, and where the text goes on.
local function unicode_escape(text, at)
  local digits = text:match("^u(%x%x%x%x)", at)
  if not digits then not_json(at, "a \\u escape without four hexadecimal digits") end
  local code, next_at = tonumber(digits, 16), at + 5
  if code >= 0xD800 and code <= 0xDBFF then
    local low = tonumber(text:match("^\\u(%x%x%x%x)", next_at) or "0", 16)
    if low >= 0xDC00 and low <= 0xDFFF then
      code, next_at = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00), next_at + 6
    end
  end
  return utf8.char(code), next_at
end

--- The string whose first character is at `at`; its value, and where the text goes on.
local function decode_string(text, at)
  local stop = text:find('["\\\0-\31]', at)
  if stop and text:byte(stop) == 34 then return text:sub(at, stop - 1), stop + 1 end
  local parts = {}
  while stop do
    parts[#parts + 1] = text:sub(at, stop - 1)
    local byte = text:byte(stop)
    if byte == 34 then return table.concat(parts), stop + 1 end
    if byte ~= 92 then not_json(stop, "a control character in a string") end
    local letter = text:sub(stop + 1, stop + 1)
    if letter == "u" then
      parts[#parts + 1], at = unicode_escape(text, stop + 1)
    else
      parts[#parts + 1] = ESCAPES[letter] or not_json(stop, "an unknown escape")
      at = stop + 2
    end
    stop = text:find('["\\\0-\31]', at)
  end
  not_json(at, "a string without its end")
end

local function integer(digits, at)
  if #digits:gsub("^-", "") > MOST_DIGITS then not_json(at, "too long an integer") end
  return math.tointeger(digits) or { kind = "int", digits = digits }
end

local CONSTANTS = { NaN = 0 / 0, Infinity = math.huge, ["-Infinity"] = -math.huge }
local LITERALS = { ["true"] = true, ["false"] = false, ["null"] = null }

local function decode_word(text, at)
  local word = text:match("^-?%a+", at)
  if not word then not_json(at, "no value") end
  -- Python's scanner takes the longest word that it knows and stumbles over the rest afterwards.
  for _, known in ipairs { "true", "false", "null", "NaN", "Infinity", "-Infinity" } do
    if word:sub(1, #known) == known then
      local constant = CONSTANTS[known]
      if constant then return constant, at + #known end
      return LITERALS[known], at + #known
    end
  end
  not_json(at, "an unknown word")
end

local function decode_number(text, at)
  local _, stop = text:find("^-?%d+", at)
  if not stop then return decode_word(text, at) end
  local first = text:byte(at) == 45 and at + 1 or at
  if text:byte(first) == 48 then stop = first end -- a leading zero stands alone
  local _, fraction = text:find("^%.%d+", stop + 1)
  local _, exponent = text:find("^[eE][+-]?%d+", (fraction or stop) + 1)
  local last = exponent or fraction
  if last then return tonumber(text:sub(at, last)) + 0.0, last + 1 end
  return integer(text:sub(at, stop), at), stop + 1
end

local decode_value

local function decode_list(text, at, depth)
  local list, n = python.new_list(), 0
  at = text:find("[^ \t\n\r]", at)
  if at and text:byte(at) == 93 then return list, at + 1 end
  while at do
    n = n + 1
    list[n], at = decode_value(text, at, depth)
    at = text:find("[^ \t\n\r]", at)
    local byte = at and text:byte(at)
    if byte == 93 then
      list.n = n
      return list, at + 1
    end
    if byte ~= 44 then break end
    at = at + 1
  end
  not_json(at or #text, "a list without its end")
end

local function decode_dict(text, at, depth)
  local dict = python.new_dict()
  local names, members = dict.names, dict.members
  at = text:find("[^ \t\n\r]", at)
  if at and text:byte(at) == 125 then return dict, at + 1 end
  while at and text:byte(at) == 34 do
    local name, value
    name, at = decode_string(text, at + 1)
    at = text:match("^[ \t\n\r]*:()", at) or not_json(at, "a name without its colon")
    value, at = decode_value(text, at, depth)
    if members[name] == nil then names[#names + 1] = name end
    members[name] = value
    at = text:find("[^ \t\n\r]", at)
    local byte = at and text:byte(at)
    if byte == 125 then return dict, at + 1 end
    if byte ~= 44 then break end
    at = text:find("[^ \t\n\r]", at + 1)
  end
  not_json(at or #text, "an object without its end")
end

function decode_value(text, at, depth)
  at = text:find("[^ \t\n\r]", at) or not_json(#text, "no value")
  local byte = text:byte(at)
  if byte == 34 then return decode_string(text, at + 1) end
  if byte == 123 or byte == 91 then
    if depth >= DEEPEST then not_json(at, "nested too deeply") end
    return (byte == 123 and decode_dict or decode_list)(text, at + 1, depth + 1)
  end
  return decode_number(text, at)
end

local function decode_whole(text)
  if not utf8.len(text) then not_json(select(2, utf8.len(text)), "no UTF-8") end
  local value, at = decode_value(text, 1, 0)
  local rest = text:find("[^ \t\n\r]", at)
  if rest then not_json(rest, "more after the value") end
  return value
end

--- What `json.loads` returns; nil and a sentence where it raises.
function python.decode(text)
  local ok, value = pcall(decode_whole, text)
  if ok then return value end
  if type(value) == "table" and value.not_json then return nil, value.not_json end
  error(value, 0)
end

-- ---- types, `==`, `in`

local KINDS = { string = "str", boolean = "bool", userdata = "NoneType" }

--- The name of Python's type.
function python.type(value)
  local kind = type(value)
  if kind == "table" then return value.kind end
  if kind == "number" then return math.type(value) == "integer" and "int" or "float" end
  return KINDS[kind]
end

--- A number with which `==` compares exactly as Python does, or nothing. An integer beyond 64 bits
--- is its digits, and so is a float that may equal one.
local function comparable(value)
  if type(value) == "boolean" then return value and 1 or 0 end
  if type(value) == "table" then return value.kind == "int" and value.digits or nil end
  if type(value) ~= "number" then return nil end
  local size = math.abs(value)
  if math.type(value) == "float" and size >= 2.0 ^ 63 and size < math.huge then
    return math.tointeger(value) or ("%.0f"):format(value)
  end
  return value
end

function python.equal(a, b)
  if rawequal(a, b) then return true end
  local left, right = comparable(a), comparable(b)
  if left ~= nil or right ~= nil then
    -- json.loads gives out one NaN object, and containers compare by identity first.
    return left == right or (left ~= left and right ~= right)
  end
  if type(a) ~= "table" or type(b) ~= "table" or a.kind ~= b.kind then return false end
  if a.kind == "list" then
    if a.n ~= b.n then return false end
    for i = 1, a.n do
      if not python.equal(a[i], b[i]) then return false end
    end
    return true
  end
  if #a.names ~= #b.names then return false end
  for name, member in pairs(a.members) do
    local other = b.members[name]
    if other == nil or not python.equal(member, other) then return false end
  end
  return true
end

local function characters(text)
  local list = python.new_list()
  for character in text:gmatch(utf8.charpattern) do
    python.append(list, character)
  end
  return list
end

--- What `for x in value` walks over, as a list.
function python.elements(value)
  local kind = python.type(value)
  if kind == "list" then return value end
  if kind == "str" then return characters(value) end
  if kind ~= "dict" then python.throw(kind .. " is not iterable") end
  local list = python.new_list()
  for _, name in ipairs(value.names) do
    python.append(list, name)
  end
  return list
end

--- `len(value)`
function python.length(value)
  return python.elements(value).n
end

--- What `value[i]` gives for each i in range(len(value)), as a list.
function python.indexed(value)
  if python.type(value) == "dict" and #value.names > 0 then
    python.throw("a dict has no key 0")
  end
  return python.elements(value)
end

--- `value in container`
function python.contains(container, value)
  local kind = python.type(container)
  if kind == "list" then
    for i = 1, container.n do
      if python.equal(container[i], value) then return true end
    end
    return false
  end
  if kind == "str" and python.type(value) == "str" then
    return container:find(value, 1, true) ~= nil
  end
  if kind ~= "dict" then python.throw("no membership in " .. kind) end
  local key = python.type(value)
  if key == "list" or key == "dict" then python.throw("unhashable " .. key) end
  return key == "str" and container.members[value] ~= nil
end

--- `dict[name]`
function python.member(dict, name)
  if python.type(dict) ~= "dict" or type(name) ~= "string" or dict.members[name] == nil then
    python.throw("no member " .. tostring(name))
  end
  return dict.members[name]
end

--- `float(integer)`
function python.float(value)
  local digits = type(value) == "table" and value.digits or value
  local float = tonumber(digits .. ".0")
  if math.abs(float) == math.huge then python.throw("an integer too large for a float") end
  return float
end

return python
