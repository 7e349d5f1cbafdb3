--- Comparing JSON values for a grader: numbers by value, lists in order, `null` apart from absent,
--- an empty list apart from an empty object.
local same = {}

local function is_list(value)
  if next(value) == nil then return json.encode(value) == "[]" end
  return value[1] ~= nil
end

local function shown(value)
  if value == nil then return "nothing" end
  local text = json.encode(value)
  return #text > 80 and text:sub(1, 77) .. "..." or text
end

local function below(path, key)
  return path == "" and tostring(key) or path .. "/" .. tostring(key)
end

local function keys_of(a, b)
  local keys, seen = {}, {}
  for _, value in ipairs { a, b } do
    for key in pairs(value) do
      if not seen[key] then keys[#keys + 1] = key end
      seen[key] = true
    end
  end
  table.sort(keys, function(x, y)
    return tostring(x) < tostring(y)
  end)
  return keys
end

--- The first place where `found` is not what is wanted, as "path: wanted A, found B"; nil when
--- there is none.
function same.difference(wanted, found, path)
  path = path or ""
  local both = type(wanted) == "table" and type(found) == "table"
  if not both or is_list(wanted) ~= is_list(found) then
    if not both and wanted == found then return nil end
    local place = path == "" and "the value" or path
    return ("%s: wanted %s, found %s"):format(place, shown(wanted), shown(found))
  end
  for _, key in ipairs(keys_of(wanted, found)) do
    local difference = same.difference(wanted[key], found[key], below(path, key))
    if difference then return difference end
  end
end

function same.value(wanted, found)
  return same.difference(wanted, found) == nil
end

--- check() that a value is what is wanted; the detail says where it is not.
function same.check(name, wanted, found)
  local difference = same.difference(wanted, found)
  return check(name, found ~= nil and not difference, difference)
end

--- The element of a list whose `key` is `value`.
function same.find(list, key, value)
  for _, element in ipairs(list or {}) do
    if element[key] == value then return element end
  end
end

--- A copy of a JSON value that shares nothing with it.
function same.copy(value)
  return json.decode(json.encode(value))
end

return same
