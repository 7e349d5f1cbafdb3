local kept = require "kept"
local same = require "same"
local vary = require "vary"

local DAYS = { { "mon", "thu" }, { "tue", "fri" }, { "wed", "sat" } }
local DAY_TEXTS = { "Mondays and Thursdays", "Tuesdays and Fridays", "Wednesdays and Saturdays" }

--- What varies in this trial.
local function garden(seed)
  local days = vary.number(seed, "days", 1, 3)
  return {
    id = "HX-" .. vary.number(seed, "id", 310, 980),
    pin = vary.number(seed, "pin", 3, 7),
    days = DAYS[days],
    day_text = DAY_TEXTS[days],
    minutes = vary.number(seed, "minutes", 11, 24),
    rain = vary.number(seed, "rain", 4, 9) + 0.5,
    litres = vary.number(seed, "litres", 55, 90),
  }
end

local function window(start, minutes)
  return { start = start, minutes = minutes }
end

--- The right programme; a control changes what it gets wrong.
local function right_programme(seed)
  local it = garden(seed)
  return {
    controller = { id = it.id, clock = { zone = "Europe/Vienna", summer_time = true } },
    zones = {
      {
        name = "roses",
        valves = {
          { pin = it.pin, flow = { value = 14, unit = "l/min" } },
          { pin = it.pin + 1, flow = { value = 9.5, unit = "l/min" } },
        },
        schedule = {
          days = it.days,
          windows = { window("05:30", it.minutes), window("21:15", it.minutes // 2) },
        },
      },
      {
        name = "kitchen garden",
        valves = { { pin = 12, flow = { value = 22, unit = "l/min" } } },
        schedule = { days = { "sun" }, windows = { window("06:00", 40) } },
      },
    },
    limits = {
      rain = { skip_above_mm = it.rain, look_back_hours = 12 },
      litres_per_day = it.litres,
    },
    alerts = {
      recipients = {
        { address = "ruth@gaertnerei.test", on = { leak = true, dry = true } },
        { address = "depot@gaertnerei.test", on = { leak = true, dry = false } },
      },
    },
  }
end

local function object(properties)
  local required = {}
  for name in pairs(properties) do
    required[#required + 1] = name
  end
  table.sort(required)
  return {
    type = "object",
    properties = properties,
    required = required,
    additionalProperties = false,
  }
end

local function list(items)
  return { type = "array", items = items, minItems = 1 }
end

local TEXT, FLAG = { type = "string" }, { type = "boolean" }
local PROGRAMME = object {
  controller = object {
    id = TEXT,
    clock = object { zone = { type = "string", description = "IANA name" }, summer_time = FLAG },
  },
  zones = list(object {
    name = TEXT,
    valves = list(object {
      pin = { type = "integer", minimum = 1, maximum = 24 },
      flow = object {
        value = { type = "number" },
        unit = { type = "string", enum = { "l/min", "l/h" } },
      },
    }),
    schedule = object {
      days = list { type = "string", enum = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" } },
      windows = list(object {
        start = { type = "string", description = "HH:MM" },
        minutes = { type = "integer", minimum = 1 },
      }),
    },
  }),
  limits = object {
    rain = object {
      skip_above_mm = { type = "number" },
      look_back_hours = { type = "integer", minimum = 1 },
    },
    litres_per_day = { type = "integer", description = "Of the whole garden" },
  },
  alerts = object {
    recipients = list(object { address = TEXT, on = object { leak = FLAG, dry = FLAG } }),
  },
}

--- What the controller says of itself: most of it is not wanted.
local function hardware(seed)
  local it = garden(seed)
  local function valve(pin, label, flow, note)
    return { pin = pin, label = label, rated_flow = flow, last_seen_s = pin * 31, note = note }
  end
  return json.encode {
    id = it.id,
    firmware = { version = "4.11.0-rc2", channel = "beta", built = "2026-02-11T08:14:55Z" },
    clock = { zone = "Europe/Vienna", summer_time = true, drift_ms = -412 },
    valves = {
      valve(it.pin, "roses, front", "14 l/min", null),
      valve(it.pin + 1, "roses, back", "9.5 l/min", "replaced 2025"),
      valve(12, "kitchen garden", "22 l/min", null),
      valve(13, "kitchen garden (old)", "18 l/min", "cut off, do not use"),
      valve(24, "pool", "900 l/h", null),
    },
    diagnostics = { uptime_s = 8812731, rssi_dbm = -71, errors = json.array {}, heap_free = 48128 },
  }
end

local sender, twice = kept.policies("save_programme", function(model, env)
  model:call("read_controller", { id = garden(env.seed).id })
end, right_programme)

return task {
  name = "nested-objects",
  category = "arguments",
  summary = "Send one programme, six levels deep, put together from a memo and a noisy answer.",
  prompt = function(env)
    local it = garden(env.seed)
    return ([[
Write the summer programme of irrigation controller %s and save it with one call to save_programme.
Pins, rated flows and the clock are as read_controller says. From Ruth's memo:

- Two zones, in this order: "roses" (both of its valves, front before back) and "kitchen garden"
  (one valve: the old one is cut off).
- Roses: %s, at 05:30 for %d minutes and at 21:15 for %d minutes.
- Kitchen garden: Sundays only, at 06:00 for 40 minutes.
- Skip watering when more than %s mm of rain fell in the last 12 hours. The whole garden gets
  %d litres a day at most.
- Alerts: ruth@gaertnerei.test for leaks and for dryness;
  depot@gaertnerei.test for leaks only.]]):format(
      it.id,
      it.day_text,
      it.minutes,
      it.minutes // 2,
      it.rain,
      it.litres
    )
  end,
  tools = {
    {
      name = "read_controller",
      description = "What an irrigation controller says of its hardware.",
      parameters = object { id = TEXT },
      run = function(env, args)
        if args.id ~= garden(env.seed).id then return nil, "no controller has this id" end
        return hardware(env.seed)
      end,
    },
    kept.tool({
      name = "save_programme",
      description = "Save the whole programme of a controller; it replaces the one before.",
      parameters = PROGRAMME,
    }, function(_, count)
      return json.encode { saved = true, revision = count, warnings = json.array {} }
    end),
  },
  expected_turns = 3,
  needs = { context = 8192 },

  grade = function(env)
    local wanted, found = right_programme(env.seed), kept.last("save_programme")
    local zones = found.zones or {}
    local roses, kitchen = zones[1] or {}, zones[2] or {}
    return {
      kept.once("save_programme"),
      same.check("the controller and its clock", wanted.controller, found.controller),
      check("two zones in their order", roses.name == "roses" and kitchen.name and not zones[3]),
      same.check("the valves of the roses", wanted.zones[1].valves, roses.valves),
      same.check("the schedule of the roses", wanted.zones[1].schedule, roses.schedule),
      same.check("the valves of the kitchen garden", wanted.zones[2].valves, kitchen.valves),
      same.check("the schedule of the kitchen garden", wanted.zones[2].schedule, kitchen.schedule),
      same.check("the limits", wanted.limits, found.limits),
      same.check("the alerts", wanted.alerts, found.alerts),
    }
  end,

  oracle = sender(),

  negative_controls = {
    ["calls twice to be safe"] = twice,
    ["takes the valve that is cut off, too"] = sender(function(args)
      args.zones[2].valves[2] = { pin = 13, flow = { value = 18, unit = "l/min" } }
    end),
    ["puts both windows of the roses on the kitchen garden"] = sender(function(args)
      args.zones[2].schedule.windows = args.zones[1].schedule.windows
    end),
    ["counts the pin from zero"] = sender(function(args)
      args.zones[1].valves[1].pin = args.zones[1].valves[1].pin - 1
    end),
    ["alerts the depot of dryness"] = sender(function(args)
      args.alerts.recipients[2].on.dry = true
    end),
    ["rounds the rain"] = sender(function(args)
      args.limits.rain.skip_above_mm = args.limits.rain.skip_above_mm // 1
    end),
    ["turns summer time off"] = sender(function(args)
      args.controller.clock.summer_time = false
    end),
    ["waters the roses as long in the evening"] = sender(function(args)
      local windows = args.zones[1].schedule.windows
      windows[2].minutes = windows[1].minutes
    end),
    ["merges the zones into one"] = sender(function(args)
      args.zones[1].valves[3] = args.zones[2].valves[1]
      args.zones = { args.zones[1] }
    end),
    ["flattens the limits"] = sender(function(args)
      args.limits = { skip_above_mm = 5, look_back_hours = 12, litres_per_day = 60 }
    end),
    ["saves each zone by itself"] = function(model, env)
      local args = right_programme(env.seed)
      for _, zone in ipairs(right_programme(env.seed).zones) do
        args.zones = { zone }
        model:call("save_programme", args)
      end
      model:say("Both zones are saved.")
    end,
  },
}
