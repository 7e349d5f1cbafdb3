local vary = require "vary"

local SITES = { "Helgoland", "Husum", "Büsum" }

--- The window of a site: its first hour, and the token that a booking of it needs.
local function window(seed, site)
  return {
    site = site,
    first_hour = vary.number(seed, "hour of " .. site, 5, 18),
    token = vary.word(seed, "token of " .. site, 10),
  }
end

-- The bookings that were taken, by site, and how many calls were refused.
local booked = {}
local refused = 0

local function by_token(seed, token)
  for _, site in ipairs(SITES) do
    if window(seed, site).token == token then return window(seed, site) end
  end
end

local function questions()
  local list = {}
  for i, site in ipairs(SITES) do
    list[i] = { "find_window", { site = site } }
  end
  return list
end

local function bookings(seed)
  local list = {}
  for i, site in ipairs(SITES) do
    local found = window(seed, site)
    list[i] = {
      "book_boat",
      { site = site, hour = found.first_hour, token = found.token, boat = "Wiebke " .. i },
    }
  end
  return list
end

--- A policy that asks at once and books at once, with a mistake in the bookings.
local function skipper(mistake)
  return function(model, env)
    model:calls(questions())
    local list = bookings(env.seed)
    if mistake then list = mistake(list) or list end
    model:calls(list)
    model:say("The boats are booked.")
  end
end

--- The turns in which a tool was called well, each once, and the number of those calls.
local function turns_of(transcript, tool)
  local turns, seen, count = {}, {}, 0
  for _, call in ipairs(transcript.calls) do
    if call.tool == tool and call.ok then
      count = count + 1
      if not seen[call.turn] then turns[#turns + 1] = call.turn end
      seen[call.turn] = true
    end
  end
  return turns, count
end

local function right_bookings(seed)
  local right = 0
  for i, site in ipairs(SITES) do
    local args = booked[site] and #booked[site] == 1 and booked[site][1] or {}
    if args.hour == window(seed, site).first_hour and args.boat == "Wiebke " .. i then
      right = right + 1
    end
  end
  return right
end

local function text(description)
  return { type = "string", description = description }
end

return task {
  name = "parallel-then-dependent",
  category = "parallel",
  summary = "Three questions in one answer, then three bookings in one, made of what came back.",
  prompt = [[
Book a boat for each of the sites Helgoland, Husum and Büsum, at the first hour of the site's tide
window: Wiebke 1 for Helgoland, Wiebke 2 for Husum, Wiebke 3 for Büsum.

The harbour's line is slow, so take two rounds and no more: one answer with the three questions for
the windows, and one answer with the three bookings.]],
  tools = {
    {
      name = "find_window",
      description = "The tide window of a site, with the token that a booking in it needs.",
      parameters = {
        type = "object",
        properties = { site = text "Name of the site" },
        required = { "site" },
        additionalProperties = false,
      },
      run = function(env, args)
        for _, site in ipairs(SITES) do
          if site == args.site then
            local found = window(env.seed, site)
            return json.encode {
              site = site,
              window = { first_hour = found.first_hour, last_hour = found.first_hour + 4 },
              token = found.token,
              gauge = { trend = "rising", cm = 312 },
              issued_by = "tide-desk/2.4",
            }
          end
        end
        return nil, "no such site; there are " .. table.concat(SITES, ", ")
      end,
    },
    {
      name = "book_boat",
      description = "Book a boat for a site, within the window that the token was issued for.",
      parameters = {
        type = "object",
        properties = {
          site = text "Name of the site",
          hour = { type = "integer", minimum = 0, maximum = 23 },
          token = text "From find_window, for this site",
          boat = text "Name and number of the boat",
        },
        required = { "site", "hour", "token", "boat" },
        additionalProperties = false,
      },
      run = function(env, args)
        local found = by_token(env.seed, args.token)
        if not found or found.site ~= args.site then
          refused = refused + 1
          return nil, "the token was not issued for this site"
        end
        booked[args.site] = booked[args.site] or {}
        table.insert(booked[args.site], args)
        return json.encode { booked = args.boat, site = args.site, hour = args.hour }
      end,
    },
  },
  expected_turns = 3,
  needs = { context = 8192, parallel_calls = true },

  grade = function(env, transcript)
    local asked, questions_made = turns_of(transcript, "find_window")
    local done, bookings_made = turns_of(transcript, "book_boat")
    local right = right_bookings(env.seed)
    return {
      check("the three windows were asked for in one answer", questions_made == 3 and #asked == 1),
      check("the three boats were booked in one answer", bookings_made == 3 and #done == 1),
      check("no booking was refused", bookings_made > 0 and refused == 0, refused .. " refused"),
      check("every boat is booked once, for its site and hour", right == 3, right .. " of 3"),
    }
  end,

  oracle = skipper(),

  negative_controls = {
    ["asks one after the other"] = function(model, env)
      for _, one in ipairs(questions()) do
        model:call(one[1], one[2])
      end
      model:calls(bookings(env.seed))
      model:say("The boats are booked.")
    end,
    ["books one after the other"] = function(model, env)
      model:calls(questions())
      for _, one in ipairs(bookings(env.seed)) do
        model:call(one[1], one[2])
      end
      model:say("The boats are booked.")
    end,
    ["books before it has the tokens, and once more with them"] = function(model, env)
      local list = questions()
      for _, one in ipairs(bookings(env.seed)) do
        one[2].token = "pending"
        list[#list + 1] = one
      end
      model:calls(list)
      model:calls(bookings(env.seed))
      model:say("The boats are booked.")
    end,
    ["uses one token for all"] = skipper(function(list)
      for _, one in ipairs(list) do
        one[2].token = list[1][2].token
      end
    end),
    ["takes the last hour"] = skipper(function(list)
      for _, one in ipairs(list) do
        one[2].hour = one[2].hour + 4
      end
    end),
    ["gives every site the same boat"] = skipper(function(list)
      for _, one in ipairs(list) do
        one[2].boat = "Wiebke 1"
      end
    end),
    ["forgets the third"] = skipper(function(list)
      table.remove(list)
    end),
  },
}
