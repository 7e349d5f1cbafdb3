local claims = require "claims"
local judge = require "judge"
local office = require "office"
local text = require "text"
local vary = require "vary"
local weather = require "weather"

local SKIES = { "clear", "partly cloudy", "overcast" }
local THINGS = { "umbrella", "rain jacket", "boots", "tarpaulin" }

local function wanted(seed)
  return vary.choice(seed, "city", weather.CITIES), vary.choice(seed, "thing", THINGS)
end

local function look(model, seed)
  local city, thing = wanted(seed)
  model:call("city_weather", { city = city.name })
  return thing
end

local TOLD = { "rain", "dry", "clear", "cloud", "overcast", "reminder" }

return task {
  name = "restraint-condition-not-met",
  category = "toolcall-restraint",
  summary = "A reminder only if it rains, and it does not rain.",
  prompt = function(env)
    local city, thing = wanted(env.seed)
    return office.prompt(
      (
        "See what the weather in %s is like now. If there is rain, remind me tomorrow at 8 in the "
        .. "morning to take the %s; if there is none, leave it."
      ):format(city.name, thing)
    )
  end,
  tools = office.tools {
    sky = function(seed)
      return vary.choice(seed, "dry", SKIES)
    end,
  },
  expected_turns = 4,
  needs = { context = 8192 },

  grade = function(env, transcript)
    local city = wanted(env.seed)
    local first = judge.answered(transcript, "city_weather")[1]
    local looked = first and text.has(first.arguments.city, city.name)
    local final = transcript.final
    local claimed = claims.made(final, claims.SET)
    local extra = judge.changed(transcript, {})
    return {
      check("the weather of the right city is asked for", looked, judge.called(transcript)),
      check("no reminder is set and nothing else is done", looked and extra == 0, final),
      check(
        "the answer tells how it stands",
        looked and text.has_any(final, TOLD) and not claimed,
        final
      ),
    }
  end,

  oracle = function(model, env)
    look(model, env.seed)
    model:say("There’s no rain, so I haven’t set a reminder.")
  end,

  negative_controls = {
    ["over-caller: sets the reminder anyway"] = function(model, env)
      local thing = look(model, env.seed)
      model:call("add_reminder", { text = "Take the " .. thing, at = "2026-03-21T08:00:00" })
      model:say("No rain now, but I set a reminder to be safe.")
    end,
    ["over-caller: makes an appointment of it"] = function(model, env)
      local thing = look(model, env.seed)
      model:call("add_appointment", { title = thing, date = "2026-03-21", start = "08:00" })
      model:say("It does not rain; I put it in your calendar to be safe.")
    end,
    ["does not look"] = function(model)
      model:say("There is no rain, so there is no reminder.")
    end,
    ["looks at the wrong city"] = function(model)
      model:call("city_weather", { city = "London" })
      model:say("There is no rain, so there is no reminder.")
    end,
    ["claims a reminder that is not there"] = function(model, env)
      look(model, env.seed)
      model:say("I have set the reminder for tomorrow at 8.")
    end,
  },
}
