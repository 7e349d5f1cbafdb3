local kept = require "kept"
local same = require "same"
local vary = require "vary"

local GATES = { "harbour", "mill", "north", "orchard", "quarry" }

local function gate(seed)
  return vary.choice(seed, "gate", GATES)
end

local function guard(seed)
  return "g-" .. vary.number(seed, "guard", 210, 890)
end

--- The right settings: what is empty has to be there, and empty in the right way.
local function right_settings(seed)
  return {
    gate = gate(seed),
    allowed = json.array {},
    guards = { guard(seed) },
    shifts = {
      { day = "sat", hours = { 8, 13 }, breaks = json.array {} },
      { day = "sun", hours = json.array {}, breaks = json.array {} },
    },
    overrides = {},
    motto = "",
    matrix = { json.array { 1, 0 }, json.array {}, json.array { 0, 1 } },
  }
end

local function schema()
  local integers = { type = "array", items = { type = "integer" } }
  local texts = { type = "array", items = { type = "string" } }
  return {
    type = "object",
    properties = {
      gate = { type = "string" },
      allowed = {
        type = "array",
        items = { type = "string" },
        description = "Number plates; an empty list lets nobody in without a guard.",
      },
      guards = texts,
      shifts = {
        type = "array",
        items = {
          type = "object",
          properties = {
            day = { type = "string", enum = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" } },
            hours = {
              type = "array",
              items = { type = "integer", minimum = 0, maximum = 24 },
              description = "First and last hour; empty when it stays shut.",
            },
            breaks = integers,
          },
          required = { "day", "hours", "breaks" },
          additionalProperties = false,
        },
      },
      overrides = {
        type = "object",
        description = "Exceptions by date; an empty object when there are none.",
      },
      motto = { type = "string", description = "Shown on the display; empty text for none." },
      matrix = {
        type = "array",
        items = integers,
        description = "One list for each lane; an empty list for a lane that is closed.",
      },
    },
    required = { "gate", "allowed", "guards", "shifts", "overrides", "motto", "matrix" },
    additionalProperties = false,
  }
end

local sender, twice = kept.policies("save_gate", function(model, env)
  model:call("read_gate", { gate = gate(env.seed) })
end, right_settings)

return task {
  name = "empty-arrays",
  category = "arguments",
  summary = "Send lists, an object and a text that are empty on purpose, at several depths.",
  prompt = function(env)
    return ([[
The gate "%s" is closed to visitors for the winter. Read its settings and save new ones:

- Nobody may come in without a guard any more, and of the guards only %s stays.
- Two shifts, Saturday and Sunday, in this order: Saturday from hour 8 to hour 13 without a break;
  on Sunday the gate stays shut.
- No exceptions by date are left, and the display shows nothing.
- The matrix stays as it is, but its second lane is closed.]]):format(
      gate(env.seed),
      guard(env.seed)
    )
  end,
  tools = {
    {
      name = "read_gate",
      description = "The settings of a gate.",
      parameters = {
        type = "object",
        properties = { gate = { type = "string" } },
        required = { "gate" },
        additionalProperties = false,
      },
      run = function(env, args)
        if args.gate ~= gate(env.seed) then return nil, "there is no such gate" end
        return json.encode {
          etag = vary.word(env.seed, "etag", 12),
          settings = {
            gate = args.gate,
            allowed = { "KI-AB 120", "HH-Q 7", "PL-X 33" },
            guards = { "g-104", guard(env.seed), "g-977" },
            shifts = { { day = "fri", hours = { 6, 22 }, breaks = { 12, 18 } } },
            overrides = { ["2026-12-24"] = { hours = { 8, 12 } } },
            motto = "Welcome!",
            matrix = { { 1, 0 }, { 1, 1 }, { 0, 1 } },
          },
          changed_by = "importer@gates.test",
          warnings = json.array {},
        }
      end,
    },
    kept.tool({
      name = "save_gate",
      description = "Replace all settings of a gate.",
      parameters = schema(),
    }, function(_, count)
      return json.encode { saved = true, revision = 40 + count }
    end),
  },
  expected_turns = 3,
  needs = { context = 8192 },

  grade = function(env)
    local wanted, found = right_settings(env.seed), kept.last("save_gate")
    local shifts = found.shifts or {}
    return {
      kept.once("save_gate"),
      same.check("the allowed plates are an empty list", wanted.allowed, found.allowed),
      check(
        "one guard stays, at the right gate",
        found.gate == wanted.gate and same.value(wanted.guards, found.guards),
        found.guards
      ),
      same.check("Saturday has hours and no break", wanted.shifts[1], shifts[1]),
      same.check("Sunday has no hours", wanted.shifts[2], shifts[2]),
      check("there are two shifts", #shifts == 2, ("%d"):format(#shifts)),
      same.check("the overrides are an empty object", wanted.overrides, found.overrides),
      same.check("the motto is an empty text", wanted.motto, found.motto),
      same.check("the second lane is an empty list", wanted.matrix, found.matrix),
    }
  end,

  oracle = sender(),

  negative_controls = {
    ["calls twice to be safe"] = twice,
    ["leaves out what is empty"] = sender(function(args)
      args.allowed = nil
      args.overrides = nil
      args.motto = nil
    end),
    ["puts null for an empty list"] = sender(function(args)
      args.allowed = null
    end),
    ["puts an empty text into the list"] = sender(function(args)
      args.allowed = { "" }
    end),
    ["keeps the plates"] = sender(function(args)
      args.allowed = { "KI-AB 120", "HH-Q 7", "PL-X 33" }
    end),
    ["keeps all guards"] = sender(function(args)
      args.guards = { "g-104", args.guards[1], "g-977" }
    end),
    ["keeps the breaks"] = sender(function(args)
      args.shifts[1].breaks = { 12, 18 }
    end),
    ["keeps the exception"] = sender(function(args)
      args.overrides = { ["2026-12-24"] = { hours = { 8, 12 } } }
    end),
    ["leaves out the day on which the gate is shut"] = sender(function(args)
      args.shifts[2] = nil
    end),
    ["opens Sunday from 0 to 0"] = sender(function(args)
      args.shifts[2].hours = { 0, 0 }
    end),
    ["drops the closed lane from the matrix"] = sender(function(args)
      table.remove(args.matrix, 2)
    end),
    ["shows a dash"] = sender(function(args)
      args.motto = "-"
    end),
  },
}
