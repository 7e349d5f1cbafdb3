--- The parts shop of the task: its catalogue, the tools that reach it, and what was ordered in this
--- trial.
local vary = require "vary"

local catalogue = {
  orders = {}, -- the arguments of place_order in order
}

--- The parts of this trial, by what they are here.
local function parts(seed)
  local series = vary.number(seed, "series", 2, 9)
  local function number(letters, digits)
    return ("%s-%d%s"):format(letters, series, digits)
  end
  return {
    screw = {
      number = number("SC", "412"),
      name = "Cylinder head screw M4 x 12, stainless A2",
      sold_by = "pack",
      pieces_per_pack = 100,
      price = "4.85",
      stock = 212,
    },
    longer_screw = {
      number = number("SC", "416"),
      name = "Cylinder head screw M4 x 16, stainless A2",
      sold_by = "pack",
      pieces_per_pack = 100,
      price = "5.10",
      stock = 180,
    },
    zinc_screw = {
      number = number("SC", "312"),
      name = "Cylinder head screw M4 x 12, zinc plated",
      sold_by = "pack",
      pieces_per_pack = 250,
      price = "3.95",
      stock = 96,
    },
    cable = {
      number = number("CB", "205"),
      name = "Control cable 2 x 0.5 mm2, shielded",
      sold_by = "metre",
      price = "1.32",
      stock = 640,
    },
    cable_reel = {
      number = number("CB", "205R"),
      name = "Control cable 2 x 0.5 mm2, shielded, reel of 50 m",
      sold_by = "reel",
      price = "58.00",
      stock = 9,
    },
    relay = {
      number = number("RL", "024"),
      name = "Coupling relay 24 V, 2 contacts",
      sold_by = "piece",
      price = "7.40",
      stock = 0,
      successor = number("RL", "124"),
    },
    new_relay = {
      number = number("RL", "124"),
      name = "Coupling relay 24 V, 2 contacts, series B",
      sold_by = "piece",
      price = "7.95",
      stock = 85,
    },
    relay_230 = {
      number = number("RL", "230"),
      name = "Coupling relay 230 V, 2 contacts",
      sold_by = "piece",
      price = "9.20",
      stock = 41,
    },
  }
end

catalogue.parts = parts

local function by_number(seed, number)
  for _, part in pairs(parts(seed)) do
    if part.number == number then return part end
  end
end

local function is_date(text)
  return text:find("^%d%d%d%d%-%d%d%-%d%d$") ~= nil
end

--- How many words of the query the part's name and number have.
local function score(part, query)
  local text, hits = (part.name .. " " .. part.number):lower(), 0
  for word in query:lower():gmatch("[%w.-]+") do
    if text:find(word, 1, true) then hits = hits + 1 end
  end
  return hits
end

local function search_parts(env, args)
  local hits = {}
  local query = args.query:sub(1, 200)
  for _, part in pairs(parts(env.seed)) do
    local points = score(part, query)
    if points > 0 then
      hits[#hits + 1] = {
        part_number = part.number,
        name = part.name,
        score = points,
        image = "https://img.parts.test/" .. part.number:lower() .. "_120.webp",
        badge = part.successor and "discontinued" or null,
      }
    end
  end
  table.sort(hits, function(a, b)
    if a.score ~= b.score then return a.score > b.score end
    return a.part_number < b.part_number
  end)
  return json.encode { query = query, took_ms = 7, facets = {}, hits = json.array(hits) }
end

local function part_details(env, args)
  local part = by_number(env.seed, args.part_number)
  if not part then return nil, "there is no part " .. args.part_number:sub(1, 60) end
  return json.encode {
    part_number = part.number,
    name = part.name,
    status = part.successor and "discontinued" or "active",
    successor = part.successor or null,
    sold_by = part.sold_by,
    pieces_per_pack = part.pieces_per_pack or null,
    price = { amount = part.price, currency = "EUR", per = part.sold_by, net = true },
    availability = { in_stock = part.stock, unit = part.sold_by, lead_time_days = 2 },
    compliance = { rohs = true, reach = "2025-06", country_of_origin = "PT" },
    documents = json.array { "/docs/" .. part.number .. "/datasheet.pdf" },
  }
end

--- Why an order is refused, or nil.
local function objection(seed, args)
  if not is_date(args.deliver_by) then return "deliver_by must be written YYYY-MM-DD" end
  for i, item in ipairs(args.items) do
    local part = by_number(seed, item.part_number)
    if not part then
      return ("items[%d]: there is no part %s"):format(i - 1, item.part_number:sub(1, 60))
    end
    if item.unit ~= part.sold_by then
      return ("items[%d]: %s is sold by the %s"):format(i - 1, part.number, part.sold_by)
    end
  end
end

local function place_order(env, args)
  local why_not = objection(env.seed, args)
  if why_not then return nil, "422 not accepted: " .. why_not end
  catalogue.orders[#catalogue.orders + 1] = args
  local lines = {}
  for i, item in ipairs(args.items) do
    local part = by_number(env.seed, item.part_number)
    local state = part.successor and "backorder, no date" or "reserved"
    lines[i] = { part_number = part.number, quantity = item.quantity, state = state }
  end
  return json.encode {
    order_number = ("PO-%d"):format(88100 + #catalogue.orders),
    status = "accepted",
    lines = json.array(lines),
  }
end

local PART_NUMBER = { type = "string", minLength = 1 }

catalogue.tools = {
  {
    name = "search_parts",
    description = "Search the catalogue by words; the best matches come first.",
    parameters = {
      type = "object",
      properties = { query = { type = "string", minLength = 1 } },
      required = { "query" },
      additionalProperties = false,
    },
    run = search_parts,
  },
  {
    name = "part_details",
    description = "Show how a part is sold, its price and stock, and its successor if it has one.",
    parameters = {
      type = "object",
      properties = { part_number = PART_NUMBER },
      required = { "part_number" },
      additionalProperties = false,
    },
    run = part_details,
  },
  {
    name = "place_order",
    description = "Place a binding order. It cannot be changed afterwards.",
    parameters = {
      type = "object",
      properties = {
        items = {
          type = "array",
          minItems = 1,
          items = {
            type = "object",
            properties = {
              part_number = PART_NUMBER,
              quantity = {
                type = "integer",
                minimum = 1,
                maximum = 100000,
                description = "How many of the unit: packs, metres, ...",
              },
              unit = { type = "string", enum = { "piece", "pack", "metre", "reel" } },
            },
            required = { "part_number", "quantity", "unit" },
            additionalProperties = false,
          },
        },
        ship_to = {
          type = "object",
          properties = {
            name = { type = "string" },
            street = { type = "string" },
            postcode = { type = "string" },
            city = { type = "string" },
            country = { type = "string", enum = { "AT", "CH", "DE", "IT" } },
          },
          required = { "name", "street", "postcode", "city", "country" },
          additionalProperties = false,
        },
        deliver_by = { type = "string", description = "Latest day of delivery, YYYY-MM-DD." },
        reference = { type = "string", description = "Your own reference, printed on the slip." },
        express = {
          type = "boolean",
          description = "Overnight delivery at an extra charge; leave out for standard delivery.",
        },
      },
      required = { "items", "ship_to", "deliver_by" },
      additionalProperties = false,
    },
    run = place_order,
  },
}

return catalogue
