local vary = require "vary"

local SOURCE = "market.html"
local BAKERY = "http://bakery.test/"
local UPLOAD = "http://deploy.test/market.html"
local LIVE = "http://market.test/market.html"

local ITEMS = {
  { id = "rye", name = "rye loaf", cents = 420 },
  { id = "rolls", name = "bag of six poppy seed rolls", cents = 360 },
  { id = "plait", name = "yeast plait", cents = 550 },
}

local published -- the page as it is served, and whether it was asked for since it was uploaded
local wanted -- the page with the one edit

local function price(cents)
  return ("%d.%02d"):format(cents // 100, cents % 100)
end

--- The item whose price changes; its cents at the stall, in the shop, and in an older notice.
local function change(seed)
  local item = vary.choice(seed, "item", ITEMS)
  local new = item.cents + 10 * vary.number(seed, "rise", 3, 7)
  return item, new, new - 15, item.cents + 10
end

local function bakery_page(seed)
  local item, new, shop, older = change(seed)
  return ([[
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Krume, the bakery in Lindenau</title></head>
<body>
<h1>Krume</h1>
<p>Bread from our own oven since 1962. Closed on Mondays; find us on the market, stall 1.</p>
<h2>News</h2>
<h3>24 April 2026</h3>
<p>Butter and flour have become dearer, and we cannot bear all of it. From the next market on, one
%s costs %s euros at our stall; here in the shop it is %s. Everything else keeps its price.</p>
<h3>30 January 2026</h3>
<p>From February, one %s costs %s euros at our stall.</p>
<h3>12 December 2025</h3>
<p>Order your Christmas plait until the 20th.</p>
</body>
</html>
]]):format(item.name, price(new), price(shop), item.name, price(older))
end

--- `page` with one row of the bakery's stall at another price.
local function edited(page, item, cents)
  local stall = page:find('id="krume"', 1, true)
  local row = page:find(('data-item="%s"'):format(item.id), stall, true)
  local row_end = page:find("\n", row, true)
  local line = page:sub(row, row_end)
  line = line:gsub('data%-cents="%d+"', ('data-cents="%d"'):format(cents))
  line = line:gsub("%d+%.%d%d&nbsp;", price(cents) .. "&nbsp;")
  return page:sub(1, row - 1) .. line .. page:sub(row_end + 1)
end

--- The bakery's row for an item, or nil. `page` may be anything that was uploaded.
local function row_of(page, item)
  local stall = page:find('<section class="stall" id="krume">', 1, true)
  local row = stall and page:find(('<tr data-item="%s"'):format(item.id), stall, true)
  local row_end = row and page:find("\n", row, true)
  return row_end and page:sub(row, row_end - 1)
end

--- Where two texts part, as a line number.
local function first_difference(a, b)
  local line = 1
  for i = 1, math.min(#a, #b) do
    if a:byte(i) ~= b:byte(i) then break end
    if a:byte(i) == 10 then line = line + 1 end
  end
  return "first difference in line " .. line
end

local function same_row(a, b, item)
  return row_of(a, item) ~= nil and row_of(a, item) == row_of(b, item)
end

local function was_read(site)
  for _, request in ipairs(site.log) do
    if request.method == "GET" and request.path == "/" then return true end
  end
  return false
end

--- A sed command that sets the price of an item on the lines from the bakery's stall to `last`.
local function sed(seed, last, cents)
  local item = change(seed)
  local from = ("data-cents=\"%d\"\\(.*\\)%s"):format(item.cents, price(item.cents))
  local to = ("data-cents=\"%d\"\\1%s"):format(cents, price(cents))
  return ("sed -i '/id=\"krume\"/,%s s/%s/%s/' market.html"):format(last, from, to)
end

local STALL = "/<\\/section>/"

local function deploy(model)
  model:call("shell", { command = "curl -sS -T market.html " .. UPLOAD })
end

local function look(model)
  model:call("shell", { command = "curl -sS " .. LIVE .. " | cmp - market.html && echo same" })
end

--- A policy that goes the whole way with this command as its edit.
local function worker(edit)
  return function(model, env)
    model:call("fetch", { url = BAKERY })
    model:call("shell", { command = "grep -n -A 9 krume market.html" })
    model:call("shell", { command = edit(env.seed) })
    deploy(model)
    look(model)
    model:say("The new price is live.")
  end
end

return task {
  name = "fetch-edit-deploy",
  category = "deploy",
  summary = "Read a notice, make one surgical edit in a long page, upload it, see it live.",
  prompt = [[
The market's page is /work/market.html. The bakery Krume has announced a new price for its market
stall at http://bakery.test/. Bring the bakery's prices in market.html up to date and change nothing
else in the file, not even white space. Then upload it with PUT to http://deploy.test/market.html,
and look at http://market.test/market.html to be sure that the new price is live.]],
  files = "workspace",
  tools = { "fetch", "shell", "read_file", "edit_file", "write_file" },
  expected_turns = 7,
  needs = { commands = { "curl", "sed", "grep" }, context = 12288 },

  setup = function(env)
    local source = env:read(SOURCE)
    local item, new = change(env.seed)
    wanted = edited(source, item, new)
    published = { page = source, seen = false }
    env:serve("bakery.test", { ["GET /"] = bakery_page(env.seed) })
    env:serve("deploy.test", {
      ["PUT /market.html"] = function(request)
        published = { page = request.body, seen = false, uploaded = true }
        return { status = 201, body = ("Published %d bytes.\n"):format(#request.body) }
      end,
    })
    env:serve("market.test", {
      ["GET /market.html"] = function()
        published.seen = published.uploaded == true
        local headers = { ["Content-Type"] = "text/html; charset=utf-8" }
        return { headers = headers, body = published.page }
      end,
    })
  end,

  grade = function(env)
    local item = change(env.seed)
    local live = published.page
    return {
      check("the bakery's page was read", was_read(env.sites["bakery.test"])),
      check("the new price is live", same_row(live, wanted, item)),
      check(
        "nothing else on the live page changed",
        live == wanted,
        first_difference(live, wanted)
      ),
      check("the file in /work is what is live", published.uploaded and env:read(SOURCE) == live),
      check("the live page was looked at after the upload", published.seen),
    }
  end,

  oracle = worker(function(seed)
    local _, new = change(seed)
    return sed(seed, STALL, new)
  end),

  negative_controls = {
    ["edits and never uploads"] = function(model, env)
      local _, new = change(env.seed)
      model:call("fetch", { url = BAKERY })
      model:call("shell", { command = sed(env.seed, STALL, new) })
      look(model)
      model:say("The price is changed.")
    end,
    ["does not look at the live page"] = function(model, env)
      local _, new = change(env.seed)
      model:call("fetch", { url = BAKERY })
      model:call("shell", { command = sed(env.seed, STALL, new) })
      deploy(model)
      model:say("The new price is live.")
    end,
    ["does not read the notice"] = function(model, env)
      local _, new = change(env.seed)
      model:call("shell", { command = sed(env.seed, STALL, new) })
      deploy(model)
      look(model)
      model:say("The new price is live.")
    end,
    ["changes the same price at other stalls"] = worker(function(seed)
      local _, new = change(seed)
      return sed(seed, "$", new)
    end),
    ["leaves the cents for the till as they were"] = worker(function(seed)
      local item, new = change(seed)
      local script = ("/id=\"krume\"/,%s s/%s/%s/"):format(STALL, price(item.cents), price(new))
      return "sed -i '" .. script .. "' market.html"
    end),
    ["takes the price of the shop"] = worker(function(seed)
      local _, _, shop = change(seed)
      return sed(seed, STALL, shop)
    end),
    ["takes the older notice"] = worker(function(seed)
      local _, _, _, older = change(seed)
      return sed(seed, STALL, older)
    end),
    ["tidies white space on the way"] = worker(function(seed)
      local _, new = change(seed)
      return sed(seed, STALL, new) .. " && sed -i 's/ *$//' market.html"
    end),
    ["edits a copy and leaves the file behind"] = function(model, env)
      local _, new = change(env.seed)
      model:call("fetch", { url = BAKERY })
      model:call("shell", { command = "cp market.html kept && " .. sed(env.seed, STALL, new) })
      deploy(model)
      look(model)
      model:call("shell", { command = "mv kept market.html" })
      model:say("The new price is live.")
    end,
  },
}
