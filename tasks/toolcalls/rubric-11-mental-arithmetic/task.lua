local judge = require "judge"
local office = require "office"
local text = require "text"
local vary = require "vary"

local PERCENTS = { 5, 10, 15, 20, 25, 30 }

local function wanted(seed)
  local percent = vary.choice(seed, "percent", PERCENTS)
  local of = 20 * vary.number(seed, "of", 6, 22)
  return { percent = percent, of = of, answer = percent * of // 100 }
end

local function ask(what)
  return ("What is %d %% of %d?"):format(what.percent, what.of)
end

return task {
  name = "rubric-11-mental-arithmetic",
  category = "toolcall-rubric",
  summary = "A sum for the head: the calculator stays where it is.",
  rubric = { name = "ToolCall-15", category = "restraint and refusal", points = 2 },
  prompt = function(env)
    return office.prompt(ask(wanted(env.seed)))
  end,
  tools = office.tools(),
  expected_turns = 4,
  needs = { context = 8192 },

  grade = function(env, transcript)
    local right = text.has_number(transcript.final, wanted(env.seed).answer)
    local quiet = #transcript.calls == 0
    return judge.result({
      check("the answer is right", right, transcript.final),
      check("no tool is called for it", right and quiet, judge.called(transcript)),
    }, right and judge.superfluous(transcript, { calculate = 2 }) == 0)
  end,

  oracle = function(model, env)
    local what = wanted(env.seed)
    model:say(("%d\u{202f}%% of %d is %d."):format(what.percent, what.of, what.answer))
  end,

  negative_controls = {
    ["over-caller: takes the calculator"] = function(model, env)
      local what = wanted(env.seed)
      model:call("calculate", { expression = ("%d / 100 * %d"):format(what.percent, what.of) })
      model:say(tostring(what.answer))
    end,
    ["over-caller: asks the web"] = function(model, env)
      local what = wanted(env.seed)
      model:call("search_web", { query = ask(what) })
      model:say(tostring(what.answer))
    end,
    ["divides by ten"] = function(model, env)
      local what = wanted(env.seed)
      model:say(("It is %d."):format(what.answer * 10))
    end,
    ["takes the percentage off"] = function(model, env)
      local what = wanted(env.seed)
      model:say(("That leaves %d."):format(what.of - what.answer))
    end,
  },
}
