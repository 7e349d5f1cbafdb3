local catalogue = require "catalogue"
local vary = require "vary"

local ADDRESSES = {
  { name = "Seilbahn Moosalp", street = "Talstrasse 8", postcode = "6020", city = "Innsbruck" },
  { name = "Werkhof Aigen", street = "Mühlweg 21", postcode = "5026", city = "Salzburg" },
  { name = "Orgelbau Pirker", street = "Am Kai 3", postcode = "8020", city = "Graz" },
}
local DATES = {
  { date = "2026-07-03", swapped = "2026-03-07", text = "3 July 2026" },
  { date = "2026-06-05", swapped = "2026-05-06", text = "5 June 2026" },
  { date = "2026-09-04", swapped = "2026-04-09", text = "4 September 2026" },
}

--- What is wanted in this trial.
local function wish(seed)
  local packs = vary.number(seed, "packs", 3, 6)
  return {
    packs = packs,
    screws = packs * 100 - 50,
    metres = vary.number(seed, "metres", 12, 38),
    relays = vary.number(seed, "relays", 4, 18),
    address = vary.choice(seed, "address", ADDRESSES),
    day = vary.choice(seed, "day", DATES),
    reference = ("WO-%d"):format(vary.number(seed, "reference", 20100, 29900)),
  }
end

--- The right order of this trial; a control changes what it gets wrong.
local function right_order(seed)
  local wanted, parts = wish(seed), catalogue.parts(seed)
  local address = wanted.address
  return {
    items = {
      { part_number = parts.screw.number, quantity = wanted.packs, unit = "pack" },
      { part_number = parts.cable.number, quantity = wanted.metres, unit = "metre" },
      { part_number = parts.new_relay.number, quantity = wanted.relays, unit = "piece" },
    },
    ship_to = {
      name = address.name,
      street = address.street,
      postcode = address.postcode,
      city = address.city,
      country = "AT",
    },
    deliver_by = wanted.day.date,
    reference = wanted.reference,
  }
end

--- How much of a part the order has, by its unit; nil when it is not in it.
local function quantity(order, part)
  local sum
  for _, item in ipairs(order.items or {}) do
    if item.part_number == part.number then sum = (sum or 0) + item.quantity end
  end
  return sum
end

--- Whether every item is one of these parts.
local function only(order, ...)
  for _, item in ipairs(order.items or {}) do
    local known = false
    for _, part in ipairs { ... } do
      known = known or item.part_number == part.number
    end
    if not known then return false end
  end
  return order.items ~= nil
end

--- The same but for case and white space.
local function same_text(a, b)
  return type(a) == "string" and a:lower():gsub("%s", "") == b:lower():gsub("%s", "")
end

local function right_address(found, wanted)
  if not found or found.country ~= "AT" then return false end
  for key, text in pairs(wanted) do
    if not same_text(found[key], text) then return false end
  end
  return true
end

local function order(model, args)
  model:call("place_order", args)
  model:say("The order is placed.")
end

local function look(model, seed)
  local parts = catalogue.parts(seed)
  model:call("search_parts", { query = "M4 x 12 A2" })
  model:call("part_details", { part_number = parts.screw.number })
  model:call("search_parts", { query = "control cable shielded" })
  model:call("part_details", { part_number = parts.cable.number })
  model:call("search_parts", { query = "coupling relay 24 V" })
  model:call("part_details", { part_number = parts.relay.number })
end

--- A policy that looks around as one should, and orders with a mistake.
local function buyer(mistake)
  return function(model, env)
    local args = right_order(env.seed)
    look(model, env.seed)
    mistake(args, wish(env.seed), catalogue.parts(env.seed))
    order(model, args)
  end
end

return task {
  name = "order-parts",
  category = "toolcall",
  summary = "Order three parts at once: packs for pieces, metres, and a successor.",
  prompt = function(env)
    local wanted = wish(env.seed)
    local address = wanted.address
    return ([[
Order these parts, all in one order:

- %d stainless (A2) cylinder head screws M4 x 12; whole packs, no more of them than needed
- %d metres of shielded control cable 2 x 0.5 mm2, cut to length and not on a reel
- %d coupling relays %s; if they are discontinued, the successor that the catalogue names

Deliver to %s, %s, %s %s, Austria, by %s at the latest; standard delivery is enough.
Our reference is %s.]]):format(
      wanted.screws,
      wanted.metres,
      wanted.relays,
      catalogue.parts(env.seed).relay.number,
      address.name,
      address.street,
      address.postcode,
      address.city,
      wanted.day.text,
      wanted.reference
    )
  end,
  tools = catalogue.tools,
  expected_turns = 8,
  needs = { context = 8192 },

  grade = function(env)
    local wanted, parts = wish(env.seed), catalogue.parts(env.seed)
    local placed = #catalogue.orders == 1 and catalogue.orders[1] or {}
    local screws, metres = quantity(placed, parts.screw), quantity(placed, parts.cable)
    return {
      check(
        "exactly one order was placed",
        #catalogue.orders == 1,
        ("%d orders"):format(#catalogue.orders)
      ),
      check("as many packs of screws as needed", screws == wanted.packs, tostring(screws)),
      check("the cable by the metre", metres == wanted.metres, tostring(metres)),
      check("the relay's successor", quantity(placed, parts.new_relay) == wanted.relays),
      check("nothing else", only(placed, parts.screw, parts.cable, parts.new_relay)),
      check("the address is complete", right_address(placed.ship_to, wanted.address)),
      check(
        "the day is right",
        placed.deliver_by == wanted.day.date,
        tostring(placed.deliver_by)
      ),
      check("the reference is given", same_text(placed.reference, wanted.reference)),
      check("standard delivery", placed.items and not placed.express),
    }
  end,

  oracle = buyer(function() end),

  negative_controls = {
    ["orders as many packs as pieces are needed"] = buyer(function(args, wanted)
      args.items[1].quantity = wanted.screws
    end),
    ["rounds the packs down"] = buyer(function(args, wanted)
      args.items[1].quantity = wanted.packs - 1
    end),
    ["takes the zinc plated screw"] = buyer(function(args, _, parts)
      args.items[1].part_number = parts.zinc_screw.number
    end),
    ["takes the reel"] = buyer(function(args, _, parts)
      args.items[2] = { part_number = parts.cable_reel.number, quantity = 1, unit = "reel" }
    end),
    ["orders the discontinued relay"] = buyer(function(args, _, parts)
      args.items[3].part_number = parts.relay.number
    end),
    ["orders the relay and its successor"] = buyer(function(args, wanted, parts)
      local old = { part_number = parts.relay.number, quantity = wanted.relays, unit = "piece" }
      args.items[4] = old
    end),
    ["swaps day and month"] = buyer(function(args, wanted)
      args.deliver_by = wanted.day.swapped
    end),
    ["sends it to Germany"] = buyer(function(args)
      args.ship_to.country = "DE"
    end),
    ["leaves out the reference"] = buyer(function(args)
      args.reference = nil
    end),
    ["asks for express delivery"] = buyer(function(args)
      args.express = true
    end),
    ["places an order for each part"] = function(model, env)
      look(model, env.seed)
      local args = right_order(env.seed)
      for _, item in ipairs(right_order(env.seed).items) do
        args.items = { item }
        model:call("place_order", args)
      end
      model:say("All three are ordered.")
    end,
  },
}
