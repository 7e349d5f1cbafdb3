local judge = require "judge"
local office = require "office"
local text = require "text"
local vary = require "vary"

local SENTENCES = {
  {
    en = "Where is the nearest pharmacy?",
    es = "¿Dónde queda la farmacia más cercana?",
    ja = "最寄りの薬局はどこにありますか。",
    fi = "Missä on lähin apteekki?",
    tr = "En yakın eczane nerede?",
  },
  {
    en = "The last train leaves at midnight.",
    es = "El último tren sale a medianoche.",
    ja = "最終列車は真夜中に出発します。",
    fi = "Viimeinen juna lähtee keskiyöllä.",
    tr = "Son tren gece yarısı kalkıyor.",
  },
  {
    en = "Please keep this door closed.",
    es = "Por favor, mantenga esta puerta cerrada.",
    ja = "このドアは閉めておいてください。",
    fi = "Pidä tämä ovi suljettuna.",
    tr = "Lütfen bu kapıyı kapalı tutun.",
  },
}
local LANGUAGES = {
  { code = "es", name = "Spanish" },
  { code = "ja", name = "Japanese" },
  { code = "fi", name = "Finnish" },
  { code = "tr", name = "Turkish" },
}

local function wanted(seed)
  local at = vary.number(seed, "languages", 1, #LANGUAGES)
  return vary.choice(seed, "sentence", SENTENCES),
    { LANGUAGES[at], LANGUAGES[at % #LANGUAGES + 1] }
end

--- The code of a language that is named by code, region and all, or in English.
local function code_of(target)
  local plain = text.plain(target)
  for _, language in ipairs(LANGUAGES) do
    local name = language.name:lower()
    if plain:match("^%a+") == language.code or plain:match("^%a+") == name then
      return language.code
    end
  end
end

local tools = office.tools {
  translate = function(_, args)
    local code = code_of(args.target_language)
    for _, sentence in ipairs(SENTENCES) do
      if text.letters(args.text) == text.letters(sentence.en) then return sentence[code] end
    end
  end,
}

--- Has the sentence translated, in one answer or in one after the other, and shows what came.
local function translate(model, seed, languages, side_by_side)
  local sentence, requests, results, lines = wanted(seed), {}, {}, {}
  for i, language in ipairs(languages) do
    local args = { text = sentence.en, target_language = language.code }
    requests[i] = { "translate", args }
    results[i] = not side_by_side and model:call("translate", args) or nil
  end
  if side_by_side then results = model:calls(requests) end
  for i, language in ipairs(languages) do
    local found = json.decode(results[i])
    lines[i] = ("- %s: “%s”"):format(language.name, found and found.translation or "?")
  end
  return table.concat(lines, "\n")
end

return task {
  name = "rubric-06-two-translations",
  category = "toolcall-rubric",
  summary = "One sentence into two languages: two calls, side by side or one after the other.",
  rubric = { name = "ToolCall-15", category = "parameter precision", points = 2 },
  prompt = function(env)
    local sentence, languages = wanted(env.seed)
    return office.prompt(
      (
        'Have "%s" translated into %s and into %s with the translation tool, and show me '
        .. "both."
      ):format(sentence.en, languages[1].name, languages[2].name)
    )
  end,
  tools = tools,
  expected_turns = 4,
  needs = { context = 8192 },

  grade = function(env, transcript)
    local sentence, languages = wanted(env.seed)
    local done, shown = {}, {}
    for _, call in ipairs(judge.answered(transcript, "translate")) do
      if text.letters(call.arguments.text) == text.letters(sentence.en) then
        local code = code_of(call.arguments.target_language)
        if code then done[code] = true end
      end
    end
    for _, language in ipairs(languages) do
      local code = language.code
      shown[code] = done[code] and text.has(transcript.final, sentence[code])
    end
    local first, second = languages[1].code, languages[2].code
    local both = done[first] and done[second]
    local extra = judge.changed(transcript, {})
    return judge.result({
      check("the sentence goes to the tool for the first language", done[first]),
      check("and for the second", done[second]),
      check("nothing else is done", both and extra == 0, judge.called(transcript)),
      check("the answer shows both translations", shown[first] and shown[second]),
    }, both)
  end,

  oracle = function(model, env)
    local _, languages = wanted(env.seed)
    local side_by_side = vary.choice(env.seed, "side by side", { true, false })
    model:say(translate(model, env.seed, languages, side_by_side))
  end,

  negative_controls = {
    ["has one translated and makes the other up"] = function(model, env)
      local sentence, languages = wanted(env.seed)
      local said = translate(model, env.seed, { languages[1] })
      model:say(said .. "\n" .. sentence[languages[2].code])
    end,
    ["asks for both languages in one call"] = function(model, env)
      local sentence, languages = wanted(env.seed)
      model:call("translate", {
        text = sentence.en,
        target_language = languages[1].code .. "," .. languages[2].code,
      })
      model:say(sentence[languages[1].code] .. " / " .. sentence[languages[2].code])
    end,
    ["translates without the tool"] = function(model, env)
      local sentence, languages = wanted(env.seed)
      model:say(sentence[languages[1].code] .. " / " .. sentence[languages[2].code])
    end,
    ["has a text of its own translated"] = function(model, env)
      local sentence, languages = wanted(env.seed)
      for _, language in ipairs(languages) do
        model:call("translate", {
          text = ('Translate: "%s"'):format(sentence.en),
          target_language = language.code,
        })
      end
      model:say(sentence[languages[1].code] .. " / " .. sentence[languages[2].code])
    end,
    ["mails the translations to somebody"] = function(model, env)
      local _, languages = wanted(env.seed)
      local said = translate(model, env.seed, languages)
      model:call("send_mail", { to = { "me@haldenwerke.test" }, subject = "Both", body = said })
      model:say(said)
    end,
    ["keeps the translations to itself"] = function(model, env)
      local _, languages = wanted(env.seed)
      translate(model, env.seed, languages)
      model:say("Both translations are done.")
    end,
  },
}
