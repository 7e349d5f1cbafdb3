local kept = require "kept"
local same = require "same"
local vary = require "vary"

local GAUGES = { "aist", "enns", "kamp", "krems", "thaya", "ybbs" }

local function level_cm(seed, gauge)
  return vary.number(seed, "level of " .. gauge, 90, 480)
end

local function right_call(seed)
  local readings = {}
  for i, gauge in ipairs(GAUGES) do
    readings[i] = { gauge = gauge, level_cm = level_cm(seed, gauge) }
  end
  return { readings = readings }
end

local function question(gauge)
  return { "read_gauge", { gauge = gauge, unit = "cm" } }
end

local function questions()
  local list = {}
  for i, gauge in ipairs(GAUGES) do
    list[i] = question(gauge)
  end
  return list
end

--- A policy that asks for all gauges at once, and files a report with a mistake in it.
local function reporter(mistake)
  return function(model, env)
    model:calls(questions())
    local args = right_call(env.seed)
    if mistake then mistake(args.readings) end
    model:call("file_report", args)
    model:say("The report is filed.")
  end
end

--- The most gauges that were read in one answer.
local function together(transcript)
  local by_turn, most = {}, 0
  for _, call in ipairs(transcript.calls) do
    if call.tool == "read_gauge" and call.ok then
      local turn = by_turn[call.turn] or { count = 0 }
      by_turn[call.turn] = turn
      local gauge = call.arguments.gauge
      if not turn[gauge] then turn.count = turn.count + 1 end
      turn[gauge] = true
      most = math.max(most, turn.count)
    end
  end
  return most
end

return task {
  name = "parallel-calls",
  category = "parallel",
  summary = "Ask six gauges in one answer, with six calls, and report what they say.",
  prompt = [[
File a report on the levels of the gauges aist, enns, kamp, krems, thaya and ybbs: all six, in this
order, in cm.

The levels change all the time, and only readings that are asked for together can be compared. So
ask for all six in one answer, with one call of read_gauge for each, and use these readings for the
report.]],
  tools = {
    {
      name = "read_gauge",
      description = "Read one gauge now. It can be called several times in one answer.",
      parameters = {
        type = "object",
        properties = {
          gauge = { type = "string", enum = GAUGES },
          unit = { type = "string", enum = { "cm", "in" } },
        },
        required = { "gauge", "unit" },
        additionalProperties = false,
      },
      run = function(env, args)
        local level = level_cm(env.seed, args.gauge)
        return json.encode {
          gauge = args.gauge,
          level = args.unit == "cm" and level or level / 2.54,
          unit = args.unit,
          quality = "raw",
          battery_v = 12.1,
          flags = json.array {},
        }
      end,
    },
    kept.tool({
      name = "file_report",
      description = "File a report on the levels of gauges.",
      parameters = {
        type = "object",
        properties = {
          readings = {
            type = "array",
            minItems = 1,
            items = {
              type = "object",
              properties = {
                gauge = { type = "string", enum = GAUGES },
                level_cm = { type = "number" },
              },
              required = { "gauge", "level_cm" },
              additionalProperties = false,
            },
          },
        },
        required = { "readings" },
        additionalProperties = false,
      },
    }, function(args)
      return json.encode { filed = #args.readings, report = "R-0201" }
    end),
  },
  expected_turns = 4,
  needs = { context = 8192, parallel_calls = true },

  grade = function(env, transcript)
    local most = together(transcript)
    local wanted = right_call(env.seed).readings
    local found = kept.last("file_report").readings or {}
    local right = 0
    for i, reading in ipairs(wanted) do
      if same.value(reading, found[i]) then right = right + 1 end
    end
    return {
      check("two gauges were read in one answer", most >= 2, ("%d at most"):format(most)),
      check("all six were read in one answer", most == #GAUGES, ("%d at most"):format(most)),
      kept.once("file_report"),
      check("the report has six readings", #found == #GAUGES, ("%d"):format(#found)),
      check("each reading is right", right == #GAUGES, ("%d of 6"):format(right)),
    }
  end,

  oracle = reporter(),

  negative_controls = {
    ["asks for one after the other"] = function(model, env)
      for _, one in ipairs(questions()) do
        model:call(one[1], one[2])
      end
      model:call("file_report", right_call(env.seed))
      model:say("The report is filed.")
    end,
    ["forgets one of them at first"] = function(model, env)
      local list = questions()
      local last = table.remove(list)
      model:calls(list)
      model:call(last[1], last[2])
      model:call("file_report", right_call(env.seed))
      model:say("The report is filed.")
    end,
    ["files a report before it knows the levels"] = function(model)
      local list, guess = questions(), {}
      for i, gauge in ipairs(GAUGES) do
        guess[i] = { gauge = gauge, level_cm = 200 }
      end
      list[#list + 1] = { "file_report", { readings = guess } }
      model:calls(list)
      model:say("The report is filed.")
    end,
    ["takes the answers for those of the gauge before"] = reporter(function(readings)
      local first = readings[1].level_cm
      for i, reading in ipairs(readings) do
        reading.level_cm = readings[i + 1] and readings[i + 1].level_cm or first
      end
    end),
    ["reports inches"] = reporter(function(readings)
      for _, reading in ipairs(readings) do
        reading.level_cm = reading.level_cm / 2.54
      end
    end),
    ["reports five"] = reporter(function(readings)
      table.remove(readings)
    end),
  },
}
