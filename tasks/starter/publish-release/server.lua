--- The deploy server of the task and the site that it feeds. State lives as long as the trial.
local server = {}

local FILES = { "index.html", "courses.html", "assets/style.css" }
local OLD_PAGE = "<!doctype html>\n<title>Skylark gliding club</title>\n<p>See you at Easter.</p>\n"

local function json_answer(status, value)
  return {
    status = status,
    headers = { ["Content-Type"] = "application/json" },
    body = json.encode(value) .. "\n",
  }
end

local UNAUTHORIZED = json_answer(401, { error = "token missing or wrong" })

--- Why what was uploaded cannot go live as this version, or nil.
local function objection(uploaded, version)
  for _, name in ipairs(FILES) do
    if not uploaded[name] then return name .. " is missing" end
  end
  local written = uploaded["index.html"]:match('<meta name="version" content="([^"]*)">')
  if written ~= version then
    return ("index.html says version %s, the release is version %s"):format(
      written or "nothing",
      version
    )
  end
end

local function deploy_routes(state, token)
  local function authorized(request)
    return request.headers.authorization == "Bearer " .. token
  end

  return {
    ["PUT /files/*"] = function(request)
      if not authorized(request) then return UNAUTHORIZED end
      local name = request.path:sub(#"/files/" + 1)
      state.uploaded[name] = request.body
      return json_answer(201, { path = name, bytes = #request.body })
    end,
    ["POST /releases"] = function(request)
      if not authorized(request) then return UNAUTHORIZED end
      local order = json.decode(request.body:sub(1, 1000))
      local version = type(order) == "table" and order.version
      if type(version) ~= "string" then
        return json_answer(400, { error = 'the body must be {"version": "..."}' })
      end
      local reason = objection(state.uploaded, version)
      local number = #state.releases + 1
      state.releases[number] = { version = version, reason = reason }
      if not reason then
        state.version, state.seen, state.live = version, false, {}
        for name, bytes in pairs(state.uploaded) do
          state.live[name] = bytes
        end
      end
      return json_answer(202, { release = number, version = version, state = "queued" })
    end,
    ["GET /releases/*"] = function(request)
      local number = math.tointeger(tonumber(request.path:match("(%d+)$")))
      local release = number and state.releases[number]
      if not release then return json_answer(404, { error = "no such release" }) end
      return json_answer(200, {
        release = number,
        version = release.version,
        state = release.reason and "rejected" or "live",
        reason = release.reason,
      })
    end,
  }
end

--- Serves both sites. The result is their state: bytes by path in `uploaded` and `live`; `version`
--- is the one that is live, and `seen` tells whether its start page was asked for since.
function server.start(env, token)
  local state = { uploaded = {}, releases = {}, live = { ["index.html"] = OLD_PAGE }, seen = false }
  env:serve("deploy.skylark.test", deploy_routes(state, token))
  env:serve("www.skylark.test", {
    ["GET /*"] = function(request)
      local name = request.path == "/" and "index.html" or request.path:sub(2)
      local bytes = state.live[name]
      if not bytes then return { status = 404, body = "Not found.\n" } end
      state.seen = state.seen or (state.version ~= nil and name == "index.html")
      local kind = name:find("%.css$") and "text/css" or "text/html; charset=utf-8"
      return { headers = { ["Content-Type"] = kind }, body = bytes }
    end,
  })
  return state
end

return server
