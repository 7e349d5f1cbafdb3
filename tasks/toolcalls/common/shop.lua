--- The shop behind the tool sets: its data by seed, the twenty tools around its orders, and what
--- they changed. Every tool says what tells it from its neighbours.
local same = require "same"
local vary = require "vary"

local shop = {}

local PEOPLE = { "Kira Falk", "Nils Aune", "Rosa Vidal", "Emil Sand" }
local PLANNED = { "2026-04-09", "2026-04-14", "2026-04-21" }
local WANTED = { "2026-05-05", "2026-05-12", "2026-05-19" }
local DECOYS = {
  "Cleaning tablets for espresso grinders, 40 pcs",
  "Hand grinder for spices, olive wood",
  "Replacement burrs for espresso grinder",
  "Espresso cups, set of 6",
}

--- What varies in this trial.
function shop.world(seed)
  local name = vary.choice(seed, "name", PEOPLE)
  local order = vary.number(seed, "order", 52000, 58000)
  return {
    name = name,
    email = name:lower():gsub(" ", ".") .. "@post.test",
    customer = "cu-" .. vary.number(seed, "customer", 2100, 4900),
    namesake = "cu-" .. vary.number(seed, "namesake", 5100, 8900),
    order = "O-" .. order,
    other_order = "O-" .. (order - 37),
    closed_order = "O-" .. (order - 911),
    line = vary.number(seed, "line", 2, 4),
    planned = vary.choice(seed, "planned", PLANNED),
    wanted = vary.choice(seed, "wanted", WANTED),
  }
end

--- What the tools changed: { tool, arguments }.
shop.changes = {}

