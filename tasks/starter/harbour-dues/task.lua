local harbour = require "harbour"

local PAGES = {
  "http://harbour.test/tariffs",
  "http://harbour.test/tariffs/2026",
  "http://harbour.test/tariffs/2026?page=2",
  "http://harbour.test/notices",
  "http://harbour.test/notices/38",
}

--- Cents in an amount of euros, however it is written: 12345.6, 12,345.60, 12.345,60 €.
local function cents_in(text)
  local plain = text:gsub("€", ""):gsub("EUR", ""):gsub("\u{a0}", ""):gsub("\u{202f}", "")
  plain = plain:gsub("[%s'_]", "")
  local whole, fraction = plain:match("^(%d[%d.,]-)[.,](%d%d?)$")
  if not whole then
    whole, fraction = plain:match("^(%d[%d.,]*)$"), "0"
  end
  if not whole then return nil end
  if #fraction == 1 then fraction = fraction .. "0" end
  return math.tointeger((whole:gsub("[.,]", "")) .. fraction)
end

local function was_read(site, path, query)
  for _, request in ipairs(site.log) do
    if request.path == path and request.query == query and request.status == 200 then
      return true
    end
  end
  return false
end

local function write_total(model, cents)
  local amount = ("%d.%02d"):format(cents // 100, cents % 100)
  model:call("shell", { command = "echo " .. amount .. " > total.txt" })
  model:say("The dues come to " .. amount .. " euros.")
end

local function read(model, pages)
  model:call("read_file", { path = "arrivals.csv" })
  for _, url in ipairs(pages) do
    model:call("fetch", { url = url })
  end
end

return task {
  name = "harbour-dues",
  category = "web",
  summary = "Reckon dues from a tariff on two pages and a notice that corrects it.",
  prompt = [[
/work/arrivals.csv lists the ships that arrived at the Port of Skerry in March 2026. Reckon the
dues of all of them together by the port's tariff, which is published at http://harbour.test/.

Write the total in euros to /work/total.txt: the amount and nothing else.]],
  tools = { "fetch", "shell", "read_file", "write_file" },
  expected_turns = 9,
  needs = { commands = { "curl" }, context = 8192 },

  setup = function(env)
    env:serve("harbour.test", harbour.routes(env.seed))
    env:write("arrivals.csv", harbour.arrivals_csv(env.seed))
  end,

  grade = function(env)
    local site = env.sites["harbour.test"]
    local text = (env:read("total.txt") or ""):sub(1, 100)
    return {
      check(
        "total.txt holds the dues",
        cents_in(text) == harbour.total(env.seed),
        text
      ),
      check(
        "both pages of the tariff in force were read",
        was_read(site, "/tariffs/2026", "") and was_read(site, "/tariffs/2026", "page=2")
      ),
      check("the correction was read", was_read(site, "/notices/38", "")),
    }
  end,

  oracle = function(model, env)
    read(model, PAGES)
    write_total(model, harbour.total(env.seed))
  end,

  negative_controls = {
    ["reckons by the tariff of the year before"] = function(model, env)
      read(model, { "http://harbour.test/tariffs", "http://harbour.test/tariffs/2025" })
      write_total(model, harbour.total(env.seed, "2025"))
    end,
    ["misses the correction"] = function(model, env)
      read(model, { PAGES[1], PAGES[2], PAGES[3] })
      write_total(model, harbour.total(env.seed, "printed"))
    end,
    ["reads the correction and forgets it"] = function(model, env)
      read(model, PAGES)
      write_total(model, harbour.total(env.seed, "printed"))
    end,
    ["reads the first page of the tariff only"] = function(model, env)
      read(model, { PAGES[1], PAGES[2], PAGES[4], PAGES[5] })
      write_total(model, harbour.total_of_first_page(env.seed))
    end,
    ["writes cents instead of euros"] = function(model, env)
      read(model, PAGES)
      write_total(model, harbour.total(env.seed) * 100)
    end,
    ["knows the total without reading"] = function(model, env)
      write_total(model, harbour.total(env.seed))
    end,
    ["says it without writing the file"] = function(model, env)
      read(model, PAGES)
      model:say(("The dues come to %.2f euros."):format(harbour.total(env.seed) / 100))
    end,
  },
}
