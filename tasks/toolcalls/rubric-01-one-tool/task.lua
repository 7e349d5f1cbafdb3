local judge = require "judge"
local office = require "office"
local text = require "text"
local vary = require "vary"
local weather = require "weather"

local function wanted(seed)
  local city = vary.choice(seed, "city", weather.CITIES)
  return { city = city, measured = weather.at(seed, city.name) }
end

local function names_temperature(final, measured)
  return text.has_number(final, measured.celsius, 0.5)
    or text.has_number(final, measured.fahrenheit, 0.5)
end

local function report(model, seed)
  local what = wanted(seed)
  model:call("city_weather", { city = what.city.name })
  return what
end

return task {
  name = "rubric-01-one-tool",
  category = "toolcall-rubric",
  summary = "One weather report, and no other tool although eleven are offered.",
  rubric = { name = "ToolCall-15", category = "tool selection", points = 2 },
  prompt = function(env)
    local city = wanted(env.seed).city
    return office.prompt(
      ("What is it like outside in %s right now? Sky and temperature will do."):format(city.name)
    )
  end,
  tools = office.tools {
    pages = function(seed)
      local what = wanted(seed)
      return {
        {
          title = ("Weather in %s, %s: now and this week"):format(what.city.name, what.city.nation),
          url = "https://sky-diary.test/" .. text.letters(what.city.name),
          published = "2026-03-20",
          snippet = ("Now %.1f °C, %s. Tonight %.1f °C. Tomorrow up to %.1f °C."):format(
            what.measured.celsius,
            what.measured.sky,
            what.measured.celsius - 4.4,
            what.measured.celsius + 2.7
          ),
        },
      }
    end,
  },
  expected_turns = 4,
  needs = { context = 8192 },

  grade = function(env, transcript)
    local what = wanted(env.seed)
    local reports = judge.answered(transcript, "city_weather")
    local right = reports[1] and text.has(reports[1].arguments.city, what.city.name)
    local told = right and names_temperature(transcript.final, what.measured)
    local extra = judge.superfluous(transcript, { city_weather = 1 })
    local only_searched = judge.answered(transcript, "search_web")[1]
      and judge.superfluous(transcript, { search_web = 3 }) == 0
      and names_temperature(transcript.final, what.measured)
    return judge.result({
      check("the weather of the right city is asked for", right, judge.called(transcript)),
      check("one call is enough", right and extra == 0, judge.called(transcript)),
      check("the answer gives the temperature of the report", told, transcript.final),
    }, right and extra == 0 or only_searched)
  end,

  oracle = function(model, env)
    local what = report(model, env.seed)
    model:say(
      ("It’s %s in %s – %.1f °C."):format(
        what.measured.sky,
        what.city.name,
        what.measured.celsius
      )
    )
  end,

  negative_controls = {
    ["searches the web as well"] = function(model, env)
      local what = report(model, env.seed)
      model:call("search_web", { query = "weather " .. what.city.name })
      model:say(("It is %.1f degrees."):format(what.measured.celsius))
    end,
    ["searches the web instead"] = function(model, env)
      local what = wanted(env.seed)
      model:call("search_web", { query = "weather " .. what.city.name })
      model:say(("It is %.1f degrees."):format(what.measured.celsius))
    end,
    ["asks for the country instead of the city"] = function(model, env)
      model:call("city_weather", { city = wanted(env.seed).city.nation })
      model:say("It is overcast.")
    end,
    ["invents the weather"] = function(model, env)
      local what = wanted(env.seed)
      model:say(("It is about %.1f degrees and sunny."):format(what.measured.celsius))
    end,
    ["calls the tool and does not tell what it said"] = function(model, env)
      report(model, env.seed)
      model:say("I have fetched the current weather for you.")
    end,
  },
}
