--- The booking system of the task: rooms, their calendars, the tools that reach them, and what was
--- booked in this trial.
local vary = require "vary"

local office = {
  bookings = {}, -- the arguments of book_room in order, with `id`; cancelled ones have `cancelled`
}

local NAMES = { "Alder", "Birch", "Cedar", "Elm", "Hazel", "Juniper", "Larch", "Maple" }
local DAYS = {
  { date = "2026-05-14", text = "Thursday, 14 May 2026" },
  { date = "2026-05-21", text = "Thursday, 21 May 2026" },
  { date = "2026-06-11", text = "Thursday, 11 June 2026" },
  { date = "2026-07-02", text = "Thursday, 2 July 2026" },
}
-- One room of each kind; the seed deals them to the names. Times are minutes of the day.
local KINDS = {
  fitting = { seats = 10, video = true, busy = { { 540, 660 }, { 930, 1020 } } },
  small = { seats = 6, video = true, busy = {} },
  no_video = { seats = 14, busy = { { 480, 600 } } },
  taken_at_the_end = { seats = 12, video = true, busy = { { 900, 960 } } },
  closed = { seats = 16, video = true, busy = {}, note = "Closed for repairs until 31 August." },
  huge = { seats = 40, busy = { { 720, 1080 } } },
  tiny = { seats = 3, busy = {} },
  taken = { seats = 10, video = true, busy = { { 780, 1080 } } },
}
local KIND_NAMES = {
  "small",
  "taken_at_the_end",
  "no_video",
  "closed",
  "fitting",
  "huge",
  "tiny",
  "taken",
}

function office.day(seed)
  return vary.choice(seed, "day", DAYS)
end

