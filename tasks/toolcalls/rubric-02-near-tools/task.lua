local judge = require "judge"
local office = require "office"
local shares = require "shares"
local text = require "text"
local vary = require "vary"

local function wanted(seed)
  local company = vary.choice(seed, "company", shares.COMPANIES)
  return company, shares.price(seed, company)
end

local function quote(model, seed)
  local company, price = wanted(seed)
  model:call("share_price", { symbol = company.symbol })
  return price, company
end

return task {
  name = "rubric-02-near-tools",
  category = "toolcall-rubric",
  summary = "One share price from the tool for it, not from a search.",
  rubric = { name = "ToolCall-15", category = "tool selection", points = 2 },
  prompt = function(env)
    local company = wanted(env.seed)
    return office.prompt(
      ("What does a share of %s (ticker %s) cost at the moment?"):format(
        company.name,
        company.symbol
      )
    )
  end,
  tools = office.tools(),
  expected_turns = 4,
  needs = { context = 8192 },

  grade = function(env, transcript)
    local company, price = wanted(env.seed)
    local quotes = judge.answered(transcript, "share_price")
    local right = quotes[1] and shares.company(quotes[1].arguments.symbol) == company
    local told = right and text.has_number(transcript.final, price, 0.051)
    local extra = judge.superfluous(transcript, { share_price = 1 })
    return judge.result({
      check("the price of the right share is asked for", right, judge.called(transcript)),
      check("nothing else is called", right and extra == 0, judge.called(transcript)),
      check("the answer gives the last price", told, transcript.final),
    }, right and judge.superfluous(transcript, { share_price = 1, search_web = 3 }) == 0)
  end,

  oracle = function(model, env)
    local price, company = quote(model, env.seed)
    model:say(("**%s** is at %s\u{a0}%.2f."):format(company.name, company.currency, price))
  end,

  negative_controls = {
    ["searches the web to be sure"] = function(model, env)
      local price, company = quote(model, env.seed)
      model:call("search_web", { query = company.name .. " share price" })
      model:say(("It costs %.2f."):format(price))
    end,
    ["searches the web instead"] = function(model, env)
      model:call("search_web", { query = wanted(env.seed).name .. " share price" })
      model:say("It costs about 100.")
    end,
    ["converts what is in the right currency already"] = function(model, env)
      local price = quote(model, env.seed)
      model:call("calculate", { expression = ("%.2f * 1.08"):format(price) })
      model:say(("It costs %.2f."):format(price))
    end,
    ["gives the close of yesterday"] = function(model, env)
      local price = quote(model, env.seed)
      model:say(("It costs %.2f."):format(price - 3.34))
    end,
    ["gives a price from memory"] = function(model, env)
      local _, price = wanted(env.seed)
      model:say(("It costs about %.2f."):format(price))
    end,
    ["asks for another symbol"] = function(model)
      model:call("share_price", { symbol = "ABCD" })
      model:say("There is no such share.")
    end,
  },
}
