local judge = require "judge"
local office = require "office"
local text = require "text"
local vary = require "vary"
local weather = require "weather"

local function wanted(seed)
  local city = vary.choice(seed, "city", weather.CITIES)
  return city.name, weather.at(seed, city.name)
end

local function ask(model, seed, unit)
  local city, measured = wanted(seed)
  model:call("city_weather", { city = city, temperature_unit = unit })
  return measured
end

return task {
  name = "rubric-04-unit",
  category = "toolcall-rubric",
  summary = "Use the parameter for the unit instead of converting.",
  rubric = { name = "ToolCall-15", category = "parameter precision", points = 2 },
  prompt = function(env)
    return office.prompt(
      ("How warm is it in %s at the moment? I need it in degrees Fahrenheit."):format(
        (wanted(env.seed))
      )
    )
  end,
  tools = office.tools(),
  expected_turns = 4,
  needs = { context = 8192 },

  grade = function(env, transcript)
    local city, measured = wanted(env.seed)
    local reports = judge.answered(transcript, "city_weather")
    local place, unit = false, false
    for _, report in ipairs(reports) do
      if text.has(report.arguments.city, city) then
        place = true
        unit = unit or report.arguments.temperature_unit == "fahrenheit"
      end
    end
    local told = place and text.has_number(transcript.final, measured.fahrenheit, 0.5)
    local extra = judge.changed(transcript, {})
    return judge.result({
      check("the weather of the right city is asked for", place, judge.called(transcript)),
      check("it is asked for in Fahrenheit", unit),
      check("the answer gives the temperature in Fahrenheit", told, transcript.final),
      check("nothing else is done", unit and extra == 0, judge.called(transcript)),
    }, told or unit)
  end,

  oracle = function(model, env)
    model:say(("It’s %.1f\u{202f}°F."):format(ask(model, env.seed, "fahrenheit").fahrenheit))
  end,

  negative_controls = {
    ["takes the unit that is given if none is asked for"] = function(model, env)
      model:say(("It is %.1f degrees."):format(ask(model, env.seed).celsius))
    end,
    ["converts by head"] = function(model, env)
      model:say(("It is %.1f °F."):format(ask(model, env.seed, "celsius").fahrenheit))
    end,
    ["converts by another tool"] = function(model, env)
      local measured = ask(model, env.seed)
      model:call("convert_units", {
        value = measured.celsius,
        from = "celsius",
        to = "fahrenheit",
      })
      model:say(("It is %.1f °F."):format(measured.fahrenheit))
    end,
    ["converts what is in Fahrenheit already"] = function(model, env)
      local measured = ask(model, env.seed, "fahrenheit")
      model:say(("It is %.1f °F."):format(measured.fahrenheit * 1.8 + 32))
    end,
    ["sets a reminder that nobody asked for"] = function(model, env)
      local measured = ask(model, env.seed, "fahrenheit")
      model:call("add_reminder", { text = "Look again", at = "2026-03-20T18:00:00" })
      model:say(("It is %.1f °F."):format(measured.fahrenheit))
    end,
    ["answers without asking"] = function(model, env)
      local _, measured = wanted(env.seed)
      model:say(("It is %.1f °F."):format(measured.fahrenheit))
    end,
  },
}
