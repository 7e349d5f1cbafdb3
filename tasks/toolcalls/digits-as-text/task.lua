local kept = require "kept"
local same = require "same"
local vary = require "vary"

--- The right parcels: each member is a text that looks like a number, a word of JSON, or a date.
local function right_call(seed)
  local function digits(label, format, low, high)
    return format:format(vary.number(seed, label, low, high))
  end
  return {
    depot = digits("depot", "00%d", 10, 99),
    parcels = {
      {
        code = digits("code1", "0%08d", 10000, 9999999),
        postcode = "01067",
        phone = digits("phone", "0043 0%d", 1000000, 9999999),
        article = digits("article1", "%dE4", 10, 98),
        lot = "1.10",
      },
      {
        code = digits("code2", "000000%03d", 1, 999),
        postcode = "00144",
        phone = "0",
        article = digits("article2", "0x%d", 10, 99),
        lot = "true",
      },
      {
        code = digits("code3", "9007199254740%d", 110, 989),
        postcode = "1100",
        phone = digits("phone3", "+420 00%d", 100000, 999999),
        article = "-0",
        lot = "null",
      },
      {
        code = digits("code4", "%d.0", 10000000, 99999999),
        postcode = "00-950",
        phone = "112",
        article = digits("article4", "%d/3", 1, 9),
        lot = digits("lot4", "2026-03-%02d", 10, 28),
      },
    },
  }
end

local TITLES = { "code", "postcode", "phone", "article", "lot" }

local function table_text(seed)
  local lines = { "code;postcode;phone;article;lot" }
  for i, parcel in ipairs(right_call(seed).parcels) do
    local cells = {}
    for k, title in ipairs(TITLES) do
      cells[k] = parcel[title]
    end
    lines[i + 1] = table.concat(cells, ";")
  end
  return table.concat(lines, "\n")
end

local sender, twice = kept.policies("register_parcels", nil, right_call)

--- A mistake in a member of every parcel.
local function change(member, how)
  return sender(function(args)
    for _, parcel in ipairs(args.parcels) do
      parcel[member] = how(parcel[member])
    end
  end)
end

local function parcel_schema()
  local properties = {}
  for _, title in ipairs(TITLES) do
    properties[title] = { type = "string" }
  end
  return {
    type = "object",
    properties = properties,
    required = TITLES,
    additionalProperties = false,
  }
end

return task {
  name = "digits-as-text",
  category = "arguments",
  summary = "Hand on identifiers that look like numbers, as the texts that they are.",
  prompt = function(env)
    return ([[
Register these parcels at depot %s with one call to register_parcels, in their order. The columns
are separated by semicolons; every cell is a text and goes on exactly as it is printed.

%s]]):format(right_call(env.seed).depot, table_text(env.seed))
  end,
  tools = {
    kept.tool({
      name = "register_parcels",
      description = "Register parcels at a depot.",
      parameters = {
        type = "object",
        properties = {
          depot = { type = "string" },
          parcels = { type = "array", items = parcel_schema(), minItems = 1 },
        },
        required = { "depot", "parcels" },
        additionalProperties = false,
      },
    }, function(args)
      return json.encode { registered = #args.parcels, manifest = "M00012", eta_min = 35 }
    end),
  },
  expected_turns = 2,
  needs = { context = 8192 },

  grade = function(env)
    local wanted, found = right_call(env.seed), kept.last("register_parcels")
    local parcels = found.parcels or {}
    local checks = {
      kept.once("register_parcels"),
      same.check("the depot", wanted.depot, found.depot),
      check("four parcels", #parcels == 4, ("%d"):format(#parcels)),
    }
    for _, title in ipairs(TITLES) do
      local difference
      for i, parcel in ipairs(wanted.parcels) do
        difference = difference
          or same.difference(parcel[title], (parcels[i] or {})[title], "parcel " .. i)
      end
      checks[#checks + 1] = check(title .. " of every parcel", not difference, difference)
    end
    return checks
  end,

  oracle = sender(),

  negative_controls = {
    ["calls twice to be safe"] = twice,
    ["drops leading zeros of the codes"] = change("code", function(code)
      return (code:gsub("^0+", ""))
    end),
    ["drops leading zeros of the postcodes"] = change("postcode", function(postcode)
      return (postcode:gsub("^0+", ""))
    end),
    ["reads an exponent"] = change("article", function(article)
      return (article:gsub("E4$", "0000"))
    end),
    ["reads a version as a number"] = change("lot", function(lot)
      return lot == "1.10" and "1.1" or lot
    end),
    ["sends the codes as numbers"] = change("code", function(code)
      return math.tointeger(tonumber(code)) or tonumber(code)
    end),
    ['sends null for the text "null"'] = change("lot", function(lot)
      return lot == "null" and null or lot
    end),
    ["tidies the telephone numbers"] = change("phone", function(phone)
      return (phone:gsub("%s", ""))
    end),
    ["drops the zero of the depot"] = sender(function(args)
      args.depot = args.depot:sub(2)
    end),
  },
}
