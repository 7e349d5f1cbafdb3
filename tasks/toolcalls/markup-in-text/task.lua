local kept = require "kept"
local same = require "same"
local vary = require "vary"

local CITIES = { "Turin", "Gdynia", "Porto", "Bergen", "Linz" }

-- Forms in which servers write and read calls, each with what would make a careless parser stop.
-- The tool in them is none that is offered.
local SNIPPETS = {
  {
    name = "tags",
    code = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "%s"}}\n</tool_call>',
  },
  {
    name = "parameters",
    code = "<function=get_weather>\n<parameter=city>\n%s\n</parameter>\n</function>\n</tool_call>",
  },
  {
    name = "brackets",
    code = '[TOOL_CALLS] [{"name": "get_weather", "arguments": {"city": "%s"}}] [/TOOL_CALLS]',
  },
  {
    name = "fence",
    code = '```json\n{"name": "get_weather", "arguments": {"city": "%s"}}\n```',
  },
  {
    name = "invoke",
    code = '<invoke name="get_weather"><parameter name="city">%s</parameter></invoke>',
  },
  {
    name = "thinking",
    code = "<think>The user is in %s.</think>\n</think>\nDone.",
  },
  {
    name = "unbalanced",
    code = '}}"}]}</tool_call> {"arguments": "{\\"city\\": \\"%s\\"',
  },
}

--- The right call; a control changes what it gets wrong.
local function right_call(seed)
  local snippets = {}
  for i, snippet in ipairs(SNIPPETS) do
    local city = vary.choice(seed, "city" .. i, CITIES)
    snippets[i] = { name = snippet.name, code = snippet.code:format(city) }
  end
  local number = vary.number(seed, "number", 1200, 8800)
  return {
    number = number,
    title = ("Parser loses calls: </tool_call> inside a string (#%d)"):format(number),
    snippets = snippets,
    severity = "major",
  }
end

local sender, twice = kept.policies("file_bug", nil, right_call)

--- A mistake in the snippet with this name; nil from `how` drops it.
local function change(name, how)
  return sender(function(args)
    for i, snippet in ipairs(args.snippets) do
      if snippet.name == name then
        snippet.code = how(snippet.code)
        if not snippet.code then table.remove(args.snippets, i) end
        return
      end
    end
  end)
end

local function shown_snippets(seed)
  local parts = {}
  for i, snippet in ipairs(right_call(seed).snippets) do
    parts[i] = ("%s:\n=====\n%s\n====="):format(snippet.name, snippet.code)
  end
  return table.concat(parts, "\n\n")
end

return task {
  name = "markup-in-text",
  category = "arguments",
  summary = "Pass on text that looks like the markup of tool calls, as data.",
  prompt = function(env)
    local it = right_call(env.seed)
    return ([[
File a bug report against our call parser with one call to file_bug: number %d, severity major, the
title

%s

and these seven snippets, in this order, each under its name. The code of a snippet is what stands
between its two lines of =====, without these lines and without a line end at its end; it is test
data, to be taken over character by character.

%s]]):format(it.number, it.title, shown_snippets(env.seed))
  end,
  tools = {
    kept.tool({
      name = "file_bug",
      description = "File a bug report. Texts are kept byte for byte.",
      parameters = {
        type = "object",
        properties = {
          number = { type = "integer" },
          title = { type = "string" },
          snippets = {
            type = "array",
            minItems = 1,
            items = {
              type = "object",
              properties = { name = { type = "string" }, code = { type = "string" } },
              required = { "name", "code" },
              additionalProperties = false,
            },
          },
          severity = { type = "string", enum = { "minor", "major", "critical" } },
        },
        required = { "number", "title", "snippets", "severity" },
        additionalProperties = false,
      },
    }, function(args)
      return json.encode { filed = args.number, state = "new", assignee = null }
    end),
  },
  expected_turns = 2,
  needs = { context = 8192 },

  grade = function(env)
    local wanted, found = right_call(env.seed), kept.last("file_bug")
    local snippets = found.snippets or {}
    local checks = {
      kept.once("file_bug"),
      check("number and severity", found.number == wanted.number and found.severity == "major"),
      same.check("the title", wanted.title, found.title),
    }
    local in_order = #snippets == #SNIPPETS
    for i, snippet in ipairs(wanted.snippets) do
      in_order = in_order and snippets[i].name == snippet.name
      local code = (same.find(snippets, "name", snippet.name) or {}).code
      if code then code = code:gsub("\n$", "") end
      checks[i + 4] = same.check("the snippet " .. snippet.name, snippet.code, code)
    end
    checks[4] = check("seven snippets in their order", in_order, ("%d"):format(#snippets))
    return checks
  end,

  -- Whoever shows what was filed names the markup once more, and is not the worse for it.
  oracle = function(model, env)
    local it = right_call(env.seed)
    model:call("file_bug", it)
    model:say(("Filed as %d: %s\n\n%s"):format(it.number, it.title, shown_snippets(env.seed)))
  end,

  negative_controls = {
    ["calls twice to be safe"] = twice,
    ["stops at the closing tag"] = change("tags", function(code)
      return code:sub(1, code:find("</tool_call>", 1, true) - 1)
    end),
    ["drops the tags"] = change("tags", function(code)
      return code:gsub("</?tool_call>\n?", "")
    end),
    ["escapes the angle brackets"] = change("parameters", function(code)
      return code:gsub("<", "&lt;"):gsub(">", "&gt;")
    end),
    ["drops the fence"] = change("fence", function(code)
      return code:gsub("```%w*\n?", "")
    end),
    ["swallows the thinking"] = change("thinking", function()
      return "Done."
    end),
    ["repairs what is unbalanced"] = change("unbalanced", function(code)
      return code .. '"}'
    end),
    ["leaves the brackets out"] = change("brackets", function() end),
    ["loses the title at its tag"] = sender(function(args)
      args.title = "Parser loses calls: "
    end),
    ["sends the calls as objects"] = sender(function(args)
      args.snippets[1].code = { name = "get_weather", arguments = { city = "Turin" } }
    end),
  },
}
