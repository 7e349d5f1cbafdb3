local vary = require "vary"

local INI = [[
; Settings of the ticket service. Ask the platform team before changing [limits].

[service]
name = tickets
listen = 0.0.0.0
port = @port@
workers = @workers@   ; one per core
debug = off
banner =
version = "@version@"

[limits]
; how long a request may take, and how long a session stays open
request_timeout = @timeout@s
session_lifetime = @lifetime@h
retry_ratio = 0.25
burst = -1

[storage]
path = /var/lib/tickets
file_mode = "0640"
sync = yes

[storage.cache]
enabled = on
max_entries = @entries@
ttl = 5m
separator = "; "

[mail]
from = "Tickets; do not reply <noreply@tickets.test>"
recipients = ops@tickets.test, desk@tickets.test
on_call = "@code@",
attempts = 1, 2, 5, @attempt@
]]

--- What differs from trial to trial.
local function figures(seed)
  return {
    port = vary.number(seed, "port", 8001, 8999),
    workers = vary.number(seed, "workers", 2, 32),
    version = ("4.%d0"):format(vary.number(seed, "version", 1, 9)),
    timeout = vary.number(seed, "timeout", 15, 55),
    lifetime = vary.number(seed, "lifetime", 2, 9),
    entries = vary.number(seed, "entries", 1000, 9000),
    code = ("00%d"):format(vary.number(seed, "code", 100, 999)),
    attempt = vary.number(seed, "attempt", 10, 60),
  }
end

local function ini(seed)
  local values = figures(seed)
  return (INI:gsub("@(%l+)@", function(name)
    return values[name] and tostring(values[name])
  end))
end

--- What settings.json must hold.
local function expected(seed)
  local f = figures(seed)
  return {
    service = {
      name = "tickets",
      listen = "0.0.0.0",
      port = f.port,
      workers = f.workers,
      debug = false,
      banner = null,
      version = f.version,
    },
    limits = {
      request_timeout = f.timeout,
      session_lifetime = f.lifetime * 3600,
      retry_ratio = 0.25,
      burst = -1,
    },
    storage = {
      path = "/var/lib/tickets",
      file_mode = "0640",
      sync = true,
      cache = { enabled = true, max_entries = f.entries, ttl = 300, separator = "; " },
    },
    mail = {
      from = "Tickets; do not reply <noreply@tickets.test>",
      recipients = json.array { "ops@tickets.test", "desk@tickets.test" },
      on_call = json.array { f.code },
      attempts = json.array { 1, 2, 5, f.attempt },
    },
  }
