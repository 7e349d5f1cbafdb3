local final = require "final"
local same = require "same"
local vary = require "vary"

--- What varies in this trial.
local function day_data(seed)
  return {
    day = ("2026-06-%02d"):format(vary.number(seed, "day", 10, 28)),
    load1 = vary.number(seed, "load1", 320, 640),
    load2 = vary.number(seed, "load2", 650, 990),
    decibel = vary.number(seed, "decibel", 55, 70) + 0.5,
    seconds = vary.number(seed, "seconds", 4, 9),
    floor = -vary.number(seed, "floor", 1, 3),
    strands = vary.number(seed, "strands", 2, 6),
    first = vary.number(seed, "first", 10, 80),
  }
end

local function lift(first, i)
  return ("L%02d"):format(first + i)
end

local function right_report(seed)
  local it = day_data(seed)
  return {
    report = "lift-inspection/2",
    day = it.day,
    lifts = {
      [lift(it.first, 1)] = { state = "running", load_kg = it.load1, next = "2026-12-01" },
      [lift(it.first, 2)] = { state = "closed", load_kg = 0, next = null, reason = "cable" },
      [lift(it.first, 3)] = { state = "limited", load_kg = it.load2, next = "2026-09-15" },
    },
    findings = {
      { lift = lift(it.first, 1), kind = "noise", decibel = it.decibel },
      {
        lift = lift(it.first, 2),
        kind = "cable",
        strands = it.strands,
        action = { order = "replace", by = "2026-07-15" },
      },
      { lift = lift(it.first, 3), kind = "door", seconds = it.seconds, floor = it.floor },
    },
    signed_by = null,
  }
end

local DATE = { type = "string", pattern = "^2026-[0-9]{2}-[0-9]{2}$" }

local function finding(kind, properties, required)
  properties.lift = { ["$ref"] = "#/$defs/lift_id" }
  properties.kind = { const = kind }
  table.insert(required, 1, "lift")
  table.insert(required, 2, "kind")
  return {
    type = "object",
    properties = properties,
    required = required,
    additionalProperties = false,
  }
end

local ACCEPTED = {
  ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
  ["$defs"] = {
    lift_id = { type = "string", pattern = "^L[0-9]{2}$" },
    lift = {
      type = "object",
      properties = {
        state = { enum = { "running", "limited", "closed" } },
        load_kg = { type = "integer", minimum = 0 },
        next = { type = { "string", "null" }, description = "Day of the next inspection" },
        reason = { enum = { "cable", "door", "power" } },
      },
      required = { "state", "load_kg", "next" },
      additionalProperties = false,
      ["if"] = { properties = { state = { const = "closed" } } },
      ["then"] = {
        required = { "reason" },
        properties = { load_kg = { const = 0 }, next = { type = "null" } },
      },
      ["else"] = { ["not"] = { required = { "reason" } }, properties = { next = DATE } },
    },
    finding = {
      oneOf = {
        finding("noise", { decibel = { type = "number" } }, { "decibel" }),
        finding("door", {
          seconds = { type = "integer" },
          floor = { type = "integer", maximum = -1 },
        }, { "seconds", "floor" }),
        finding("cable", {
          strands = { type = "integer", minimum = 1 },
          action = {
            type = "object",
            properties = { order = { enum = { "watch", "replace" } }, by = DATE },
            required = { "order", "by" },
            additionalProperties = false,
          },
        }, { "strands", "action" }),
      },
    },
  },
  type = "object",
  properties = {
    report = { const = "lift-inspection/2" },
    day = DATE,
    lifts = {
      type = "object",
      patternProperties = { ["^L[0-9]{2}$"] = { ["$ref"] = "#/$defs/lift" } },
      additionalProperties = false,
      minProperties = 1,
    },
    findings = {
      type = "array",
      items = { ["$ref"] = "#/$defs/finding" },
      uniqueItems = true,
    },
    signed_by = { type = { "string", "null" } },
  },
  required = { "report", "day", "lifts", "findings", "signed_by" },
  additionalProperties = false,
}