--- Keeps a change.
function shop.changed(tool, args)
  shop.changes[#shop.changes + 1] = { tool = tool, arguments = args }
  local audit = ("a-%05d"):format(#shop.changes * 31)
  return json.encode { ok = true, change = #shop.changes, audit = audit }
end

local function lines_of(it, order)
  local lines = {}
  local function add(text, sku, state)
    lines[#lines + 1] = {
      line = #lines + 1,
      sku = sku,
      text = text,
      quantity = 1,
      state = state,
      planned = it.planned,
      hold = null,
    }
  end
  if order == it.other_order then
    add("Table cloth, linen, 140 x 220", "TX-118", "picked")
    add("Napkins, linen, 6 pcs", "TX-131", "open")
    return lines
  end
  for i = 1, 4 do
    if i == it.line then add("Espresso grinder Macina M2, black", "EG-M2-B", "open") end
    add(DECOYS[i], ("AC-%d"):format(200 + i), i % 2 == 0 and "open" or "picked")
  end
  return lines
end

local function known_order(it, id)
  return id == it.order or id == it.other_order or id == it.closed_order
end

local function head(it, id)
  local closed = id == it.closed_order
  return {
    order_id = id,
    customer_id = it.customer,
    state = closed and "delivered" or "open",
    lines = id == it.other_order and 2 or 5,
    planned = closed and "2025-11-04" or it.planned,
    channel = "web",
    currency = "EUR",
  }
end

local NO_ORDER = "no order has this id"

local RUN = {}

function RUN.find_customer_by_email(it, args)
  local found = json.array {}
  if args.email:lower() == it.email then
    found[1] = { customer_id = it.customer, name = it.name, email = it.email, group = "retail" }
  end
  return json.encode { matches = found }
end

function RUN.find_customers_by_name(it, args)
  if args.name:lower() ~= it.name:lower() then
    return json.encode { matches = json.array {} }
  end
  return json.encode {
    matches = {
      { customer_id = it.namesake, name = it.name, city = "Lund", score = 1.0 },
      { customer_id = it.customer, name = it.name, city = "Wels", score = 1.0 },
    },
  }
end

function RUN.get_customer(it, args)
  if args.customer_id ~= it.customer and args.customer_id ~= it.namesake then
    return nil, "no customer has this id"
  end
  local mine = args.customer_id == it.customer
  return json.encode {
    customer_id = args.customer_id,
    name = it.name,
    email = mine and it.email or "info@lund.test",
    since = "2019-03-02",
    group = "retail",
  }
end

function RUN.lookup_customer_legacy()
  return nil, "the number is not of the old system (six digits)"
end

function RUN.list_open_orders(it, args)
  local orders = json.array {}
  if args.customer_id == it.customer then
    orders[1], orders[2] = head(it, it.other_order), head(it, it.order)
  end
  return json.encode { orders = orders, next_page = null }
end

function RUN.list_orders(it, args)
  local orders = json.array {}
  if args.customer_id == it.customer then
    local ids = { it.closed_order, it.other_order, it.order }
    for i, id in ipairs(ids) do
      orders[i] = head(it, id)
    end
  end
  return json.encode { orders = orders, next_page = null }
end

function RUN.search_orders(it)
  return json.encode { hits = { { order_id = it.closed_order, score = 0.61 } }, took_ms = 48 }
end

function RUN.get_orders(it, args)
  local heads = json.array {}
  for _, id in ipairs(args.order_ids) do
    if known_order(it, id) then heads[#heads + 1] = head(it, id) end
  end
  return json.encode { orders = heads }
end

function RUN.get_order(it, args)
  if not known_order(it, args.order_id) then return nil, NO_ORDER end
  return json.encode(head(it, args.order_id))
end

function RUN.get_order_lines(it, args)
  if not known_order(it, args.order_id) then return nil, NO_ORDER end
  return json.encode { order_id = args.order_id, lines = lines_of(it, args.order_id) }
end

--- As the order was first placed: the numbers of its lines have changed since.
function RUN.get_order_lines_archive(it, args)
  if not known_order(it, args.order_id) then return nil, NO_ORDER end
  local lines = lines_of(it, args.order_id)
  for _, line in ipairs(lines) do
    line.line = line.line % #lines + 1
    line.state = nil
  end
  return json.encode { order_id = args.order_id, as_of = "2026-01-31", lines = lines }
end

function RUN.fetch_order_status(it, args)
  if not known_order(it, args.order_id) then return nil, NO_ORDER end
  return json.encode { order_id = args.order_id, status = "PARTIALLY_PICKED", progress = 0.4 }
end

function RUN.order_get_v2()
  return nil, "410 gone: this version was switched off; use get_order"
end

function RUN.get_customer_orders_summary(_, args)
  return json.encode { customer_id = args.customer_id, open = 2, delivered = 7, returned = 1 }
end

local TYPES = {
  customer_id = { type = "string", description = "Such as cu-1234" },
  order_id = { type = "string", description = "Such as O-12345" },
  order_ids = { type = "array", items = { type = "string" }, minItems = 1 },
  line = { type = "integer", minimum = 1, description = "Number of the line in the order" },
  date = { type = "string", description = "YYYY-MM-DD" },
  email = { type = "string", description = "The whole address" },
  name = { type = "string", description = "First and last name" },
  number = { type = "string", description = "Six digits" },
  query = { type = "string", description = "Words to look for" },
  shipment_id = { type = "string", description = "Such as SH-1234" },
  reason = { type = "string" },
}

-- Name, what it is for, its parameters; a change is kept for the grader. The first five are the
-- smallest set.
local TOOLS = {
  { "find_customer_by_email", "The customer with exactly this e-mail address.", { "email" } },
  {
    "list_open_orders",
    "The orders of a customer that are not delivered yet, without their lines.",
    { "customer_id" },
  },
  {
    "get_order_lines",
    "The lines of an order as they are now: number, article, state, planned day.",
    { "order_id" },
  },
  {
    "reschedule_order_line",
    "Plan one line of an order for another day. The other lines stay as they are.",
    { "order_id", "line", "date" },
    changes = true,
  },
  {
    "reschedule_order",
    "Plan a whole order, with all of its lines, for another day.",
    { "order_id", "date" },
    changes = true,
  },
  {
    "get_order",
    "The head of one order: customer, state, number of lines. Not the lines themselves.",
    { "order_id" },
  },
  { "get_orders", "The heads of several orders whose ids are known.", { "order_ids" } },
  {
    "get_order_lines_archive",
    "The lines of an order as they were when it was placed. Numbers may have changed since.",
    { "order_id" },
  },
  {
    "fetch_order_status",
    "How far the warehouse is with an order, as one word and a share.",
    { "order_id" },
  },
  { "order_get_v2", "Deprecated: the second version of get_order.", { "order_id" } },
  {
    "list_orders",
    "All orders of a customer, delivered ones first, without their lines.",
    { "customer_id" },
  },
  {
    "search_orders",
    "Full-text search in the remarks of delivered orders. Knows no open order.",
    { "query" },
  },
  {
    "get_customer_orders_summary",
    "How many orders a customer has in each state; no ids.",
    { "customer_id" },
  },
  {
    "find_customers_by_name",
    "Customers whose name is alike. Several people may have the same name.",
    { "name" },
  },
  { "lookup_customer_legacy", "The new id for a customer number of the old system.", { "number" } },
  { "get_customer", "Address and group of a customer whose id is known.", { "customer_id" } },
  {
    "reschedule_shipment",
    "Ask the carrier to deliver a shipment that has left the warehouse on another day.",
    { "shipment_id", "date" },
    changes = true,
  },
  {
    "set_line_wish_date",
    "Note on which day a customer would like a line. Planning does not look at it.",
    { "order_id", "line", "date" },
    changes = true,
  },
  {
    "update_order_line",
    "Deprecated: changes a line in the draft of an order only. Orders that are placed stay.",
    { "order_id", "line", "date" },
    changes = true,
  },
  {
    "cancel_order_line",
    "Take a line out of an order for good.",
    { "order_id", "line", "reason" },
    changes = true,
  },
}

--- The first `count` tools around orders, 20 at most.
function shop.tools(count)
  local tools = {}
  for i = 1, count do
    local name, description, parameters = table.unpack(TOOLS[i])
    local properties = {}
    for _, parameter in ipairs(parameters) do
      properties[parameter] = TYPES[parameter]
    end
    local run = RUN[name]
    tools[i] = {
      name = name,
      description = description,
      parameters = {
        type = "object",
        properties = same.copy(properties),
        required = parameters,
        additionalProperties = false,
      },
      run = function(env, args)
        if TOOLS[i].changes then return shop.changed(name, args) end
        return run(shop.world(env.seed), args)
      end,
    }
  end
  return tools
end

return shop
