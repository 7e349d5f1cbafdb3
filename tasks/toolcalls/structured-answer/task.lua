local final = require "final"
local same = require "same"
local vary = require "vary"

local STATES = { "on_time", "late", "lost" }
local CODES = { on_time = "10", late = "21", lost = "90" }

--- The shipments of this trial, of which one at least is lost and one is late.
local function shipments(seed)
  local list = {}
  for i = 1, 5 do
    local state = i == 2 and "lost" or i == 4 and "late" or vary.choice(seed, "state" .. i, STATES)
    local day = vary.number(seed, "day" .. i, 10, 28)
    list[i] = {
      id = "SH-" .. (vary.number(seed, "first", 1000, 8000) + 17 * i),
      state = state,
      kg = vary.number(seed, "kg" .. i, 8, 390) / 4,
      eta = state == "lost" and null or "2026-05-" .. day,
    }
  end
  return list
end

local function right_answer(seed)
  local list = shipments(seed)
  local late, total = 0, 0
  for _, shipment in ipairs(list) do
    if shipment.state == "late" then late = late + 1 end
    total = total + shipment.kg
  end
  return { shipments = list, late = late, total_kg = total, remark = null }
end

local ACCEPTED = {
  type = "object",
  properties = {
    shipments = {
      type = "array",
      items = {
        type = "object",
        properties = {
          id = { type = "string" },
          state = { enum = STATES },
          kg = { type = "number" },
          eta = { type = { "string", "null" }, pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" },
        },
        required = { "id", "state", "kg", "eta" },
        additionalProperties = false,
      },
    },
    late = { type = "integer", description = "How many shipments are in the state late" },
    total_kg = { type = "number" },
    remark = { type = "null" },
  },
  required = { "shipments", "late", "total_kg", "remark" },
  additionalProperties = false,
}

local PER_PAGE = 3

local function page(seed, number)
  local rows = {}
  for i, shipment in ipairs(shipments(seed)) do
    if (i - 1) // PER_PAGE + 1 == number then
      rows[#rows + 1] = {
        shipment = shipment.id,
        status = CODES[shipment.state],
        weight = ("%d g"):format(shipment.kg * 1000),
        eta = shipment.eta == null and "-" or shipment.eta .. "T17:00:00+02:00",
        carrier = { code = "NRD", mode = "road", co2_g = i * 411 },
        remarks = json.array {},
      }
    end
  end
  return json.encode {
    rows = rows,
    page = number,
    pages = 2,
    legend = { ["10"] = "on time", ["21"] = "late", ["90"] = "lost, no arrival" },
  }
end

--- A policy that reads both pages and answers; `write` makes the text of the right answer.
local function reporter(write)
  return function(model, env)
    model:call("list_shipments", { page = 1 })
    model:call("list_shipments", { page = 2 })
    model:say(write(right_answer(env.seed), env.seed))
  end
end

--- A mistake in the value.
local function wrong(mistake)
  return reporter(function(answer)
    return json.encode(mistake(answer) or answer)
  end)
end

--- What a check looks at: one member of every shipment.
local function every(name, member, wanted, found)
  local difference
  for i, shipment in ipairs(wanted) do
    local got = (type(found[i]) == "table" and found[i] or {})[member]
    difference = difference or same.difference(shipment[member], got, "shipment " .. i)
  end
  return check(name, not difference, difference)
end

return task {
  name = "structured-answer",
  category = "structured-answer",
  summary = "Answer with JSON that a schema accepts, and that is right.",
  prompt = ([[
List all shipments, in the order of list_shipments (it has two pages): the kilograms as a number,
the day of arrival without its time, null where there is none. The remark is null.

Your final answer is read by a program: it has to be one JSON value and nothing else, and this JSON
Schema has to accept it:

%s]]):format(json.encode(ACCEPTED)),
  tools = {
    {
      name = "list_shipments",
      description = "The shipments of the day, three on a page.",
      parameters = {
        type = "object",
        properties = { page = { type = "integer", minimum = 1 } },
        required = { "page" },
        additionalProperties = false,
      },
      run = function(env, args)
        if args.page > 2 then return nil, "there are two pages" end
        return page(env.seed, args.page)
      end,
    },
  },
  expected_turns = 3,
  needs = { context = 8192 },

  grade = function(env, transcript)
    local checks, value = final.checks(transcript, ACCEPTED)
    local wanted, found = right_answer(env.seed), type(value) == "table" and value or {}
    local list = type(found.shipments) == "table" and found.shipments or {}
    checks[3] = check("it lists five shipments", #list == 5, ("%d"):format(#list))
    checks[4] = every("their ids, in order", "id", wanted.shipments, list)
    checks[5] = every("their states", "state", wanted.shipments, list)
    checks[6] = every("their kilograms", "kg", wanted.shipments, list)
    checks[7] = every("their days of arrival", "eta", wanted.shipments, list)
    checks[8] = same.check("how many are late", wanted.late, found.late)
    checks[9] = same.check("the kilograms in all", wanted.total_kg, found.total_kg)
    return checks
  end,

  oracle = reporter(function(answer)
    return "```json\n" .. json.encode(answer) .. "\n```"
  end),

  negative_controls = {
    ["writes a sentence before the JSON"] = reporter(function(answer)
      return "Here are the shipments:\n" .. json.encode(answer)
    end),
    ["adds a sentence behind the fence"] = reporter(function(answer)
      return "```json\n" .. json.encode(answer) .. "\n```\nTell me if you need more."
    end),
    ["leaves a comma at the end"] = reporter(function(answer)
      return (json.encode(answer):gsub("}$", ",}"))
    end),
    ["writes single quotes"] = reporter(function(answer)
      return (json.encode(answer):gsub('"', "'"))
    end),
    ["writes the kilograms as text"] = wrong(function(answer)
      for _, shipment in ipairs(answer.shipments) do
        shipment.kg = shipment.kg .. " kg"
      end
    end),
    ["writes grams"] = wrong(function(answer)
      for _, shipment in ipairs(answer.shipments) do
        shipment.kg = shipment.kg * 1000
      end
    end),
    ["writes an empty text for no day"] = wrong(function(answer)
      for _, shipment in ipairs(answer.shipments) do
        if shipment.eta == null then shipment.eta = "" end
      end
    end),
    ["leaves the day out where there is none"] = wrong(function(answer)
      for _, shipment in ipairs(answer.shipments) do
        if shipment.eta == null then shipment.eta = nil end
      end
    end),
    ["keeps the time of day"] = wrong(function(answer)
      for _, shipment in ipairs(answer.shipments) do
        if shipment.eta ~= null then shipment.eta = shipment.eta .. "T17:00:00" end
      end
    end),
    ["lists the first page only"] = wrong(function(answer)
      answer.shipments = { table.unpack(answer.shipments, 1, PER_PAGE) }
    end),
    ["counts the lost as late"] = wrong(function(answer)
      for _, shipment in ipairs(answer.shipments) do
        if shipment.state == "lost" then answer.late = answer.late + 1 end
      end
    end),
    ["wraps the answer"] = wrong(function(answer)
      return { answer = answer }
    end),
    ["adds a property of its own"] = wrong(function(answer)
      answer.generated_at = "now"
    end),
    ["answers with an empty object"] = wrong(function()
      return {}
    end),
  },
}
