--- A hundred tools in ten families of ten, for tool sets of a realistic size: each family does to
--- its own thing what the others do to theirs, and within a family the names are near each other.
local shop = require "shop"

local families = {}

-- What the families are about: one of it, its id, what it is, and its states.
local THINGS = {
  { "shipment", "SH-1234", "a parcel or pallet on its way", { "packed", "sent", "lost" } },
  { "invoice", "IN-1234", "a bill that was sent to a customer", { "open", "paid", "overdue" } },
  { "return", "RT-1234", "goods that a customer sends back", { "announced", "received" } },
  { "quote", "QU-1234", "an offer that no order was made of yet", { "open", "expired" } },
  { "payment", "PA-1234", "money that came in or went out", { "booked", "rejected" } },
  { "supplier", "SU-1234", "a company that the shop buys from", { "active", "blocked" } },
  { "stock_item", "SI-1234", "an article in one place of one warehouse", { "free", "reserved" } },
  { "price_list", "PL-1234", "the prices of one group of customers", { "valid", "draft" } },
  { "voucher", "VO-1234", "a code that takes something off a price", { "unused", "used" } },
  { "ticket", "TI-1234", "a question or complaint of a customer", { "new", "waiting", "solved" } },
}

local function text(description)
  return { type = "string", description = description }
end

local FROM, TO = text "First day, YYYY-MM-DD", text "Last day, YYYY-MM-DD"
local PAGE = { type = "integer", minimum = 1, description = "50 on each page; 1 if left out" }

local function none_found()
  return json.encode { items = json.array {}, total = 0, next_page = null, took_ms = 12 }
end

-- What is done to a thing: the tool's name and its description (`%s` is the thing), parameters (the
-- first of which is required), and its answer; without one it is a change.
local ACTIONS = {
  {
    "get_%s",
    "One %s by its id, with all of its fields. For several at once use the list.",
    { "id" },
    answer = function(name)
      return nil, "no " .. name .. " has this id"
    end,
  },
  {
    "get_%s_history",
    "Who changed a %s when, oldest first. Says nothing of how it is now.",
    { "id", "page" },
    answer = none_found,
  },
  {
    "list_%ss",
    "Every %s of a customer or supplier, in any state, newest first; heads only.",
    { "owner_id", "from", "to", "page" },
    answer = none_found,
  },
  {
    "list_open_%ss",
    "Every %s that somebody still has to do something about; heads only.",
    { "owner_id", "page" },
    answer = none_found,
  },
  {
    "search_%ss",
    "Full-text search over the free texts of a %s. For ids and dates use the list.",
    { "query", "state", "page" },
    answer = none_found,
  },
  {
    "count_%ss",
    "How often a %s is in a state, over a period. Returns a number and no ids.",
    { "state", "from", "to" },
    answer = function()
      return json.encode { count = 0, as_of = "2026-03-02T06:00:00Z" }
    end,
  },
  {
    "update_%s",
    "Change fields of a %s. Fields that are left out stay as they are.",
    { "id", "fields", "reason" },
  },
  {
    "cancel_%s",
    "End a %s for good. It cannot be taken back; ask the customer first.",
    { "id", "reason" },
  },
  {
    "export_%ss",
    "Write every %s of a period into a file for the bookkeepers and mail it to them.",
    { "format", "from", "to" },
  },
  {
    "%s_get_v2",
    "Deprecated: the second version of the tool that gets one %s. Switched off in spring.",
    { "id" },
    answer = function()
      return nil, "410 gone: this version was switched off"
    end,
  },
}

local function parameters(names, id, states)
  local known = {
    id = text("Such as " .. id),
    owner_id = text "Id of the customer (cu-1234) or supplier (SU-1234)",
    query = text "Words, or a part of one with at least three letters",
    reason = text "Kept in the history",
    from = FROM,
    to = TO,
    page = PAGE,
    state = { type = "string", enum = states, description = "Only those in this state" },
    format = { type = "string", enum = { "csv", "xlsx", "xml" } },
    fields = { type = "object", description = "New values by the name of the field" },
  }
  local properties = {}
  for _, name in ipairs(names) do
    properties[name] = known[name]
  end
  return {
    type = "object",
    properties = properties,
    required = { names[1] },
    additionalProperties = false,
  }
end

local function tool(action, thing)
  local pattern, description, names = table.unpack(action)
  local name, id, what, states = table.unpack(thing)
  local words = name:gsub("_", " ")
  local tool_name = pattern:format(name)
  return {
    name = tool_name,
    description = ("%s (A %s is %s.)"):format(description:format(words), words, what),
    parameters = parameters(names, id, states),
    run = function(_, args)
      if action.answer then return action.answer(words) end
      return shop.changed(tool_name, args)
    end,
  }
end

--- The tools of the first `count` families, 10 at most.
function families.tools(count)
  local tools = {}
  for i = 1, count do
    for _, action in ipairs(ACTIONS) do
      tools[#tools + 1] = tool(action, THINGS[i])
    end
  end
  return tools
end

return families