local function protocol(seed)
  local it = day_data(seed)
  local function id(i)
    return lift(it.first, i)
  end
  return ([[
PROTOCOL %s -- dictated, not proofread -- device tz UTC+2 -- audio 00:14:31
[00:12] %s runs. Weighed in with %d kilos. It hums, the meter says %.1f decibel. See you on the
        first of December.
[03:40] (phone rings)
[04:02] %s: no way. %d strands of the cable are broken. Closed because of that, nobody rides, so no
        load. The cable is to be replaced by the 15th of July. The next inspection has no date.
[09:55] %s, limited for now, %d kilos. The door takes %d seconds in the basement, floor minus %s.
        Next on September 15th.
[14:20] That is all. I sign it later at the office.]]):format(
    it.day,
    id(1),
    it.load1,
    it.decibel,
    id(2),
    it.strands,
    id(3),
    it.load2,
    it.seconds,
    -it.floor
  )
end

local function writer(mistake)
  return function(model, env)
    model:call("read_protocol", {})
    local answer = right_report(env.seed)
    if mistake then mistake(answer, day_data(env.seed)) end
    model:say(json.encode(answer))
  end
end

--- The finding of a kind, in a list that a model wrote.
local function finding_of(found, kind)
  for _, one in ipairs(found) do
    if type(one) == "table" and one.kind == kind then return one end
  end
end

local function table_or_empty(value)
  return type(value) == "table" and value or {}
end

return task {
  name = "structured-report",
  category = "structured-answer",
  summary = "Turn a dictated protocol into JSON under a schema with conditions and unions.",
  prompt = ([[
Read the protocol and turn it into the report of the inspection, with one finding for each thing
that is wrong with a lift, in the order of the protocol. All days are in 2026. It is not signed yet.

Your final answer is read by a program: it has to be one JSON value and nothing else, and this JSON
Schema has to accept it:

%s]]):format(json.encode(ACCEPTED)),
  tools = {
    {
      name = "read_protocol",
      description = "The protocol of the inspection, as it was dictated.",
      parameters = { type = "object", properties = {}, additionalProperties = false },
      run = function(env)
        return protocol(env.seed)
      end,
    },
  },
  expected_turns = 2,
  needs = { context = 8192 },

  grade = function(env, transcript)
    local checks, value = final.checks(transcript, ACCEPTED)
    local wanted, found = right_report(env.seed), table_or_empty(value)
    local lifts, findings = table_or_empty(found.lifts), table_or_empty(found.findings)
    checks[3] = same.check("the day", wanted.day, found.day)
    for i = 1, 3 do
      local id = lift(day_data(env.seed).first, i)
      checks[#checks + 1] = same.check("lift " .. i, wanted.lifts[id], lifts[id])
    end
    checks[#checks + 1] = check("three findings", #findings == 3, ("%d"):format(#findings))
    for _, one in ipairs(wanted.findings) do
      local name = ("the finding on the %s"):format(one.kind)
      checks[#checks + 1] = same.check(name, one, finding_of(findings, one.kind))
    end
    checks[#checks + 1] = same.check("it is not signed", null, found.signed_by)
    return checks
  end,

  oracle = writer(),

  negative_controls = {
    ["gives the closed lift a day"] = writer(function(answer, it)
      answer.lifts[lift(it.first, 2)].next = "2026-07-15"
    end),
    ["leaves out the reason"] = writer(function(answer, it)
      answer.lifts[lift(it.first, 2)].reason = nil
    end),
    ["gives every lift a reason"] = writer(function(answer, it)
      answer.lifts[lift(it.first, 3)].reason = "door"
    end),
    ["lists the lifts"] = writer(function(answer, it)
      local list = {}
      for i = 1, 3 do
        list[i] = answer.lifts[lift(it.first, i)]
      end
      answer.lifts = list
    end),
    ["takes the floor for one above the ground"] = writer(function(answer)
      answer.findings[3].floor = -answer.findings[3].floor
    end),
    ["puts the action beside the finding"] = writer(function(answer)
      local cable = answer.findings[2]
      cable.order, cable.by, cable.action = cable.action.order, cable.action.by, nil
    end),
    ["writes the decibels as text"] = writer(function(answer)
      answer.findings[1].decibel = answer.findings[1].decibel .. " dB"
    end),
    ["signs it"] = writer(function(answer)
      answer.signed_by = "the inspector"
    end),
    ["names another version"] = writer(function(answer)
      answer.report = "lift-inspection"
    end),
    ["forgets the finding on the door"] = writer(function(answer)
      answer.findings[3] = nil
    end),
    ["writes the days as they were said"] = writer(function(answer, it)
      answer.lifts[lift(it.first, 3)].next = "September 15th"
    end),
  },
}
