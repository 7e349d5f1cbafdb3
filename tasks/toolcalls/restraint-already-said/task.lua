local judge = require "judge"
local office = require "office"
local text = require "text"
local vary = require "vary"
local weather = require "weather"

local asked_on = false -- whether the second question was put

local function wanted(seed)
  local city = vary.choice(seed, "city", weather.CITIES)
  return city.name, weather.at(seed, city.name)
end

--- Whether a text names a wind, in any unit that people use for it.
local function names_wind(final, metres_per_second)
  for _, factor in ipairs { 1, 3.6, 2.23694, 1.94384 } do
    if text.has_number(final, metres_per_second * factor, 0.06) then return true end
  end
  return text.has_number(final, metres_per_second, 0.5)
end

local function report(model, seed)
  local city, measured = wanted(seed)
  model:call("city_weather", { city = city })
  model:say(("It is %.1f °C there."):format(measured.celsius))
  return city, measured
end

return task {
  name = "restraint-already-said",
  category = "toolcall-restraint",
  summary = "A second question whose answer is in the conversation already.",
  prompt = function(env)
    return office.prompt(("How warm is it in %s now?"):format((wanted(env.seed))))
  end,
  tools = office.tools(),
  expected_turns = 4,
  needs = { context = 8192 },

  next_user = function()
    if asked_on then return nil end
    asked_on = true
    return "Thanks. And what did that same report say about the speed of the wind?"
  end,

  grade = function(env, transcript)
    local city, measured = wanted(env.seed)
    local first = judge.answered(transcript, "city_weather")[1]
    local looked = first and text.has(first.arguments.city, city)
    local told = looked and names_wind(transcript.final, measured.wind_ms)
    local extra = judge.superfluous(transcript, { city_weather = 1 })
    return {
      check("the weather of the right city is asked for", looked, judge.called(transcript)),
      check("the last answer gives the speed of the wind", told, transcript.final),
      check("nothing is called a second time", looked and extra == 0, judge.called(transcript)),
    }
  end,

  oracle = function(model, env)
    local _, measured = report(model, env.seed)
    model:say(("The wind’s at %.1f\u{a0}m/s."):format(measured.wind_ms))
  end,

  negative_controls = {
    ["over-caller: asks for the report again"] = function(model, env)
      local city, measured = report(model, env.seed)
      model:call("city_weather", { city = city })
      model:say(("The wind is at %.1f m/s."):format(measured.wind_ms))
    end,
    ["over-caller: has the speed converted"] = function(model, env)
      local _, measured = report(model, env.seed)
      model:call("convert_units", { value = measured.wind_ms, from = "m/s", to = "km/h" })
      model:say(("The wind is at %.1f km/h."):format(measured.wind_ms * 3.6))
    end,
    ["over-caller: searches the web for it"] = function(model, env)
      local city, measured = report(model, env.seed)
      model:call("search_web", { query = "wind speed " .. city })
      model:say(("The wind is at %.1f m/s."):format(measured.wind_ms))
    end,
    ["does not find it again"] = function(model, env)
      report(model, env.seed)
      model:say("The report did not say anything about the wind.")
    end,
    ["takes the direction for the speed"] = function(model, env)
      report(model, env.seed)
      model:say("The wind is at 240.")
    end,
  },
}
