--- Converts units for the mocked office.
local units = {}

-- How much of the base one unit is. Temperatures are apart: they begin elsewhere.
local SIZES = {
  metre = { kind = "length", size = 1, names = "m meter metre meters metres" },
  kilometre = { kind = "length", size = 1000, names = "km kilometer kilometre kilometers" },
  mile = { kind = "length", size = 1609.344, names = "mi mile miles" },
  foot = { kind = "length", size = 0.3048, names = "ft foot feet" },
  kilogram = { kind = "mass", size = 1, names = "kg kilogram kilograms" },
  pound = { kind = "mass", size = 0.45359237, names = "lb lbs pound pounds" },
  metres_per_second = { kind = "speed", size = 1, names = "m/s mps" },
  kilometres_per_hour = { kind = "speed", size = 1 / 3.6, names = "km/h kmh kph" },
  knot = { kind = "speed", size = 1852 / 3600, names = "kn kt knot knots" },
}
local BY_NAME = {}
for _, unit in pairs(SIZES) do
  for name in unit.names:gmatch("%S+") do
    BY_NAME[name] = unit
  end
end

local FROM_CELSIUS = {
  c = function(value)
    return value
  end,
  f = function(value)
    return value * 1.8 + 32
  end,
  k = function(value)
    return value + 273.15
  end,
}
local TO_CELSIUS = {
  c = FROM_CELSIUS.c,
  f = function(value)
    return (value - 32) / 1.8
  end,
  k = function(value)
    return value - 273.15
  end,
}

local function temperature(name)
  local letter = name:gsub("degrees? ", ""):gsub("°", ""):match("^([cfk])%a*$")
  local word = ({ c = "celsius", f = "fahrenheit", k = "kelvin" })[letter]
  local bare = name:gsub("degrees? ", ""):gsub("°", "")
  return word and (bare == letter or bare == word) and letter or nil
end

--- The value in another unit, or nil and a sentence.
function units.convert(value, from, to)
  local warm_from, warm_to = temperature(from), temperature(to)
  if warm_from and warm_to then return FROM_CELSIUS[warm_to](TO_CELSIUS[warm_from](value)) end
  local unit_from, unit_to = BY_NAME[from], BY_NAME[to]
  if unit_from and unit_to and unit_from.kind == unit_to.kind then
    return value * unit_from.size / unit_to.size
  end
  return nil, ("400: cannot convert %q into %q"):format(from:sub(1, 30), to:sub(1, 30))
end

return units