--- The rooms of this trial, by name of kind: { id, name, floor } and what the kind has.
function office.rooms(seed)
  local turn, rooms = vary.number(seed, "rooms", 0, #NAMES - 1), {}
  for i, kind_name in ipairs(KIND_NAMES) do
    local place = (i + turn - 1) % #NAMES + 1
    local floor = 1 + place % 4
    local room = { name = NAMES[place], floor = floor, id = ("rm-%d%02d"):format(floor, place) }
    for key, value in pairs(KINDS[kind_name]) do
      room[key] = value
    end
    rooms[kind_name] = room
  end
  return rooms
end

local function clock(minutes)
  return ("%02d:%02d"):format(minutes // 60, minutes % 60)
end

local function minutes_of(text)
  local hours, minutes = text:match("^(%d%d):(%d%d)$")
  if not hours or hours > "23" or minutes > "59" then return nil end
  return tonumber(hours) * 60 + tonumber(minutes)
end

local function room_by_id(seed, id)
  for _, room in pairs(office.rooms(seed)) do
    if room.id == id then return room end
  end
end

local function is_date(text)
  return text:find("^%d%d%d%d%-%d%d%-%d%d$") ~= nil
end

--- A room as the service shows it, with all that nobody asked for.
local function shown(room)
  return {
    id = room.id,
    name = room.name,
    floor = room.floor,
    capacity = { seats = room.seats, standing = room.seats * 2 },
    equipment = json.array { room.video and "video" or "projector", "whiteboard" },
    notice = room.note or null,
    sensors = { co2_ppm = 400 + 7 * room.seats, temperature_c = 21.5 },
    links = { self = "/v3/rooms/" .. room.id, photo = ("/v3/rooms/%s/photo"):format(room.id) },
    etag = ('W/"%s-%d"'):format(room.id, room.seats * 131),
  }
end

local function find_rooms(env, args)
  if not is_date(args.date) then return nil, "date must be written YYYY-MM-DD" end
  local rooms = {}
  for _, room in pairs(office.rooms(env.seed)) do
    if room.seats >= (args.min_seats or 0) then rooms[#rooms + 1] = shown(room) end
  end
  table.sort(rooms, function(a, b)
    return a.id < b.id
  end)
  return json.encode { date = args.date, next_page = null, rooms = json.array(rooms) }
end

local function room_calendar(env, args)
  local room = room_by_id(env.seed, args.room_id)
  if not room then return nil, "there is no room " .. args.room_id end
  if not is_date(args.date) then return nil, "date must be written YYYY-MM-DD" end
  local busy = {}
  if args.date == office.day(env.seed).date then
    for i, span in ipairs(room.busy) do
      busy[i] = { from = clock(span[1]), to = clock(span[2]), title = "(private)" }
    end
  end
  return json.encode {
    room_id = room.id,
    date = args.date,
    zone = "Europe/Vienna",
    busy = json.array(busy),
  }
end

--- Why a booking cannot be made, or nil.
local function objection(seed, args)
  local room, start = room_by_id(seed, args.room_id), minutes_of(args.start)
  if not room then return "there is no room " .. args.room_id end
  if not is_date(args.date) then return "date must be written YYYY-MM-DD" end
  if not start then return "start must be written HH:MM, in 24 hours" end
  if args.date ~= office.day(seed).date then return nil end
  for _, span in ipairs(room.busy) do
    if start < span[2] and span[1] < start + args.duration_minutes then
      local from, to = clock(span[1]), clock(span[2])
      return ("409 conflict: %s is taken from %s to %s"):format(room.name, from, to)
    end
  end
end

local function book_room(env, args)
  local why_not = objection(env.seed, args)
  if why_not then return nil, why_not end
  args.id = ("bk-%d"):format(7300 + 11 * #office.bookings)
  office.bookings[#office.bookings + 1] = args
  return json.encode { booking_id = args.id, status = "confirmed", room_id = args.room_id }
end

local function cancel_booking(_, args)
  for _, booking in ipairs(office.bookings) do
    if booking.id == args.booking_id and not booking.cancelled then
      booking.cancelled = true
      return json.encode { booking_id = booking.id, status = "cancelled" }
    end
  end
  return nil, "there is no booking " .. args.booking_id
end

local DATE = { type = "string", description = "YYYY-MM-DD." }

office.tools = {
  {
    name = "find_rooms",
    description = "List the meeting rooms of the building with seats, equipment and notices.",
    parameters = {
      type = "object",
      properties = {
        date = DATE,
        min_seats = { type = "integer", minimum = 1, description = "Leave out smaller rooms." },
      },
      required = { "date" },
      additionalProperties = false,
    },
    run = find_rooms,
  },
  {
    name = "room_calendar",
    description = "Show when a room is taken on a day.",
    parameters = {
      type = "object",
      properties = { room_id = { type = "string" }, date = DATE },
      required = { "room_id", "date" },
      additionalProperties = false,
    },
    run = room_calendar,
  },
  {
    name = "book_room",
    description = "Book a room. A time that is taken is refused; whether the room suits you is not "
      .. "examined.",
    parameters = {
      type = "object",
      properties = {
        room_id = { type = "string" },
        title = { type = "string", minLength = 1 },
        date = DATE,
        start = { type = "string", description = "Local time, HH:MM in 24 hours." },
        duration_minutes = { type = "integer", minimum = 1, maximum = 720 },
        organizer = { type = "string", description = "E-mail address." },
        attendees = {
          type = "array",
          description = "Everyone invited but the organizer.",
          items = {
            type = "object",
            properties = {
              email = { type = "string" },
              attendance = { type = "string", enum = { "required", "optional" } },
            },
            required = { "email", "attendance" },
            additionalProperties = false,
          },
        },
        equipment = {
          type = "array",
          description = "What the house service has to set up.",
          items = { type = "string", enum = { "projector", "video", "whiteboard", "flipchart" } },
        },
        catering = {
          type = "object",
          description = "Leave out for none.",
          properties = {
            menu = { type = "string", enum = { "coffee", "lunch" } },
            persons = { type = "integer", minimum = 1 },
          },
          required = { "menu", "persons" },
          additionalProperties = false,
        },
        recurrence = {
          type = "string",
          enum = { "daily", "weekly" },
          description = "Leave out for a single meeting.",
        },
      },
      required = {
        "room_id",
        "title",
        "date",
        "start",
        "duration_minutes",
        "organizer",
        "attendees",
      },
      additionalProperties = false,
    },
    run = book_room,
  },
  {
    name = "cancel_booking",
    description = "Cancel a booking.",
    parameters = {
      type = "object",
      properties = { booking_id = { type = "string" } },
      required = { "booking_id" },
      additionalProperties = false,
    },
    run = cancel_booking,
  },
}

return office
