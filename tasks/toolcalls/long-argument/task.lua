local same = require "same"
local vary = require "vary"

local LINES = 300
local MOST_BYTES = 60000
local NAMES = {
  "Am Kai",
  "Alte Post",
  "Bräuhaus",
  "Feld 9",
  "Im Loh",
  "Markt",
  "Nordtor",
  'Zum "Eck"',
  "Schule",
  "Werk\\Ost",
}

local function line(seed, i)
  return ("s%03d;%s;z%d;%.3f;%.3f"):format(
    i,
    vary.choice(seed, "name" .. i, NAMES),
    vary.number(seed, "zone" .. i, 1, 7),
    vary.number(seed, "lat" .. i, 47600, 48400) / 1000,
    vary.number(seed, "lon" .. i, 15900, 16700) / 1000
  )
end

local function stored(seed)
  local lines = {}
  for i = 1, LINES do
    lines[i] = line(seed, i)
  end
  return lines
end

--- The three edits: the stop that moves to zone 9, the one that goes, and the new one.
local function edits(seed)
  return {
    zone = vary.number(seed, "zone edit", 30, 90),
    gone = vary.number(seed, "gone edit", 120, 190),
    before_new = vary.number(seed, "new edit", 220, 280),
    new = ("s901;Neu %d;z2;48.001;16.002"):format(vary.number(seed, "new stop", 2, 99)),
  }
end

local function right_lines(seed)
  local lines, it = stored(seed), edits(seed)
  lines[it.zone] = lines[it.zone]:gsub(";z%d;", ";z9;")
  table.insert(lines, it.before_new + 1, it.new)
  table.remove(lines, it.gone)
  return lines
end

local saved = {}

--- The lines of the file that was saved; empty unless exactly one was.
local function saved_lines()
  local lines = {}
  if #saved ~= 1 then return lines end
  local content = saved[1].content:sub(1, MOST_BYTES) .. "\n"
  for text in content:gmatch "([^\n]*)\n" do
    lines[#lines + 1] = (text:gsub("\r$", ""))
  end
  while lines[#lines] == "" do
    lines[#lines] = nil
  end
  return lines
end

--- A policy that reads and saves the file; a mistake changes its lines, or returns the content.
local function editor(mistake)
  return function(model, env)
    model:call("read_file_of_stops", { name = "stops.txt" })
    local lines = right_lines(env.seed)
    local content = mistake and mistake(lines, env.seed)
    content = content or table.concat(lines, "\n") .. "\n"
    model:call("save_file_of_stops", { name = "stops.txt", content = content })
    model:say("The file is saved.")
  end
end

local function text_argument(names)
  local properties = {}
  for _, name in ipairs(names) do
    properties[name] = { type = "string" }
  end
  return {
    type = "object",
    properties = properties,
    required = names,
    additionalProperties = false,
  }
end

return task {
  name = "long-argument",
  category = "arguments",
  summary = "Hand on a file of 300 lines in one argument, with three small edits.",
  prompt = function(env)
    local it = edits(env.seed)
    return ([[
Read stops.txt (300 lines) and save it again, whole, under the same name with one call to
save_file_of_stops, with these three edits and no other:

- stop s%03d moves to zone z9
- the line of stop s%03d goes
- right after the line of stop s%03d comes the new line
%s]]):format(it.zone, it.gone, it.before_new, it.new)
  end,
  tools = {
    {
      name = "read_file_of_stops",
      description = "The content of a file of stops.",
      parameters = text_argument { "name" },
      run = function(env, args)
        if args.name ~= "stops.txt" then return nil, "there is no such file; there is stops.txt" end
        return table.concat(stored(env.seed), "\n") .. "\n"
      end,
    },
    {
      name = "save_file_of_stops",
      description = "Replace a file of stops by this content, which is the whole of it.",
      parameters = text_argument { "name", "content" },
      run = function(_, args)
        if args.name ~= "stops.txt" then return nil, "there is no such file; there is stops.txt" end
        saved[#saved + 1] = args
        return json.encode { saved = args.name, bytes = #args.content }
      end,
    },
  },
  expected_turns = 3,
  needs = { context = 24576 },

  grade = function(env)
    local wanted, found, it = right_lines(env.seed), saved_lines(), edits(env.seed)
    local checks = {
      check("the file was saved once", #saved == 1, ("%d times"):format(#saved)),
      check("it has 300 lines", #found == LINES, ("%d"):format(#found)),
      check("the stop is in its new zone", found[it.zone] == wanted[it.zone], found[it.zone]),
    }
    local before, after = it.gone - 1, it.gone
    checks[4] = check(
      "the line is gone from between its neighbours",
      found[before] == wanted[before] and found[after] == wanted[after],
      found[after]
    )
    local new = it.before_new
    checks[5] = check("the new line is in its place", found[new] == it.new, found[new])
    for first = 1, LINES, 100 do
      local right, difference = 0, nil
      for i = first, first + 99 do
        local problem = same.difference(wanted[i], found[i], "line " .. i)
        right = right + (problem and 0 or 1)
        difference = difference or problem
      end
      local name = ("lines %d to %d are right"):format(first, first + 99)
      local detail = ("%d of 100; %s"):format(right, difference or "none differs")
      checks[#checks + 1] = check(name, right == 100, detail)
    end
    return checks
  end,

  oracle = editor(),

  negative_controls = {
    ["shortens the middle"] = editor(function(lines)
      return table.concat(lines, "\n", 1, 120)
        .. "\n... (unchanged) ...\n"
        .. table.concat(lines, "\n", 240)
    end),
    ["stops after half of the file"] = editor(function(lines)
      return table.concat(lines, "\n", 1, 150) .. "\n"
    end),
    ["skips a line"] = editor(function(lines)
      table.remove(lines, 205)
    end),
    ["swaps two lines"] = editor(function(lines)
      lines[210], lines[211] = lines[211], lines[210]
    end),
    ["changes a digit"] = editor(function(lines)
      lines[299] = lines[299]:gsub("%d$", function(digit)
        return (digit + 1) % 10
      end)
    end),
    ["tidies the quotes"] = editor(function(lines)
      for i, text in ipairs(lines) do
        lines[i] = text:gsub('Zum "Eck"', "Zum 'Eck'"):gsub("Werk\\Ost", "Werk/Ost")
      end
    end),
    ["forgets the line that goes"] = editor(function(lines, seed)
      table.insert(lines, edits(seed).gone, stored(seed)[edits(seed).gone])
    end),
    ["puts the new line at the end"] = editor(function(lines, seed)
      lines[#lines + 1] = table.remove(lines, edits(seed).before_new)
    end),
    ["moves the stop to another zone"] = editor(function(lines, seed)
      local at = edits(seed).zone
      lines[at] = lines[at]:gsub(";z9;", ";z8;")
    end),
    ["saves only the edits"] = editor(function(lines, seed)
      return lines[edits(seed).zone] .. "\n" .. edits(seed).new .. "\n"
    end),
  },
}
