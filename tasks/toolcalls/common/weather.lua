--- The weather of the mocked office: a report for any place, which depends on the seed.
local text = require "text"
local vary = require "vary"

local weather = {}

weather.CITIES = {
  { name = "Kraków", nation = "Poland", country = "PL", region = "Lesser Poland" },
  { name = "Zürich", nation = "Switzerland", country = "CH", region = "Canton of Zürich" },
  { name = "São Paulo", nation = "Brazil", country = "BR", region = "Southeast" },
  { name = "Malmö", nation = "Sweden", country = "SE", region = "Skåne" },
  { name = "Bogotá", nation = "Colombia", country = "CO", region = "Capital District" },
  { name = "Galway", nation = "Ireland", country = "IE", region = "Connacht" },
  { name = "Sapporo", nation = "Japan", country = "JP", region = "Hokkaidō" },
  { name = "Porto", nation = "Portugal", country = "PT", region = "Norte" },
}

local DRY = { "clear", "partly cloudy", "overcast", "mist" }
weather.WET = { "light rain", "rain", "heavy rain", "rain showers" }

--- The city that a place names, or nil: "Krakow, Poland" is Kraków.
function weather.city(place)
  for _, city in ipairs(weather.CITIES) do
    if text.has(place, city.name) then return city end
  end
end

local function rounded(number)
  return math.floor(number * 10 + 0.5) / 10
end

--- What is measured at a place: { celsius, fahrenheit, wind_ms, sky }.
function weather.at(seed, place)
  local city = weather.city(place)
  local label = "weather of " .. (city and city.name or text.letters(place))
  -- Never a whole number, and its two units never near each other.
  local tenths = 10 * vary.number(seed, label, 2, 24) + vary.number(seed, label .. ".", 1, 4)
  return {
    celsius = tenths / 10,
    fahrenheit = rounded(tenths * 0.18 + 32),
    wind_ms = vary.number(seed, label .. " wind", 31, 98) / 10,
    sky = vary.choice(seed, label .. " sky", DRY),
  }
end

--- A report as the service gives it, with all that nobody asked for.
function weather.report(seed, place, unit, measured)
  local city = weather.city(place)
  local station = vary.number(seed, "station " .. text.letters(place), 10012, 98990)
  local in_unit = measured[unit]
  return {
    request_id = ("wx-%s"):format(vary.word(seed, "request " .. place, 12)),
    place = {
      query = place,
      name = city and city.name or place,
      region = city and city.region or null,
      country = city and city.country or null,
      station = { id = tostring(station), distance_km = 4.2, elevation_m = 221 },
    },
    observed_at = "2026-03-20T09:50:00+00:00",
    temperature = { value = in_unit, unit = unit },
    feels_like = { value = rounded(in_unit - 1.7), unit = unit },
    dew_point = { value = rounded(in_unit - 5.3), unit = unit },
    sky = measured.sky,
    wind = { speed = measured.wind_ms, gust = null, unit = "m/s", from_degrees = 240 },
    pressure_hpa = 1009.3,
    humidity_percent = 71,
    uv_index = null,
    alerts = json.array {},
    quality = { flag = "ok", sensor_age_days = 412, revised = false },
    next_update_at = "2026-03-20T10:20:00+00:00",
  }
end

return weather
