local office = require "office"

local ORGANIZER = "ines.kron@lattice.test"
local ATTENDEES = {
  ["b.adeyemi@lattice.test"] = "required",
  ["tomas.novak@lattice.test"] = "required",
  ["li.wen@lattice.test"] = "required",
  ["studio@brightfold.test"] = "optional",
}

--- The bookings that stand at the end.
local function standing()
  local bookings = {}
  for _, booking in ipairs(office.bookings) do
    if not booking.cancelled then bookings[#bookings + 1] = booking end
  end
  return bookings
end

local function right_people(attendees)
  local seen, count = {}, 0
  for _, person in ipairs(attendees) do
    local email = person.email:lower()
    if ATTENDEES[email] ~= person.attendance or seen[email] then return false end
    seen[email] = true
    count = count + 1
  end
  return count == 4
end

local function right_equipment(equipment)
  local wanted = { video = true, whiteboard = true }
  for _, item in ipairs(equipment or {}) do
    if not wanted[item] then return false end
    wanted[item] = nil
  end
  return next(wanted) == nil
end

--- The right booking of this trial; a control changes what it gets wrong.
local function right_booking(seed)
  local attendees = {}
  for email, attendance in pairs(ATTENDEES) do
    attendees[#attendees + 1] = { email = email, attendance = attendance }
  end
  table.sort(attendees, function(a, b)
    return a.email < b.email
  end)
  return {
    room_id = office.rooms(seed).fitting.id,
    title = "Design review",
    date = office.day(seed).date,
    start = "14:00",
    duration_minutes = 90,
    organizer = ORGANIZER,
    attendees = attendees,
    equipment = { "video", "whiteboard" },
  }
end

local function book(model, booking)
  model:call("book_room", booking)
  model:say("The room is booked.")
end

--- A policy that looks around as one should, and books with a mistake.
local function booker(mistake)
  return function(model, env)
    local booking = right_booking(env.seed)
    model:call("find_rooms", { date = booking.date, min_seats = 9 })
    model:call("room_calendar", { room_id = booking.room_id, date = booking.date })
    mistake(booking, office.rooms(env.seed))
    book(model, booking)
  end
end

return task {
  name = "book-meeting-room",
  category = "toolcall",
  summary = "Book the one room that fits, with nested arguments and nothing that nobody asked for.",
  prompt = function(env)
    return ([[
Book a meeting room for our "Design review" on %s, 14:00 to 15:30.

- Organizer is ines.kron@lattice.test. b.adeyemi@lattice.test, tomas.novak@lattice.test and
  li.wen@lattice.test have to come; studio@brightfold.test may.
- There will be 9 people in the room. We need video in the room, so have the house service set up
  video and the whiteboard.
- No food or drinks, and it is this one meeting only.

There must be exactly one booking in the end.]]):format(office.day(env.seed).text)
  end,
  tools = office.tools,
  expected_turns = 6,
  needs = { context = 8192 },

  grade = function(env)
    local bookings = standing()
    local booking = #bookings == 1 and bookings[1] or {}
    local room = office.rooms(env.seed).fitting
    return {
      check("exactly one booking stands", #bookings == 1, ("%d bookings"):format(#bookings)),
      check("the room is big enough, has video and is open", booking.room_id == room.id),
      check(
        "day and start are right",
        booking.date == office.day(env.seed).date and booking.start == "14:00",
        booking.start
      ),
      check(
        "it lasts 90 minutes",
        booking.duration_minutes == 90,
        tostring(booking.duration_minutes)
      ),
      check(
        "title and organizer are right",
        booking.title
          and booking.title:lower():find("design review", 1, true)
          and booking.organizer:lower() == ORGANIZER
      ),
      check(
        "everyone is invited as required or optional",
        booking.attendees and right_people(booking.attendees)
      ),
      check("video and whiteboard are set up, and no more", right_equipment(booking.equipment)),
      check(
        "no catering and no series",
        booking.id and booking.catering == nil and booking.recurrence == nil
      ),
    }
  end,

  oracle = function(model, env)
    local booking, rooms = right_booking(env.seed), office.rooms(env.seed)
    model:call("find_rooms", { date = booking.date, min_seats = 9 })
    model:call("room_calendar", { room_id = rooms.taken_at_the_end.id, date = booking.date })
    model:call("room_calendar", { room_id = rooms.fitting.id, date = booking.date })
    book(model, booking)
  end,

  negative_controls = {
    ["takes a room that is too small"] = booker(function(booking, rooms)
      booking.room_id = rooms.small.id
    end),
    ["takes a room that is closed"] = booker(function(booking, rooms)
      booking.room_id = rooms.closed.id
    end),
    ["takes a room without video"] = booker(function(booking, rooms)
      booking.room_id = rooms.no_video.id
    end),
    ["gives up at a conflict and says it is booked"] = booker(function(booking, rooms)
      booking.room_id = rooms.taken_at_the_end.id
    end),
    ["books an hour only"] = booker(function(booking)
      booking.duration_minutes = 60
    end),
    ["reads 14:00 as 4 o'clock"] = booker(function(booking)
      booking.start = "04:00"
    end),
    ["makes everyone required"] = booker(function(booking)
      for _, person in ipairs(booking.attendees) do
        person.attendance = "required"
      end
    end),
    ["orders coffee, since it is allowed"] = booker(function(booking)
      booking.catering = { menu = "coffee", persons = 9 }
    end),
    ["forgets the house service"] = booker(function(booking)
      booking.equipment = nil
    end),
    ["names itself as organizer"] = booker(function(booking)
      booking.organizer = "assistant@lattice.test"
    end),
    ["books a second room to be safe"] = function(model, env)
      local booking = right_booking(env.seed)
      model:call("book_room", booking)
      booking.room_id = office.rooms(env.seed).closed.id
      book(model, booking)
    end,
  },
}