end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for key, value in pairs(a) do
    if not same(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

--- The value under a dotted name, or nil.
local function at(settings, name)
  for key in name:gmatch("[^.]+") do
    if type(settings) ~= "table" then return nil end
    settings = settings[key]
  end
  return settings
end

--- A check that the values under these names are what they must be.
local function values_check(title, found, wanted, names)
  for _, name in ipairs(names) do
    if not same(at(found, name), at(wanted, name)) then return check(title, false, name) end
  end
  return check(title, true)
end

--- The dotted names of everything in a table, sorted; arrays count as one value.
local function names_in(settings, prefix, names)
  for key, value in pairs(settings) do
    local name = prefix .. tostring(key)
    names[#names + 1] = name
    if type(value) == "table" and value[1] == nil then names_in(value, name .. ".", names) end
  end
  table.sort(names)
  return names
end

local function write_settings(model, settings)
  model:call("write_file", { path = "settings.json", content = json.encode(settings) .. "\n" })
end

--- A control that reads as a careful author would, and then gets one thing wrong.
local function with_mistake(mistake, claim)
  return function(model, env)
    model:call("read_file", { path = "docs/settings-format.md" })
    model:call("read_file", { path = "service.ini" })
    local settings = expected(env.seed)
    write_settings(model, mistake(settings) or settings)
    model:say(claim)
  end
end

return task {
  name = "migrate-settings",
  category = "file-edit",
  summary = "Carry an ini file over to JSON by written rules, with every type right.",
  prompt = "The service in /work is moving from `service.ini` to `settings.json`. Write "
    .. "`settings.json` with everything that is in `service.ini`, by the rules of "
    .. "`docs/settings-format.md`. Leave `service.ini` as it is.",
  files = "workspace",
  tools = { "shell", "read_file", "write_file", "edit_file", "list_files" },
  expected_turns = 6,
  needs = { commands = { "python3" }, context = 8192 },

  setup = function(env)
    env:write("service.ini", ini(env.seed))
  end,

  grade = function(env)
    local wanted = expected(env.seed)
    local found, why = json.decode((env:read("settings.json") or ""):sub(1, 20000))
    local is_object = type(found) == "table" and found[1] == nil
    found = is_object and found or {}
    local names, wanted_names = names_in(found, "", {}), names_in(wanted, "", {})
    return {
      check(
        "settings.json is an object, beside service.ini as it was",
        is_object and env:read("service.ini") == ini(env.seed),
        why
      ),
      check(
        "it has every section and key and no other",
        same(names, wanted_names),
        ("%d of %d"):format(#names, #wanted_names)
      ),
      values_check("plain text stays text", found, wanted, {
        "service.name",
        "service.listen",
        "storage.path",
      }),
      values_check("numbers are numbers", found, wanted, {
        "service.port",
        "service.workers",
        "limits.retry_ratio",
        "limits.burst",
        "storage.cache.max_entries",
      }),
      values_check("yes, no, on and off are true and false", found, wanted, {
        "service.debug",
        "storage.sync",
        "storage.cache.enabled",
      }),
      values_check("quoted values stay text", found, wanted, {
        "service.version",
        "storage.file_mode",
        "storage.cache.separator",
        "mail.from",
      }),
      values_check("times are numbers of seconds", found, wanted, {
        "limits.request_timeout",
        "limits.session_lifetime",
        "storage.cache.ttl",
      }),
      values_check("lists are arrays of typed items", found, wanted, {
        "mail.recipients",
        "mail.on_call",
        "mail.attempts",
      }),
      values_check("a value of nothing is null", found, wanted, { "service.banner" }),
    }
  end,

  oracle = function(model, env)
    model:call("list_files", { recursive = true })
    model:call("read_file", { path = "docs/settings-format.md" })
    model:call("read_file", { path = "service.ini" })
    write_settings(model, expected(env.seed))
    model:call("shell", { command = "python3 -m json.tool settings.json" })
    model:say("settings.json holds everything of service.ini.")
  end,

  negative_controls = {
    ["writes every value as text"] = function(model)
      local script = "import configparser, json; c = configparser.ConfigParser("
        .. "inline_comment_prefixes=';', interpolation=None); c.read('service.ini'); "
        .. "json.dump({s: dict(c[s]) for s in c.sections()}, open('settings.json', 'w'))"
      model:call("shell", { command = 'python3 -c "' .. script .. '"' })
      model:say("Converted with python's own parser.")
    end,
    ["turns quoted digits into numbers"] = with_mistake(function(settings)
      settings.service.version = tonumber(settings.service.version)
      settings.storage.file_mode = 640
    end, "Numbers are numbers now."),
    ["leaves yes and no as text"] = with_mistake(function(settings)
      settings.service.debug = "off"
      settings.storage.sync, settings.storage.cache.enabled = "yes", "on"
    end, "Converted."),
    ["drops the unit of times"] = with_mistake(function(settings)
      settings.limits.session_lifetime = settings.limits.session_lifetime // 3600
      settings.storage.cache.ttl = 5
    end, "Times are numbers now."),
    ["keeps the dotted section flat"] = with_mistake(function(settings)
      settings["storage.cache"] = settings.storage.cache
      settings.storage.cache = nil
    end, "All five sections are there."),
    ["writes a list of one as a single value"] = with_mistake(function(settings)
      settings.mail.on_call = settings.mail.on_call[1]
    end, "Converted."),
    ["leaves out the empty value"] = with_mistake(function(settings)
      settings.service.banner = nil
    end, "Converted; empty keys are not needed."),
    ["turns the address into a list"] = with_mistake(function(settings)
      settings.service.listen = json.array { 0, 0, 0, 0 }
    end, "Converted."),
    ["moves service.ini away"] = function(model, env)
      write_settings(model, expected(env.seed))
      model:call("shell", { command = "mv service.ini service.ini.old" })
      model:say("Converted; the old file is out of the way.")
    end,
  },
}
