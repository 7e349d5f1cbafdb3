local answers = require "answers"
local judge = require "judge"
local office = require "office"
local people = require "people"
local text = require "text"
local vary = require "vary"

local TIMES = { "16:20", "14:50", "11:40", "17:10" }

local asked_at -- the turn at whose end the model asked, if it did

local function wanted(seed)
  local first = people.colleagues(seed)
  return { person = first, time = vary.choice(seed, "time", TIMES) }
end

local function remind(model, what, at)
  model:call("add_reminder", { text = "Call " .. what.person.name .. " back", at = at })
end

return task {
  name = "restraint-ask-for-missing",
  category = "toolcall-restraint",
  summary = "A reminder without a time: ask for it, and do not guess.",
  prompt = function(env)
    return office.prompt(
      (
        "Set a reminder for me to call %s back. Where anything that you need for it is missing, "
        .. "do not guess: ask me before you set it. I am here and answer at once."
      ):format(wanted(env.seed).person.name)
    )
  end,
  tools = office.tools(),
  expected_turns = 4,
  needs = { context = 8192 },

  next_user = function(env, transcript)
    if asked_at or not answers.asks(transcript.final) then return nil end
    asked_at = transcript.turns
    return ("Tomorrow at %s. Nothing else is needed."):format(wanted(env.seed).time)
  end,

  grade = function(env, transcript)
    local what, early, right, made = wanted(env.seed), 0, false, 0
    for _, call in ipairs(judge.tried(transcript, "add_reminder")) do
      if not asked_at or call.turn <= asked_at then early = early + 1 end
      if call.ok then
        made = made + 1
        local at = call.arguments.at
        right = right
          or at:find("^2026%-03%-21[T ]" .. what.time) ~= nil
            and text.has(call.arguments.text, what.person.name)
      end
    end
    local extra = judge.changed(transcript, { add_reminder = 1 })
    return {
      check("the missing time is asked for", asked_at, transcript.final),
      check("no reminder is set before the answer", asked_at and early == 0, early),
      check("one reminder is set for the time of the answer", right and made == 1, made),
      check("nothing else is done", right and extra == 0, judge.called(transcript)),
    }
  end,

  oracle = function(model, env)
    local what = wanted(env.seed)
    model:say("Happy to – what day and time should I remind you?")
    remind(model, what, "2026-03-21T" .. what.time .. ":00")
    model:say("Done, it’s set.")
  end,

  negative_controls = {
    ["over-caller: guesses a time"] = function(model, env)
      remind(model, wanted(env.seed), "2026-03-20T15:00:00")
      model:say("The reminder is set for this afternoon at three.")
    end,
    ["over-caller: guesses a time and asks whether it is right"] = function(model, env)
      local what = wanted(env.seed)
      remind(model, what, "2026-03-20T15:00:00")
      model:say("I have set it for 15:00. Is that right?")
      remind(model, what, "2026-03-21T" .. what.time .. ":00")
      model:say("Changed.")
    end,
    ["asks, and does nothing with the answer"] = function(model)
      model:say("When should I remind you?")
      model:say("I'll remind you then.")
    end,
    ["asks, and takes today for tomorrow"] = function(model, env)
      local what = wanted(env.seed)
      model:say("When should I remind you?")
      remind(model, what, "2026-03-20T" .. what.time .. ":00")
      model:say("It is set.")
    end,
    ["gives up instead of asking"] = function(model)
      model:say("There is no time in the request, so there is no reminder.")
    end,
  },
}
