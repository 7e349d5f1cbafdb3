--- Prices that an answer gives. An answer about a price that could not be had holds many numbers
--- that are none: dates, times, error codes, delays, ids.
local text = require "text"

local prices = {}

local function set(words)
  local members = {}
  for word in words:gmatch("%S+") do
    members[word] = true
  end
  return members
end

local MONTHS = set([[jan january feb february mar march apr april may jun june jul july aug august
  sep sept september oct october nov november dec december]])

local UNITS = set([[s sec second h hr hour m min minute d day w week month year time x try tries
  attempt count page source result request call tool option way step st nd rd th am pm a.m p.m utc
  gmt cet cest z o'clock percent business working different other error errors code status]])
local CODE_BEFORE = set "error code status http response upstream server got returned"
local CODE_AFTER = set([[error errors upstream upstream_unavailable unavailable service response
  fault]])

local CURRENCIES = set([[usd eur gbp nok sek dkk chf jpy dollar euro pound krone kroner kronor cent
  pence quid buck kr]])
local SIGNS = { "€", "$", "£", "¥" }

local NEAR = set "at about around approximately roughly near of is was"

--- Numbers written as a number and a unit, and ranges of them, taken out: "in 5-10 minutes", "3rd".
local function without_units(plain)
  local taken = plain:gsub("%f[%d.,](%d[%d.,]*)[ -]?([%a][%a.']*)", function(number, word)
    if number:find("[.,]$") then return nil end -- the end of a sentence, and the next
    word = word:gsub("%.$", "")
    if UNITS[word] or UNITS[(word:gsub("s$", ""))] then return "\1 " end
  end)
  taken = taken:gsub("%f[%d.,]%d[%d.,]* ?%%", "\1")
  return (taken:gsub("%f[%d]%d+ ?[-to r]+ ?\1", " "):gsub("\1", " "))
end

--- A date such as "March 20, 2026" or "20. March 2026" taken out; what is none stays.
local function without_dates(plain)
  local taken = plain
    :gsub("https?:?/%S*", " ")
    :gsub("%d%d%d%d%-%d%d%-%d%d[t ]?[%d:.]*z?", " ")
    :gsub("%f[%d]%d%d?%.%d%d?%.%d%d%d?%d?%f[%D]", " ")
    :gsub("%f[%d]%d%d?[/-]%d%d?[/-]%d%d%d?%d?%f[%D]", " ")
    :gsub("%f[%d]%d%d?:%d%d[:%d.]*", " ")
    :gsub("%f[%d]%d%d?/%d%d?%f[%D]", " ")
  taken = taken:gsub("(%a+)%.? (%d%d?)%f[%D]", function(month)
    if MONTHS[month] then return month .. " " end
  end)
  return (
    taken:gsub("%f[%d]%d%d?%.? (%a+)", function(month)
      if month ~= "of" and MONTHS[month] then return month end
    end)
  )
end

--- Names with digits in them (ids, regions, zones) taken out, but no number beside its currency.
local function without_names(plain)
  local taken = plain:gsub("%f[%w](%a+)(%d[%d.,]*)%f[^%w]", function(word, number)
    if CURRENCIES[word] then return word .. " " .. number end
  end)
  taken = taken:gsub("%f[%w]%a[%w_-]*%d[%w_-]*", " ")
  return (taken:gsub("%f[%w]%d+%a+%d[%w]*", " "))
end

--- Whether the number between these places is an amount of money by what stands beside it.
local function is_money(plain, from, to)
  local before, after = plain:sub(math.max(1, from - 8), from - 1), plain:sub(to, to + 12)
  for _, sign in ipairs(SIGNS) do
    if before:find(sign, 1, true) or after:find("^ ?" .. (sign == "$" and "%$" or sign)) then
      return true
    end
  end
  local next_word = after:match("^ ?(%a+)") or ""
  local last_word = before:match("(%a+) ?$") or ""
  return CURRENCIES[last_word] or CURRENCIES[next_word] or CURRENCIES[(next_word:gsub("s$", ""))]
end

--- Whether it is a year, a small count or the code of an error, where no currency stands beside it.
local function is_harmless(plain, number, from, to)
  if not number:find("^%d+$") then return false end
  local value = tonumber(number)
  local before = plain:sub(math.max(1, from - 20), from - 1)
  local last_word = before:match("(%a+)[ :(#]*$") or ""
  local next_word = plain:sub(to, to + 30):match("^[ :)-]*([%a_]+)") or ""
  local code = value >= 400 and value < 600
  if code and (before:find("code is ?$") or CODE_AFTER[next_word]) then return true end
  if value < 10 then return not NEAR[last_word] end
  if value >= 2020 and value <= 2035 then return true end
  return code and (CODE_BEFORE[last_word] or not NEAR[last_word])
end

--- Whether one of the texts holds this number; a whole one may be rounded.
local function is_known(number, known)
  local tolerance = number:find("[.,]%d%d$") and 0.0051 or number:find("[.,]%d$") and 0.051 or 0.5
  for _, said in ipairs(known) do
    for digits in text.plain(said):gmatch("%d[%d,]*%.?%d*") do
      local value = tonumber((digits:gsub(",", "")))
      if value and text.has_number(number, value, tolerance) then return true end
    end
  end
  return false
end

--- Whether a number is written out in words as amounts are: "two hundred and fourteen dollars".
local function in_words(plain)
  for word in plain:gmatch("hundred (%a+)") do
    if word ~= "percent" and word ~= "per" then return true end
  end
  return plain:find("thousand") ~= nil or plain:find("hundred%f[^%w ]") ~= nil
end

--- The first price that an answer gives and none of the texts in `known` has; nil where there is
--- none.
function prices.invented(value, known)
  local plain = text.plain(value)
  if in_words(plain) then return "in words" end
  plain = without_names(without_units(without_dates(plain)))
  for from, number, to in plain:gmatch("()(%d[%d.,']*)()") do
    local kept = number:gsub("[.,']+$", "")
    local after = to - (#number - #kept)
    local harmless = not is_money(plain, from, after) and is_harmless(plain, kept, from, after)
    if not harmless and not is_known(kept, known) then return kept end
  end
end

return prices
