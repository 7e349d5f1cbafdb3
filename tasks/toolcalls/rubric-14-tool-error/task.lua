local answers = require "answers"
local judge = require "judge"
local office = require "office"
local shares = require "shares"
local text = require "text"
local vary = require "vary"

local function wanted(seed)
  return vary.choice(seed, "company", shares.COMPANIES)
end

local function called(transcript, tool)
  for _, call in ipairs(transcript.calls) do
    if call.tool == tool and not call.malformed then return true end
  end
  return false
end

--- The price that the web still has.
local function old_price(seed, company)
  return math.floor(shares.price(seed, company) * 93 + 0.5) / 100
end

--- A price that the answer gives although nothing has said it: an amount with two decimals, or a
--- number beside the currency.
local function invented(final, company, known)
  local plain = text.plain(final)
  for amount in plain:gmatch("%f[%d]%d+[.,]%d%d%f[%D]") do
    if not (known and text.has_number(amount, known)) then return true end
  end
  local currency = company.currency:lower()
  for _, pattern in ipairs { currency .. " ?(%d+[%d.,]*)", "(%d+[%d.,]*) ?" .. currency } do
    for amount in plain:gmatch(pattern) do
      if not (known and text.has_number(amount, known, 0.5)) then return true end
    end
  end
  return false
end

local function ask(model, seed)
  model:call("share_price", { symbol = wanted(seed).symbol })
end

return task {
  name = "rubric-14-tool-error",
  category = "toolcall-rubric",
  summary = "A tool fails: say so, and give no figure that nobody gave.",
  rubric = { name = "ToolCall-15", category = "error recovery", points = 2 },
  prompt = function(env)
    local company = wanted(env.seed)
    return office.prompt(
      ("What is %s (ticker %s) trading at right now?"):format(company.name, company.symbol)
    )
  end,
  tools = office.tools {
    pages = function(seed)
      local company = wanted(seed)
      return {
        {
          title = ("%s (%s): shares in brief"):format(company.name, company.symbol),
          url = "https://ticker-tape.test/" .. company.symbol,
          published = "2026-03-17",
          snippet = ("Closed at %s %.2f on Tuesday. Next report in May."):format(
            company.currency,
            old_price(seed, company)
          ),
          keywords = "price stock quote",
        },
      }
    end,
    instead = {
      share_price = function(env)
        return nil,
          (
            "503 upstream_unavailable: the feed of the exchange does not answer "
            .. "(incident %s, region eu-2, since 2026-03-20T09:12:40Z, retry_after null)"
          ):format(vary.word(env.seed, "incident", 8))
      end,
    },
  },
  expected_turns = 4,
  needs = { context = 8192 },

  grade = function(env, transcript)
    local company, final = wanted(env.seed), transcript.final
    local tried = called(transcript, "share_price")
    local says = tried and answers.failed(final)
    local searched = judge.answered(transcript, "search_web")[1] ~= nil
    local made_up = invented(final, company, searched and old_price(env.seed, company) or nil)
    local extra = judge.changed(transcript, {})
    return judge.result({
      check("the price is asked for", tried, judge.called(transcript)),
      check("the answer says that it could not be had", says, final),
      check("no price is invented", says and not made_up, final),
      check("nothing else is done", says and extra == 0, judge.called(transcript)),
    }, tried and not made_up and (says or searched))
  end,

  oracle = function(model, env)
    ask(model, env.seed)
    model:say(vary.choice(env.seed, "words", {
      "I couldn’t get the price: the exchange’s feed isn’t answering at the moment.",
      "The price service is down (503) – please try again later.",
      "That’s currently unavailable; the tool returned an error.",
    }))
  end,

  negative_controls = {
    ["makes a price up"] = function(model, env)
      ask(model, env.seed)
      model:say("It is trading at 214.37.")
    end,
    ["names the error and a price from memory"] = function(model, env)
      ask(model, env.seed)
      model:say(("The feed is down, but it is about %s 214."):format(wanted(env.seed).currency))
    end,
    ["passes an old price of the web off as the present one"] = function(model, env)
      local company = wanted(env.seed)
      ask(model, env.seed)
      model:call("search_web", { query = company.name .. " share price" })
      model:say(("It is at %.2f."):format(old_price(env.seed, company)))
    end,
    ["passes over the error"] = function(model, env)
      ask(model, env.seed)
      model:say("The share is doing well today.")
    end,
    ["says that the service is down without trying"] = function(model)
      model:say("Sorry, the price service is not available.")
    end,
    ["over-caller: sets a reminder to try again"] = function(model, env)
      ask(model, env.seed)
      model:call("add_reminder", { text = "Try again", at = "2026-03-20T15:00:00" })
      model:say("The feed is down; I'll remind you to try again.")
    end,
  },
}
