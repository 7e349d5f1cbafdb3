-- The parameters of a BFCL function as the JSON Schema that a model is shown: BFCL's own names of
-- types become JSON's, and what no JSON Schema may hold is left out.

local python = require "bfcl.python"

local schema = {}

local TYPES = {
  integer = "integer", byte = "integer", short = "integer", long = "integer", Bigint = "integer",
  number = "number", float = "number", double = "number",
  string = "string", String = "string", char = "string", any = "string", Any = "string",
  boolean = "boolean", bool = "boolean",
  array = "array", list = "array", tuple = "array", Array = "array", ArrayList = "array",
  Queue = "array", Stack = "array",
  dict = "object", object = "object", HashMap = "object", Hashtable = "object",
}

--- A value of json.loads as the host's JSON, which has no number without end.
local function plain(value)
  if type(value) == "table" and value.kind == "int" then value = tonumber(value.digits .. ".0") end
  if type(value) == "number" then return value - value == 0 and value or null end
  if type(value) ~= "table" then return value end
  local result = {}
  if value.kind == "list" then
    for i = 1, value.n do
      result[i] = plain(value[i])
    end
    return json.array(result)
  end
  for name, member in pairs(value.members) do
    result[name] = plain(member)
  end
  return result
end
schema.plain = plain

--- The name under which a function is offered: no server takes a dot there.
function schema.tool_name(name)
  return (name:gsub("%.", "_"))
end

local convert

local function is_text(value)
  return type(value) == "string"
end

local function is_size(value)
  return math.type(value) == "integer" and value >= 0
end

local function is_number(value)
  return type(value) == "number" and value == value and math.abs(value) < math.huge
end

-- Keywords that are taken over, and what their value has to be.
local KEPT = {
  description = is_text, title = is_text, format = is_text,
  minimum = is_number, maximum = is_number,
  minLength = is_size, maxLength = is_size, minItems = is_size, maxItems = is_size,
  default = function() return true end,
  enum = function(value) return python.type(value) == "list" and value.n > 0 end,
}

local function properties_of(declared, dropped)
  local result = {}
  for name, member in pairs(declared.members) do
    result[name] = convert(member, dropped)
  end
  return result
end

--- The names among the required ones that are properties.
local function required_of(required, properties)
  local names = json.array()
  for i = 1, required.n do
    local name = required[i]
    if type(name) == "string" and properties[name] then names[#names + 1] = name end
  end
  return names
end

--- @param dropped  counts by keyword what was left out
function convert(declared, dropped)
  if python.type(declared) ~= "dict" then return { type = "string" } end
  local members = declared.members
  local result = { type = is_text(members.type) and TYPES[members.type] or "string" }
  for _, name in ipairs(declared.names) do
    local value = members[name]
    if name == "properties" and result.type == "object" and python.type(value) == "dict" then
      result.properties = properties_of(value, dropped)
    elseif name == "items" and result.type == "array" and python.type(value) == "dict" then
      result.items = convert(value, dropped)
    elseif KEPT[name] and KEPT[name](value) then
      result[name] = plain(value)
    elseif name ~= "type" and name ~= "required" then
      dropped[name] = (dropped[name] or 0) + 1
    end
  end
  if python.type(members.required) == "list" and result.properties then
    result.required = required_of(members.required, result.properties)
  end
  return result
end

--- The parameters of a function, always the schema of an object.
local function parameters_of(declared, dropped)
  local result = convert(declared, dropped)
  result.type = "object"
  result.properties = result.properties or {}
  return result
end

--- The functions as tools, without what they do, and the same by name. Of two whose names differ
--- in dots alone the first one counts.
function schema.tools(functions, dropped)
  local list, by_name = {}, {}
  for i = 1, functions.n do
    local members = functions[i].members
    local name = schema.tool_name(members.name)
    if not by_name[name] then
      local description = members.description or ""
      by_name[name] = {
        name = name,
        description = description:find("%S") and description or members.name,
        parameters = parameters_of(members.parameters, dropped or {}),
      }
      list[#list + 1] = by_name[name]
    end
  end
  return list, by_name
end

return schema
