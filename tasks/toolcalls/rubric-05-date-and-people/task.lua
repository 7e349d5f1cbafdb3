local judge = require "judge"
local office = require "office"
local people = require "people"
local text = require "text"
local vary = require "vary"

local DAYS = { "next Monday", "this coming Monday", "on Monday", "on Monday next week" }
local TITLES = { "Line balance", "Gauge review", "Shift handover", "Pallet test" }

local function wanted(seed)
  local first, second = people.colleagues(seed)
  return {
    title = vary.choice(seed, "title", TITLES),
    day = vary.choice(seed, "day", DAYS),
    people = { first, second },
  }
end

--- Whether exactly these people are invited, by name or by address.
local function right_people(attendees, list)
  if type(attendees) ~= "table" or #attendees ~= #list then return false end
  for _, person in ipairs(list) do
    local invited = false
    for _, attendee in ipairs(attendees) do
      invited = invited
        or text.has(attendee, person.name)
        or attendee:lower():find(people.address(person), 1, true)
    end
    if not invited then return false end
  end
  return true
end

--- The right appointment of this trial; a control changes what it gets wrong.
local function add(mistake)
  return function(model, env)
    local what = wanted(env.seed)
    local appointment = {
      title = what.title,
      date = "2026-03-23",
      start = "09:30",
      duration_minutes = 30,
      attendees = { what.people[1].name, what.people[2].name },
    }
    mistake(appointment)
    model:call("add_appointment", appointment)
    model:say("It’s in your calendar: Monday, 23\u{a0}March, 9:30–10:00.")
  end
end

return task {
  name = "rubric-05-date-and-people",
  category = "toolcall-rubric",
  summary = "An appointment on a day that has to be worked out, with its length and two people.",
  rubric = { name = "ToolCall-15", category = "parameter precision", points = 2 },
  prompt = function(env)
    local what = wanted(env.seed)
    return office.prompt(
      ('Put "%s" into my calendar %s at 9:30 in the morning, half an hour, with %s and %s.'):format(
        what.title,
        what.day,
        what.people[1].name,
        what.people[2].name
      )
    )
  end,
  tools = office.tools(),
  expected_turns = 4,
  needs = { context = 8192 },

  grade = function(env, transcript)
    local what = wanted(env.seed)
    local made = judge.answered(transcript, "add_appointment")
    local one = #made == 1 and made[1].arguments or {}
    local date = one.date == "2026-03-23"
    local start = one.start and (one.start:match("^0?(%d:%d%d)") == "9:30")
    local minutes = one.duration_minutes == 30
    local extra = judge.changed(transcript, { add_appointment = 1 })
    return judge.result({
      check("one appointment is made", #made == 1, judge.called(transcript)),
      check("on Monday, 2026-03-23", date, one.date),
      check("at 09:30", start, one.start),
      check("for 30 minutes", minutes, one.duration_minutes),
      check("with the two attendees", right_people(one.attendees, what.people), one.attendees),
      check("under its title", one.title and text.has(one.title, what.title), one.title),
      check("nothing else is done", one.title and extra == 0, judge.called(transcript)),
    }, date and start)
  end,

  oracle = add(function() end),

  negative_controls = {
    ["takes the Monday after"] = add(function(appointment)
      appointment.date = "2026-03-30"
    end),
    ["takes tomorrow"] = add(function(appointment)
      appointment.date = "2026-03-21"
    end),
    ["leaves the length as it is"] = add(function(appointment)
      appointment.duration_minutes = nil
    end),
    ["forgets one of the two"] = add(function(appointment)
      appointment.attendees = { appointment.attendees[1] }
    end),
    ["takes half past nine in the evening"] = add(function(appointment)
      appointment.start = "21:30"
    end),
    ["mails the two as well"] = function(model, env)
      local what = wanted(env.seed)
      model:call("send_mail", {
        to = { people.address(what.people[1]), people.address(what.people[2]) },
        subject = what.title,
        body = "Monday at 9:30, see the invitation.",
      })
      add(function() end)(model, env)
    end,
  },
}
