local answers = require "answers"
local judge = require "judge"
local office = require "office"
local text = require "text"
local vary = require "vary"
local weather = require "weather"

local THINGS = { "umbrella", "rain jacket", "boots", "tarpaulin" }

local function wanted(seed)
  return vary.choice(seed, "city", weather.CITIES), vary.choice(seed, "thing", THINGS)
end

--- A policy that looks at the weather and sets a reminder with a mistake.
local function remind(mistake)
  return function(model, env)
    local city, thing = wanted(env.seed)
    local reminder = { text = "Take the " .. thing, at = "2026-03-21T08:00:00" }
    mistake(reminder)
    model:call("city_weather", { city = city.name })
    model:call("add_reminder", reminder)
    model:say("It’s raining there, so I’ve set the reminder.")
  end
end

return task {
  name = "rubric-08-condition",
  category = "toolcall-rubric",
  summary = "Look at the weather, and set a reminder since it rains.",
  rubric = { name = "ToolCall-15", category = "multi-step chains", points = 2 },
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
      return vary.choice(seed, "rain", weather.WET)
    end,
  },
  expected_turns = 4,
  needs = { context = 8192 },

  grade = function(env, transcript)
    local city, thing = wanted(env.seed)
    local reports = judge.answered(transcript, "city_weather")
    local reminders = judge.answered(transcript, "add_reminder")
    local one = reminders[1]
    local looked = reports[1] and text.has(reports[1].arguments.city, city.name)
    local order = looked and one and reports[1].turn < one.turn
    local at = one and one.arguments.at:find("^2026%-03%-21[T ]08:00") ~= nil
    local extra = judge.changed(transcript, { add_reminder = 1 })
    local asks = looked and not one and answers.asks(transcript.final)
    local timely = at and #reminders == 1
    local says = one and text.has(one.arguments.text, thing)
    return judge.result({
      check("the weather of the right city is asked for", looked, judge.called(transcript)),
      check("the reminder comes after the weather", order, judge.called(transcript)),
      check("it is for 2026-03-21 at 08:00", timely, one and one.arguments.at),
      check("it says what to take", says, one and one.arguments.text),
      check("nothing else is done", order and extra == 0, judge.called(transcript)),
    }, asks or order and timely and says)
  end,

  oracle = remind(function() end),

  negative_controls = {
    ["takes today for tomorrow"] = remind(function(reminder)
      reminder.at = "2026-03-20T08:00:00"
    end),
    ["takes eight in the evening"] = remind(function(reminder)
      reminder.at = "2026-03-21T20:00:00"
    end),
    ["forgets what to take"] = remind(function(reminder)
      reminder.text = "It may rain"
    end),
    ["reminds without looking"] = function(model, env)
      local _, thing = wanted(env.seed)
      model:call("add_reminder", { text = "Take the " .. thing, at = "2026-03-21T08:00:00" })
      model:say("I set a reminder.")
    end,
    ["sets it in the same answer as it looks"] = function(model, env)
      local city, thing = wanted(env.seed)
      model:calls {
        { "city_weather", { city = city.name } },
        { "add_reminder", { text = "Take the " .. thing, at = "2026-03-21T08:00:00" } },
      }
      model:say("It rains; I set the reminder.")
    end,
    ["looks and asks whether to go on"] = function(model, env)
      model:call("city_weather", { city = wanted(env.seed).name })
      model:say("It is raining. Shall I set the reminder?")
    end,
    ["mails somebody about it as well"] = function(model, env)
      model:call("send_mail", {
        to = { "me@haldenwerke.test" },
        subject = "Weather",
        body = "I am looking at the weather.",
      })
      remind(function() end)(model, env)
    end,
    ["looks and does nothing"] = function(model, env)
      model:call("city_weather", { city = wanted(env.seed).name })
      model:say("It is raining; I have set the reminder.")
    end,
    ["makes an appointment instead"] = function(model, env)
      local city, thing = wanted(env.seed)
      model:call("city_weather", { city = city.name })
      model:call("add_appointment", {
        title = "Take the " .. thing,
        date = "2026-03-21",
        start = "08:00",
      })
      model:say("I put it in your calendar.")
    end,
  },
}
