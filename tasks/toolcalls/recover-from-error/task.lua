local same = require "same"
local vary = require "vary"

local PER_CARTON = 12

--- What varies in this trial.
local function job(seed)
  local article = "AR-" .. vary.number(seed, "article", 3100, 6900)
  local cartons = vary.number(seed, "cartons", 4, 9)
  return {
    article = article,
    successor = article .. "-B",
    cartons = cartons,
    pieces = cartons * PER_CARTON,
    shelf = ("R%02d"):format(vary.number(seed, "shelf", 11, 19)),
    small_shelf = ("R%02d"):format(vary.number(seed, "small shelf", 21, 29)),
    fitting_shelf = ("R%02d"):format(vary.number(seed, "fitting shelf", 31, 39)),
    far_shelf = ("S%02d"):format(vary.number(seed, "far shelf", 41, 49)),
  }
end

local moves = {}
local was_busy = false

--- What the warehouse says against a move, in the order in which it looks; nil when it is fine.
local function objection(it, args)
  if args.article == it.article then
    return ("E311 article %s was replaced by %s"):format(it.article, it.successor)
  end
  if args.article ~= it.successor then return "E310 unknown article" end
  if args.quantity.unit ~= "carton" then
    return ("E322 %s is moved in cartons of %d pieces"):format(args.article, PER_CARTON)
  end
  if args.to == it.shelf then
    return ("E340 shelf %s is locked for counting; list_free_shelves tells others"):format(args.to)
  end
end

local function right_move(it)
  return {
    article = it.successor,
    quantity = { value = it.cartons, unit = "carton" },
    to = it.fitting_shelf,
  }
end

--- A policy that learns from each error; `mistake` may change the move, or end the work.
local function mover(mistake)
  return function(model, env)
    local it = job(env.seed)
    local move = {
      article = it.article,
      quantity = { value = it.pieces, unit = "piece" },
      to = it.shelf,
    }
    local right = right_move(it)
    local function try(step)
      local stop = mistake and mistake(move, step, it)
      if stop then
        model:say("The move is done.")
        return false
      end
      model:call("move_stock", move)
      return true
    end
    if not try "first" then return end
    move.article = right.article
    if not try "article" then return end
    move.quantity = right.quantity
    if not try "unit" then return end
    model:call("list_free_shelves", { cartons = it.cartons })
    move.to = right.to
    if not try "shelf" then return end
    if not try "busy" then return end
    model:say("The move is done.")
  end
end

return task {
  name = "recover-from-error",
  category = "recovery",
  summary = "Move stock through four errors, each of which says what to do otherwise.",
  prompt = function(env)
    local it = job(env.seed)
    return ([[
Move %d pieces of article %s from the ramp to shelf %s with move_stock. If the warehouse
objects, do what it asks for, so that the same goods end up on a shelf: the successor of an article
will do, the quantity has to stay the same, and of other shelves take the nearest one that has room
for all of it. They must be moved once, and no more of them than that.]]):format(
      it.pieces,
      it.article,
      it.shelf
    )
  end,
  tools = {
    {
      name = "move_stock",
      description = "Move goods from the ramp to a shelf.",
      parameters = {
        type = "object",
        properties = {
          article = { type = "string" },
          quantity = {
            type = "object",
            properties = {
              value = { type = "integer", minimum = 1 },
              unit = { type = "string", enum = { "piece", "carton", "pallet" } },
            },
            required = { "value", "unit" },
            additionalProperties = false,
          },
          to = { type = "string", description = "Name of the shelf" },
        },
        required = { "article", "quantity", "to" },
        additionalProperties = false,
      },
      run = function(env, args)
        local problem = objection(job(env.seed), args)
        if problem then return nil, problem end
        if not was_busy then
          was_busy = true
          return nil, "E503 the crane is busy; nothing was moved; send the same again"
        end
        moves[#moves + 1] = args
        return json.encode { moved = true, document = ("MV-%04d"):format(#moves), crane = 2 }
      end,
    },
    {
      name = "list_free_shelves",
      description = "Free shelves, nearest first, and for how many cartons each has room.",
      parameters = {
        type = "object",
        properties = { cartons = { type = "integer", minimum = 1 } },
        required = { "cartons" },
        additionalProperties = false,
      },
      run = function(env)
        local it = job(env.seed)
        return json.encode {
          shelves = {
            { shelf = it.small_shelf, room = it.cartons - 1, metres = 18, note = "top" },
            { shelf = it.fitting_shelf, room = it.cartons, metres = 26, note = null },
            { shelf = it.far_shelf, room = 60, metres = 190, note = "hall S" },
          },
          as_of = "06:41:09",
        }
      end,
    },
  },
  expected_turns = 7,
  needs = { context = 8192 },

  grade = function(env)
    local right, move = right_move(job(env.seed)), moves[1] or {}
    return {
      check("goods were moved exactly once", #moves == 1, ("%d moves"):format(#moves)),
      same.check("as many cartons as the pieces fill", right.quantity, move.quantity),
      same.check("to the nearest shelf with room", right.to, move.to),
    }
  end,

  oracle = mover(),

  negative_controls = {
    ["gives up at the first error and says that it is done"] = mover(function(_, step)
      return step == "article"
    end),
    ["takes the busy crane for a success"] = mover(function(_, step)
      return step == "busy"
    end),
    ["moves as many cartons as pieces were asked for"] = mover(function(move, step, it)
      if step == "unit" then move.quantity = { value = it.pieces, unit = "carton" } end
    end),
    ["takes the nearest shelf without looking at its room"] = mover(function(move, step, it)
      if step == "shelf" then move.to = it.small_shelf end
    end),
    ["takes the biggest shelf"] = mover(function(move, step, it)
      if step == "shelf" then move.to = it.far_shelf end
    end),
    ["moves the goods twice to be safe"] = function(model, env)
      local right = right_move(job(env.seed))
      for _ = 1, 3 do
        model:call("move_stock", right)
      end
      model:say("The move is done.")
    end,
    ["sends the same again and again"] = function(model, env)
      local it = job(env.seed)
      for _ = 1, 4 do
        model:call("move_stock", {
          article = it.article,
          quantity = { value = it.pieces, unit = "piece" },
          to = it.shelf,
        })
      end
      model:say("The warehouse does not take it.")
    end,
  },
}
