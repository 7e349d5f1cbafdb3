local pages = require "pages"

local function answer(seed)
  local facts = pages.facts(seed)
  return {
    delta_added_in = facts.added,
    retries_default = facts.retries,
    retries_changed_in = facts.changed,
  }
end

--- "v5.1.0 " and "5.1.0" are the same release.
local function release(value)
  return type(value) == "string" and value:match("^%s*[vV]?([%d.]+)%s*$") or nil
end

local function was_read(site, query)
  for _, request in ipairs(site.log) do
    if request.path == "/releases" and request.query == query and request.status == 200 then
      return true
    end
  end
  return false
end

local function read_pages(model, last)
  model:call("fetch", { url = "http://parcel.test/releases" })
  for page = 2, last do
    model:call("fetch", { url = "http://parcel.test/releases?page=" .. page })
  end
end

local function write_answer(model, found)
  model:call("write_file", { path = "answer.json", content = json.encode(found) .. "\n" })
  model:say("The answers are in answer.json.")
end

--- A policy that reads the first pages of the changelog and then answers; `mistake` spoils it.
local function reader(last, mistake)
  return function(model, env)
    read_pages(model, last)
    local found = answer(env.seed)
    if mistake then mistake(found, pages.facts(env.seed)) end
    write_answer(model, found)
  end
end

return task {
  name = "read-changelog",
  category = "web",
  summary = "Find three facts in a changelog of several pages, past outdated side pages.",
  prompt = [[
The tool `parcel` is documented at http://parcel.test/. Find out:

- in which release the option `--delta` was added,
- what the default of `--retries` is in the newest release, and in which release it became that.

Write /work/answer.json with the keys `delta_added_in` (text), `retries_default` (number) and
`retries_changed_in` (text).]],
  tools = { "fetch", "write_file", "read_file", "list_files" },
  expected_turns = 7,
  needs = { commands = { "curl" }, context = 12288 },

  setup = function(env)
    env:serve("parcel.test", pages.routes(env.seed))
  end,

  grade = function(env)
    local site = env.sites["parcel.test"]
    local wanted = answer(env.seed)
    local found = json.decode((env:read("answer.json") or ""):sub(1, 20000))
    found = type(found) == "table" and found or {}
    return {
      check(
        "the release that added --delta is named",
        release(found.delta_added_in) == wanted.delta_added_in,
        tostring(found.delta_added_in)
      ),
      check(
        "the default of --retries is the present one",
        tonumber(found.retries_default) == wanted.retries_default,
        tostring(found.retries_default)
      ),
      check(
        "the release that changed --retries last is named",
        release(found.retries_changed_in) == wanted.retries_changed_in,
        tostring(found.retries_changed_in)
      ),
      check(
        "the pages of the changelog with the answers were read",
        was_read(site, "page=2") and was_read(site, "page=3")
      ),
    }
  end,

  oracle = reader(4),

  negative_controls = {
    ["reads the first page only"] = reader(1, function(found)
      found.delta_added_in = "5.3.2"
      found.retries_default, found.retries_changed_in = 3, "5.4.0"
    end),
    ["believes the roadmap"] = function(model, env)
      model:call("fetch", { url = "http://parcel.test/roadmap" })
      read_pages(model, 3)
      local found = answer(env.seed)
      found.delta_added_in = pages.facts(env.seed).planned
      write_answer(model, found)
    end,
    ["takes the older change of --retries"] = reader(4, function(found, facts)
      found.retries_default, found.retries_changed_in = facts.old_retries, "4.9.0"
    end),
    ["takes the default from the outdated questions"] = reader(4, function(found, facts)
      found.retries_default = facts.old_retries
    end),
    ["knows the answers without reading"] = function(model, env)
      write_answer(model, answer(env.seed))
    end,
    ["says it without writing the file"] = function(model, env)
      read_pages(model, 4)
      local found = answer(env.seed)
      model:say(("--delta came with %s; --retries is %d since %s."):format(
        found.delta_added_in,
        found.retries_default,
        found.retries_changed_in
      ))
    end,
  },
}
