--- The harbour of the task: its tariffs, its arrivals, and the web site that publishes the tariffs.
local vary = require "vary"

local harbour = {}

-- Cents: a fixed fee for each arrival, and the rate for each ton.
local TARIFF_2025 = {
  A = { fee = 4500, rate = 31 },
  B = { fee = 6200, rate = 36 },
  C = { fee = 8800, rate = 41 },
  D = { fee = 11500, rate = 44 },
  E = { fee = 15000, rate = 52 },
  F = { fee = 21000, rate = 58 },
}
local CLASSES = { "A", "B", "C", "D", "E", "F" }
local NAMES = { "boats", "coasters", "bulk carriers", "container ships", "tankers", "cruise ships" }
local SHIPS = { "Alke", "Brise", "Corvo", "Dorade", "Ekofisk", "Fulmar", "Gannet", "Hekla" }

local function copy(tariff)
  local result = {}
  for class, line in pairs(tariff) do
    result[class] = { fee = line.fee, rate = line.rate }
  end
  return result
end

--- The tariff of 2026 as its pages print it; the rate of one class, C, D or E, is a misprint.
local function printed(seed)
  local tariff = copy(TARIFF_2025)
  for _, class in ipairs(CLASSES) do
    tariff[class].fee = tariff[class].fee + 100 * vary.number(seed, "fee" .. class, 1, 9)
    tariff[class].rate = tariff[class].rate + vary.number(seed, "rate" .. class, 1, 6)
  end
  return tariff
end

--- The class whose rate was misprinted, and the rate that is right.
local function misprint(seed)
  local class = vary.choice(seed, "misprint", { "C", "D", "E" })
  return class, printed(seed)[class].rate + vary.number(seed, "by", 3, 8)
end

local function in_force(seed)
  local tariff = printed(seed)
  local class, rate = misprint(seed)
  tariff[class].rate = rate
  return tariff
end

local function arrivals(seed)
  local rows = {}
  for i, ship in ipairs(SHIPS) do
    -- The first six ships are of one class each, so that every line of the tariff matters.
    rows[i] = {
      ship = ship,
      class = CLASSES[i] or vary.choice(seed, "class" .. i, CLASSES),
      tons = vary.number(seed, "tons" .. i, 180, 4900),
    }
  end
  return rows
end

function harbour.arrivals_csv(seed)
  local lines = { "ship,class,tons" }
  for _, row in ipairs(arrivals(seed)) do
    lines[#lines + 1] = ("%s,%s,%d"):format(row.ship, row.class, row.tons)
  end
  return table.concat(lines, "\n") .. "\n"
end

--- Cents due for all arrivals. `which`: nil = the tariff in force, else "printed" or "2025".
function harbour.total(seed, which)
  local tariff = in_force(seed)
  if which then tariff = which == "2025" and TARIFF_2025 or printed(seed) end
  local sum = 0
  for _, row in ipairs(arrivals(seed)) do
    sum = sum + tariff[row.class].fee + tariff[row.class].rate * row.tons
  end
  return sum
end

--- The same without the classes of the tariff's second page.
function harbour.total_of_first_page(seed)
  local sum = 0
  for _, row in ipairs(arrivals(seed)) do
    local line = in_force(seed)[row.class]
    if row.class <= "C" then sum = sum + line.fee + line.rate * row.tons end
  end
  return sum
end

local function euros(cents)
  return ("%d.%02d"):format(cents // 100, cents % 100)
end

local function document(title, body)
  return {
    headers = { ["Content-Type"] = "text/html; charset=utf-8" },
    body = ('<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>%s</title>'
      .. '</head>\n<body>\n<p><a href="/">Port of Skerry</a> | <a href="/tariffs">Tariffs</a> | '
      .. '<a href="/notices">Notices</a></p>\n<h1>%s</h1>\n%s\n</body></html>\n'):format(
      title,
      title,
      body
    ),
  }
end

local function tariff_page(title, tariff, first, last, link)
  local rows = {}
  for i = first, last do
    local line = tariff[CLASSES[i]]
    rows[#rows + 1] = ("<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>"):format(
      CLASSES[i],
      NAMES[i],
      euros(line.fee),
      euros(line.rate)
    )
  end
  return document(
    title,
    "<p>Dues of an arrival: the fee of the class, and its rate for each ton, in euros.</p>\n"
      .. "<table>\n<tr><th>Class</th><th>Ships</th><th>Fee</th><th>Rate per ton</th></tr>\n"
      .. table.concat(rows, "\n")
      .. "\n</table>\n"
      .. link
  )
end

local function notices(seed)
  local class, rate = misprint(seed)
  local wrong = printed(seed)[class].rate
  return {
    ["GET /notices"] = document(
      "Notices",
      '<ul><li><a href="/notices/41">41: Dredging in the north basin</a></li>\n'
        .. '<li><a href="/notices/38">38: Correction to the tariff 2026</a></li>\n'
        .. '<li><a href="/notices/37">37: Tariff 2026 in force</a></li>\n'
        .. '<li><a href="/notices/22">22: Correction to the tariff 2025</a></li></ul>'
    ),
    ["GET /notices/41"] = document("Notice 41", "<p>The north basin is closed on weekdays.</p>"),
    ["GET /notices/38"] = document(
      "Notice 38: correction to the tariff 2026",
      ("<p>The rate per ton of class %s is misprinted in the published tariff. It is %s, not %s."
        .. " The fee is right. Dues are reckoned with the corrected rate.</p>"):format(
        class,
        euros(rate),
        euros(wrong)
      )
    ),
    ["GET /notices/37"] = document(
      "Notice 37",
      "<p>The tariff 2026 is in force for all arrivals from 1 January 2026. Mind later notices.</p>"
    ),
    ["GET /notices/22"] = document(
      "Notice 22: correction to the tariff 2025",
      "<p>The fee of class B is 62.00. The published tariff 2025 was corrected accordingly.</p>"
    ),
  }
end

function harbour.routes(seed)
  local tariff = printed(seed)
  local routes = notices(seed)
  routes["GET /"] = document(
    "Port of Skerry",
    "<p>Dues follow the tariff in force as corrected by the harbour master's notices.</p>"
  )
  routes["GET /tariffs"] = document(
    "Tariffs",
    '<ul><li><a href="/tariffs/2025">Tariff 2025</a></li>\n'
      .. '<li><a href="/tariffs/2026">Tariff 2026</a></li></ul>'
  )
  routes["GET /tariffs/2025"] = tariff_page("Tariff 2025", TARIFF_2025, 1, 6, "")
  routes["GET /tariffs/2026"] = function(request)
    if request.query == "" then
      local link = '<p><a href="/tariffs/2026?page=2">Classes D to F</a></p>'
      return tariff_page("Tariff 2026", tariff, 1, 3, link)
    elseif request.query == "page=2" then
      return tariff_page("Tariff 2026, continued", tariff, 4, 6, "")
    end
    return { status = 404, body = "There is no such page.\n" }
  end
  return routes
end

return harbour
