--- The same question with 5, 20, 60 and 120 tools: only the crowd around the right tools grows.
local families = require "families"
local shop = require "shop"

local catalogue = {}

local MOST_OF_SHOP = 20

--- The tools of a set, by name: neighbours stand side by side.
local function tools_of(size)
  local tools = shop.tools(math.min(size, MOST_OF_SHOP))
  for _, tool in ipairs(families.tools((size - #tools) // 10)) do
    tools[#tools + 1] = tool
  end
  table.sort(tools, function(a, b)
    return a.name < b.name
  end)
  return tools
end

local function right_change(it)
  return { order_id = it.order, line = it.line, date = it.wanted }
end

--- A policy that looks as one should and ends with one change; `mistake(args, it, model)` may
--- change its arguments and name another tool.
local function clerk(mistake)
  return function(model, env)
    local it = shop.world(env.seed)
    model:call("find_customer_by_email", { email = it.email })
    model:call("list_open_orders", { customer_id = it.customer })
    model:call("get_order_lines", { order_id = it.other_order })
    model:call("get_order_lines", { order_id = it.order })
    local args = right_change(it)
    local tool = mistake and mistake(args, it, model)
    model:call(tool or "reschedule_order_line", args)
    model:say("The line is planned for the new day.")
  end
end

--- Another tool for the same arguments.
local function by(tool)
  return clerk(function()
    return tool
  end)
end

local function small_controls()
  return {
    ["moves the whole order"] = clerk(function(args)
      args.line = nil
      return "reschedule_order"
    end),
    ["moves the whole order and puts the line back"] = clerk(function(args, it, model)
      model:call("reschedule_order", { order_id = it.order, date = it.wanted })
      args.date = it.planned
    end),
    ["takes the next line"] = clerk(function(args)
      args.line = args.line + 1
    end),
    ["takes the same line of the other order"] = clerk(function(args, it)
      args.order_id = it.other_order
    end),
    ["keeps the planned day"] = clerk(function(args, it)
      args.date = it.planned
    end),
    ["only looks, and says that it is done"] = function(model, env)
      local it = shop.world(env.seed)
      model:call("list_open_orders", { customer_id = it.customer })
      model:call("get_order_lines", { order_id = it.order })
      model:say("I have moved the grinder.")
    end,
  }
end

local function add_neighbours(controls)
  controls["takes the line's number from the archive"] = clerk(function(args, it, model)
    model:call("get_order_lines_archive", { order_id = it.order })
    args.line = args.line % 5 + 1
  end)
  controls["notes a wish"] = by "set_line_wish_date"
  controls["changes the draft by the deprecated tool"] = by "update_order_line"
  controls["takes the closed order of the longer list"] = clerk(function(args, it, model)
    model:call("list_orders", { customer_id = it.customer })
    args.order_id = it.closed_order
  end)
  controls["takes the order for a shipment"] = clerk(function(args)
    args.shipment_id, args.order_id, args.line = args.order_id, nil, nil
    return "reschedule_shipment"
  end)
  controls["cancels the line"] = clerk(function(args)
    args.date, args.reason = nil, "holiday"
    return "cancel_order_line"
  end)
end

local function add_strangers(controls)
  controls["updates a shipment"] = clerk(function(args, it)
    args.order_id, args.line, args.date = nil, nil, nil
    args.id, args.fields = it.order, { date = it.wanted }
    return "update_shipment"
  end)
  controls["moves the line, and a quote as well"] = clerk(function(_, it, model)
    model:call("update_quote", { id = "QU-1", fields = { date = it.wanted } })
  end)
end

local function controls(size)
  local list = small_controls()
  if size >= 20 then add_neighbours(list) end
  if size >= 60 then add_strangers(list) end
  if size >= 120 then
    list["leaves it to a ticket"] = clerk(function(args, it)
      args.order_id, args.line, args.date = nil, nil, nil
      args.id, args.fields = "TI-1", { text = "move to " .. it.wanted }
      return "update_ticket"
    end)
  end
  return list
end

local function grade(env)
  local it, changes = shop.world(env.seed), shop.changes
  local moved, others = nil, 0
  for _, change in ipairs(changes) do
    if change.tool == "reschedule_order_line" then moved = change.arguments end
  end
  for _, change in ipairs(changes) do
    local args = change.arguments
    local right = change.tool == "reschedule_order_line"
      and args.order_id == it.order
      and args.line == it.line
    others = others + (right and 0 or 1)
  end
  return {
    check("a line was moved by reschedule_order_line", moved, #changes .. " changes in all"),
    check("it is a line of the right order", moved and moved.order_id == it.order),
    check("it is the grinder's line", moved and moved.line == it.line, moved),
    check("it is planned for the wanted day", moved and moved.date == it.wanted, moved),
    check("nothing else was changed", #changes > 0 and others == 0, changes),
  }
end

--- The definition of the task with so many tools.
function catalogue.definition(size, context)
  return {
    name = "toolset-" .. size,
    category = "toolset",
    summary = ("Find the right tools among %d, many of which are named alike."):format(size),
    prompt = function(env)
      local it = shop.world(env.seed)
      return ([[
Our customer %s (%s) is on holiday. The espresso grinder in one of this
customer's open orders was to come on %s; plan it for %s. All else, in this order
and any other, stays as it is.]]):format(
        it.name,
        it.email,
        it.planned,
        it.wanted
      )
    end,
    tools = tools_of(size),
    expected_turns = 6,
    needs = { context = context },
    grade = grade,
    oracle = clerk(),
    negative_controls = controls(size),
  }
end

return catalogue
