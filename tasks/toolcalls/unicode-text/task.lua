local kept = require "kept"
local same = require "same"
local vary = require "vary"

-- What each label is about, by key; %d is a number of the trial.
local LABELS = {
  { key = "umlauts", text = "Straße nach Gößweinstein – noch %d m" },
  { key = "combining_marks", text = "Cafe\u{301} A\u{30A}lesund, quai no\u{302}tre %d" },
  { key = "arabic", text = "مخرج %d إلى الميناء" },
  { key = "hebrew_and_latin", text = "שער B%d פתוח (gate)" },
  { key = "chinese", text = "北口第%d站台，小心台阶" },
  { key = "emoji_sequences", text = "👩\u{200D}🔧 %d 🏳️\u{200D}🌈 🇦🇹" },
  { key = "beyond_the_first_plane", text = "𝔄𝔟𝔱𝔢𝔦 %d · 𐍈𐌰 · 𠮷野家" },
  { key = "devanagari", text = "मंच %d पर जाएँ" },
  { key = "typography", text = "“Quai %d” — l’entrée, 5\u{A0}€…" },
  { key = "lookalikes", text = "Αθήνα %d / Aleпh / раgе" },
}

local function right_call(seed)
  local labels = {}
  for i, label in ipairs(LABELS) do
    local text = label.text:format(vary.number(seed, label.key, 2, 48))
    labels[i] = { key = label.key, text = text }
  end
  return { board = "pier-" .. vary.number(seed, "board", 2, 9), labels = labels }
end

local sender, twice = kept.policies("publish_labels", function(model)
  model:call("read_labels", {})
end, right_call)

--- A mistake in the text of the label with this key.
local function change(key, how)
  return sender(function(args)
    local label = same.find(args.labels, "key", key)
    label.text = how(label.text)
  end)
end

--- A function that replaces plain texts.
local function replacing(...)
  local pairs_of = { ... }
  return function(text)
    for i = 1, #pairs_of, 2 do
      text = text:gsub(pairs_of[i], pairs_of[i + 1])
    end
    return text
  end
end

--- The bytes of a text read as if each were a character.
local function mojibake(text)
  return (text:gsub("[\x80-\xFF]", function(byte)
    return utf8.char(byte:byte())
  end))
end

return task {
  name = "unicode-text",
  category = "arguments",
  summary = "Hand on ten labels in many scripts, code point by code point.",
  prompt = "Read the labels of the board and publish them with one call to publish_labels, all "
    .. "ten, in their order. Take each text over code point by code point: translate, tidy and "
    .. "normalise nothing. Combining marks, joiners, no-break spaces and letters that look like "
    .. "those of another script are there on purpose.",
  tools = {
    {
      name = "read_labels",
      description = "The labels of the board, as the translators left them.",
      parameters = { type = "object", properties = {}, additionalProperties = false },
      run = function(env)
        local call, list = right_call(env.seed), {}
        for i, label in ipairs(call.labels) do
          list[i] = {
            key = label.key,
            text = label.text,
            code_points = utf8.len(label.text),
            reviewed_by = "tr-" .. (i * 7 % 5),
            draft = false,
          }
        end
        return json.encode { board = call.board, locale_hint = null, labels = list }
      end,
    },
    kept.tool({
      name = "publish_labels",
      description = "Publish the labels of a board.",
      parameters = {
        type = "object",
        properties = {
          board = { type = "string" },
          labels = {
            type = "array",
            minItems = 1,
            items = {
              type = "object",
              properties = { key = { type = "string" }, text = { type = "string" } },
              required = { "key", "text" },
              additionalProperties = false,
            },
          },
        },
        required = { "board", "labels" },
        additionalProperties = false,
      },
    }, function(args)
      return json.encode { published = #args.labels, board = args.board }
    end),
  },
  expected_turns = 3,
  needs = { context = 8192 },

  grade = function(env)
    local wanted, found = right_call(env.seed), kept.last("publish_labels")
    local labels = found.labels or {}
    local checks = { kept.once("publish_labels") }
    local in_order = found.board == wanted.board and #labels == #LABELS
    for i, label in ipairs(wanted.labels) do
      local got = same.find(labels, "key", label.key) or {}
      in_order = in_order and labels[i].key == label.key
      checks[i + 2] = same.check("the text of " .. label.key, label.text, got.text)
    end
    checks[2] = check("board and order", in_order, found.board)
    return checks
  end,

  oracle = sender(),

  negative_controls = {
    ["calls twice to be safe"] = twice,
    ["composes letters and marks"] = change(
      "combining_marks",
      replacing("e\u{301}", "é", "A\u{30A}", "Å", "o\u{302}", "ô")
    ),
    ["drops the combining marks"] = change(
      "combining_marks",
      replacing("\u{301}", "", "\u{30A}", "", "\u{302}", "")
    ),
    ["writes straight quotes and three dots"] = change(
      "typography",
      replacing("“", '"', "”", '"', "’", "'", "…", "...")
    ),
    ["writes a plain space"] = change("typography", replacing("\u{A0}", " ")),
    ["takes the emoji apart"] = change("emoji_sequences", replacing("\u{200D}", "")),
    ["loses what lies beyond the first plane"] = change(
      "beyond_the_first_plane",
      function(text)
        return (text:gsub("[\xF0-\xF4][\x80-\xBF]+", "\u{FFFD}"))
      end
    ),
    ["writes right to left by turning letters around"] = change("hebrew_and_latin", function(text)
      local turned = ""
      for _, code in utf8.codes(text) do
        turned = utf8.char(code) .. turned
      end
      return turned
    end),
    ["writes western punctuation"] = change("chinese", replacing("，", ", ")),
    ["takes one sign for another"] = change("devanagari", replacing("ँ", "ं")),
    ["spells umlauts out"] = change("umlauts", replacing("ß", "ss", "ö", "oe")),
    ["evens out what looks alike"] = change("lookalikes", function()
      return "Athena / Aleph / page"
    end),
    ["sends bytes for characters"] = sender(function(args)
      for _, label in ipairs(args.labels) do
        label.text = mojibake(label.text)
      end
    end),
    ["sends escapes of escapes"] = change("umlauts", replacing("ß", "\\u00df", "ö", "\\u00f6")),
    ["translates"] = change("arabic", function()
      return "Exit to the port"
    end),
    ["drops the last label"] = sender(function(args)
      args.labels[#args.labels] = nil
    end),
  },
}
