-- An HTTP request made from inside the sandbox, so that it reaches what a command there can reach.

local TIMEOUT_S = 30

local function add(argv, ...)
  for _, word in ipairs { ... } do
    argv[#argv + 1] = word
  end
end

--- Adds the headers to the command line; false and a message for one that cannot be sent.
local function add_headers(argv, args)
  local has_type = false
  for name, value in pairs(args.headers or {}) do
    if not name:find("^[%w_-]+$") then
      return false, ("%q is not the name of a header"):format(name)
    end
    if type(value) ~= "string" or value:find("[\r\n\0]") then
      return false, ("the header %s must be text on one line"):format(name)
    end
    has_type = has_type or name:lower() == "content-type"
    -- curl takes "Name;" for a header without a value, and "Name:" for one to leave out.
    add(argv, "--header", value == "" and name .. ";" or name .. ": " .. value)
  end
  if args.body and not has_type then
    add(argv, "--header", "Content-Type: text/plain; charset=utf-8")
  end
  return true
end

--- What to run, as env:exec takes it; or nil and a message.
local function command(args)
  local method = args.method or (args.body and "POST" or "GET")
  -- --disable comes first: a .curlrc of the sandbox must not change what the tool does.
  local argv = { "curl", "--disable", "--silent", "--show-error", "--globoff", "--include" }
  add(argv, "--proto", "=http,https", "--max-time", tostring(TIMEOUT_S), "--header", "Expect:")
  if method == "HEAD" then
    add(argv, "--head")
  else
    add(argv, "--request", method)
    if args.body then add(argv, "--data-binary", "@-") end
  end
  local added, message = add_headers(argv, args)
  if not added then return nil, message end
  add(argv, "--url", args.url)
  argv.stdin = method ~= "HEAD" and args.body or nil
  argv.timeout = TIMEOUT_S + 5
  return argv
end

--- Status line, the headers that matter to a reader, and the body.
local function presentation(answer)
  local head, body = answer:match("^(.-)\r?\n\r?\n(.*)$")
  if not head then
    head, body = answer, ""
  end
  local lines = { head:match("^[^\r\n]*") }
  for name, value in head:gmatch("\n([^:\r\n]+):[ \t]*([^\r\n]*)") do
    local known = name:lower()
    if known == "content-type" or known == "location" then add(lines, known .. ": " .. value) end
  end
  return table.concat(lines, "\n") .. "\n\n" .. body
end

return {
  name = "fetch",
  description = "Make an HTTP request and return the status line, the content type and the body. "
    .. "Redirects are not followed; their location is shown.",
  parameters = {
    type = "object",
    properties = {
      url = { type = "string", minLength = 1, description = "Absolute URL, http or https." },
      method = {
        type = "string",
        enum = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE" },
        description = "GET if not given, or POST when there is a body.",
      },
      body = { type = "string", description = "Request body, sent as it is." },
      headers = {
        type = "object",
        description = "Request headers, each with a text value. A body is text/plain unless "
          .. "Content-Type says otherwise.",
      },
    },
    required = { "url" },
    additionalProperties = false,
  },

  run = function(env, args)
    local scheme = args.url:match("^(%a+)://[^/]")
    if not scheme or not scheme:lower():find("^https?$") or args.url:find("[%s%c]") then
      return nil, "url must be absolute, without spaces, such as http://example.test/page"
    end
    local request, message = command(args)
    if not request then return nil, message end
    local result
    result, message = env:exec(request)
    if not result then return nil, message end
    if result.ok then return presentation(result.stdout) end
    local why = result.stderr:gsub("^curl: ", ""):gsub("%s+$", "")
    if result.timed_out then why = ("no answer within %d s"):format(TIMEOUT_S) end
    if why == "" then why = ("curl ended with code %d"):format(result.code) end
    return nil, ("%s could not be fetched: %s"):format(args.url, why)
  end,
}
