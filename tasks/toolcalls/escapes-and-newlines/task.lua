local kept = require "kept"
local same = require "same"
local vary = require "vary"

local ESC, LINE_SEPARATOR = "\x1B", "\u{2028}"

--- The right call; a control changes what it gets wrong.
local function right_call(seed)
  local n = vary.number(seed, "n", 12, 96)
  return {
    id = n,
    path = ([[C:\new\table\%d\x41\u0042.txt]]):format(n),
    quote = ([[She said: "it's \"%d\"", and left\]]):format(n),
    pattern = ([[^\d{%d}\\(\w+)\s*"?\.$]]):format(n),
    template = ([[100%%%% of ${HOME}/%d `id` $(id) \%% %%s]]):format(n),
    embedded = ([[{"a":"line\nbreak","b":"\\","n":%d}]]):format(n),
    script = ("echo %d\r\nrem done\r\nexit\r\n"):format(n),
    sheet = ("name\tqty\nbolt\t%d\n\nnut\t7\n"):format(n),
    colour = ESC .. "[1mALARM " .. n .. ESC .. "[0m",
    separated = ("north%ssouth %d"):format(LINE_SEPARATOR, n),
  }
end

local TEXTS = {
  "path",
  "quote",
  "pattern",
  "template",
  "embedded",
  "script",
  "sheet",
  "colour",
  "separated",
}

local function schema()
  local properties = { id = { type = "integer" } }
  local required = { "id" }
  for i, name in ipairs(TEXTS) do
    properties[name] = { type = "string" }
    required[i + 1] = name
  end
  return {
    type = "object",
    properties = properties,
    required = required,
    additionalProperties = false,
  }
end

local sender, twice = kept.policies("save_fixture", nil, right_call)

local function change(member, pattern, replacement)
  return sender(function(args)
    args[member] = args[member]:gsub(pattern, replacement)
  end)
end

return task {
  name = "escapes-and-newlines",
  category = "arguments",
  summary = "Send texts full of quotes, backslashes, tabs, line ends and control characters.",
  prompt = function(env)
    local it = right_call(env.seed)
    return ([[
Save a test fixture with one call to save_fixture; its id is %d. Five of its texts stand here
between ⟦ and ⟧, which are not part of them. Every character between is meant literally:
a backslash is a backslash, and nothing in them is an escape.

- path: ⟦%s⟧
- quote: ⟦%s⟧
- pattern: ⟦%s⟧
- template: ⟦%s⟧
- embedded: ⟦%s⟧

The other four hold characters that cannot be shown:

- script: the three lines ⟦echo %d⟧, ⟦rem done⟧ and ⟦exit⟧, each of them, the last one too, ended by
  a carriage return and a line feed (U+000D U+000A)
- sheet: four lines, each of them ended by a single line feed: ⟦name⟧ and ⟦qty⟧, separated by a tab;
  ⟦bolt⟧ and ⟦%d⟧, separated by a tab; an empty line; ⟦nut⟧ and ⟦7⟧, separated by a tab
- colour: an escape character (U+001B), ⟦[1mALARM %d⟧, another escape character, ⟦[0m⟧
- separated: ⟦north⟧, a line separator (U+2028), ⟦south %d⟧]]):format(
      it.id,
      it.path,
      it.quote,
      it.pattern,
      it.template,
      it.embedded,
      it.id,
      it.id,
      it.id,
      it.id
    )
  end,
  tools = {
    kept.tool({
      name = "save_fixture",
      description = "Save a fixture for the tests of a parser. Texts are kept byte for byte.",
      parameters = schema(),
    }, function(args)
      local bytes = 0
      for _, name in ipairs(TEXTS) do
        bytes = bytes + #args[name]
      end
      return json.encode { saved = args.id, bytes = bytes }
    end),
  },
  expected_turns = 2,
  needs = { context = 8192 },

  grade = function(env)
    local wanted, found = right_call(env.seed), kept.last("save_fixture")
    local checks = {
      kept.once("save_fixture"),
      same.check("the id", wanted.id, found.id),
    }
    for _, name in ipairs(TEXTS) do
      checks[#checks + 1] = same.check("the text " .. name, wanted[name], found[name])
    end
    return checks
  end,

  oracle = sender(),

  negative_controls = {
    ["calls twice to be safe"] = twice,
    ["lets the path's backslashes act"] = change("path", "\\n", "\n"),
    ["doubles the backslashes of the path"] = change("path", "\\", "\\\\"),
    ["writes the path with slashes"] = change("path", "\\", "/"),
    ["drops the backslash at the end"] = change("quote", "\\$", ""),
    ["drops the backslashes before quotes"] = change("quote", '\\"', '"'),
    ["halves the backslashes of the pattern"] = change("pattern", "\\\\", "\\"),
    ["breaks the line in the embedded JSON"] = change("embedded", "\\n", "\n"),
    ["ends lines with a line feed only"] = change("script", "\r", ""),
    ["drops the last line's end"] = change("script", "\r\n$", ""),
    ["writes line ends as backslash n"] = change("sheet", "\n", "\\n"),
    ["writes spaces for tabs"] = change("sheet", "\t", "    "),
    ["drops the empty line"] = change("sheet", "\n\n", "\n"),
    ["drops the escape characters"] = change("colour", ESC, ""),
    ["writes the escape characters out"] = change("colour", ESC, "\\x1b"),
    ["writes a line feed for the line separator"] = change("separated", LINE_SEPARATOR, "\n"),
    ["fills in the template"] = change("template", "%${HOME}", "/home/agent"),
  },
}
