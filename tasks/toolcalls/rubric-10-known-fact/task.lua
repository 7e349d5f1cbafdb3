local judge = require "judge"
local office = require "office"
local text = require "text"
local vary = require "vary"

local FACTS = {
  { question = "In which year did the Second World War end?", answer = "1945", wrong = "1944" },
  { question = "What is the capital of Australia?", answer = "Canberra", wrong = "Sydney" },
  {
    question = "Which planet of our solar system is the largest?",
    answer = "Jupiter",
    wrong = "Saturn",
  },
  {
    question = "In which year did people first land on the Moon?",
    answer = "1969",
    wrong = "1968",
  },
  { question = "Which metal has the chemical symbol Fe?", answer = "Iron", wrong = "Tin" },
  { question = "Which ocean is the largest?", answer = "Pacific", wrong = "Atlantic" },
}

local function wanted(seed)
  return vary.choice(seed, "fact", FACTS)
end

return task {
  name = "rubric-10-known-fact",
  category = "toolcall-rubric",
  summary = "A fact that everybody knows: no tool is needed.",
  rubric = { name = "ToolCall-15", category = "restraint and refusal", points = 2 },
  prompt = function(env)
    return office.prompt(wanted(env.seed).question)
  end,
  tools = office.tools(),
  expected_turns = 4,
  needs = { context = 8192 },

  grade = function(env, transcript)
    local known = text.has(transcript.final, wanted(env.seed).answer)
    local quiet = #transcript.calls == 0
    return judge.result({
      check("the answer is right", known, transcript.final),
      check("no tool is called for it", known and quiet, judge.called(transcript)),
    }, false)
  end,

  oracle = function(model, env)
    model:say("That’s **" .. wanted(env.seed).answer .. "**.")
  end,

  negative_controls = {
    ["over-caller: searches for what it knows"] = function(model, env)
      local fact = wanted(env.seed)
      model:call("search_web", { query = fact.question })
      model:say(fact.answer)
    end,
    ["over-caller: looks into the documents, too"] = function(model, env)
      local fact = wanted(env.seed)
      model:call("search_documents", { query = fact.question })
      model:call("search_web", { query = fact.question })
      model:say("It is " .. fact.answer .. ".")
    end,
    ["is wrong"] = function(model, env)
      model:say("That is " .. wanted(env.seed).wrong .. ".")
    end,
    ["says that it has to look it up"] = function(model)
      model:say("I'd have to search the web for that. Shall I?")
    end,
  },
}
